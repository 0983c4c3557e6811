//! Decimal digits of integers, without a loop and without a branch on the length: four digits a
//! look-up are spread over a word, and leading zeros are shifted out.

pub(crate) const ZEROS: u64 = 0x3030_3030_3030_3030;
pub(crate) const TEN_TO_8: u64 = 100_000_000;
pub(crate) const TEN_TO_16: u64 = 10_000_000_000_000_000;

/// The four digits of each number below 10⁴, the first in the lowest byte, as numbers 0–9.
static FOUR: [u32; 10_000] = {
    let mut table = [0; 10_000];
    let mut n = 0;
    while n < 10_000 {
        let digits = [n / 1000, n / 100 % 10, n / 10 % 10, n % 10];
        table[n] = digits[0] as u32 | (digits[1] << 8 | digits[2] << 16 | digits[3] << 24) as u32;
        n += 1;
    }
    table
};

/// The four digits of a number below 10⁴ as ASCII, and how many zeros stand before its first digit;
/// None from there on.
#[inline(always)]
pub(super) fn ascii4(value: u16) -> Option<([u8; 4], usize)> {
    let spread = FOUR.get(usize::from(value))?;
    let zeros = (spread | 1 << 31).trailing_zeros() / 8;
    Some(((spread | ZEROS as u32).to_le_bytes(), zeros as usize))
}

/// The eight digits of `value` (below 10⁸), in the same form.
#[inline(always)]
pub(super) fn spread8(value: u64) -> u64 {
    let value = value as u32;
    let (high, low) = (FOUR[(value / 10_000) as usize], FOUR[(value % 10_000) as usize]);
    u64::from(high) | u64::from(low) << 32
}

/// The same for sixteen digits (below 10¹⁶).
#[inline(always)]
fn spread16(value: u64) -> u128 {
    u128::from(spread8(value / TEN_TO_8)) | u128::from(spread8(value % TEN_TO_8)) << 64
}

/// Sixteen digits as ASCII, leading zeros included.
#[inline(always)]
pub(crate) fn ascii16(value: u64) -> [u8; 16] {
    (spread16(value) | u128::from(ZEROS) << 64 | u128::from(ZEROS)).to_le_bytes()
}

/// Two digits as ASCII (below 100).
#[inline(always)]
pub(crate) fn ascii2(value: u32) -> [u8; 2] {
    let tens = (value * 103) >> 10;
    ((tens | (value - tens * 10) << 8) as u16 | 0x3030).to_le_bytes()
}

/// Six digits as ASCII (below 10⁶), the first in the lowest byte; two bytes are left zero.
#[inline(always)]
pub(crate) fn ascii6(value: u32) -> u64 {
    (spread8(u64::from(value)) | ZEROS) >> 16
}

/// The spread digits of four numbers below 10⁴, the first one in the highest sixteen bits: of two each;
/// None where one is not.
#[inline(always)]
pub(super) fn spread4(groups: u64) -> Option<(u64, u64)> {
    let [a, b, c, d] = [48, 32, 16, 0].map(|shift| FOUR.get((groups >> shift & 0xffff) as usize));
    let two = |high: u32, low: u32| u64::from(high) | u64::from(low) << 32;
    Some((two(*a?, *b?), two(*c?, *d?)))
}

/// How many digits sixteen spread ones have without the leading zeros; zero has one.
#[inline(always)]
fn significant(spread: u128) -> usize {
    16 - ((spread | 1 << 127).trailing_zeros() / 8) as usize
}

/// The ASCII digits of a value below 10¹⁶ without leading zeros, left-aligned, and their number,
/// which is at least `least` (1 to 16).
#[inline(always)]
pub(crate) fn left16(value: u64, least: usize) -> ([u8; 16], usize) {
    let spread = spread16(value);
    let len = significant(spread).max(least);
    let ascii = spread | u128::from(ZEROS) << 64 | u128::from(ZEROS);
    ((ascii >> (128 - 8 * len)).to_le_bytes(), len)
}

/// How many decimal digits a value has; zero has one.
#[inline(always)]
pub(crate) fn decimal_len(value: u64) -> u32 {
    const TEN_TO: [u64; 20] = {
        let mut powers = [0; 20];
        let (mut n, mut power) = (1, 10);
        while n < 20 {
            powers[n] = power;
            n += 1;
            power = if n < 20 { power * 10 } else { power };
        }
        powers
    };
    // 1233 / 4096 is log₁₀ 2; the estimate is exact or one too small.
    let estimate = ((64 - (value | 1).leading_zeros()) * 1233) >> 12;
    estimate + u32::from(value >= TEN_TO[estimate as usize])
}

/// Writes `value` in decimal.
#[inline(always)]
pub(crate) fn put_u64(value: u64, cell: &mut [u8; 32]) -> usize {
    if value < TEN_TO_8 {
        let spread = spread8(value);
        let zeros = (spread | 1 << 56).trailing_zeros() & 56;
        *cell.first_chunk_mut().expect("32 > 8") = ((spread | ZEROS) >> zeros).to_le_bytes();
        return 8 - zeros as usize / 8;
    }
    if value < TEN_TO_16 {
        let (digits, len) = left16(value, 1);
        *cell.first_chunk_mut().expect("32 > 16") = digits;
        return len;
    }
    let (digits, len) = left16(value / TEN_TO_16, 1);
    *cell.first_chunk_mut().expect("32 > 16") = digits;
    *cell[len & 15..].first_chunk_mut().expect("32 - 15 > 16") = ascii16(value % TEN_TO_16);
    len + 16
}

/// Writes `value` in decimal; 10³⁹ and more does not occur in an i128.
pub(crate) fn put_u128(value: u128, cell: &mut [u8; 48]) -> usize {
    let ten_to_16 = u128::from(TEN_TO_16);
    if value < ten_to_16 {
        let (digits, len) = left16(value as u64, 1);
        cell[..16].copy_from_slice(&digits);
        return len;
    }
    let len = if value / ten_to_16 < ten_to_16 {
        let (digits, len) = left16((value / ten_to_16) as u64, 1);
        cell[..16].copy_from_slice(&digits);
        len
    } else {
        let high = value / ten_to_16;
        let (digits, len) = left16((high / ten_to_16) as u64, 1);
        cell[..16].copy_from_slice(&digits);
        cell[len..len + 16].copy_from_slice(&ascii16((high % ten_to_16) as u64));
        len + 16
    };
    cell[len..len + 16].copy_from_slice(&ascii16((value % ten_to_16) as u64));
    len + 16
}
