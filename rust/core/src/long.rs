//! Long cells: not worth a copy into a slot and another one out of it. A block notes where they go;
//! while its slots are copied out row by row, they are put between the slots' parts. Most are the
//! bytes of a source as they are; the others are written by their column, one by one.

use std::ops::Range;

use crate::block::{BLOCK, Spans};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::isa::{Isa, Task, copy, prefetch_ahead};
use crate::rows::Column;

/// How many bytes at most are copied for a cell at once, however short it is: a loop over just the
/// bytes there are would end where no processor expects it.
const MOST_AT_ONCE: usize = 512;
/// In steps of this many.
const LINE: usize = 64;
/// How far behind the last cell that may reach.
pub(crate) const OVERRUN: usize = MOST_AT_ONCE + 8;

/// What frames a cell that is the bytes of a source.
#[derive(Clone, Copy)]
pub(crate) enum Frame {
    /// An int32 length before it.
    Length,
    /// The delimiter, or the line's end, behind it.
    Separator(u8),
}

/// The long cells of one column in one block.
pub(crate) struct Long<'a> {
    pub column: usize,
    /// Where in each row's slot they go.
    pub cursors: [usize; BLOCK],
    /// The cells are these parts of the source,
    pub source: &'a [u8],
    pub spans: Spans,
    /// How many bytes all of them are.
    pub span: usize,
    pub frame: Frame,
    /// but for these rows: bit i for the one at i.
    pub others: u64,
}

impl<'a> Long<'a> {
    /// Cells of `column` that go to `cursors`, each of which the column writes itself.
    pub fn new(column: usize, cursors: &[usize]) -> Self {
        let mut own = [0; BLOCK];
        own[..cursors.len()].copy_from_slice(cursors);
        let spans = Spans { starts: [0; BLOCK], lens: [0; BLOCK] };
        let frame = Frame::Length;
        Self { column, cursors: own, source: &[], spans, span: 0, frame, others: u64::MAX }
    }

    /// How many bytes to copy at once; zero for just as many as there are.
    fn at_once(&self, rows: usize) -> usize {
        let lens = self.spans.lens[..rows].iter().map(|len| *len as usize);
        let longest = lens.clone().max().unwrap_or(0);
        let width = longest.next_multiple_of(LINE);
        if width <= MOST_AT_ONCE && width * rows <= 4 * lens.sum::<usize>() { width } else { 0 }
    }
}

/// Copies a block's slots to the output, the long cells between their parts.
pub(crate) struct Join<'a, I> {
    pub isa: I,
    pub rows: Range<usize>,
    pub columns: &'a [Column<'a, I>],
    pub long: &'a [Long<'a>],
    pub ends: &'a [usize],
    pub stride: usize,
    pub out: &'a mut Buffer,
}

impl<I: Isa> Task for Join<'_, I> {
    /// The first error, by row and then by column, of a long cell.
    type Output = Result<(), EncodeError>;

    #[inline(always)]
    fn run(self) -> Result<(), EncodeError> {
        let mut at_once = [0; 16];
        for (width, long) in at_once.iter_mut().zip(self.long) {
            *width = long.at_once(self.rows.len());
        }
        for (i, row) in self.rows.clone().enumerate() {
            let mut start = i * self.stride;
            for (k, long) in self.long.iter().enumerate() {
                self.out.append_slot(start..long.cursors[i]);
                start = long.cursors[i];
                let cell = &mut self.out.bytes[self.out.len..];
                self.out.len += if long.others >> i & 1 == 0 {
                    let width = at_once.get(k).copied().unwrap_or(0);
                    put_span(long, i, width, cell)
                } else {
                    self.columns[long.column]
                        .put(self.isa, row, cell)
                        .map_err(|reason| EncodeError { column: long.column, row, reason })?
                };
            }
            self.out.append_slot(start..self.ends[i]);
        }
        Ok(())
    }
}

#[inline(always)]
fn put_span(long: &Long<'_>, i: usize, at_once: usize, cell: &mut [u8]) -> usize {
    let (start, len) = (long.spans.starts[i] as usize, long.spans.lens[i] as usize);
    let (head, rest) = match long.frame {
        Frame::Length => cell.split_at_mut(4),
        Frame::Separator(_) => cell.split_at_mut(0),
    };
    let source = &long.source[start..];
    prefetch_ahead(source, at_once, long.span);
    if at_once == 0 || !copy_at_once(source, at_once, rest) {
        copy(source, len, rest);
    }
    match long.frame {
        Frame::Length => {
            head.copy_from_slice(&long.spans.lens[i].to_be_bytes());
            4 + len
        }
        Frame::Separator(separator) => {
            rest[len] = separator;
            len + 1
        }
    }
}

/// Copies `len` bytes, so many whole lines, if source and room have them.
#[inline(always)]
fn copy_at_once(source: &[u8], len: usize, cell: &mut [u8]) -> bool {
    match (source.get(..len), cell.get_mut(..len)) {
        (Some(from), Some(to)) => {
            let lines = from.as_chunks::<LINE>().0.iter().zip(to.as_chunks_mut().0);
            lines.for_each(|(from, to)| *to = *from);
            true
        }
        _ => false,
    }
}
