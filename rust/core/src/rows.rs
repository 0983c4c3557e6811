//! Cells → rows. A chunk of rows is cut into blocks of 64; a block is written column by column,
//! each row into a slot of its own with a cursor, and the slots are then copied out back to back.
//! One virtual call serves 64 cells, and the inner loops know their type. NULL is written here,
//! over whatever the column's loop left under it. Rows with long strings are written one at a
//! time, straight into the output: there the copy would cost more than the calls.
//!
//! What a value looks like belongs to `types`, how it is quoted to `escape`.

use std::ops::Range;

use arrow_buffer::NullBuffer;

use crate::block::{BLOCK, Block, bits};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::field::{Extent, FieldWriter};
use crate::isa::{Isa, Task};

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

/// A column bound to its array: the writer, and what the caller owns of it.
pub(crate) struct Column<'a, I> {
    pub writer: Box<dyn FieldWriter<I> + 'a>,
    pub nulls: Option<NullBuffer>,
    /// A whole NULL cell: the null string and its separator, or the length word −1.
    pub null: &'a [u8],
}

impl<I> Column<'_, I> {
    /// Bit i: row i of `rows`, at most 64, is NULL.
    fn null_bits(&self, rows: &Range<usize>) -> u64 {
        let Some(nulls) = &self.nulls else { return 0 };
        let all = if rows.len() < BLOCK { (1 << rows.len()) - 1 } else { u64::MAX };
        !bits(nulls.inner(), rows) & all
    }

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
pub(crate) struct Rows<'a, I> {
    pub isa: I,
    pub columns: Vec<Column<'a, I>>,
    /// What stands before the first cell: the int16 field count of BINARY, or nothing. For a
    /// table without columns it is the whole row.
    pub lead: &'a [u8],
}

impl<I: Isa> Rows<'_, I> {
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
            let rows_in_block = block_rows.len();
            let mut block = Block::new(&mut out.scratch, 0, stride, rows_in_block);
            self.write(block_rows, &mut block)?;
            let ends = &block.cursors()[..rows_in_block];
            let (slots, out_bytes) = (&out.scratch, &mut out.bytes);
            out.len = self.isa.run(Compact { slots, ends, stride, out: out_bytes, at: out.len });
        }
        Ok(())
    }

    fn one_by_one(&self, rows: Range<usize>, out: &mut Buffer) -> Result<(), EncodeError> {
        for row in rows {
            let mut block = Block::new(&mut out.bytes, out.len, 0, 1);
            self.write(row..row + 1, &mut block)?;
            out.len = block.cursors()[0];
        }
        Ok(())
    }

    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) -> Result<(), EncodeError> {
        if !self.lead.is_empty() {
            block.each_row(|_, bytes| {
                bytes[..self.lead.len()].copy_from_slice(self.lead);
                Ok(self.lead.len())
            });
        }
        let mut first: Option<EncodeError> = None;
        for (index, column) in self.columns.iter().enumerate() {
            block.column(column.null_bits(&rows), column.null, |block| {
                column.writer.write(rows.clone(), block);
            });
            if let Some((row, reason)) = block.take_failure() {
                let row = rows.start + row;
                if first.as_ref().is_none_or(|first| row < first.row) {
                    first = Some(EncodeError { column: index, row, reason });
                }
            }
        }
        first.map_or(Ok(()), Err)
    }
}

/// Copies the slots back to back to `out[at..]`, all in the same number of steps; gives the end of
/// the last row.
struct Compact<'a> {
    slots: &'a [u8],
    ends: &'a [usize],
    stride: usize,
    out: &'a mut [u8],
    at: usize,
}

impl Task for Compact<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { slots, ends, stride, out, mut at } = self;
        let longest = ends.iter().enumerate().map(|(i, end)| end - i * stride).max().unwrap_or(0);
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
}
