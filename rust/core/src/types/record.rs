//! Composites, whose fields are columns of their own: record_out's parentheses and commas in text,
//! record_send's count and OIDs in BINARY.

use std::ops::Range;

use crate::error::Reason;
use crate::field::{Extent, FieldWriter, put_words};
use crate::isa::Isa;
use crate::rows::Column;

/// NULL fields of text, and what ends a field: the last one's is the parenthesis.
pub(crate) const SEPARATORS: [u8; 2] = *b",)";

/// The room of composites, `more` bytes of each being no field's.
fn extent<I: Isa>(fields: &[Column<'_, I>], rows: Range<usize>, more: usize) -> Extent {
    let mut sum = Extent { cell: more, total: more * rows.len(), long: true };
    for field in fields {
        let extent = field.extent(rows.clone());
        sum.cell += extent.cell;
        sum.total += extent.total;
    }
    sum
}

/// Text cells.
pub(crate) struct RecordText<'a, I> {
    pub fields: Vec<Column<'a, I>>,
    pub separator: u8,
}

impl<I: Isa> FieldWriter<I> for RecordText<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        extent(&self.fields, rows, 3)
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        cell[..2].copy_from_slice(b"()");
        let mut len = if self.fields.is_empty() { 2 } else { 1 };
        for field in &self.fields {
            len += field.put(isa, row, &mut cell[len..])?;
        }
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// Binary fields: how many, then each one's OID and its own field.
pub(crate) struct RecordBinary<'a, I> {
    pub fields: Vec<Column<'a, I>>,
    pub oids: Vec<u32>,
}

impl<I: Isa> FieldWriter<I> for RecordBinary<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        extent(&self.fields, rows, 8 + 4 * self.fields.len())
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let mut len = 8;
        for (field, oid) in self.fields.iter().zip(&self.oids) {
            put_words([*oid], &mut cell[len..]);
            len += 4;
            len += field.put(isa, row, &mut cell[len..])?;
        }
        put_words([len as u32 - 4, self.fields.len() as u32], cell);
        Ok(len)
    }
}
