//! float4 and float8 with PostgreSQL's own digits, which are not the shortest that read back:
//! it compiles Ryu without STRICTLY_SHORTEST (d2s.c, f2s.c), so a decimal exactly on the border
//! of the rounding interval is refused. The digits here are the fewest strictly inside it, nearest
//! to the value, ties to the even digit, by Schubfach (R. Giulietti, 2020) on the open interval.
//! The notation is float8out's with extra_float_digits = 1.

use super::digits::{ascii16, left16};
use super::powers::{FIRST, POWERS};
use crate::error::Reason;
use crate::field::Form;

pub(crate) const ALPHABET: &[u8] = b"-+.0123456789eNaInfity";
pub(crate) const TEXT: usize = 48;

/// The text form of float4 and float8.
pub(crate) struct FloatText;
/// The binary form: the IEEE bits, a NaN's payload kept.
pub(crate) struct FloatBinary;

impl Form<f64, TEXT> for FloatText {
    #[inline(always)]
    fn put(&self, value: f64, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        if let Some(len) = put_hundredths(value, cell) {
            return Ok(len);
        }
        Ok(put_f64(value, cell))
    }
}

impl Form<f32, TEXT> for FloatText {
    #[inline(always)]
    fn put(&self, value: f32, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        Ok(put_f32(value, cell))
    }
}

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

#[inline(always)]
fn put_hundredths(value: f64, cell: &mut [u8; TEXT]) -> Option<usize> {
    let hundredths = hundredths(value)?;
    cell[0] = b'-';
    let sign = usize::from(value < 0.0);
    let (digits, len) = left16(hundredths, 3);
    let point = len - 2;
    let cell = &mut cell[sign..];
    cell[..16].copy_from_slice(&digits);
    let fraction = [digits[point], digits[point + 1]];
    cell[point] = b'.';
    cell[point + 1..point + 3].copy_from_slice(&fraction);
    let shown = match fraction {
        [b'0', b'0'] => point,
        [_, b'0'] => point + 2,
        _ => point + 3,
    };
    Some(sign + shown)
}

fn put_f64(value: f64, cell: &mut [u8; TEXT]) -> usize {
    let bits = value.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let negative = value.is_sign_negative();
    if exponent == 0x7ff || (exponent == 0 && fraction == 0) {
        return put_special(negative, exponent != 0, fraction != 0, cell);
    }
    let (digits, ten) = if exponent == 0 {
        shortest::<u64>(fraction, -1074, false)
    } else {
        shortest::<u64>(fraction | 1 << 52, exponent - 1075, fraction == 0 && exponent > 1)
    };
    put_decimal(negative, digits, ten, 15, cell)
}

fn put_f32(value: f32, cell: &mut [u8; TEXT]) -> usize {
    let bits = value.to_bits();
    let exponent = (bits >> 23 & 0xff) as i32;
    let fraction = u64::from(bits & ((1 << 23) - 1));
    let negative = value.is_sign_negative();
    if exponent == 0xff || (exponent == 0 && fraction == 0) {
        return put_special(negative, exponent != 0, fraction != 0, cell);
    }
    let (digits, ten) = if exponent == 0 {
        shortest::<u32>(fraction, -149, false)
    } else {
        shortest::<u32>(fraction | 1 << 23, exponent - 150, fraction == 0 && exponent > 1)
    };
    put_decimal(negative, digits, ten, 6, cell)
}

/// How wide the products of the search are: as wide as the float's significand asks.
trait Width {
    /// `scaled` times 10ᵏ in units of the result, rounded to odd: inexact results are odd.
    fn times_power(scaled: u64, k: i32) -> u64;
}

impl Width for u64 {
    #[inline(always)]
    fn times_power(scaled: u64, k: i32) -> u64 {
        let power = POWERS[(k - FIRST) as usize];
        let low = u128::from(power as u64) * u128::from(scaled);
        let high = (power >> 64) * u128::from(scaled) + (low >> 64);
        (high >> 64) as u64 | u64::from(high as u64 > 1)
    }
}

impl Width for u32 {
    #[inline(always)]
    fn times_power(scaled: u64, k: i32) -> u64 {
        // The upper 64 bits of the same power, rounded up as the whole one is.
        let power = ((POWERS[(k - FIRST) as usize] - 1) >> 64) + 1;
        let product = power * u128::from(scaled);
        (product >> 64) as u64 | u64::from((product as u64) >> 32 > 1)
    }
}

/// The digits and the power of ten of `significand` · 2^`two`; `narrow`: the float below is only
/// half as far away, as under a power of two.
#[inline(always)]
fn shortest<W: Width>(significand: u64, two: i32, narrow: bool) -> (u64, i32) {
    // ⌊log₁₀ of the interval's width⌋, by integer approximations exact for all exponents.
    let k = if narrow { (two * 1_262_611 - 524_031) >> 22 } else { (two * 1_262_611) >> 22 };
    let shift = two + ((-k * 1_741_647) >> 19) + 1;
    let times = |quarters: u64| W::times_power(quarters << shift, -k);
    let value = times(4 * significand);
    // One inside each border: what lies exactly on it is refused.
    let lower = times(4 * significand - if narrow { 1 } else { 2 }) + 1;
    let upper = times(4 * significand + 2) - 1;

    // A multiple of ten inside the interval goes before its neighbours; of two candidates inside,
    // or none, the nearer one. Chosen without branches, which would be guessed wrong half the time.
    let floor = value / 4;
    let tens = floor / 10;
    let tens_below = lower <= 40 * tens;
    let tens_above = 40 * tens + 40 <= upper;
    let ten_fits = (floor >= 10) & (tens_below != tens_above);
    let below = lower <= 4 * floor;
    let above = 4 * floor + 4 <= upper;
    let half = 4 * floor + 2;
    let nearer_above = (value > half) | ((value == half) & (floor & 1 == 1));
    let up = if below != above { above } else { nearer_above };
    let tens = 10 * (tens + u64::from(tens_above));
    let digits = std::hint::select_unpredictable(ten_fits, tens, floor + u64::from(up));
    (digits, k)
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

#[cold]
fn put_special(negative: bool, not_zero: bool, nan: bool, cell: &mut [u8; TEXT]) -> usize {
    let word: &[u8] = match (not_zero, nan, negative) {
        (false, _, false) => b"0",
        (false, _, true) => b"-0",
        (true, true, _) => b"NaN",
        (true, false, false) => b"Infinity",
        (true, false, true) => b"-Infinity",
    };
    cell[..word.len()].copy_from_slice(word);
    word.len()
}

/// `digits` · 10^`ten` in fixed notation if its exponent is in −4 … `fixed_below` − 1.
#[inline(always)]
fn put_decimal(
    negative: bool,
    digits: u64,
    ten: i32,
    fixed_below: i32,
    cell: &mut [u8; TEXT],
) -> usize {
    // All 17 digits there can be, zeros behind those there are.
    let len = decimal_len(digits);
    let digits = digits * TEN_TO[17 - len];
    let exponent = ten + len as i32 - 1;
    let first = b'0' + (digits / TEN_TO[16]) as u8;
    let rest = u128::from_le_bytes(ascii16(digits % TEN_TO[16]));
    let zeros = (rest ^ u128::from_le_bytes([b'0'; 16])).leading_zeros() / 8;
    let significant = 17 - zeros as usize;

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
