//! Cells → rows. A chunk of rows is cut into blocks of 64; a block is written column by column,
//! each row into a slot of its own with a cursor, and the slots are then copied out back to back.
//! One virtual call serves 64 cells, and the inner loops know their type. NULL is written here,
//! over whatever the column's loop left under it. Long cells are not worth a copy: while the slots
//! are copied out, they are put between them, straight into the output.
//!
//! What a value looks like belongs to `types`, how it is quoted to `escape`.

use std::ops::Range;

use arrow_buffer::NullBuffer;

use crate::block::{BLOCK, Block, Tail, bits};
use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::error::{EncodeError, Reason};
use crate::field::{Extent, FieldWriter, Nulls, OVERRUN};
use crate::isa::{Isa, Task, prefetch_ahead, prefetch_bytes};
use crate::long::{self, Join, Long};

/// Rows between two capacity checks.
const CHUNK: usize = 1024;
/// A chunk that could need more than this is cut in two, so that memory stays in proportion.
const CHUNK_BYTES: usize = 4 << 20;
/// A block has fewer rows where 64 slots would take more than this.
const SLOTS_BYTES: usize = 1 << 20;
/// But not fewer than these, for a visit to each column costs as much as some cells.
const LEAST_ROWS: usize = 16;

/// Bytes of validity to ask for beforehand: two lines, the bits of 16 blocks.
const NULLS_AHEAD: usize = 128;

/// A column bound to its array: the writer, and what the caller owns of it.
pub(crate) struct Column<'a, I> {
    pub writer: Box<dyn FieldWriter<I> + 'a>,
    pub nulls: Option<NullBuffer>,
    /// A whole NULL cell: the null string and its separator, or the length word −1.
    pub null: &'a [u8],
}

impl<I: Copy> Column<'_, I> {
    /// Writes one row's cell to the start of `cell`, and gives its length.
    #[inline(always)]
    pub fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        match self.nulls().put(row, cell) {
            Some(null) => Ok(null),
            None => self.writer.put(isa, row, cell),
        }
    }

    /// Writes the cells of `rows` back to back to the start of `cell`, and gives their length.
    #[inline(always)]
    pub fn put_all(&self, isa: I, rows: Range<usize>, cell: &mut [u8]) -> Result<usize, Reason> {
        self.writer.put_all(isa, rows, self.nulls(), cell)
    }

    fn nulls(&self) -> Nulls<'_> {
        Nulls { rows: self.nulls.as_ref(), cell: self.null }
    }

    /// Bit i: row i of `rows`, at most 64, is NULL.
    #[inline(always)]
    fn null_bits(&self, rows: &Range<usize>) -> u64 {
        let Some(nulls) = &self.nulls else { return 0 };
        let byte = (nulls.offset() + rows.start) / 8;
        prefetch_ahead(&nulls.inner().values()[byte..], 1, NULLS_AHEAD);
        let all = if rows.len() < BLOCK { (1 << rows.len()) - 1 } else { u64::MAX };
        !bits(nulls.inner(), rows) & all
    }

    /// The room that its cells need in `rows`.
    pub fn extent(&self, rows: Range<usize>) -> Extent {
        let null = Extent::fixed(self.null.len(), rows.len());
        let value = self.writer.extent(rows);
        Extent {
            cell: value.cell.max(null.cell),
            total: value.total + if self.nulls.is_some() { null.total } else { 0 },
            long: value.long,
        }
    }
}

/// The rows of one batch and the bytes every row begins or ends with.
pub(crate) struct Rows<'a, I> {
    pub isa: I,
    pub columns: Vec<Column<'a, I>>,
    /// What stands before the first cell: the int16 field count of BINARY, or nothing. For a
    /// table without columns it is the whole row.
    pub lead: Tail,
    /// How many bytes of a row are not too many.
    pub most_bytes: usize,
}

impl<I: Isa> Rows<'_, I> {
    /// Appends `rows` to `out`. Of a row too long the column is not yet known.
    pub fn encode(&self, rows: Range<usize>, out: &mut Buffer) -> Result<(), EncodeError> {
        let (mut start, mut count) = (rows.start, CHUNK);
        while start < rows.end {
            let mut chunk = start..rows.end.min(start + count);
            let (extent, long_columns) = loop {
                let (extent, long_columns) = self.extent(&chunk);
                if extent.total <= CHUNK_BYTES || chunk.len() == 1 {
                    break (extent, long_columns);
                }
                chunk.end = chunk.start + chunk.len() / 2;
            };
            let may_be_long = extent.cell + extent.total > self.most_bytes;
            if may_be_long {
                chunk.end = chunk.start + 1;
            }
            start = chunk.end;
            // To look at many more rows than there is room for would cost as much as to write them.
            count = CHUNK.min(2 * chunk.len());
            let before = out.len;
            // An odd number of cache lines, so that the slots do not share a few sets.
            let stride = (extent.cell + OVERRUN).next_multiple_of(64) | 64;
            out.reserve(extent.total + stride + long::OVERRUN);
            let most = (SLOTS_BYTES / stride).clamp(LEAST_ROWS, BLOCK);
            if out.scratch.len() < most * stride {
                out.scratch.resize(most * stride, 0);
            }
            for start in chunk.clone().step_by(most) {
                let rows = start..chunk.end.min(start + most);
                self.isa.run(AppendBlock { all: self, rows, long: &long_columns, stride, out })?;
            }
            if may_be_long && out.len - before > self.most_bytes {
                let (column, row) = (0, chunk.start);
                return Err(EncodeError { column, row, reason: Reason::RowTooLong });
            }
        }
        Ok(())
    }

    /// The first cell of `range`, by row and then by column, that cannot be written or converted,
    /// or is too much for its row: there is one. Cell by cell, for a block tells of one error alone,
    /// a row too long of no cell, and nor does the conversion.
    #[cold]
    pub fn first_error(self, range: Range<usize>, encoding: Option<&Encoding>) -> EncodeError {
        let (isa, lead, most_bytes) = (self.isa, self.lead.len(), self.most_bytes);
        let one =
            |column| Rows { isa, columns: vec![column], lead: Tail::NONE, most_bytes: usize::MAX };
        let columns: Vec<_> = self.columns.into_iter().map(one).collect();
        let mut cell = Buffer::new();
        for row in range {
            let mut len = lead;
            let mut too_long = None;
            for (column, cells) in columns.iter().enumerate() {
                cell.clear();
                if let Err(error) = cells.encode(row..row + 1, &mut cell) {
                    return EncodeError { column, ..error };
                }
                len += match encoding.map(|encoding| encoding.convert(isa, cell.as_slice())) {
                    None => cell.len(),
                    Some(Ok(converted)) => converted.len(),
                    Some(Err(character)) => {
                        return EncodeError {
                            column,
                            row,
                            reason: Reason::NoEquivalent(character),
                        };
                    }
                };
                if len > most_bytes {
                    too_long.get_or_insert(column);
                }
            }
            if let Some(column) = too_long {
                return EncodeError { column, row, reason: Reason::RowTooLong };
            }
        }
        unreachable!("a cell cannot be written")
    }

    /// The room that `rows` need in slots and in all, and which columns have long cells.
    fn extent(&self, rows: &Range<usize>) -> (Extent, Vec<usize>) {
        let mut sum = Extent::fixed(Tail::WIDTH, rows.len());
        let mut long = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let extent = column.extent(rows.clone());
            sum.total += extent.total;
            if extent.long {
                // What is put there may need room for its longest cell alone, whatever is left.
                let only = if rows.len() == 1 { extent.total } else { 0 };
                sum.total += extent.cell.saturating_sub(only);
                long.push(index);
            } else {
                sum.cell += extent.cell;
            }
        }
        (sum, long)
    }

    /// Appends one block.
    #[inline(always)]
    fn block(
        &self,
        rows: Range<usize>,
        long: &[usize],
        stride: usize,
        out: &mut Buffer,
    ) -> Result<(), EncodeError> {
        let mut block = Block::new(self.isa, &mut out.scratch, stride, rows.len(), self.lead);
        let mut noted = Vec::with_capacity(long.len());
        let failure = self.write(&rows, long, &mut noted, &mut block);
        if long.is_empty() {
            let rest = &mut out.bytes[out.len..];
            let len = block.compact(rest);
            // Where the next block's rows will go.
            prefetch_bytes(&rest[len..rest.len().min(2 * len)]);
            out.len += len;
            return failure.map_or(Ok(()), Err);
        }
        let mut ends = [0; BLOCK];
        let ends = &mut ends[..rows.len()];
        ends.copy_from_slice(block.cursors());
        let (isa, columns, long) = (self.isa, &*self.columns, &*noted);
        let joined = isa.run(Join { isa, rows, columns, long, ends, stride, out });
        // The first error, by row and then by column.
        let errors = failure.into_iter().chain(joined.err());
        errors.min_by_key(|error| (error.row, error.column)).map_or(Ok(()), Err)
    }

    /// Writes the cells that are not long, and notes where each row's cursor is at those that are.
    #[inline(always)]
    fn write<'s>(
        &'s self,
        rows: &Range<usize>,
        long: &[usize],
        noted: &mut Vec<Long<'s>>,
        block: &mut Block<'_, I>,
    ) -> Option<EncodeError> {
        let mut first: Option<EncodeError> = None;
        for (index, column) in self.columns.iter().enumerate() {
            if long.get(noted.len()) == Some(&index) {
                let mut cells = Long::new(index, block.cursors());
                column.writer.look(self.isa, rows, &mut cells);
                cells.others |= column.null_bits(rows);
                noted.push(cells);
                continue;
            }
            block.column(column.null_bits(rows), column.null, |block| {
                column.writer.write(rows.clone(), block);
            });
            if let Some((row, reason)) = block.take_failure() {
                let row = rows.start + row;
                if first.as_ref().is_none_or(|first| row < first.row) {
                    first = Some(EncodeError { column: index, row, reason });
                }
            }
        }
        first
    }
}

/// `Rows::block`, to be compiled with all of its loops but the columns' own.
struct AppendBlock<'s, 'a, I> {
    all: &'s Rows<'a, I>,
    rows: Range<usize>,
    long: &'s [usize],
    stride: usize,
    out: &'s mut Buffer,
}

impl<I: Isa> Task for AppendBlock<'_, '_, I> {
    type Output = Result<(), EncodeError>;

    #[inline(always)]
    fn run(self) -> Self::Output {
        self.all.block(self.rows, self.long, self.stride, self.out)
    }
}
