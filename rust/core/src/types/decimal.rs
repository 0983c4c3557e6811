//! numeric from decimal128 and uint64: plain digits with exactly the scale's decimals in text
//! (numeric_out), base-10000 digits in BINARY (numeric_send). A negative scale shows no decimals.

use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Decimal256Type};
use arrow_buffer::i256;

use super::digits::{TEN_TO_8, TEN_TO_16, left16, put_u128};
use super::number::Number;
use super::table::{self, Table};
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::prefetch;

pub(crate) const ALPHABET: &[u8] = b"-.0123456789";

/// A decimal128 as it lies in Arrow's buffer: little-endian. Bytes, because Arrow aligns buffers to
/// eight bytes only, and an i128 wants sixteen.
pub(crate) type Bytes = [u8; 16];

/// The values of a decimal128 array, or of the fixed-size binary array that stands for one.
pub(crate) fn values(array: &dyn Array) -> &[Bytes] {
    let bytes = match array.as_fixed_size_binary_opt() {
        Some(bytes) => bytes.value_data(),
        None => array.as_primitive::<Decimal128Type>().values().inner(),
    };
    bytes.as_chunks().0
}

/// The values of a decimal256 array, or of the fixed-size binary array that stands for one.
pub(crate) fn wide_values<'a>(array: &'a dyn Array) -> impl Fn(usize) -> i256 + 'a {
    let bytes = match array.as_fixed_size_binary_opt() {
        Some(bytes) => bytes.value_data(),
        None => array.as_primitive::<Decimal256Type>().values().inner(),
    };
    let values = bytes.as_chunks().0;
    move |row| i256::from_le_bytes(values[row])
}

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

impl Form<Bytes, TEXT> for DecimalText {
    #[inline(always)]
    fn put(&self, value: Bytes, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let value = i128::from_le_bytes(value);
        cell[0] = b'-';
        let sign = usize::from(value < 0);
        let magnitude = match i64::try_from(value) {
            Ok(value) => value.unsigned_abs(),
            Err(_) => u64::MAX,
        };
        let room: &mut [u8; TEXT - 1] = cell[sign..].first_chunk_mut().expect("TEXT - 1");
        let len = if magnitude < TEN_TO_16 && self.scale < 16 {
            self.put_16(magnitude, room)
        } else {
            self.put_long(value.unsigned_abs(), room)
        };
        Ok(sign + len)
    }
}

impl DecimalText {
    /// Up to sixteen digits: two stores of the same word, the second shifted by the point.
    #[inline(always)]
    fn put_16(&self, magnitude: u64, cell: &mut [u8; TEXT - 1]) -> usize {
        let (digits, len) = left16(magnitude, self.scale + 1);
        *cell.first_chunk_mut().expect("TEXT > 16") = digits;
        if self.scale == 0 {
            return len;
        }
        let point = (len - self.scale) & 15;
        let fraction = u128::from_le_bytes(digits) >> (8 * point);
        cell[point] = b'.';
        cell[point + 1..point + 17].copy_from_slice(&fraction.to_le_bytes());
        len + 1
    }

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

impl Form<Bytes, LONG_TEXT> for WideDecimalText {
    fn put(&self, value: Bytes, cell: &mut [u8; LONG_TEXT]) -> Result<usize, Reason> {
        let value = i128::from_le_bytes(value);
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
    scale: i32,
    /// Base-10000 digits are aligned at the point: the last one holds only as many decimal digits
    /// as the scale leaves it, and is filled with zeros by this factor.
    fill: u16,
    /// Base-10000 digits behind the point.
    after_point: i32,
}

impl DecimalBinary {
    pub fn new(scale: i32) -> Self {
        let missing = (-scale).rem_euclid(4);
        Self { scale, fill: 10_u16.pow(missing as u32), after_point: (scale + missing) / 4 }
    }

    /// The four int16 before the digits: how many, the first one's weight, sign, dscale.
    #[inline(always)]
    fn head(&self, negative: bool, digits: u64, weight: i32) -> [u8; 8] {
        let sign = if negative { 0x4000 } else { 0 };
        let weight = if digits == 0 { 0 } else { weight as u16 };
        let scale = self.scale.max(0) as u64;
        (digits << 48 | u64::from(weight) << 32 | sign << 16 | scale).to_be_bytes()
    }

    /// A magnitude from its four base-10000 digits, the last one lowest.
    #[inline(always)]
    fn put_word(&self, negative: bool, word: u64, cell: &mut [u8; BINARY]) -> usize {
        let leading = (word | 1).leading_zeros() / 16;
        let trailing = (word | 1 << 63).trailing_zeros() / 16;
        let digits = if word == 0 { 0 } else { u64::from(4 - leading - trailing) };
        let weight = 3 - leading as i32 - self.after_point;
        cell[..8].copy_from_slice(&self.head(negative, digits, weight));
        cell[8..16].copy_from_slice(&(word << (16 * leading)).to_be_bytes());
        8 + 2 * digits as usize
    }

    /// The words of a block's values that, filled, are below 10¹⁶.
    #[inline(always)]
    fn words(&self, units: &[i64]) -> [u64; BLOCK] {
        let (mut high, mut low) = ([0; BLOCK], [0; BLOCK]);
        for ((high, low), units) in high.iter_mut().zip(&mut low).zip(units) {
            let filled = units.unsigned_abs() * u64::from(self.fill);
            (*high, *low) = (filled / TEN_TO_8, filled % TEN_TO_8);
        }
        let mut words = [0; BLOCK];
        for (word, (high, low)) in words.iter_mut().zip(high.iter().zip(&low)) {
            *word = pair(*high as u32) << 32 | pair(*low as u32);
        }
        words
    }

    fn put_many(&self, negative: bool, magnitude: u128, cell: &mut [u8; BINARY]) -> usize {
        let mut groups = [0_u16; 12];
        let mut first = groups.len() - 1;
        let low_limit = u128::from(10_000 / self.fill);
        groups[first] = (magnitude % low_limit) as u16 * self.fill;
        let mut rest = magnitude / low_limit;
        while rest != 0 {
            first -= 1;
            groups[first] = (rest % 10_000) as u16;
            rest /= 10_000;
        }
        let mut weight = (groups.len() - first) as i32 - 1 - self.after_point;
        while first < groups.len() && groups[first] == 0 {
            first += 1;
            weight -= 1;
        }
        let mut last = groups.len();
        while last > first && groups[last - 1] == 0 {
            last -= 1;
        }
        let digits = &groups[first..last];
        cell[..8].copy_from_slice(&self.head(negative, digits.len() as u64, weight));
        for (bytes, digit) in cell[8..].as_chunks_mut::<2>().0.iter_mut().zip(digits) {
            *bytes = digit.to_be_bytes();
        }
        8 + 2 * digits.len()
    }
}

impl Form<Bytes, BINARY> for DecimalBinary {
    #[inline(always)]
    fn put(&self, value: Bytes, cell: &mut [u8; BINARY]) -> Result<usize, Reason> {
        let value = i128::from_le_bytes(value);
        Ok(self.put_many(value < 0, value.unsigned_abs(), cell))
    }
}

impl Form<u64, BINARY> for DecimalBinary {
    #[inline(always)]
    fn put(&self, value: u64, cell: &mut [u8; BINARY]) -> Result<usize, Reason> {
        Ok(self.put_many(false, value.into(), cell))
    }
}

/// The two base-10000 digits of a number below 10⁸, the second one lowest.
#[inline(always)]
fn pair(eight: u32) -> u64 {
    let high = (u64::from(eight) * 3_518_437_209) >> 45;
    high << 16 | (u64::from(eight) - high * 10_000)
}

/// Binary fields of numeric: of small numbers, by a table of them; else a block's base-10000 digits
/// are made side by side, or value by value.
pub(crate) struct NumericFields<'a, T> {
    values: &'a [T],
    form: DecimalBinary,
    table: Option<Table<[u8; 16]>>,
}

impl<'a, T> NumericFields<'a, T> {
    pub fn new(values: &'a [T], scale: i32) -> Self {
        Self { values, form: DecimalBinary::new(scale), table: table::numeric(scale) }
    }
}

impl<T: Number, I: Copy> FieldWriter<I> for NumericFields<'_, T>
where
    DecimalBinary: Form<T, BINARY>,
{
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(4 + BINARY, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        let mut units = [0; BLOCK];
        // Or-ed, they are as large as the largest one within a factor of two.
        let (mut places, mut most, mut others) = (0, 0, 0);
        for (unit, value) in units.iter_mut().zip(values) {
            let (own, other) = value.units();
            *unit = own;
            places |= table::place(own);
            most |= own.unsigned_abs();
            others |= other;
        }
        if others != 0 {
            (places, most) = (u64::MAX, u64::MAX);
        }
        let units = &units[..values.len()];
        match self.table {
            Some(table) if places < table::LEN as u64 => write_table(table, units, block),
            _ if most < TEN_TO_16 / 2 / u64::from(self.form.fill) => {
                let words = self.form.words(units);
                block.each(words.iter().zip(units), |(word, units), cell| {
                    prefixed(cell, |cell| self.form.put_word(*units < 0, *word, cell))
                });
            }
            _ => block.each(values.iter(), |value, cell| {
                prefixed(cell, |cell| self.form.put(*value, cell).unwrap_or(0))
            }),
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        prefixed(head(cell), |cell| self.form.put(self.values[row], cell).unwrap_or(0))
    }
}

#[inline(always)]
fn write_table<I: Copy>(table: Table<[u8; 16]>, units: &[i64], block: &mut Block<'_, I>) {
    let fields = table.first_chunk().expect("so many there are");
    block.each(units.iter(), |units, cell: &mut [u8; 16]| {
        *cell = *table::entry(fields, *units);
        Ok(4 + usize::from(cell[3]))
    });
}

/// Writes the length word before what `put` writes.
#[inline(always)]
fn prefixed(
    cell: &mut [u8; 4 + BINARY],
    put: impl FnOnce(&mut [u8; BINARY]) -> usize,
) -> Result<usize, Reason> {
    let (length, rest) = cell.split_first_chunk_mut().expect("36 > 4");
    let len = put(rest.first_chunk_mut().expect("36 - 4"));
    *length = (len as u32).to_be_bytes();
    Ok(4 + len)
}
