//! The decimal digits of a binary float as PostgreSQL has them, which are not the shortest that read
//! back: it compiles Ryu without STRICTLY_SHORTEST (d2s.c, f2s.c), so a decimal exactly on the border
//! of the rounding interval is refused. The digits here are the fewest strictly inside it, nearest
//! to the value, ties to the even digit, by Schubfach (R. Giulietti, 2020) on the open interval;
//! for most float8, by one product that tells where it is too close to call.

use std::hint::select_unpredictable;

use super::powers::{FIRST, POWERS};

/// How wide the products of the search are: as wide as the float's significand asks.
pub(crate) trait Width {
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
pub(crate) fn shortest<W: Width>(significand: u64, two: i32, narrow: bool) -> (u64, i32) {
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
    let up = select_unpredictable(below != above, above, nearer_above);
    let tens = 10 * (tens + u64::from(tens_above));
    let digits = select_unpredictable(ten_fits, tens, floor + u64::from(up));
    (digits, k)
}

/// The same for a float8's normal `significand` · 2^`two` whose neighbours are equally far: fifteen
/// or sixteen digits as a number, one more, their power of ten, and whether that is sure. It is not
/// where the errors of a product, less than one unit of its last place, could reach a border or tie.
#[inline(always)]
pub(crate) fn nearest(significand: u64, two: i32) -> (u64, u8, i32, bool) {
    // 10ᵏ is not more than the interval is wide, and ten times as much is. So at most one multiple
    // of 10ᵏ⁺¹ lies inside of it, and then it is the one with the fewest digits.
    let k = (two * 1_262_611) >> 22;
    let scale = -(k + 1);
    let power = POWERS[(scale - FIRST) as usize];
    let shift = two + ((scale * 1_741_647) >> 19);
    // The value in units of 10ᵏ⁺¹: a whole number of 60 bits, and 64 behind the point.
    let scaled = significand << ((shift + 5) & 7);
    let low = u128::from(power as u64) * u128::from(scaled);
    let high = (power >> 64) * u128::from(scaled) + (low >> 64);
    let (whole, part) = ((high >> 68) as u64, (high >> 4) as u64);
    let half = (power >> 64) as u64 >> (-shift & 7);

    let below = part < half;
    let (above_by, above) = part.overflowing_add(half);
    let tenths = u128::from(part) * 10;
    let rounded = (tenths >> 64) as u64 + (tenths as u64 >> 63);
    let last = if below | above { 0 } else { rounded as u8 };
    let near = |distance: u64| distance.wrapping_add(64) < 128;
    let tie = (tenths as u64).wrapping_sub(1 << 63);
    let sure = !(near(part.wrapping_sub(half)) | near(above_by) | near(tie));
    (whole + u64::from(above), last, k, sure)
}
