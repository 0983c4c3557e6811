//! float4 and float8 in float8out's notation; the IEEE bits in BINARY. Which digits they have is
//! `shortest`'s where extra_float_digits is above 0, else `printf`'s. Text that Arrow carries is
//! `carried`'s.

pub(crate) mod carried;

use std::ops::Range;

use super::digits::{ZEROS, decimal_len, spread8};
use super::shortest::{nearest, shortest};
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::{Isa, prefetch};

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

/// Prices and counts, 0.01 to 10¹² with two decimals at most, as hundredths; and whether the value
/// is one. So few digits name one double only, and no tie lies among them, so they are the digits
/// sought.
#[inline(always)]
pub(super) fn hundredths(value: f64) -> (u64, bool) {
    // Adding it rounds to an integer, which then stands in the lower bits.
    const SHIFT: f64 = (1_u64 << 52) as f64;
    let magnitude = value.abs();
    let shifted = magnitude * 100.0 + SHIFT;
    let exact = (shifted - SHIFT) / 100.0 == magnitude;
    let fits = exact & (0.01..1e12).contains(&magnitude);
    (shifted.to_bits() & ((1 << 52) - 1), fits)
}

/// Seventeen digits, the first two of them perhaps zero: sixteen as a number, one more, and the
/// exponent of ten of the first one that there is.
pub(super) type Decimal = (u64, u8, i32);
/// What stands in for values that have no digits.
const ONE: Decimal = (TEN_TO[15], 0, 0);

/// A float's parts, and the notation of its type.
pub(crate) trait Float: Copy + Into<f64> {
    /// Decimal exponents from here on are written in scientific notation.
    const FIXED_BELOW: i32;
    fn is_negative(self) -> bool;
    /// The digits of what is neither zero nor infinite nor NaN.
    fn decimal(self) -> Decimal;
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
    fn decimal(self) -> Decimal {
        let exponent = (self.to_bits() >> 52 & 0x7ff) as i32;
        let fraction = self.to_bits() & ((1 << 52) - 1);
        let regular = (fraction != 0) & (exponent != 0);
        let (sixteen, last, ten, clear) = nearest(fraction | 1 << 52, exponent - 1075);
        if regular & clear {
            return (sixteen, last, ten + 16 - i32::from(sixteen < TEN_TO[15]));
        }
        slow64(fraction, exponent)
    }
    #[inline(always)]
    fn has_word(self) -> bool {
        (self == 0.0) | !self.is_finite()
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
    fn decimal(self) -> Decimal {
        let exponent = (self.to_bits() >> 23 & 0xff) as i32;
        let fraction = u64::from(self.to_bits() & ((1 << 23) - 1));
        let normal = exponent != 0;
        let narrow = (fraction == 0) & (exponent > 1);
        let significand = fraction | u64::from(normal) << 23;
        let two = exponent - 149 - i32::from(normal);
        aligned(shortest::<u32>(significand, two, narrow))
    }
    #[inline(always)]
    fn has_word(self) -> bool {
        (self == 0.0) | !self.is_finite()
    }
    fn word(self) -> &'static [u8] {
        word(self.is_nan(), self == 0.0, self.is_sign_negative())
    }
}

/// Powers of two, whose neighbours are not equally far, subnormals, and what comes too near to a
/// border or a tie.
#[cold]
#[inline(never)]
fn slow64(fraction: u64, exponent: i32) -> Decimal {
    let narrow = (fraction == 0) & (exponent > 1);
    match exponent {
        0 => aligned(shortest::<u64>(fraction, -1074, false)),
        _ => aligned(shortest::<u64>(fraction | 1 << 52, exponent - 1075, narrow)),
    }
}

/// Digits and their power of ten, as seventeen digits.
#[inline(always)]
fn aligned((digits, ten): (u64, i32)) -> Decimal {
    let len = decimal_len(digits) as usize;
    let digits = digits * TEN_TO[17 - len];
    (digits / 10, (digits % 10) as u8, ten + len as i32 - 1)
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

/// Which digits are written, and where scientific notation begins.
pub(crate) trait Notation<T> {
    /// Decimal exponents from here on are written in scientific notation.
    fn fixed_below(&self) -> i32;
    /// The digits of what is neither zero nor infinite nor NaN.
    fn decimal(&self, value: T) -> Decimal;
}

/// The fewest digits that tell the value.
pub(crate) struct Fewest;

impl<T: Float> Notation<T> for Fewest {
    #[inline(always)]
    fn fixed_below(&self) -> i32 {
        T::FIXED_BELOW
    }
    #[inline(always)]
    fn decimal(&self, value: T) -> Decimal {
        value.decimal()
    }
}

/// Text cells of floats: a block's digits first, all 17 that there can be, then its cells.
pub(crate) struct Floats<'a, T, N> {
    pub values: &'a [T],
    pub notation: N,
    pub separator: u8,
}

impl<T: Float, N: Notation<T>, I: Isa> FieldWriter<I> for Floats<'_, T, N> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(TEXT, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        let (mut high, mut low) = ([0; BLOCK], [0; BLOCK]);
        let mut rest = [(0, 0); BLOCK];
        let mut words = false;
        for (i, value) in values.iter().enumerate().take(BLOCK) {
            let word = value.has_word();
            let (sixteen, last, exponent) = if word { ONE } else { self.notation.decimal(*value) };
            high[i] = sixteen / TEN_TO[8];
            low[i] = sixteen % TEN_TO[8];
            rest[i] = (last, exponent);
            words |= word;
        }
        let (high, low) = (block.isa.digits(&high), block.isa.digits(&low));
        let digits = high.iter().zip(&low).zip(&rest);
        let fixed_below = self.notation.fixed_below();
        block.each(values.iter().zip(digits), |item, cell: &mut [u8; TEXT]| {
            let (value, ((high, low), (last, exponent))) = item;
            let digits = Digits::new(*high, *low, *last);
            let len = digits.put(value.is_negative(), *exponent, fixed_below, cell);
            cell[len] = self.separator;
            Ok(len + 1)
        });
        if words {
            self.put_words(values, block);
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let value = self.values[row];
        let cell: &mut [u8; TEXT] = head(cell);
        let len = if value.has_word() {
            let word = value.word();
            cell[..word.len()].copy_from_slice(word);
            word.len()
        } else {
            let (sixteen, last, exponent) = self.notation.decimal(value);
            let (high, low) = (spread8(sixteen / TEN_TO[8]), spread8(sixteen % TEN_TO[8]));
            let fixed_below = self.notation.fixed_below();
            Digits::new(high, low, last).put(value.is_negative(), exponent, fixed_below, cell)
        };
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// Seventeen digits that begin with one that is not zero: the first, and sixteen of zero to nine,
/// the next one in the lowest byte.
struct Digits {
    first: u8,
    rest: u128,
}

impl Digits {
    #[inline(always)]
    fn new(high: u64, low: u64, last: u8) -> Self {
        let zero = 8 * u32::from(high as u8 == 0);
        let (moved, left) = (8 + zero, 56 - zero);
        let near = high >> moved | low << left;
        let far = low >> moved | u64::from(last) << left;
        Self { first: (high >> zero) as u8, rest: u128::from(near) | u128::from(far) << 64 }
    }

    /// Writes them without the zeros at their end, the first one's exponent being `exponent`: in
    /// fixed notation from −4 to `fixed_below` − 1.
    #[inline(always)]
    fn put(&self, negative: bool, exponent: i32, fixed_below: i32, cell: &mut [u8; TEXT]) -> usize {
        let significant = 17 - (self.rest.leading_zeros() / 8) as usize;
        let rest = self.rest | u128::from(ZEROS) << 64 | u128::from(ZEROS);
        let first = b'0' | self.first;
        // Stored from registers, each byte once or again over it: a look back at what was just
        // stored would wait for it.
        cell[0] = b'-';
        let sign = usize::from(negative);
        let cell: &mut [u8; 40] = cell[sign..].first_chunk_mut().expect("TEXT > 41");
        if exponent < -4 || exponent >= fixed_below {
            return sign + put_scientific(first, rest, significant, exponent, cell);
        }
        if exponent < 0 {
            let zeros = -exponent as usize & 7;
            cell[..8].copy_from_slice(b"0.000000");
            cell[zeros + 1] = first;
            cell[zeros + 2..][..16].copy_from_slice(&rest.to_le_bytes());
            return sign + zeros + 1 + significant;
        }
        let whole = exponent as usize & 15;
        cell[0] = first;
        cell[1..17].copy_from_slice(&rest.to_le_bytes());
        cell[whole + 1] = b'.';
        cell[whole + 2..][..16].copy_from_slice(&(rest >> (8 * whole)).to_le_bytes());
        // The point is left out with the decimals.
        sign + if significant > whole + 1 { significant + 1 } else { whole + 1 }
    }
}

impl<T: Float, N> Floats<'_, T, N> {
    #[cold]
    fn put_words<I: Isa>(&self, values: &[T], block: &mut Block<'_, I>) {
        for (i, value) in values.iter().enumerate() {
            if value.has_word() {
                // What stands there is one digit, its sign and the separator.
                block.rewrite(i, 2 + usize::from(value.is_negative()), |cell| {
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
