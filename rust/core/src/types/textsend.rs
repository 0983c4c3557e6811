//! text in BINARY for a client of another encoding: each string converted, then its length (textsend
//! in PostgreSQL's varlena.c). In UTF-8 it is `string`'s.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use super::values::Values;
use crate::block::MOST_GATHERED;
use crate::encoding::Encoding;
use crate::error::Reason;
use crate::field::{Extent, FieldWriter};
use crate::isa::Isa;
use crate::utf8;

/// Binary fields.
pub(crate) struct StringConverted<'a, O> {
    pub values: Values<'a, O>,
    pub encoding: &'a Encoding,
}

impl<O: OffsetSizeTrait, I: Isa> FieldWriter<I> for StringConverted<'_, O> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let longest = self.values.longest(rows.clone());
        let cell = self.encoding.room(longest) + 4;
        let room = self.encoding.room(self.values.spans(&rows).len());
        Extent { cell, total: room + 4 * rows.len(), long: longest > MOST_GATHERED }
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        utf8::check(&source[..len])?;
        let (length, rest) = cell.split_first_chunk_mut().expect("extent() is too small");
        let len = self.encoding.put(isa, source, len, rest).map_err(Reason::NoEquivalent)?;
        *length = (len as u32).to_be_bytes();
        Ok(4 + len)
    }
}
