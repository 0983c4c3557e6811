//! Made values: those whose bytes do not lie in Arrow as they are, and are not few enough to be
//! written in place. They are made aside, one behind the other, and then written as strings are.

use std::ops::Range;

use arrow_array::ArrayRef;
use arrow_buffer::NullBuffer;
use typed_arena::Arena;

use crate::block::Block;
use crate::error::Reason;
use crate::field::{Extent, FieldWriter};
use crate::isa::Isa;
use crate::long::Long;
use crate::types::values::Values;

/// A column's made values, and those that could not be made.
#[derive(Debug)]
pub(crate) struct Made {
    /// Where each value ends; the first entry is where the first one starts.
    pub ends: Vec<i64>,
    pub data: Vec<u8>,
    /// The rows, ascending, whose values have no COPY form, and why.
    pub failures: Vec<(usize, Reason)>,
}

impl Made {
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { ends, data: Vec::with_capacity(bytes), failures: Vec::new() }
    }

    /// Appends the value that `put` writes to the end of what there is.
    #[inline(always)]
    pub fn push(&mut self, put: impl FnOnce(&mut Vec<u8>) -> Result<(), Reason>) {
        let start = self.data.len();
        if let Err(reason) = put(&mut self.data) {
            self.data.truncate(start);
            self.failures.push((self.ends.len() - 1, reason));
        }
        self.ends.push(self.data.len() as i64);
    }

    /// The values of so many rows, by `put`; nothing for those that are NULL.
    pub fn each(
        rows: usize,
        nulls: Option<&NullBuffer>,
        mut put: impl FnMut(usize, &mut Vec<u8>) -> Result<(), Reason>,
    ) -> Self {
        let mut made = Self::with_capacity(rows, 16 * rows);
        for row in 0..rows {
            made.push(|data| if is_null(nulls, row) { Ok(()) } else { put(row, data) });
        }
        made
    }

    pub fn values(&self) -> Values<'_, i64> {
        Values { offsets: &self.ends, data: &self.data }
    }
}

/// Whether a row is NULL.
#[inline(always)]
pub(crate) fn is_null(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_some_and(|nulls| nulls.is_null(row))
}

/// What lives as long as the encoding of a batch and has no other owner.
#[derive(Default)]
pub(crate) struct Keep {
    made: Arena<Made>,
    arrays: Arena<ArrayRef>,
}

impl Keep {
    pub fn made(&self, made: Made) -> &Made {
        self.made.alloc(made)
    }

    /// Whether anything was made.
    pub fn is_used(&self) -> bool {
        self.made.len() > 0
    }

    pub fn array(&self, array: ArrayRef) -> &ArrayRef {
        self.arrays.alloc(array)
    }
}

/// A writer of made values, of which some have failed.
pub(crate) struct Failing<'a, I> {
    pub writer: Box<dyn FieldWriter<I> + 'a>,
    pub failures: &'a [(usize, Reason)],
}

impl<I> Failing<'_, I> {
    fn within(&self, rows: &Range<usize>) -> &[(usize, Reason)] {
        let start = self.failures.partition_point(|(row, _)| *row < rows.start);
        let len = self.failures[start..].partition_point(|(row, _)| *row < rows.end);
        &self.failures[start..start + len]
    }
}

impl<I: Isa> FieldWriter<I> for Failing<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.writer.extent(rows)
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        self.writer.write(rows.clone(), block);
        for (row, reason) in self.within(&rows) {
            block.refuse(row - rows.start, reason.clone());
        }
    }

    fn look<'s>(&'s self, isa: I, rows: &Range<usize>, long: &mut Long<'s>) {
        self.writer.look(isa, rows, long);
        for (row, _) in self.within(rows) {
            long.others |= 1 << (row - rows.start);
        }
    }

    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        match self.within(&(row..row + 1)).first() {
            Some((_, reason)) => Err(reason.clone()),
            None => self.writer.put(isa, row, cell),
        }
    }
}
