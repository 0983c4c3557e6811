//! bool: `t`/`f`, one byte in BINARY. Arrow's bits are a bitmap, not a slice of values.

use std::ops::Range;

use arrow_array::BooleanArray;

use crate::block::{Block, bits};
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, head};
use crate::reader::exactly;

pub(crate) const ALPHABET: &[u8] = b"ft";

/// Text cells: the letter, then the delimiter or the line's end.
pub(crate) struct BoolText<'a> {
    pub array: &'a BooleanArray,
    pub separator: u8,
}

impl<I: Copy> FieldWriter<I> for BoolText<'_> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(2, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let word = bits(self.array.values(), &rows);
        block.each(0.., |i, cell| {
            let letter = if word >> i & 1 == 1 { b't' } else { b'f' };
            *cell = [letter, self.separator];
            Ok(2)
        });
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let letter = if self.array.value(row) { b't' } else { b'f' };
        *head(cell) = [letter, self.separator];
        Ok(2)
    }
}

/// Binary fields: length 1 and the byte.
pub(crate) struct BoolBinary<'a>(pub &'a BooleanArray);

impl<I: Copy> FieldWriter<I> for BoolBinary<'_> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(8, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let word = bits(self.0.values(), &rows);
        block.each(0.., |i, cell| {
            *cell = (1 << 24 | (word >> i & 1) << 32).to_le_bytes();
            Ok(5)
        });
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        *head(cell) = (1 << 24 | u64::from(self.0.value(row)) << 32).to_le_bytes();
        Ok(5)
    }
}

/// Out of BINARY (boolrecv).
#[inline(always)]
pub(crate) fn receive(bytes: &[u8]) -> Result<bool, Fault> {
    exactly::<1>(bytes).map(|[byte]| byte != 0)
}
