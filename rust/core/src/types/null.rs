//! Arrow's null type: every cell is NULL, so its writer is never asked for one.

use std::ops::Range;

use crate::block::Block;
use crate::error::Reason;
use crate::field::{Extent, FieldWriter};

/// The column without a value.
pub(crate) struct Nothing;

impl<I: Copy> FieldWriter<I> for Nothing {
    fn extent(&self, _: Range<usize>) -> Extent {
        Extent::default()
    }

    #[inline(always)]
    fn write(&self, _: Range<usize>, _: &mut Block<'_, I>) {}

    #[inline(always)]
    fn put(&self, _: I, _: usize, _: &mut [u8]) -> Result<usize, Reason> {
        Ok(0)
    }
}
