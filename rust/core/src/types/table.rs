//! Small numbers, written beforehand: the cells of integers, prices, rates and counts are copies.
//! How a number is written belongs to `decimal`.

use std::sync::LazyLock;

use super::decimal::{BINARY, DecimalBinary, DecimalText, TEXT};
use crate::field::Form;

/// The cells of the numbers from −9999 to 22768, of which a table has one word each.
const FIRST: i64 = -9999;
pub(crate) const LEN: usize = 1 << 15;

/// A table that is made when the first block asks for it.
pub(crate) type Table<T> = &'static LazyLock<Vec<T>>;

/// Where a number stands; not below `LEN` for one that is not there.
#[inline(always)]
pub(crate) fn place(units: i64) -> u64 {
    units.wrapping_sub(FIRST) as u64
}

/// The entry of a number that is there.
#[inline(always)]
pub(crate) fn entry<T>(table: &[T; LEN], units: i64) -> &T {
    &table[place(units) as usize % LEN]
}

/// Text of at most seven bytes, and in the highest byte how many bits that are. `trim`: zeros at
/// the end of two decimals are left out.
pub(crate) fn text(scale: usize, trim: bool) -> Option<Table<u64>> {
    static TABLES: [LazyLock<Vec<u64>>; 4] = [
        LazyLock::new(|| table(|units| text_of(units, 0, false))),
        LazyLock::new(|| table(|units| text_of(units, 1, false))),
        LazyLock::new(|| table(|units| text_of(units, 2, false))),
        LazyLock::new(|| table(|units| text_of(units, 2, true))),
    ];
    match (scale, trim) {
        (2, true) => Some(&TABLES[3]),
        (0..=2, false) => Some(&TABLES[scale]),
        _ => None,
    }
}

/// numeric's fields of at most sixteen bytes, the length word included.
pub(crate) fn numeric(scale: i32) -> Option<Table<[u8; 16]>> {
    static TABLES: [LazyLock<Vec<[u8; 16]>>; 3] = [
        LazyLock::new(|| table(|units| field_of(units, 0))),
        LazyLock::new(|| table(|units| field_of(units, 1))),
        LazyLock::new(|| table(|units| field_of(units, 2))),
    ];
    TABLES.get(usize::try_from(scale).ok()?)
}

fn table<T>(entry: impl Fn(i64) -> T) -> Vec<T> {
    (FIRST..FIRST + LEN as i64).map(entry).collect()
}

fn text_of(units: i64, scale: usize, trim: bool) -> u64 {
    let mut cell = [0; TEXT];
    let value = i128::from(units).to_le_bytes();
    let mut len = DecimalText { scale }.put(value, &mut cell).unwrap_or(0);
    if trim {
        let zeros = cell[..len].iter().rev().take_while(|byte| **byte == b'0').count().min(scale);
        len -= zeros + usize::from(zeros == scale);
    }
    let mut word = [0; 8];
    word[..len].copy_from_slice(&cell[..len]);
    word[7] = 8 * len as u8;
    u64::from_le_bytes(word)
}

fn field_of(units: i64, scale: i32) -> [u8; 16] {
    let mut cell = [0; BINARY];
    let value = i128::from(units).to_le_bytes();
    let len = DecimalBinary::new(scale).put(value, &mut cell).unwrap_or(0);
    let mut field = [0; 16];
    field[..4].copy_from_slice(&(len as u32).to_be_bytes());
    field[4..4 + len].copy_from_slice(&cell[..len]);
    field
}
