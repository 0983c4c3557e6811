//! bytea: `\x` and lower-case hex in text, or by bytea_output escapes; the bytes in BINARY.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use super::values::Values;
use crate::block::MOST_GATHERED;
use crate::error::Reason;
use crate::field::{Extent, FieldWriter};

/// The backslash of TEXT is written protected; CSV takes it as any other byte.
pub(crate) const ALPHABET: &[u8] = b"0123456789abcdefx";
pub(crate) const CSV_ALPHABET: &[u8] = b"\\0123456789abcdefx";

pub(crate) const HEX: [[u8; 2]; 256] = {
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

impl<O: OffsetSizeTrait, I: Copy> FieldWriter<I> for BytesText<'_, O> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        let longest = self.values.longest(rows.clone());
        Extent {
            cell: 2 * longest + self.prefix.len() + 1,
            total: 2 * variable + (self.prefix.len() + 1) * rows.len(),
            long: longest > MOST_GATHERED,
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let value = self.values.bytes(row);
        let len = self.prefix.len() + 2 * value.len();
        let (prefix, digits) = cell[..=len].split_at_mut(self.prefix.len());
        prefix.copy_from_slice(self.prefix);
        let (pairs, separator) = digits.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(value) {
            *pair = HEX[usize::from(*byte)];
        }
        separator[0] = self.separator;
        Ok(len + 1)
    }
}

/// Appends the text under bytea_output = escape (byteaout): a backslash doubled, and what is no
/// printable ASCII as three octal digits.
pub(crate) fn put_escaped(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x20..0x7f => out.push(*byte),
            _ => out.extend_from_slice(&[
                b'\\',
                b'0' + (byte >> 6),
                b'0' + (byte >> 3 & 7),
                b'0' + (byte & 7),
            ]),
        }
    }
}
