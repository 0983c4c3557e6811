//! bytea: `\x` and lower-case hex in text (bytea_output = hex), the bytes in BINARY.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use super::string::Values;
use crate::block::Block;
use crate::field::{Extent, FieldWriter};

/// The backslash of TEXT is written protected; CSV takes it as any other byte.
pub(crate) const ALPHABET: &[u8] = b"0123456789abcdefx";
pub(crate) const CSV_ALPHABET: &[u8] = b"\\0123456789abcdefx";

const HEX: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = [b"0123456789abcdef"[byte >> 4], b"0123456789abcdef"[byte & 15]];
        byte += 1;
    }
    table
};

/// Text cells; `prefix` is `\x` as the format writes it: TEXT doubles the backslash.
pub(crate) struct BytesText<'a, O> {
    pub values: Values<'a, O>,
    pub prefix: &'static [u8],
    pub separator: u8,
}

impl<O: OffsetSizeTrait, I> FieldWriter<I> for BytesText<'_, O> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        Extent {
            cell: 2 * self.values.longest(rows.clone()) + self.prefix.len() + 1,
            total: 2 * variable + (self.prefix.len() + 1) * rows.len(),
            variable,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        block.each_row(|i, cell| {
            let (start, end) = self.values.span(rows.start + i);
            let len = self.prefix.len() + 2 * (end - start);
            let (prefix, digits) = cell[..=len].split_at_mut(self.prefix.len());
            prefix.copy_from_slice(self.prefix);
            let (pairs, separator) = digits.as_chunks_mut::<2>();
            for (pair, byte) in pairs.iter_mut().zip(&self.values.data[start..end]) {
                *pair = HEX[usize::from(*byte)];
            }
            separator[0] = self.separator;
            Ok(len + 1)
        });
    }
}
