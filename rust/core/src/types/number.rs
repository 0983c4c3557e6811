//! Text cells of integers, decimals and float8. Where all of a block's values are decimals of eight
//! digits, as prices, counts and keys mostly are, their digits are made side by side; else value by
//! value, by the form of `int`, `decimal` or `float`.

use std::ops::Range;

use super::digits::{TEN_TO_8, ZEROS, spread_all};
use super::float::hundredths;
use super::{decimal, float, int};
use crate::block::{BLOCK, Block};
use crate::field::{Extent, FieldWriter};
use crate::isa::prefetch;

/// Room for a sign, eight digits, a point and the overrun of an 8-byte store.
const SMALL: usize = 24;

/// A number that may be small.
pub(crate) trait Number: Copy {
    /// Every byte that its text can have.
    const ALPHABET: &'static [u8];
    /// Whether zeros at the end of the decimals are left out.
    const TRIM: bool = false;
    fn is_negative(self) -> bool;
    /// The magnitude in units of the last decimal, and whether it is one, and below 10⁸.
    fn small(self) -> (u32, bool);
}

impl Number for f64 {
    const ALPHABET: &'static [u8] = float::ALPHABET;
    const TRIM: bool = true;
    #[inline(always)]
    fn is_negative(self) -> bool {
        self.is_sign_negative()
    }
    #[inline(always)]
    fn small(self) -> (u32, bool) {
        let zero = self.to_bits() == 0; // not minus zero
        match hundredths(self) {
            Some(hundredths) => (hundredths as u32, hundredths < TEN_TO_8),
            None => (0, zero),
        }
    }
}

macro_rules! number {
    ($($native:ty),*) => {$(
        impl Number for $native {
            const ALPHABET: &'static [u8] = int::ALPHABET;
            #[inline(always)]
            fn is_negative(self) -> bool {
                i64::from(self) < 0
            }
            #[inline(always)]
            fn small(self) -> (u32, bool) {
                let magnitude = i64::from(self).unsigned_abs();
                (magnitude as u32, magnitude < TEN_TO_8)
            }
        }
    )*};
}
number!(i8, i16, i32, i64, u8, u16, u32);

impl Number for u64 {
    const ALPHABET: &'static [u8] = int::ALPHABET;
    #[inline(always)]
    fn is_negative(self) -> bool {
        false
    }
    #[inline(always)]
    fn small(self) -> (u32, bool) {
        (self as u32, self < TEN_TO_8)
    }
}

impl Number for [u8; 16] {
    const ALPHABET: &'static [u8] = decimal::ALPHABET;
    #[inline(always)]
    fn is_negative(self) -> bool {
        self[15] >= 0x80
    }
    #[inline(always)]
    fn small(self) -> (u32, bool) {
        let value = u128::from_le_bytes(self);
        let (low, high) = (value as u64 as i64, (value >> 64) as u64 as i64);
        let magnitude = low.unsigned_abs();
        (magnitude as u32, (high == low >> 63) & (magnitude < TEN_TO_8))
    }
}

/// Bytes from the point on, of two decimals without zeros at the end.
#[inline(always)]
fn trimmed(spread: u64) -> usize {
    let decimals = (spread >> 48) as u16;
    if decimals == 0 { 0 } else { 3 - usize::from(decimals < 0x100) }
}

/// Text cells of numbers with `scale` decimals; `other` writes the blocks that are not so small.
pub(crate) struct Numbers<'a, T, C> {
    pub values: &'a [T],
    pub scale: usize,
    pub separator: u8,
    pub other: C,
}

impl<T: Number, C: FieldWriter<I>, I> FieldWriter<I> for Numbers<'_, T, C> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let other = self.other.extent(rows.clone());
        if other.cell < SMALL { Extent::fixed(SMALL, rows.len()) } else { other }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        match small(&self.values[rows.clone()], self.scale) {
            None => self.other.write(rows, block),
            Some((magnitudes, any_negative)) => {
                prefetch(self.values, &rows);
                let spread = spread_all(&magnitudes);
                match (self.scale > 0, any_negative) {
                    (false, false) => self.write_small::<false, false, I>(rows, &spread, block),
                    (false, true) => self.write_small::<false, true, I>(rows, &spread, block),
                    (true, false) => self.write_small::<true, false, I>(rows, &spread, block),
                    (true, true) => self.write_small::<true, true, I>(rows, &spread, block),
                }
            }
        }
    }
}

/// The magnitudes of a block's values, and whether one is negative; None if one is not small.
#[inline(always)]
pub(super) fn small<T: Number>(values: &[T], scale: usize) -> Option<([u32; BLOCK], bool)> {
    // A look at one value spares columns of other floats the look at all.
    if scale >= 8 || T::TRIM && values.first().is_some_and(|value| !value.small().1) {
        return None;
    }
    let mut magnitudes = [0; BLOCK];
    let (mut all_small, mut any_negative) = (true, false);
    for (magnitude, value) in magnitudes.iter_mut().zip(values) {
        let (low, small) = value.small();
        *magnitude = low;
        all_small &= small;
        any_negative |= value.is_negative();
    }
    all_small.then_some((magnitudes, any_negative))
}

impl<T: Number, C> Numbers<'_, T, C> {
    /// `spread` has each value's eight digits, the first in the lowest byte.
    #[inline(always)]
    fn write_small<const POINT: bool, const SIGN: bool, I>(
        &self,
        rows: Range<usize>,
        spread: &[u64; BLOCK],
        block: &mut Block<'_, I>,
    ) {
        let values = self.values[rows].iter().zip(spread);
        block.each_window(values, |(value, spread), cell: &mut [u8; SMALL]| {
            cell[0] = b'-';
            let sign = usize::from(SIGN && value.is_negative());
            let room: &mut [u8; SMALL - 1] = cell[sign..].first_chunk_mut().expect("SMALL - 1");
            let significant = 8 - ((spread | 1 << 63).trailing_zeros() / 8) as usize;
            // At least one digit stands before the point.
            let mut len = if POINT { significant.max(self.scale + 1) } else { significant };
            let digits = (spread | ZEROS) >> (64 - 8 * len);
            *room.first_chunk_mut().expect("SMALL > 8") = digits.to_le_bytes();
            if POINT {
                let point = (len - self.scale) & 7;
                room[point] = b'.';
                let fraction = (digits >> (8 * point)).to_le_bytes();
                room[point + 1..point + 9].copy_from_slice(&fraction);
                len = if T::TRIM { point + trimmed(*spread) } else { len + 1 };
            }
            room[len & 15] = self.separator;
            Ok(sign + len + 1)
        });
    }
}
