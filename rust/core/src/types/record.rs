//! What stands between a composite's fields, which are columns of rows of their own: record_out's
//! parentheses and commas in text, record_send's count and OIDs in BINARY.

use std::ops::Range;

use crate::block::{Block, Tail};
use crate::field::{Extent, FieldWriter};

/// NULL fields of text, and what ends a field: the last one's is the parenthesis.
pub(crate) const SEPARATORS: [u8; 2] = *b",)";
/// What a text begins with.
pub(crate) const OPEN: &[u8] = b"(";

/// What a binary composite begins with: the number of fields, and the first one's OID.
pub(crate) fn head(oids: &[u32]) -> Tail {
    let count = (oids.len() as u32).to_be_bytes();
    let first = oids.first().map(|oid| oid.to_be_bytes());
    Tail::new(&[count.as_slice(), first.as_ref().map_or(&[], |oid| oid)].concat())
}

/// The OID before each other field: the same in every row.
pub(crate) struct FieldOid(pub u32);

impl<I: Copy> FieldWriter<I> for FieldOid {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(4, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        block.each(rows, |_, cell: &mut [u8; 4]| {
            *cell = self.0.to_be_bytes();
            Ok(4)
        });
    }
}
