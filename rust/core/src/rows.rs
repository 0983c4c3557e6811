//! Cells → rows. A chunk of rows is cut into blocks of 64; a block is written column by column,
//! each row into a slot of its own with a cursor, and the slots are then copied out back to back.
//! One virtual call serves 64 cells, and the inner loops know their type. NULL is written here,
//! over whatever the column's loop left under it. Rows with long strings are written one at a
//! time, straight into the output: there the copy would cost more than the calls.
//!
//! What a value looks like belongs to `types`, how it is quoted to `escape`.

use std::ops::Range;

use arrow_buffer::{BooleanBuffer, NullBuffer};

use crate::error::{EncodeError, Reason};
use crate::field::{Extent, FieldWriter};

/// Rows in a block: one word of validity; a column visit then costs a cell 0.2 ns.
const BLOCK: usize = 64;
/// Rows between two capacity checks.
const CHUNK: usize = 1024;
/// A chunk that could need more than this is cut in two, so that memory stays in proportion.
const CHUNK_BYTES: usize = 4 << 20;
/// Above this many bytes of strings a row, on average, rows are written one at a time.
const LONG_ROW: usize = 256;
/// A slot longer than this (one very long value in a chunk) is not worth its scratch either.
const LONG_SLOT: usize = 16 << 10;
/// Slots are copied out in steps of this many bytes, so up to this many lie behind the last row.
const STEP: usize = 32;

/// Encoded bytes and the scratch they were made in. Reuse it: memory touched for the first time
/// costs as much as the encoding.
#[derive(Default)]
pub struct Buffer {
    /// All initialised; the first `len` bytes are output.
    bytes: Vec<u8>,
    len: usize,
    scratch: Vec<u8>,
}

impl Buffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The encoded bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The number of encoded bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been encoded.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets the bytes and keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The memory it holds on to, in bytes.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity() + self.scratch.capacity()
    }

    /// Appends bytes as they are.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn reserve(&mut self, more: usize) {
        let needed = self.len + more;
        if needed > self.bytes.len() {
            // Steps of a quarter keep both the copies of a growing part and the waste small; the
            // zeroing happens once per buffer.
            self.bytes
                .resize(needed.max(self.bytes.len() + self.bytes.len() / 4), 0);
        }
    }
}

/// The rows being written: a cursor for each, into slots or into the output itself.
pub(crate) struct Block<'a> {
    bytes: &'a mut [u8],
    cursors: [usize; BLOCK],
    rows: usize,
    /// Bit i: row i of the current column is NULL, so whatever its value is, it is no error.
    nulls: u64,
    failure: Option<(usize, Reason)>,
}

impl<'a> Block<'a> {
    pub fn new(bytes: &'a mut [u8], start: usize, stride: usize, rows: usize) -> Self {
        let mut cursors = [0; BLOCK];
        for (i, cursor) in cursors.iter_mut().enumerate() {
            *cursor = start + i * stride;
        }
        Self {
            bytes,
            cursors,
            rows,
            nulls: 0,
            failure: None,
        }
    }

    /// Gives each value of the block to `put` with a window of `W` bytes at its row's cursor.
    #[inline(always)]
    pub fn each_value<T: Copy, const W: usize>(
        &mut self,
        values: &[T],
        mut put: impl FnMut(T, &mut [u8; W]) -> Result<usize, Reason>,
    ) {
        for (i, (cursor, value)) in self.cursors[..self.rows].iter_mut().zip(values).enumerate() {
            let cell = self.bytes[*cursor..]
                .first_chunk_mut()
                .expect("extent() is too small");
            match put(*value, cell) {
                Ok(len) => *cursor += len,
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
    }

    /// The same behind an int32 length word.
    #[inline(always)]
    pub fn each_prefixed<T: Copy, const W: usize>(
        &mut self,
        values: &[T],
        mut put: impl FnMut(T, &mut [u8; W]) -> Result<usize, Reason>,
    ) {
        for (i, (cursor, value)) in self.cursors[..self.rows].iter_mut().zip(values).enumerate() {
            let (length, rest) = self.bytes[*cursor..]
                .split_first_chunk_mut()
                .expect("extent() is too small");
            match put(
                *value,
                rest.first_chunk_mut().expect("extent() is too small"),
            ) {
                Ok(len) => {
                    *length = (len as u32).to_be_bytes();
                    *cursor += 4 + len;
                }
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
    }

    /// Gives `put` each row's index in the block and all the bytes from its cursor on.
    #[inline(always)]
    pub fn each_row(&mut self, mut put: impl FnMut(usize, &mut [u8]) -> Result<usize, Reason>) {
        for (i, cursor) in self.cursors[..self.rows].iter_mut().enumerate() {
            match put(i, &mut self.bytes[*cursor..]) {
                Ok(len) => *cursor += len,
                Err(reason) => fail(&mut self.failure, self.nulls, i, reason),
            }
        }
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

    /// Where each row's next cell begins.
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
    pub fn twin<'b>(&self, bytes: &'b mut [u8], stride: usize) -> Block<'b> {
        Block {
            nulls: self.nulls,
            ..Block::new(bytes, 0, stride, self.rows)
        }
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

    fn column(&mut self, column: &Column<'_>, rows: Range<usize>) {
        self.nulls = column
            .nulls
            .as_ref()
            .map_or(0, |nulls| !bits(nulls.inner(), &rows));
        if rows.len() < BLOCK {
            self.nulls &= (1 << rows.len()) - 1;
        }
        if self.nulls == 0 {
            column.writer.write(rows, self);
            return;
        }
        let before = self.cursors;
        if self.nulls.count_ones() as usize != rows.len() {
            column.writer.write(rows, self);
        }
        let mut nulls = self.nulls;
        while nulls != 0 {
            let i = nulls.trailing_zeros() as usize;
            let at = before[i];
            self.bytes[at..at + column.null.len()].copy_from_slice(column.null);
            self.cursors[i] = at + column.null.len();
            nulls &= nulls - 1;
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

/// A column bound to its array: the writer, and what the caller owns of it.
pub(crate) struct Column<'a> {
    pub writer: Box<dyn FieldWriter + 'a>,
    pub nulls: Option<NullBuffer>,
    /// A whole NULL cell: the null string and its separator, or the length word −1.
    pub null: &'a [u8],
}

impl Column<'_> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let null = Extent::fixed(self.null.len(), rows.len());
        let value = self.writer.extent(rows);
        Extent {
            cell: value.cell.max(null.cell),
            total: value.total + if self.nulls.is_some() { null.total } else { 0 },
            variable: value.variable,
        }
    }
}

/// The rows of one batch and the bytes every row begins or ends with.
pub(crate) struct Rows<'a> {
    pub columns: Vec<Column<'a>>,
    /// What stands before the first cell: the int16 field count of BINARY, or nothing. For a
    /// table without columns it is the whole row.
    pub lead: &'a [u8],
}

impl Rows<'_> {
    /// Appends `rows` to `out`.
    pub fn encode(&self, rows: Range<usize>, out: &mut Buffer) -> Result<(), EncodeError> {
        let mut start = rows.start;
        while start < rows.end {
            let mut chunk = start..rows.end.min(start + CHUNK);
            let extent = loop {
                let extent = self.extent(&chunk);
                if extent.total <= CHUNK_BYTES || chunk.len() == 1 {
                    break extent;
                }
                chunk.end = chunk.start + chunk.len() / 2;
            };
            start = chunk.end;
            out.reserve(extent.total + extent.cell + 2 * STEP);
            if extent.variable > LONG_ROW * chunk.len() || extent.cell > LONG_SLOT {
                self.one_by_one(chunk, out)?;
            } else {
                // An odd number of cache lines, so that the slots do not share a few sets.
                let stride = (extent.cell + STEP).next_multiple_of(64) | 64;
                self.in_blocks(chunk, stride, out)?;
            }
        }
        Ok(())
    }

    fn extent(&self, rows: &Range<usize>) -> Extent {
        let lead = Extent::fixed(self.lead.len(), rows.len());
        self.columns.iter().fold(lead, |sum, column| {
            let extent = column.extent(rows.clone());
            Extent {
                cell: sum.cell + extent.cell,
                total: sum.total + extent.total,
                variable: sum.variable + extent.variable,
            }
        })
    }

    fn in_blocks(
        &self,
        rows: Range<usize>,
        stride: usize,
        out: &mut Buffer,
    ) -> Result<(), EncodeError> {
        if out.scratch.len() < BLOCK * stride {
            out.scratch.resize(BLOCK * stride, 0);
        }
        let mut start = rows.start;
        while start < rows.end {
            let block_rows = start..rows.end.min(start + BLOCK);
            start = block_rows.end;
            let mut block = Block::new(&mut out.scratch, 0, stride, block_rows.len());
            self.write(block_rows, &mut block)?;
            let cursors = block.cursors;
            let rows = block.rows;
            out.len = compact(
                &out.scratch,
                &cursors[..rows],
                stride,
                &mut out.bytes,
                out.len,
            );
        }
        Ok(())
    }

    fn one_by_one(&self, rows: Range<usize>, out: &mut Buffer) -> Result<(), EncodeError> {
        for row in rows {
            let mut block = Block::new(&mut out.bytes, out.len, 0, 1);
            self.write(row..row + 1, &mut block)?;
            out.len = block.cursors[0];
        }
        Ok(())
    }

    fn write(&self, rows: Range<usize>, block: &mut Block<'_>) -> Result<(), EncodeError> {
        if !self.lead.is_empty() {
            block.each_row(|_, bytes| {
                bytes[..self.lead.len()].copy_from_slice(self.lead);
                Ok(self.lead.len())
            });
        }
        let mut first: Option<EncodeError> = None;
        for (index, column) in self.columns.iter().enumerate() {
            block.column(column, rows.clone());
            if let Some((row, reason)) = block.take_failure() {
                let row = rows.start + row;
                if first.as_ref().is_none_or(|first| row < first.row) {
                    first = Some(EncodeError {
                        column: index,
                        row,
                        reason,
                    });
                }
            }
        }
        first.map_or(Ok(()), Err)
    }
}

/// Copies the slots back to back to `out[at..]`, all in the same number of steps, and returns the
/// end of the last row.
fn compact(slots: &[u8], ends: &[usize], stride: usize, out: &mut [u8], mut at: usize) -> usize {
    let longest = ends
        .iter()
        .enumerate()
        .map(|(i, end)| end - i * stride)
        .max()
        .unwrap_or(0);
    let steps = longest.next_multiple_of(STEP);
    for (i, end) in ends.iter().enumerate() {
        let start = i * stride;
        let from = slots[start..start + steps].as_chunks::<STEP>().0;
        let to = out[at..at + steps].as_chunks_mut::<STEP>().0;
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
        at += end - start;
    }
    at
}
