//! Powers of ten, rounded to 128 bits: the one table that `float` needs. Computed by the compiler
//! with exact integers of 40 words, so there is nothing to trust but this file.

/// Decimal exponents of the table, both ends included.
pub(crate) const FIRST: i32 = -293;
pub(crate) const LAST: i32 = 324;

const WORDS: usize = 40;
type Big = [u32; WORDS];

/// 10ᵏ · 2⁻ʳ + 1 rounded down, with r such that the result has 128 bits; index k − FIRST.
pub(crate) static POWERS: [u128; (LAST - FIRST + 1) as usize] = table();

const fn table() -> [u128; (LAST - FIRST + 1) as usize] {
    let mut powers = [0; (LAST - FIRST + 1) as usize];
    // Upwards: exact powers of ten.
    let mut big: Big = [0; WORDS];
    big[0] = 1;
    let mut k = 0;
    while k <= LAST {
        powers[(k - FIRST) as usize] = top128(&big) + 1;
        big = times_ten(big);
        k += 1;
    }
    // Downwards: 2¹²⁷⁹ divided by ten again and again; floors of floors are exact.
    let mut big: Big = [0; WORDS];
    big[WORDS - 1] = 1 << 31;
    let mut k = -1;
    while k >= FIRST {
        big = tenth(big);
        powers[(k - FIRST) as usize] = top128(&big) + 1;
        k -= 1;
    }
    powers
}

const fn times_ten(mut big: Big) -> Big {
    let mut carry = 0_u64;
    let mut i = 0;
    while i < WORDS {
        carry += big[i] as u64 * 10;
        big[i] = carry as u32;
        carry >>= 32;
        i += 1;
    }
    big
}

const fn tenth(mut big: Big) -> Big {
    let mut rest = 0_u64;
    let mut i = WORDS;
    while i > 0 {
        i -= 1;
        rest = rest << 32 | big[i] as u64;
        big[i] = (rest / 10) as u32;
        rest %= 10;
    }
    big
}

/// The first 128 bits, what is below them cut off; a shorter number is shifted up.
const fn top128(big: &Big) -> u128 {
    let mut top = WORDS - 1;
    while big[top] == 0 {
        top -= 1;
    }
    let mut value = 0_u128;
    let mut bits = 0;
    let mut word = top;
    while bits < 128 {
        let next = big[word];
        let width = if word == top { 32 - next.leading_zeros() } else { 32 };
        let take = if bits + width > 128 { 128 - bits } else { width };
        value = value << take | (next >> (width - take)) as u128;
        bits += take;
        if word == 0 {
            return value << (128 - bits);
        }
        word -= 1;
    }
    value
}
