//! The two traits of one verb each. A `Form` turns one value into bytes and knows nothing of rows;
//! a `FieldWriter` writes one column's cells into a block of rows. NULL belongs to neither.

use std::ops::Range;

use crate::block::Block;
use crate::error::Reason;
use crate::escape::{Protect, STEP};
use crate::isa::prefetch;

/// One type's text or binary form: value → bytes, at most `W` of them.
pub(crate) trait Form<T, const W: usize> {
    /// Writes `value` at the start of `cell` and returns its length.
    /// Values under a NULL come here too: any of them must end in `Ok` or `Err`, never a panic.
    fn put(&self, value: T, cell: &mut [u8; W]) -> Result<usize, Reason>;
}

/// How much room a column's cells need in a range of rows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extent {
    /// Bytes that no cell exceeds, framing and overrun included.
    pub cell: usize,
    /// Bytes that all the cells together do not exceed.
    pub total: usize,
    /// Bytes of variable-length data among them, as they lie in the array.
    pub variable: usize,
}

impl Extent {
    /// The extent of `rows` cells of at most `cell` bytes each.
    pub fn fixed(cell: usize, rows: usize) -> Self {
        Self { cell, total: cell * rows, variable: 0 }
    }
}

/// One column of one batch, ready to write its cells, framing included.
pub(crate) trait FieldWriter<I> {
    /// The room that `rows` need.
    fn extent(&self, rows: Range<usize>) -> Extent;
    /// Appends the cells of `rows` to the block's rows. To be `#[inline(always)]`, so that it is
    /// compiled for the instruction set of its caller.
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>);
}

/// Text cells: the form's bytes, then the delimiter or the line's end.
pub(crate) struct Delimited<'a, T, F, const W: usize> {
    pub values: &'a [T],
    pub form: F,
    pub separator: u8,
}

impl<T: Copy, F: Form<T, W>, const W: usize, I> FieldWriter<I> for Delimited<'_, T, F, W> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(W, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        block.each_window(self.values[rows].iter(), |value, cell: &mut [u8; W]| {
            let len = self.form.put(*value, cell)?;
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }
}

/// Binary fields: an int32 length, then the form's bytes.
pub(crate) struct Prefixed<'a, T, F, const W: usize> {
    pub values: &'a [T],
    pub form: F,
}

impl<T: Copy, F: Form<T, W>, const W: usize, I> FieldWriter<I> for Prefixed<'_, T, F, W> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(4 + W, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        block.each_prefixed(self.values[rows].iter(), |value, cell| self.form.put(*value, cell));
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

impl<P: Protect, I> FieldWriter<I> for Protected<'_, P, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let bare = self.writer.extent(rows.clone());
        Extent {
            cell: 2 * bare.cell + 2 + STEP,
            total: 2 * bare.total + (2 + STEP) * rows.len(),
            variable: bare.variable,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let stride = self.writer.extent(rows.clone()).cell + STEP;
        let mut aside = vec![0; stride * rows.len()];
        let mut bare = block.twin(&mut aside, stride);
        self.writer.write(rows, &mut bare);
        block.adopt(bare.take_failure());
        block.each_row(|i, cell| {
            // A value that failed has left nothing.
            let Some((_, value)) = bare.row(i, i * stride).split_last() else {
                return Ok(0);
            };
            let len = self.protect.put(value, value.len(), cell)?;
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }
}
