//! Block: up to 64 rows being written at once, each at a cursor of its own. Writers get loops over
//! its rows from here, so that bounds, cursors, NULLs and errors are handled in one place.
//! Where the rows lie, and what becomes of them, is `rows`'s.

use std::marker::PhantomData;
use std::ops::Range;

use arrow_buffer::BooleanBuffer;

use crate::error::Reason;

/// Rows in a block: one word of validity; a column visit then costs a cell 0.2 ns.
pub(crate) const BLOCK: usize = 64;

/// The rows being written: a cursor for each, into slots or into the output itself. `I` is the
/// instruction set that the loops over them are compiled for.
pub(crate) struct Block<'a, I> {
    bytes: &'a mut [u8],
    cursors: [usize; BLOCK],
    rows: usize,
    /// Bit i: row i of the current column is NULL, so whatever its value is, it is no error.
    nulls: u64,
    failure: Option<(usize, Reason)>,
    isa: PhantomData<I>,
}

impl<'a, I> Block<'a, I> {
    pub fn new(bytes: &'a mut [u8], start: usize, stride: usize, rows: usize) -> Self {
        let mut cursors = [0; BLOCK];
        for (i, cursor) in cursors.iter_mut().enumerate() {
            *cursor = start + i * stride;
        }
        Self { bytes, cursors, rows, nulls: 0, failure: None, isa: PhantomData }
    }

    /// Gives each item, one a row, to `put` with all the bytes from its row's cursor on.
    #[inline(always)]
    pub fn each_item<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut put: impl FnMut(T, &mut [u8]) -> Result<usize, Reason>,
    ) {
        for (i, (cursor, item)) in self.cursors[..self.rows].iter_mut().zip(items).enumerate() {
            match put(item, &mut self.bytes[*cursor..]) {
                Ok(len) => *cursor += len,
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
    }

    /// The same with each row's index in the block.
    #[inline(always)]
    pub fn each_row(&mut self, put: impl FnMut(usize, &mut [u8]) -> Result<usize, Reason>) {
        self.each_item(0.., put);
    }

    /// The same as `each_item` with a window of `W` bytes.
    #[inline(always)]
    pub fn each_window<T, const W: usize>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut put: impl FnMut(T, &mut [u8; W]) -> Result<usize, Reason>,
    ) {
        self.each_item(items, |item, bytes| {
            put(item, bytes.first_chunk_mut().expect("extent() is too small"))
        });
    }

    /// The same behind an int32 length word.
    #[inline(always)]
    pub fn each_prefixed<T, const W: usize>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut put: impl FnMut(T, &mut [u8; W]) -> Result<usize, Reason>,
    ) {
        self.each_item(items, |item, bytes| {
            let (length, rest) = bytes.split_first_chunk_mut().expect("extent() is too small");
            let len = put(item, rest.first_chunk_mut().expect("extent() is too small"))?;
            *length = (len as u32).to_be_bytes();
            Ok(4 + len)
        });
    }

    /// Where each row's next cell begins; beyond the block's rows, nothing of meaning.
    pub fn cursors(&self) -> [usize; BLOCK] {
        self.cursors
    }

    /// Writes row `i`'s latest cell, which begins at `start`, again.
    pub fn rewrite(
        &mut self,
        i: usize,
        start: usize,
        put: impl FnOnce(&mut [u8]) -> Result<usize, Reason>,
    ) {
        match put(&mut self.bytes[start..]) {
            Ok(len) => self.cursors[i] = start + len,
            Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
        }
    }

    /// A block of the same rows and NULLs in other memory, for writers that work in two steps.
    pub fn twin<'b>(&self, bytes: &'b mut [u8], stride: usize) -> Block<'b, I> {
        Block { nulls: self.nulls, ..Block::new(bytes, 0, stride, self.rows) }
    }

    /// The bytes that row `i` has in a block that began at `start`.
    pub fn row(&self, i: usize, start: usize) -> &[u8] {
        &self.bytes[start..self.cursors[i]]
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

    /// Writes one column's cells: `write` those of values, this those of NULLs, over whatever
    /// `write` left there. Bit i of `nulls` says that row i is NULL, `null` is a whole such cell.
    pub fn column(&mut self, nulls: u64, null: &[u8], write: impl FnOnce(&mut Self)) {
        self.nulls = nulls;
        if nulls == 0 {
            return write(self);
        }
        let before = self.cursors;
        if nulls.count_ones() as usize != self.rows {
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
    }
}

/// Rows come in order, and an earlier column found at the same row goes first: keep the first.
#[cold]
fn fail(failure: &mut Option<(usize, Reason)>, nulls: u64, row: usize, reason: Reason) {
    if nulls >> row & 1 == 0 && failure.as_ref().is_none_or(|(first, _)| row < *first) {
        *failure = Some((row, reason));
    }
}

/// Bits `rows` of a bitmap, the first one lowest; at most 64.
pub(crate) fn bits(buffer: &BooleanBuffer, rows: &Range<usize>) -> u64 {
    let start = buffer.offset() + rows.start;
    let bytes = &buffer.values()[start / 8..];
    let mut word = [0; 16];
    let len = bytes.len().min(9);
    word[..len].copy_from_slice(&bytes[..len]);
    (u128::from_le_bytes(word) >> (start % 8)) as u64
}
