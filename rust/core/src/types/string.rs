//! text and its kin: the bytes as they are, protected as the format asks.

// Closures around functions are inlined where the functions themselves would be called.
#![allow(clippy::redundant_closure)]

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use crate::block::Block;
use crate::error::Reason;
use crate::escape::{Protect, STEP};
use crate::field::{Extent, FieldWriter};
use crate::isa::prefetch;

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

    pub fn bytes(&self, row: usize) -> &'a [u8] {
        let (start, end) = self.span(row);
        &self.data[start..end]
    }

    /// Where the bytes of all `rows` lie.
    pub fn spans(&self, rows: &Range<usize>) -> Range<usize> {
        self.offsets[rows.start].as_usize()..self.offsets[rows.end].as_usize()
    }

    /// Gives `put` each row's bytes, with what follows them in the data, and their number.
    #[inline(always)]
    pub fn each<I>(
        &self,
        rows: Range<usize>,
        block: &mut Block<'_, I>,
        mut put: impl FnMut(&[u8], usize, &mut [u8]) -> Result<usize, Reason>,
    ) {
        prefetch(self.offsets, &rows);
        prefetch(self.data, &self.spans(&rows));
        block.each_item(self.offsets[rows.start..=rows.end].windows(2), |pair, cell| {
            let (start, end) = (pair[0].as_usize(), pair[1].as_usize());
            put(&self.data[start..], end - start, cell)
        });
    }

    /// Whether `wanted` is true of the length of one of `rows`.
    #[inline(always)]
    pub fn any_len(&self, rows: &Range<usize>, wanted: impl Fn(usize) -> bool) -> bool {
        let (starts, ends) =
            (&self.offsets[rows.clone()], &self.offsets[rows.start + 1..=rows.end]);
        let lengths = starts.iter().zip(ends).map(|(start, end)| (*end - *start).as_usize());
        lengths.fold(false, |any, length| any | wanted(length))
    }

    pub fn longest(&self, rows: Range<usize>) -> usize {
        // Subtracted and compared as they are, so that it becomes vector instructions.
        let (starts, ends) =
            (&self.offsets[rows.clone()], &self.offsets[rows.start + 1..=rows.end]);
        let lengths = starts.iter().zip(ends).map(|(start, end)| *end - *start);
        lengths.fold(O::zero(), |longest, length| longest.max(length)).as_usize()
    }
}

/// What the paths for short values may copy beyond a value.
const ROOM: usize = 4 * STEP;

/// Text cells: the protected value, then the delimiter or the line's end.
pub(crate) struct StringText<'a, O, P> {
    pub values: Values<'a, O>,
    pub protect: P,
    pub separator: u8,
}

impl<O: OffsetSizeTrait, P: Protect, I> FieldWriter<I> for StringText<'_, O, P> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        Extent {
            cell: 2 * self.values.longest(rows.clone()) + 3 + ROOM,
            total: 2 * variable + 3 * rows.len() + ROOM,
            variable,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        match self.values.longest(rows.clone()) {
            0..=16 => self.write_short::<16, I>(rows, block),
            17..=32 => self.write_short::<32, I>(rows, block),
            33..=64 => self.write_short::<64, I>(rows, block),
            _ => self.values.each(rows, block, |source, len, cell| {
                let len = self.protect.put(source, len, cell)?;
                cell[len] = self.separator;
                Ok(len + 1)
            }),
        }
    }
}

impl<O: OffsetSizeTrait, P: Protect> StringText<'_, O, P> {
    /// Values of at most `MOST` bytes: all are copied as they are, by loops without branches; then
    /// those that need protection, which are few, are written again.
    #[inline(always)]
    fn write_short<const MOST: usize, I>(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let starts = block.cursors();
        self.values.each(rows.clone(), block, |source, len, cell| {
            copy_short::<MOST>(source, len, cell);
            cell[len] = self.separator;
            Ok(len + 1)
        });
        if self.values.any_len(&rows, |len| self.protect.is_special_len(len)) {
            for row in rows.clone() {
                if self.protect.is_special_value(self.values.bytes(row)) {
                    self.rewrite(row, &rows, &starts, block);
                }
            }
        }
        let span = self.values.spans(&rows);
        let mut row = rows.start;
        let mut rewritten = None;
        self.protect.each_special(&self.values.data[span.clone()], |at| {
            while self.values.span(row).1 <= span.start + at {
                row += 1;
            }
            if rewritten != Some(row) {
                self.rewrite(row, &rows, &starts, block);
                rewritten = Some(row);
            }
        });
    }

    #[cold]
    fn rewrite<I>(
        &self,
        row: usize,
        rows: &Range<usize>,
        starts: &[usize],
        block: &mut Block<'_, I>,
    ) {
        let i = row - rows.start;
        block.rewrite(i, starts[i], |cell| {
            let len = self.protect.put_protected(self.values.bytes(row), cell)?;
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }
}

/// Binary fields: the length and the bytes; `no_nul` for text, where the byte 0 is an error.
pub(crate) struct StringBinary<'a, O> {
    pub values: Values<'a, O>,
    pub no_nul: bool,
}

impl<O: OffsetSizeTrait, I> FieldWriter<I> for StringBinary<'_, O> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        Extent {
            cell: self.values.longest(rows.clone()) + 4 + ROOM,
            total: variable + 4 * rows.len() + ROOM,
            variable,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        // One look over all the rows' bytes, which lie side by side, before one at each row's.
        if self.no_nul && has_nul(&self.values.data[self.values.spans(&rows)]) {
            return self.values.each(rows, block, |source, len, cell| {
                if has_nul(&source[..len]) {
                    Err(Reason::NulByte)
                } else {
                    prefixed(source, len, cell, copy)
                }
            });
        }
        match self.values.longest(rows.clone()) {
            0..=16 => self.write_with(rows, block, |s, len, cell| copy_short::<16>(s, len, cell)),
            17..=32 => self.write_with(rows, block, |s, len, cell| copy_short::<32>(s, len, cell)),
            33..=64 => self.write_with(rows, block, |s, len, cell| copy_short::<64>(s, len, cell)),
            _ => self.write_with(rows, block, |s, len, cell| copy(s, len, cell)),
        }
    }
}

impl<O: OffsetSizeTrait> StringBinary<'_, O> {
    #[inline(always)]
    fn write_with<I>(
        &self,
        rows: Range<usize>,
        block: &mut Block<'_, I>,
        copy: impl Fn(&[u8], usize, &mut [u8]),
    ) {
        self.values.each(rows, block, |source, len, cell| prefixed(source, len, cell, &copy));
    }
}

/// Writes the length and the bytes.
#[inline(always)]
fn prefixed(
    source: &[u8],
    len: usize,
    cell: &mut [u8],
    copy: impl Fn(&[u8], usize, &mut [u8]),
) -> Result<usize, Reason> {
    let (length, rest) = cell.split_first_chunk_mut().expect("extent() is too small");
    *length = (len as u32).to_be_bytes();
    copy(source, len, rest);
    Ok(4 + len)
}

/// Copies at most `MOST` bytes, always so many where source and room allow it.
#[inline(always)]
fn copy_short<const MOST: usize>(source: &[u8], len: usize, cell: &mut [u8]) {
    match (source.first_chunk::<MOST>(), cell.first_chunk_mut::<MOST>()) {
        (Some(bytes), Some(room)) => *room = *bytes,
        _ => copy(source, len, cell),
    }
}

/// Copies in whole steps where source and room allow it: no call for a short value.
#[inline(always)]
pub(crate) fn copy(source: &[u8], len: usize, cell: &mut [u8]) {
    let mut at = 0;
    while at < len {
        match source[at..].first_chunk::<STEP>() {
            Some(step) => cell[at..at + STEP].copy_from_slice(step),
            None => return cell[at..len].copy_from_slice(&source[at..len]),
        }
        at += STEP;
    }
}

fn has_nul(bytes: &[u8]) -> bool {
    let (steps, tail) = bytes.as_chunks::<64>();
    let nul = |bytes: &[u8]| bytes.iter().fold(0, |found, byte| found | u8::from(*byte == 0)) != 0;
    steps.iter().any(|step| nul(step)) || nul(tail)
}
