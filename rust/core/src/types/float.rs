//! float4 and float8 in float8out's notation with extra_float_digits = 1; the IEEE bits in BINARY.
//! Which digits they have is `shortest`'s.

use std::ops::Range;

use super::digits::{ZEROS, spread_all};
use super::shortest::shortest;
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, Form};
use crate::isa::prefetch;

pub(crate) const ALPHABET: &[u8] = b"-+.0123456789eNaInfity";
const TEXT: usize = 48;

/// The binary form: the IEEE bits, a NaN's payload kept.
pub(crate) struct FloatBinary;

impl Form<f64, 8> for FloatBinary {
    #[inline(always)]
    fn put(&self, value: f64, cell: &mut [u8; 8]) -> Result<usize, Reason> {
        *cell = value.to_bits().to_be_bytes();
        Ok(8)
    }
}

impl Form<f32, 4> for FloatBinary {
    #[inline(always)]
    fn put(&self, value: f32, cell: &mut [u8; 4]) -> Result<usize, Reason> {
        *cell = value.to_bits().to_be_bytes();
        Ok(4)
    }
}

/// Prices and counts, 0.01 to 10¹² with two decimals at most, as hundredths. So few digits name one
/// double only, and no tie lies among them, so they are the digits sought.
#[inline(always)]
pub(super) fn hundredths(value: f64) -> Option<u64> {
    // Adding it rounds to an integer, which then stands in the lower bits.
    const SHIFT: f64 = (1_u64 << 52) as f64;
    let magnitude = value.abs();
    let scaled = magnitude * 100.0;
    let shifted = scaled + SHIFT;
    let rounded = shifted - SHIFT;
    // The comparison spares most others the division, the range is also false for NaN.
    let near = (scaled - rounded).abs() <= scaled * 1e-13;
    let fits = near && (0.01..1e12).contains(&magnitude) && rounded / 100.0 == magnitude;
    fits.then_some(shifted.to_bits() & ((1 << 52) - 1))
}

/// A float's parts, and the notation of its type.
pub(crate) trait Float: Copy {
    /// Decimal exponents from here on are written in scientific notation.
    const FIXED_BELOW: i32;
    fn is_negative(self) -> bool;
    /// Digits and power of ten; None for zero, infinity and NaN.
    fn decimal(self) -> Option<(u64, i32)>;
    /// Whether it is one of these three.
    fn has_word(self) -> bool;
    /// What is written instead.
    fn word(self) -> &'static [u8];
}

impl Float for f64 {
    const FIXED_BELOW: i32 = 15;
    #[inline(always)]
    fn is_negative(self) -> bool {
        self.is_sign_negative()
    }
    #[inline(always)]
    fn decimal(self) -> Option<(u64, i32)> {
        let exponent = (self.to_bits() >> 52 & 0x7ff) as i32;
        let fraction = self.to_bits() & ((1 << 52) - 1);
        match exponent {
            0x7ff => None,
            0 if fraction == 0 => None,
            0 => Some(shortest::<u64>(fraction, -1074, false)),
            _ => {
                let narrow = (fraction == 0) & (exponent > 1);
                Some(shortest::<u64>(fraction | 1 << 52, exponent - 1075, narrow))
            }
        }
    }
    fn has_word(self) -> bool {
        self == 0.0 || !self.is_finite()
    }
    fn word(self) -> &'static [u8] {
        word(self.is_nan(), self == 0.0, self.is_sign_negative())
    }
}

impl Float for f32 {
    const FIXED_BELOW: i32 = 6;
    #[inline(always)]
    fn is_negative(self) -> bool {
        self.is_sign_negative()
    }
    #[inline(always)]
    fn decimal(self) -> Option<(u64, i32)> {
        let exponent = (self.to_bits() >> 23 & 0xff) as i32;
        let fraction = u64::from(self.to_bits() & ((1 << 23) - 1));
        match exponent {
            0xff => None,
            0 if fraction == 0 => None,
            0 => Some(shortest::<u32>(fraction, -149, false)),
            _ => {
                let narrow = (fraction == 0) & (exponent > 1);
                Some(shortest::<u32>(fraction | 1 << 23, exponent - 150, narrow))
            }
        }
    }
    fn has_word(self) -> bool {
        self == 0.0 || !self.is_finite()
    }
    fn word(self) -> &'static [u8] {
        word(self.is_nan(), self == 0.0, self.is_sign_negative())
    }
}

fn word(nan: bool, zero: bool, negative: bool) -> &'static [u8] {
    match (nan, zero, negative) {
        (true, _, _) => b"NaN",
        (_, true, false) => b"0",
        (_, true, true) => b"-0",
        (_, _, false) => b"Infinity",
        (_, _, true) => b"-Infinity",
    }
}

/// Text cells of floats: a block's digits first, all 17 that there can be, then its cells.
pub(crate) struct Floats<'a, T> {
    pub values: &'a [T],
    pub separator: u8,
}

/// 17 digits in three parts for each row: the first, then eight and eight, and the exponent of ten
/// of the first.
struct Digits {
    first: [u8; BLOCK],
    middle: [u32; BLOCK],
    last: [u32; BLOCK],
    exponents: [i32; BLOCK],
}

impl<T: Float, I> FieldWriter<I> for Floats<'_, T> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(TEXT, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        let (digits, words) = Digits::of(values);
        let starts = if words { block.cursors() } else { [0; BLOCK] };
        let middle = spread_all(&digits.middle);
        let last = spread_all(&digits.last);
        let parts = digits.first.iter().zip(middle.iter().zip(&last)).zip(&digits.exponents);
        block.each_window(values.iter().zip(parts), |item, cell: &mut [u8; TEXT]| {
            let (value, ((first, (middle, last)), exponent)) = item;
            let rest = u128::from(*middle) | u128::from(*last) << 64;
            let negative = value.is_negative();
            let len = put_decimal(negative, *first, rest, *exponent, T::FIXED_BELOW, cell);
            cell[len] = self.separator;
            Ok(len + 1)
        });
        if words {
            self.put_words(values, &starts, block);
        }
    }
}

impl Digits {
    /// The digits of a block, and whether it has values without any.
    #[inline(always)]
    fn of<T: Float>(values: &[T]) -> (Self, bool) {
        let mut this =
            Self { first: [0; BLOCK], middle: [0; BLOCK], last: [0; BLOCK], exponents: [0; BLOCK] };
        let mut words = false;
        for (i, value) in values.iter().enumerate().take(BLOCK) {
            let (digits, ten) = value.decimal().unwrap_or_else(|| {
                words = true;
                (1, 0)
            });
            let len = decimal_len(digits);
            let digits = digits * TEN_TO[17 - len];
            this.exponents[i] = ten + len as i32 - 1;
            this.first[i] = (digits / TEN_TO[16]) as u8;
            let rest = digits % TEN_TO[16];
            this.middle[i] = (rest / TEN_TO[8]) as u32;
            this.last[i] = (rest % TEN_TO[8]) as u32;
        }
        (this, words)
    }
}

impl<T: Float> Floats<'_, T> {
    #[cold]
    fn put_words<I>(&self, values: &[T], starts: &[usize], block: &mut Block<'_, I>) {
        for (i, value) in values.iter().enumerate() {
            if value.has_word() {
                block.rewrite(i, starts[i], |cell| {
                    let word = value.word();
                    cell[..word.len()].copy_from_slice(word);
                    cell[word.len()] = self.separator;
                    Ok(word.len() + 1)
                });
            }
        }
    }
}

const TEN_TO: [u64; 18] = {
    let mut powers = [1; 18];
    let mut n = 1;
    while n < 18 {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// The number of decimal digits of a value from 1 to 10¹⁷ − 1.
#[inline(always)]
fn decimal_len(value: u64) -> usize {
    // 1233 / 4096 is log₁₀ 2; the estimate is exact or one too small.
    let bits = 64 - value.leading_zeros() as usize;
    let estimate = (bits * 1233) >> 12;
    estimate + usize::from(value >= TEN_TO[estimate])
}

/// Writes `first` and the sixteen spread digits of `rest`, without the zeros at their end, the
/// first one's exponent being `exponent`: in fixed notation from −4 to `fixed_below` − 1.
#[inline(always)]
fn put_decimal(
    negative: bool,
    first: u8,
    rest: u128,
    exponent: i32,
    fixed_below: i32,
    cell: &mut [u8; TEXT],
) -> usize {
    let significant = 17 - (rest.leading_zeros() / 8) as usize;
    let rest = rest | u128::from(ZEROS) << 64 | u128::from(ZEROS);
    let first = b'0' | first;
    // Stored from registers, each byte once or again over it: a look back at what was just stored
    // would wait for it.
    cell[0] = b'-';
    let sign = usize::from(negative);
    let cell: &mut [u8; 40] = cell[sign..].first_chunk_mut().expect("TEXT > 41");
    sign + if exponent < -4 || exponent >= fixed_below {
        put_scientific(first, rest, significant, exponent, cell)
    } else if exponent < 0 {
        let zeros = -exponent as usize;
        cell[..8].copy_from_slice(b"0.000000");
        cell[zeros + 1] = first;
        cell[zeros + 2..][..16].copy_from_slice(&rest.to_le_bytes());
        zeros + 1 + significant
    } else {
        let whole = exponent as usize;
        cell[0] = first;
        cell[1..17].copy_from_slice(&rest.to_le_bytes());
        if significant <= whole + 1 {
            return sign + whole + 1;
        }
        cell[whole + 1] = b'.';
        cell[whole + 2..][..16].copy_from_slice(&(rest >> (8 * whole)).to_le_bytes());
        significant + 1
    }
}

#[inline(always)]
fn put_scientific(
    first: u8,
    rest: u128,
    significant: usize,
    exponent: i32,
    cell: &mut [u8; 40],
) -> usize {
    cell[0] = first;
    cell[1] = b'.';
    cell[2..18].copy_from_slice(&rest.to_le_bytes());
    let at = if significant > 1 { significant + 1 } else { 1 };
    let magnitude = exponent.unsigned_abs();
    cell[at] = b'e';
    cell[at + 1] = if exponent < 0 { b'-' } else { b'+' };
    let digits = [magnitude / 100, magnitude / 10 % 10, magnitude % 10].map(|d| b'0' + d as u8);
    let skipped = usize::from(magnitude < 100);
    cell[at + 2..at + 5 - skipped].copy_from_slice(&digits[skipped..]);
    at + 5 - skipped
}
