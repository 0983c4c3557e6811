//! Copying bytes with an escape before some of them, a step at a time. Which bytes those are, and of
//! which values, is `escape`'s.

use crate::error::Reason;
use crate::isa::{ByteSet, Isa, STEP, Task};

/// One step of `source[..len]`, which may go on behind that, and bits for those of its bytes that are
/// within it.
#[inline(always)]
pub(crate) fn step_at(source: &[u8], len: usize, at: usize) -> ([u8; STEP], u32) {
    let step = match source[at..].first_chunk() {
        Some(step) => *step,
        None => {
            let mut step = [0; STEP];
            step[..source.len() - at].copy_from_slice(&source[at..]);
            step
        }
    };
    (step, u32::MAX >> STEP.saturating_sub(len - at))
}

/// What stands before a byte that is escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Escape {
    /// A backslash, with a letter for some of the control characters.
    Backslash,
    /// This byte.
    Byte(u8),
    /// The same byte again.
    Itself,
}

impl Escape {
    fn pair(self, byte: u8) -> Result<[u8; 2], Reason> {
        match (self, byte) {
            (_, 0) => Err(Reason::NulByte),
            // The letters win over the delimiter, as in copyto.c.
            (Self::Backslash, 8..14) => Ok([b'\\', b"btnvfr"[usize::from(byte - 8)]]),
            (Self::Backslash, _) => Ok([b'\\', byte]),
            (Self::Byte(escape), _) => Ok([escape, byte]),
            (Self::Itself, _) => Ok([byte, byte]),
        }
    }
}

/// Copies `source[..len]` with two bytes in the place of each byte of the set. `cell` has room for
/// twice as many bytes.
pub(crate) struct Escaping<'a, I> {
    pub isa: I,
    pub source: &'a [u8],
    pub len: usize,
    pub cell: &'a mut [u8],
    pub set: &'a ByteSet,
    pub escape: Escape,
}

impl<I: Isa> Task for Escaping<'_, I> {
    type Output = Result<usize, Reason>;

    #[inline(always)]
    fn run(self) -> Result<usize, Reason> {
        let Self { isa, source, len, cell, set, escape } = self;
        let mut at = 0;
        for start in (0..len).step_by(STEP) {
            let (step, within) = step_at(source, len, start);
            let members = isa.members(&step, set) & within;
            let bytes = STEP.min(len - start);
            if let (0, Some(whole)) = (members, cell[at..].first_chunk_mut()) {
                *whole = step;
                at += bytes;
                continue;
            }
            let has_control = members & isa.tops(&step.map(|byte| byte.wrapping_sub(b' '))) != 0;
            if let (false, Some(room)) = (has_control, cell[at..].first_chunk_mut()) {
                let before = match escape {
                    Escape::Itself => step,
                    Escape::Byte(byte) => [byte; STEP],
                    Escape::Backslash => [b'\\'; STEP],
                };
                isa.spread(&step, members, &before, room);
                at += bytes + members.count_ones() as usize;
                continue;
            }
            for (i, byte) in step[..bytes].iter().enumerate() {
                if members >> i & 1 == 1 {
                    cell[at..at + 2].copy_from_slice(&escape.pair(*byte)?);
                    at += 2;
                } else {
                    cell[at] = *byte;
                    at += 1;
                }
            }
        }
        Ok(at)
    }
}

impl<I: Isa> Escaping<'_, I> {
    /// Does that between quotes.
    pub fn between(self, quote: u8) -> Result<usize, Reason> {
        let (isa, cell) = (self.isa, self.cell);
        let (first, inner) = cell.split_at_mut(1);
        first[0] = quote;
        let len = isa.run(Escaping { cell: inner, ..self })?;
        cell[len + 1] = quote;
        Ok(len + 2)
    }
}
