//! The two traits of one verb each. A `Form` turns one value into bytes and knows nothing of rows;
//! a `FieldWriter` writes one column's cells into a block of rows. NULL belongs to neither.

use std::ops::Range;

use arrow_buffer::NullBuffer;

use crate::block::Block;
use crate::error::Reason;
use crate::escape::{Need, Protect};
use crate::isa::{Isa, Task, prefetch};
use crate::long::Long;
use crate::made::is_null;

/// One type's text or binary form: value → bytes, at most `W` of them.
pub(crate) trait Form<T, const W: usize> {
    /// Writes `value` at the start of `cell` and returns its length.
    /// Values under a NULL come here too: any of them must end in `Ok` or `Err`, never a panic.
    fn put(&self, value: T, cell: &mut [u8; W]) -> Result<usize, Reason>;
}

/// How much room a column's cells need in a range of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    /// Bytes that no cell exceeds, framing included, nor what is stored for it in one go.
    pub cell: usize,
    /// Bytes that all the cells together do not exceed.
    pub total: usize,
    /// Whether there are cells so long that each is to be put to its place at once.
    pub long: bool,
}

impl Extent {
    /// The extent of `rows` cells of at most `cell` bytes each.
    pub fn fixed(cell: usize, rows: usize) -> Self {
        Self { cell, total: cell * rows, long: false }
    }
}

/// How far behind a row's last byte the stores of its cells may reach.
pub(crate) const OVERRUN: usize = 128;

/// One column of one batch, ready to write its cells, framing included.
pub(crate) trait FieldWriter<I> {
    /// The room that `rows` need.
    fn extent(&self, rows: Range<usize>) -> Extent;
    /// Appends the cells of `rows`, none of them long, to the block's rows: unless there is a better
    /// way, one by one. This and `put` are to be `#[inline(always)]`, so that they are compiled for
    /// the instruction set of their caller.
    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>)
    where
        I: Copy,
    {
        let isa = block.isa;
        block.each_row(|i, cell| self.put(isa, rows.start + i, cell));
    }
    /// Notes which of at most 64 `rows` have long cells that are bytes of a source as they are.
    fn look<'s>(&'s self, _isa: I, _rows: &Range<usize>, _long: &mut Long<'s>) {}
    /// Writes one row's cell, which may be long, to the start of `cell`, and gives its length. There
    /// is room for what `extent` tells and for the overrun.
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason>;
    /// Writes the cells of `rows`, NULLs among them, back to back to the start of `cell`, and gives
    /// their length. It is as `put` for one after the other.
    #[inline(always)]
    fn put_all(
        &self,
        isa: I,
        rows: Range<usize>,
        nulls: Nulls<'_>,
        cell: &mut [u8],
    ) -> Result<usize, Reason>
    where
        I: Copy,
    {
        let mut len = 0;
        for row in rows {
            let cell = &mut cell[len..];
            len += match nulls.put(row, cell) {
                Some(null) => null,
                None => self.put(isa, row, cell)?,
            };
        }
        Ok(len)
    }
}

/// Which of a column's rows are NULL, and what stands there.
#[derive(Clone, Copy)]
pub(crate) struct Nulls<'a> {
    pub rows: Option<&'a NullBuffer>,
    /// A whole NULL cell: the null string and its separator, or the length word −1.
    pub cell: &'a [u8],
}

impl Nulls<'_> {
    /// Writes NULL to the start of `cell` if the row is NULL, and gives its length.
    #[inline(always)]
    pub fn put(&self, row: usize, cell: &mut [u8]) -> Option<usize> {
        if !is_null(self.rows, row) {
            return None;
        }
        cell[..self.cell.len()].copy_from_slice(self.cell);
        Some(self.cell.len())
    }
}

/// Writes words as BINARY has them to the start of a cell.
#[inline(always)]
pub(crate) fn put_words<const N: usize>(words: [u32; N], cell: &mut [u8]) {
    for (bytes, word) in cell.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
}

/// The first `W` bytes of a cell.
#[inline(always)]
pub(crate) fn head<const W: usize>(cell: &mut [u8]) -> &mut [u8; W] {
    cell.first_chunk_mut().expect("extent() is too small")
}

/// Text cells: the form's bytes, then the delimiter or the line's end.
pub(crate) struct Delimited<'a, T, F, const W: usize> {
    pub values: &'a [T],
    pub form: F,
    pub separator: u8,
}

impl<T: Copy, F: Form<T, W>, const W: usize, I: Copy> FieldWriter<I> for Delimited<'_, T, F, W> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(W, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        block.each(self.values[rows].iter(), |value, cell: &mut [u8; W]| {
            let len = self.form.put(*value, cell)?;
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let cell: &mut [u8; W] = head(cell);
        let len = self.form.put(self.values[row], cell)?;
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// Binary fields of a fixed width: an int32 length, then the form's bytes.
pub(crate) struct Prefixed<'a, T, F, const W: usize> {
    pub values: &'a [T],
    pub form: F,
}

/// Room for the length and the widest of them.
const PREFIXED: usize = 16;

impl<T: Copy, F: Form<T, W>, const W: usize, I: Copy> FieldWriter<I> for Prefixed<'_, T, F, W> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(PREFIXED, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        const { assert!(4 + W <= PREFIXED) };
        prefetch(self.values, &rows);
        block.each(self.values[rows].iter(), |value, cell: &mut [u8; PREFIXED]| {
            let mut bytes = [0; W];
            self.form.put(*value, &mut bytes)?;
            cell[..4].copy_from_slice(&(W as u32).to_be_bytes());
            cell[4..4 + W].copy_from_slice(&bytes);
            Ok(4 + W)
        });
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (length, rest) = head::<PREFIXED>(cell).split_first_chunk_mut().expect("16 > 4");
        *length = (W as u32).to_be_bytes();
        self.form.put(self.values[row], head(rest))?;
        Ok(4 + W)
    }
}

/// Text cells of a type whose bytes meet the delimiter, the quote or the NULL string: written by
/// the type's own writer into rows aside, then protected like a string.
///
/// The writer is boxed, lest its loops have a second caller and be inlined into neither.
pub(crate) struct Protected<'a, P, I> {
    pub writer: Box<dyn FieldWriter<I> + 'a>,
    pub protect: P,
    pub separator: u8,
}

impl<P: Protect, I: Isa> FieldWriter<I> for Protected<'_, P, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let bare = self.writer.extent(rows.clone());
        Extent {
            cell: 3 * bare.cell + 3 + OVERRUN,
            total: 2 * bare.total + 3 * rows.len(),
            long: bare.long,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let stride = self.writer.extent(rows.clone()).cell + OVERRUN;
        let mut aside = vec![0; stride * rows.len()];
        let mut bare = block.twin(&mut aside, stride);
        self.writer.write(rows, &mut bare);
        block.adopt(bare.take_failure());
        let isa = block.isa;
        block.each_row(|i, cell| {
            let value = bare.row(i, i * stride);
            // A value that failed has left nothing.
            if value.is_empty() { Ok(0) } else { self.protect(isa, value, cell) }
        });
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let len = self.writer.put(isa, row, cell)?;
        let need = self.protect.need(isa, cell, len - 1)?;
        if need == Need::Nothing {
            return Ok(len);
        }
        // Moved behind where it goes, protected from there.
        cell.copy_within(..len, 2 * len + 1);
        let (place, bare) = cell.split_at_mut(2 * len + 1);
        let len = self.protect.put_needed(isa, need, bare, len - 1, place)?;
        place[len] = self.separator;
        Ok(len + 1)
    }
}

impl<P: Protect, I: Isa> Protected<'_, P, I> {
    /// Writes a bare cell, its separator at its end, protected.
    #[inline(always)]
    fn protect(&self, isa: I, bare: &[u8], cell: &mut [u8]) -> Result<usize, Reason> {
        let value = &bare[..bare.len() - 1];
        let len = self.protect.put(isa, value, value.len(), cell)?;
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// A writer whose loops are compiled for `I`.
pub(crate) struct Compiled<W, I> {
    pub writer: W,
    pub isa: I,
}

impl<W: FieldWriter<I>, I: Isa> FieldWriter<I> for Compiled<W, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.writer.extent(rows)
    }

    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        self.isa.run(Write { writer: &self.writer, rows, block });
    }

    fn look<'s>(&'s self, isa: I, rows: &Range<usize>, long: &mut Long<'s>) {
        isa.run(Look { writer: &self.writer, isa, rows, long });
    }

    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        isa.run(Put { writer: &self.writer, isa, row, cell })
    }

    fn put_all(
        &self,
        isa: I,
        rows: Range<usize>,
        nulls: Nulls<'_>,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        isa.run(PutAll { writer: &self.writer, isa, rows, nulls, cell })
    }
}

struct Look<'a, 's, W, I> {
    writer: &'s W,
    isa: I,
    rows: &'a Range<usize>,
    long: &'a mut Long<'s>,
}

impl<W: FieldWriter<I>, I: Isa> Task for Look<'_, '_, W, I> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.writer.look(self.isa, self.rows, self.long);
    }
}

struct Put<'a, W, I> {
    writer: &'a W,
    isa: I,
    row: usize,
    cell: &'a mut [u8],
}

impl<W: FieldWriter<I>, I: Isa> Task for Put<'_, W, I> {
    type Output = Result<usize, Reason>;

    #[inline(always)]
    fn run(self) -> Result<usize, Reason> {
        self.writer.put(self.isa, self.row, self.cell)
    }
}

struct PutAll<'a, W, I> {
    writer: &'a W,
    isa: I,
    rows: Range<usize>,
    nulls: Nulls<'a>,
    cell: &'a mut [u8],
}

impl<W: FieldWriter<I>, I: Isa> Task for PutAll<'_, W, I> {
    type Output = Result<usize, Reason>;

    #[inline(always)]
    fn run(self) -> Result<usize, Reason> {
        self.writer.put_all(self.isa, self.rows, self.nulls, self.cell)
    }
}

struct Write<'a, 'b, W, I> {
    writer: &'a W,
    rows: Range<usize>,
    block: &'a mut Block<'b, I>,
}

impl<W: FieldWriter<I>, I: Copy> Task for Write<'_, '_, W, I> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.writer.write(self.rows, self.block);
    }
}
