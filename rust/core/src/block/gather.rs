//! Gathering: the cells of a block that lie in some source, copied from there by windows that are
//! all of one width. Which bytes a cell is made of belongs to `types`.

#![allow(unsafe_code)]

use super::{BLOCK, Block, Tail, window, window_of};

/// Where the bytes of a block's cells lie in some source: so many from each start on.
pub(crate) struct Spans {
    pub starts: [u32; BLOCK],
    pub lens: [u32; BLOCK],
}

/// The longest span that `gather` takes.
pub(crate) const MOST_GATHERED: usize = 64;

impl<I: Copy> Block<'_, I> {
    /// Appends to each row its span of `source` and the tail.
    ///
    /// # Panics
    /// If a span is longer than `MOST_GATHERED`, or not in the source.
    #[inline(always)]
    pub fn gather(&mut self, source: &[u8], tail: Tail) {
        let (longest, furthest) = self.bounds();
        match longest {
            0..=8 if furthest + 8 <= source.len() => self.copy::<8>(source, tail),
            0..=16 if furthest + 16 <= source.len() => self.copy::<16>(source, tail),
            0..=32 if furthest + 32 <= source.len() => self.copy::<32>(source, tail),
            0..=64 if furthest + 64 <= source.len() => self.copy::<64>(source, tail),
            0..=MOST_GATHERED => self.copy_end(source, tail),
            _ => panic!("a span is too long"),
        }
        self.advance(longest, tail.len);
    }

    /// The same behind an int32 length word, without a tail.
    #[inline(always)]
    pub fn gather_prefixed(&mut self, source: &[u8]) {
        let (longest, furthest) = self.bounds();
        match longest {
            0..=8 if furthest + 8 <= source.len() => self.copy_prefixed::<8>(source),
            0..=16 if furthest + 16 <= source.len() => self.copy_prefixed::<16>(source),
            0..=32 if furthest + 32 <= source.len() => self.copy_prefixed::<32>(source),
            0..=64 if furthest + 64 <= source.len() => self.copy_prefixed::<64>(source),
            0..=MOST_GATHERED => self.copy_prefixed_end(source),
            _ => panic!("a span is too long"),
        }
        self.advance(longest, 4);
    }

    /// The longest of the spans, and the furthest start.
    #[inline(always)]
    fn bounds(&self) -> (usize, usize) {
        let (mut longest, mut furthest) = (0, 0);
        let Spans { starts, lens } = &self.spans;
        for (start, len) in starts[..self.rows].iter().zip(&lens[..self.rows]) {
            longest = longest.max(*len);
            furthest = furthest.max(*start);
        }
        (longest as usize, furthest as usize)
    }

    /// The spans are at most `W` bytes, and as many can be read of the source from each start.
    #[inline(always)]
    fn copy<const W: usize>(&mut self, source: &[u8], tail: Tail) {
        self.demand(W + Tail::WIDTH);
        let bytes = &mut *self.bytes;
        for i in 0..self.rows {
            let (start, len) = (self.spans.starts[i] as usize, self.spans.lens[i] as usize);
            let cursor = self.cursors[i];
            // SAFETY: `bounds` has seen that no start is too far and no length above W; behind
            // every cursor lie `room` bytes, and W and a tail are not more.
            unsafe {
                *window(bytes, cursor) = *window_of::<W>(source, start);
                *window(bytes, cursor + len) = tail.word;
            }
        }
    }

    #[inline(always)]
    fn copy_prefixed<const W: usize>(&mut self, source: &[u8]) {
        self.demand(4 + W);
        let bytes = &mut *self.bytes;
        for i in 0..self.rows {
            let (start, cursor) = (self.spans.starts[i] as usize, self.cursors[i]);
            // SAFETY: as for `copy`.
            unsafe {
                *window(bytes, cursor) = self.spans.lens[i].to_be_bytes();
                *window(bytes, cursor + 4) = *window_of::<W>(source, start);
            }
        }
    }

    /// The same where the source ends before the last window does.
    #[cold]
    fn copy_end(&mut self, source: &[u8], tail: Tail) {
        for i in 0..self.rows {
            let (start, len) = (self.spans.starts[i] as usize, self.spans.lens[i] as usize);
            let cell = &mut self.bytes[self.cursors[i]..];
            cell[..len].copy_from_slice(&source[start..start + len]);
            cell[len..len + tail.len].copy_from_slice(&tail.word[..tail.len]);
        }
    }

    #[cold]
    fn copy_prefixed_end(&mut self, source: &[u8]) {
        for i in 0..self.rows {
            let (start, len) = (self.spans.starts[i] as usize, self.spans.lens[i] as usize);
            let cell = &mut self.bytes[self.cursors[i]..];
            cell[..4].copy_from_slice(&self.spans.lens[i].to_be_bytes());
            cell[4..4 + len].copy_from_slice(&source[start..start + len]);
        }
    }

    /// Moves the cursors by the spans' lengths and so many bytes more.
    #[inline(always)]
    fn advance(&mut self, longest: usize, more: usize) {
        for (cursor, len) in self.cursors[..self.rows].iter_mut().zip(&self.spans.lens) {
            *cursor += *len as usize + more;
        }
        self.spend(longest + more);
    }
}
