//! Block: up to 64 rows being written at once, each at a cursor of its own. Writers hand it cells,
//! so that room, cursors, NULLs and errors are handled in one place: here alone, `gather` included,
//! bytes are stored without a check of their own. At last the rows are copied out back to back.
//! Which rows make a block, and in whose memory, is `rows`'s.
//!
//! What makes the stores sound: each row's cursor lies at least `room` bytes before the row's end,
//! and so of the block's memory. A column checks once that its widest store fits, and its longest
//! cell is taken off afterwards.

#![allow(unsafe_code)]

mod gather;

use std::array;
use std::ops::Range;

use arrow_buffer::BooleanBuffer;

use crate::error::Reason;
use crate::isa::STEP;

pub(crate) use gather::{MOST_GATHERED, Spans};

/// Rows in a block: one word of validity; a column visit then costs a cell 0.2 ns.
pub(crate) const BLOCK: usize = 64;

/// What ends every cell of a column, at most eight bytes: stored as a word, counted by length.
#[derive(Clone, Copy)]
pub(crate) struct Tail {
    word: [u8; Tail::WIDTH],
    len: usize,
}

impl Tail {
    /// What is stored, however short it is.
    pub const WIDTH: usize = 8;

    pub const NONE: Self = Self { word: [0; Self::WIDTH], len: 0 };

    pub fn new(bytes: &[u8]) -> Self {
        let mut word = [0; Self::WIDTH];
        word[..bytes.len()].copy_from_slice(bytes);
        Self { word, len: bytes.len() }
    }

    pub fn len(&self) -> usize {
        self.len
    }
}

impl From<u8> for Tail {
    fn from(separator: u8) -> Self {
        Self::new(&[separator])
    }
}

/// The rows being written: a cursor for each, into slots or into the output itself.
pub(crate) struct Block<'a, I> {
    /// The instruction set that the loops over the rows are compiled for.
    pub isa: I,
    bytes: &'a mut [u8],
    cursors: [usize; BLOCK],
    /// What `gather` copies next: to be filled for the rows there are.
    pub spans: Spans,
    rows: usize,
    stride: usize,
    room: usize,
    /// Bit i: row i of the current column is NULL, so whatever its value is, it is no error.
    nulls: u64,
    failure: Option<(usize, Reason)>,
}

impl<'a, I: Copy> Block<'a, I> {
    /// Rows of at most `stride` bytes, one behind the other, each of which begins with `lead`.
    ///
    /// # Panics
    /// If `bytes` has no room for them.
    #[inline(always)]
    pub fn new(isa: I, bytes: &'a mut [u8], stride: usize, rows: usize, lead: Tail) -> Self {
        assert!(rows <= BLOCK && rows * stride <= bytes.len(), "the block is too small");
        if lead.len > 0 {
            for row in bytes.chunks_exact_mut(stride).take(rows) {
                row[..Tail::WIDTH].copy_from_slice(&lead.word);
            }
        }
        let cursors = array::from_fn(|i| i * stride + lead.len);
        let spans = Spans { starts: [0; BLOCK], lens: [0; BLOCK] };
        Self {
            isa,
            bytes,
            cursors,
            spans,
            rows,
            stride,
            room: stride - lead.len,
            nulls: 0,
            failure: None,
        }
    }

    /// Gives each item, one a row, to `put` with the `W` bytes behind its row's cursor; no cell may
    /// be longer.
    #[inline(always)]
    pub fn each<T, const W: usize>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut put: impl FnMut(T, &mut [u8; W]) -> Result<usize, Reason>,
    ) {
        self.demand(W);
        let bytes = &mut *self.bytes;
        for (i, (cursor, item)) in self.cursors[..self.rows].iter_mut().zip(items).enumerate() {
            // SAFETY: `room` bytes lie behind every cursor, and W are not more.
            let cell = unsafe { window(bytes, *cursor) };
            match put(item, cell) {
                Ok(len) => *cursor += len.min(W),
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
        self.spend(W);
    }

    /// The same with all the bytes from the cursor on, and the row's index.
    #[inline(always)]
    pub fn each_row(&mut self, mut put: impl FnMut(usize, &mut [u8]) -> Result<usize, Reason>) {
        let mut longest = 0;
        for (i, cursor) in self.cursors[..self.rows].iter_mut().enumerate() {
            match put(i, &mut self.bytes[*cursor..]) {
                Ok(len) => {
                    *cursor += len;
                    longest = longest.max(len);
                }
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
        self.spend(longest);
    }

    fn demand(&self, width: usize) {
        assert!(width <= self.room, "extent() is too small");
    }

    fn spend(&mut self, longest: usize) {
        assert!(longest <= self.room, "extent() is too small");
        self.room -= longest;
    }

    /// Copies the rows to the start of `out`, back to back, all in the same number of steps, and
    /// gives the end of the last one.
    ///
    /// # Panics
    /// If `out` has no room for the rows and a step more.
    #[inline(always)]
    pub fn compact(&self, out: &mut [u8]) -> usize {
        let (mut longest, mut sum) = (0, 0);
        for (i, end) in self.cursors().iter().enumerate() {
            longest = longest.max(end - i * self.stride);
            sum += end - i * self.stride;
        }
        let steps = longest.div_ceil(STEP);
        let width = steps * STEP;
        assert!(width <= self.stride && sum + width <= out.len(), "extent() is too small");
        let mut at = 0;
        for (i, end) in self.cursors().iter().enumerate() {
            let start = i * self.stride;
            for step in 0..steps {
                // SAFETY: a row's slot is not shorter than `width`; `at` is not above the sum of
                // all rows, and behind that lies room for `width` bytes.
                unsafe {
                    *window::<STEP>(out, at + step * STEP) =
                        *window_of(self.bytes, start + step * STEP);
                }
            }
            at += end - start;
        }
        at
    }

    /// Where each row's next cell begins.
    pub fn cursors(&self) -> &[usize] {
        &self.cursors[..self.rows]
    }

    /// Writes row `i`'s latest cell, `len` bytes long so far, again.
    pub fn rewrite(
        &mut self,
        i: usize,
        len: usize,
        put: impl FnOnce(&mut [u8]) -> Result<usize, Reason>,
    ) {
        let start = self.cursors[i] - len;
        match put(&mut self.bytes[start..]) {
            Ok(new) => {
                self.cursors[i] = start + new;
                let end = (i + 1) * self.stride;
                assert!(start + new <= end, "extent() is too small");
                self.room = self.room.min(end - start - new);
            }
            Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
        }
    }

    /// A block of the same rows and NULLs in other memory, for writers that work in two steps.
    pub fn twin<'b>(&self, bytes: &'b mut [u8], stride: usize) -> Block<'b, I> {
        let twin = Block::new(self.isa, bytes, stride, self.rows, Tail::NONE);
        Block { nulls: self.nulls, ..twin }
    }

    /// The bytes that row `i` has in a block that began at `start`.
    pub fn row(&self, i: usize, start: usize) -> &[u8] {
        &self.bytes[start..self.cursors[i]]
    }

    /// Notes that row `i` of the column has no COPY form.
    pub fn refuse(&mut self, i: usize, reason: Reason) {
        fail(&mut self.failure, self.nulls, i, reason);
    }

    /// The error of the twin, if it had one before ours.
    pub fn adopt(&mut self, failure: Option<(usize, Reason)>) {
        if let Some((row, reason)) = failure {
            fail(&mut self.failure, self.nulls, row, reason);
        }
    }

    pub fn take_failure(&mut self) -> Option<(usize, Reason)> {
        self.failure.take()
    }

    /// Which rows of the current column are NULL: bit i for row i.
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Writes one column's cells: `write` those of values, this those of NULLs, over whatever
    /// `write` left there. Bit i of `nulls` says that row i is NULL, `null` is a whole such cell.
    #[inline(always)]
    pub fn column(&mut self, nulls: u64, null: &[u8], write: impl FnOnce(&mut Self)) {
        self.nulls = nulls;
        if nulls == 0 {
            return write(self);
        }
        let (before, room) = (self.cursors, self.room);
        if nulls != u64::MAX >> (BLOCK - self.rows) {
            write(self);
        }
        let mut left = nulls;
        while left != 0 {
            let i = left.trailing_zeros() as usize;
            let end = before[i] + null.len();
            self.bytes[before[i]..end].copy_from_slice(null);
            self.cursors[i] = end;
            left &= left - 1;
        }
        self.room = self.room.min(room - null.len());
    }
}

/// The `W` bytes at `at`.
///
/// # Safety
/// They must be bytes of the slice.
#[inline(always)]
unsafe fn window<const W: usize>(bytes: &mut [u8], at: usize) -> &mut [u8; W] {
    // SAFETY: the caller's.
    unsafe { &mut *bytes.get_unchecked_mut(at..at + W).as_mut_ptr().cast() }
}

/// The `W` bytes at `at`, to be read.
///
/// # Safety
/// They must be bytes of the slice.
#[inline(always)]
unsafe fn window_of<const W: usize>(bytes: &[u8], at: usize) -> &[u8; W] {
    // SAFETY: the caller's.
    unsafe { &*bytes.get_unchecked(at..at + W).as_ptr().cast() }
}

/// Rows come in order, and an earlier column found at the same row goes first: keep the first.
#[cold]
fn fail(failure: &mut Option<(usize, Reason)>, nulls: u64, row: usize, reason: Reason) {
    if nulls >> row & 1 == 0 && failure.as_ref().is_none_or(|(first, _)| row < *first) {
        *failure = Some((row, reason));
    }
}

/// Bits `rows` of a bitmap, the first one lowest; at most 64.
#[inline(always)]
pub(crate) fn bits(buffer: &BooleanBuffer, rows: &Range<usize>) -> u64 {
    let start = buffer.offset() + rows.start;
    let (bytes, shift) = (&buffer.values()[start / 8..], start % 8);
    let Some((low, rest)) = bytes.split_first_chunk() else {
        // The bitmap's end: bytes there are put together, for none may be read behind it.
        return bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte)) >> shift;
    };
    let high = rest.first().map_or(0, |byte| u64::from(*byte));
    u64::from_le_bytes(*low) >> shift | (high << 8) << (56 - shift)
}
