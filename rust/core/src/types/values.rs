//! The values of a string or binary array, and what a block of them has in it. What becomes of that
//! belongs to the types.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use crate::block::{BLOCK, Block, MOST_GATHERED, Spans};
use crate::isa::{ByteSet, Isa, STEP, prefetch};
use crate::long::Long;
use crate::utf8;

/// The variable-length values of an Arrow array: n + 1 offsets into the data.
pub(crate) struct Values<'a, O> {
    pub offsets: &'a [O],
    pub data: &'a [u8],
}

impl<'a, O: OffsetSizeTrait> Values<'a, O> {
    /// Start and end of a row's bytes.
    #[inline(always)]
    pub fn span(&self, row: usize) -> (usize, usize) {
        (self.offsets[row].as_usize(), self.offsets[row + 1].as_usize())
    }

    /// The data from a row's bytes on, and how many of them are the row's.
    #[inline(always)]
    pub fn onwards(&self, row: usize) -> (&'a [u8], usize) {
        let (start, end) = self.span(row);
        (&self.data[start..], end - start)
    }

    pub fn bytes(&self, row: usize) -> &'a [u8] {
        let (start, end) = self.span(row);
        &self.data[start..end]
    }

    /// Where the bytes of all `rows` lie.
    pub fn spans(&self, rows: &Range<usize>) -> Range<usize> {
        self.offsets[rows.start].as_usize()..self.offsets[rows.end].as_usize()
    }

    /// Notes where each of `rows` lies in the data from the first one on, which is returned.
    #[inline(always)]
    pub fn note(&self, rows: &Range<usize>, spans: &mut Spans) -> &'a [u8] {
        let offsets = &self.offsets[rows.start..=rows.end];
        let first = offsets[0];
        let own = spans.starts.iter_mut().zip(&mut spans.lens);
        for ((start, len), pair) in own.zip(offsets.windows(2)) {
            *start = (pair[0] - first).as_usize() as u32;
            *len = (pair[1] - pair[0]).as_usize().min(u32::MAX as usize) as u32;
        }
        &self.data[first.as_usize()..]
    }

    /// Which of at most 64 `rows` have bytes of the set: bit i for the one at i; and whether any has
    /// bytes beyond ASCII. They are looked at as they lie in the data, side by side.
    #[inline(always)]
    pub fn having<I: Isa>(&self, isa: I, rows: &Range<usize>, set: &ByteSet) -> (u64, bool) {
        let spans = self.spans(rows);
        let bytes = &self.data[spans.clone()];
        let (mut row, mut having) = (0, 0_u64);
        let mut note = |at: usize, mut members: u32| {
            while members != 0 {
                let place = spans.start + at + members.trailing_zeros() as usize;
                while self.offsets[rows.start + row + 1].as_usize() <= place {
                    row += 1;
                }
                having |= 1 << row;
                // Of this row no other one is looked at.
                let end = self.offsets[rows.start + row + 1].as_usize() - spans.start - at;
                members &= u32::MAX.checked_shl(end as u32).unwrap_or(0);
            }
        };
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let (mut ored, within) = ([0; STEP], (1 << rest.len()) - 1);
        for (i, step) in steps.iter().enumerate() {
            or(&mut ored, step);
            note(i * STEP, isa.members(step, set));
        }
        let rest = filled_up(rest);
        or(&mut ored, &rest);
        note(steps.len() * STEP, isa.members(&rest, set) & within);
        (having, isa.tops(&ored) != 0)
    }

    /// The same of values that `gather` takes, without a branch for each that has some.
    #[inline(always)]
    pub fn short_having<I: Isa>(
        &self,
        isa: I,
        rows: &Range<usize>,
        spans: &Spans,
        set: &ByteSet,
    ) -> (u64, bool) {
        // A bit a byte, and sixteen bytes more to be read over.
        let mut members = [0; BLOCK * MOST_GATHERED / STEP + 5];
        let bytes = &self.data[self.spans(rows)];
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let (mut any, mut ored) = (0, [0; STEP]);
        for (members, step) in members.iter_mut().zip(steps) {
            or(&mut ored, step);
            *members = isa.members(step, set);
            any |= *members;
        }
        let within = (1 << rest.len()) - 1; // A byte 0 is of the set.
        let rest = filled_up(rest);
        or(&mut ored, &rest);
        let last = isa.members(&rest, set) & within;
        members[steps.len()] = last;
        let beyond_ascii = isa.tops(&ored) != 0;
        if any | last == 0 {
            return (0, beyond_ascii);
        }
        let members = members.map(u32::to_le_bytes);
        let members = members.as_flattened();
        let mut having = 0;
        for (i, (start, len)) in spans.starts.iter().zip(&spans.lens).enumerate().take(rows.len()) {
            let start = *start as usize;
            let bits = members[start / 8..].first_chunk().expect("as many bits as bytes");
            let own = (u128::from_le_bytes(*bits) >> (start % 8)) as u64;
            let others = u64::MAX.checked_shl(*len).unwrap_or(0);
            having |= u64::from(own & !others != 0) << i;
        }
        (having, beyond_ascii)
    }

    /// Which of at most 64 `rows`, some of which go beyond ASCII, are not UTF-8.
    pub fn malformed(&self, rows: &Range<usize>) -> u64 {
        // Halves of a character, in two values, are one in the data.
        let is_start = |offset: &O| self.data.get(offset.as_usize()).is_none_or(utf8::is_start);
        let whole = self.offsets[rows.clone()].iter().all(is_start);
        if whole && utf8::is_valid(&self.data[self.spans(rows)]) {
            return 0;
        }
        self.which(rows, |value| !utf8::is_valid(value))
    }

    /// Which of at most 64 `rows` are so: bit i for the one at i.
    #[cold]
    pub fn which(&self, rows: &Range<usize>, is_so: impl Fn(&[u8]) -> bool) -> u64 {
        let so = |row| u64::from(is_so(self.bytes(row)));
        rows.clone().rev().fold(0, |which, row| which << 1 | so(row))
    }

    /// Refuses those of `rows` that are `faulty`, each for what is wrong with it.
    #[cold]
    pub fn refuse<I: Copy>(&self, rows: &Range<usize>, mut faulty: u64, block: &mut Block<'_, I>) {
        while faulty != 0 {
            let i = faulty.trailing_zeros() as usize;
            if let Err(reason) = utf8::find_fault(self.bytes(rows.start + i)) {
                block.refuse(i, reason);
            }
            faulty &= faulty - 1;
        }
    }

    /// Notes the values of `rows` as long cells' spans, if their data is not too long for that.
    #[inline(always)]
    pub fn look(&self, rows: &Range<usize>, long: &mut Long<'a>) -> bool {
        prefetch(self.offsets, rows);
        long.source = self.note(rows, &mut long.spans);
        long.span = self.spans(rows).len();
        u32::try_from(long.span).is_ok()
    }

    #[inline(always)]
    pub fn prefetch(&self, rows: &Range<usize>) {
        prefetch(self.offsets, rows);
        prefetch(self.data, &self.spans(rows));
    }

    pub fn longest(&self, rows: Range<usize>) -> usize {
        // Subtracted and compared as they are, so that it becomes vector instructions.
        let (starts, ends) =
            (&self.offsets[rows.clone()], &self.offsets[rows.start + 1..=rows.end]);
        let lengths = starts.iter().zip(ends).map(|(start, end)| *end - *start);
        lengths.fold(O::zero(), |longest, length| longest.max(length)).as_usize()
    }
}

/// Collects which bits any of the bytes have.
#[inline(always)]
fn or(ored: &mut [u8; STEP], step: &[u8; STEP]) {
    ored.iter_mut().zip(step).for_each(|(ored, byte)| *ored |= byte);
}

/// Less than a step, with zeros behind.
#[inline(always)]
fn filled_up(rest: &[u8]) -> [u8; STEP] {
    let mut step = [0; STEP];
    step[..rest.len()].copy_from_slice(rest);
    step
}
