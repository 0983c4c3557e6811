//! uuid: lower-case hex digits in five groups (uuid_out), sixteen bytes in BINARY.

use std::ops::Range;

use super::bytes::HEX;
use crate::block::Block;
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::reader::exactly;

pub(crate) const ALPHABET: &[u8] = b"-0123456789abcdef";

pub(crate) type Uuid = [u8; 16];

/// Room for the text and a separator.
pub(crate) const TEXT: usize = 37;
/// Where hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The text form.
pub(crate) struct UuidText;

impl Form<Uuid, TEXT> for UuidText {
    #[inline(always)]
    fn put(&self, value: Uuid, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let mut digits = [[0; 2]; 16];
        for (pair, byte) in digits.iter_mut().zip(value) {
            *pair = HEX[usize::from(byte)];
        }
        let digits = digits.as_flattened();
        cell.fill(b'-');
        cell[..8].copy_from_slice(&digits[..8]);
        cell[9..13].copy_from_slice(&digits[8..12]);
        cell[14..18].copy_from_slice(&digits[12..16]);
        cell[19..23].copy_from_slice(&digits[16..20]);
        cell[24..36].copy_from_slice(&digits[20..]);
        Ok(36)
    }
}

/// Binary fields: the length and the bytes.
pub(crate) struct UuidBinary<'a>(pub &'a [Uuid]);

impl<I: Copy> FieldWriter<I> for UuidBinary<'_> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(20, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        block.each(self.0[rows].iter(), |value, cell: &mut [u8; 20]| put_field(value, cell));
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        put_field(&self.0[row], head(cell))
    }
}

#[inline(always)]
fn put_field(value: &Uuid, cell: &mut [u8; 20]) -> Result<usize, Reason> {
    cell[..4].copy_from_slice(&16_u32.to_be_bytes());
    cell[4..].copy_from_slice(value);
    Ok(20)
}

/// Appends the bytes of PostgreSQL's own text of a uuid.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if text.len() != 36 || HYPHENS.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut digits = text.iter().enumerate().filter(|(at, _)| !HYPHENS.contains(at));
    while let Some((_, high)) = digits.next() {
        let (_, low) = digits.next()?;
        out.push(hex(*high)? << 4 | hex(*low)?);
    }
    Some(())
}

/// The value of a hex digit.
pub(crate) fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Appends PostgreSQL's own text of a uuid's binary form (uuid_recv).
pub(crate) fn receive_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut cell = [0; TEXT];
    let len = UuidText.put(exactly(bytes)?, &mut cell)?;
    out.extend_from_slice(&cell[..len]);
    Ok(())
}
