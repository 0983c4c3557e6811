//! numeric from decimal128 and uint64: plain digits with exactly the scale's decimals in text
//! (numeric_out), base-10000 digits in BINARY (numeric_send). A negative scale shows no decimals.

use super::digits::{TEN_TO_8, TEN_TO_16, left8, left16, put_u128};
use crate::error::Reason;
use crate::field::Form;

pub(crate) const ALPHABET: &[u8] = b"-.0123456789";

/// Room for a sign, 39 digits, a point and the overrun of a 16-byte store.
pub(crate) const TEXT: usize = 72;
/// The same with up to 128 zeros before or behind.
pub(crate) const LONG_TEXT: usize = 208;
/// Four int16 of header and at most 11 base-10000 digits.
pub(crate) const BINARY: usize = 32;

/// Text of a value with `scale` decimals, at most 38.
pub(crate) struct DecimalText {
    pub scale: usize,
}

impl Form<i128, TEXT> for DecimalText {
    #[inline(always)]
    fn put(&self, value: i128, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        cell[0] = b'-';
        let sign = usize::from(value < 0);
        let magnitude = value.unsigned_abs();
        let cell: &mut [u8; TEXT - 1] = cell[sign..].first_chunk_mut().expect("TEXT - 1");
        // Two stores of the same word, the second shifted by the point.
        if magnitude < u128::from(TEN_TO_8) && self.scale < 8 {
            let (digits, len) = left8(magnitude as u64, self.scale + 1);
            let point = (len - self.scale) & 7;
            *cell.first_chunk_mut().expect("TEXT > 8") = digits;
            if self.scale == 0 {
                return Ok(sign + len);
            }
            let fraction = u64::from_le_bytes(digits) >> (8 * point);
            cell[point] = b'.';
            cell[point + 1..point + 9].copy_from_slice(&fraction.to_le_bytes());
            return Ok(sign + len + 1);
        }
        if magnitude < u128::from(TEN_TO_16) && self.scale < 16 {
            let (digits, len) = left16(magnitude as u64, self.scale + 1);
            let point = (len - self.scale) & 15;
            *cell.first_chunk_mut().expect("TEXT > 16") = digits;
            if self.scale == 0 {
                return Ok(sign + len);
            }
            let fraction = u128::from_le_bytes(digits) >> (8 * point);
            cell[point] = b'.';
            cell[point + 1..point + 17].copy_from_slice(&fraction.to_le_bytes());
            return Ok(sign + len + 1);
        }
        Ok(sign + self.put_long(magnitude, cell))
    }
}

impl DecimalText {
    fn put_long(&self, magnitude: u128, cell: &mut [u8]) -> usize {
        let mut digits = [0; 48];
        let len = put_u128(magnitude, &mut digits);
        let digits = &digits[..len];
        if self.scale == 0 {
            cell[..len].copy_from_slice(digits);
            return len;
        }
        // At least one digit stands before the point.
        let zeros = (self.scale + 1).saturating_sub(len);
        let whole = len + zeros - self.scale;
        let mut at = 0;
        for digit in std::iter::repeat_n(&b'0', zeros).chain(digits) {
            if at == whole {
                cell[at] = b'.';
                at += 1;
            }
            cell[at] = *digit;
            at += 1;
        }
        at
    }
}

/// Text of a value whose scale shows no decimals but more digits, or more than 38 decimals.
pub(crate) struct WideDecimalText {
    pub scale: i32,
}

impl Form<i128, LONG_TEXT> for WideDecimalText {
    fn put(&self, value: i128, cell: &mut [u8; LONG_TEXT]) -> Result<usize, Reason> {
        cell[0] = b'-';
        let sign = usize::from(value < 0);
        let scale = usize::try_from(self.scale).unwrap_or(0);
        let mut len =
            sign + DecimalText { scale }.put_long(value.unsigned_abs(), &mut cell[sign..]);
        if self.scale < 0 && value != 0 {
            let zeros = self.scale.unsigned_abs() as usize;
            cell[len..len + zeros].fill(b'0');
            len += zeros;
        }
        Ok(len)
    }
}

/// numeric_send of a value scaled by 10^−`scale`.
pub(crate) struct DecimalBinary {
    pub scale: i32,
}

impl Form<i128, BINARY> for DecimalBinary {
    #[inline(always)]
    fn put(&self, value: i128, cell: &mut [u8; BINARY]) -> Result<usize, Reason> {
        let magnitude = value.unsigned_abs();
        Ok(match u64::try_from(magnitude) {
            Ok(magnitude) => self.put_digits(value < 0, Small(magnitude), cell),
            Err(_) => self.put_digits(value < 0, Large(magnitude), cell),
        })
    }
}

impl Form<u64, BINARY> for DecimalBinary {
    #[inline(always)]
    fn put(&self, value: u64, cell: &mut [u8; BINARY]) -> Result<usize, Reason> {
        Ok(self.put_digits(false, Small(value), cell))
    }
}

/// A magnitude that gives up its last decimal digits: division of 128 bits is a call, of 64 not.
trait Magnitude: Copy {
    fn is_zero(self) -> bool;
    /// What is left without the last digits, and these, below `ten_to`.
    fn split(self, ten_to: u16) -> (Self, u16);
}

#[derive(Clone, Copy)]
struct Small(u64);
#[derive(Clone, Copy)]
struct Large(u128);

impl Magnitude for Small {
    fn is_zero(self) -> bool {
        self.0 == 0
    }
    #[inline(always)]
    fn split(self, ten_to: u16) -> (Self, u16) {
        let ten_to = u64::from(ten_to);
        (Self(self.0 / ten_to), (self.0 % ten_to) as u16)
    }
}

impl Magnitude for Large {
    fn is_zero(self) -> bool {
        self.0 == 0
    }
    fn split(self, ten_to: u16) -> (Self, u16) {
        let ten_to = u128::from(ten_to);
        (Self(self.0 / ten_to), (self.0 % ten_to) as u16)
    }
}

impl DecimalBinary {
    /// Base-10000 digits are aligned at the point: the last one takes only as many decimal
    /// digits as the scale leaves it, and is filled with zeros.
    #[inline(always)]
    fn put_digits<M: Magnitude>(&self, negative: bool, value: M, cell: &mut [u8; BINARY]) -> usize {
        const TEN_TO: [u16; 5] = [1, 10, 100, 1000, 10_000];
        let mut groups = [0_u16; 12];
        let filled = self.scale.rem_euclid(4);
        let missing = if filled == 0 { 0 } else { 4 - filled as usize };
        let (mut rest, low) = value.split(TEN_TO[4 - missing]);
        let mut first = groups.len() - 1;
        groups[first] = low * TEN_TO[missing];
        while !rest.is_zero() {
            first -= 1;
            (rest, groups[first]) = rest.split(10_000);
        }
        let all = groups.len() - first;
        let after_point = self.scale.div_euclid(4) + i32::from(missing > 0);
        let mut weight = all as i32 - 1 - after_point;
        while first < groups.len() && groups[first] == 0 {
            first += 1;
            weight -= 1;
        }
        let mut last = groups.len();
        while last > first && groups[last - 1] == 0 {
            last -= 1;
        }
        let digits = &groups[first..last];
        let sign = if negative { 0x4000 } else { 0 };
        let weight = if digits.is_empty() { 0 } else { weight };
        let head = [
            digits.len() as u16,
            weight as u16,
            sign,
            self.scale.max(0) as u16,
        ];
        for (bytes, word) in cell
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(head.iter().chain(digits))
        {
            *bytes = word.to_be_bytes();
        }
        8 + 2 * digits.len()
    }
}
