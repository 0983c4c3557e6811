//! Text cells of integers, decimals and float8: of small numbers, by a table of them; else a
//! block's digits are made side by side. Values of more than 64 bits, and floats with more than two
//! decimals, are written value by value, by the form of `decimal` or `float`.

use std::ops::Range;

use super::digits::{TEN_TO_8, TEN_TO_16, ZEROS, decimal_len};
use super::float::hundredths;
use super::table::{self, Table};
use super::{decimal, float, int};
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter};
use crate::isa::{Isa, prefetch};

/// Decimals that the path for many digits can have behind the point.
const MOST_DECIMALS: usize = 16;

/// A number that may have few digits.
pub(crate) trait Number: Copy {
    /// Every byte that its text can have.
    const ALPHABET: &'static [u8];
    /// Whether zeros at the end of the decimals are left out.
    const TRIM: bool = false;
    /// The value in units of the last decimal, and zero; something else for what is not such a
    /// number.
    fn units(self) -> (i64, u64);
}

impl Number for f64 {
    const ALPHABET: &'static [u8] = float::ALPHABET;
    const TRIM: bool = true;
    #[inline(always)]
    fn units(self) -> (i64, u64) {
        let zero = self.to_bits() == 0; // not minus zero
        let (units, fits) = hundredths(self);
        let sign = self.to_bits() as i64 >> 63;
        ((units as i64 ^ sign) - sign, u64::from(!(fits | zero)))
    }
}

macro_rules! number {
    ($($native:ty),*) => {$(
        impl Number for $native {
            const ALPHABET: &'static [u8] = int::ALPHABET;
            #[inline(always)]
            fn units(self) -> (i64, u64) {
                (i64::from(self), 0)
            }
        }
    )*};
}
number!(i8, i16, i32, i64, u8, u16, u32);

impl Number for u64 {
    const ALPHABET: &'static [u8] = int::ALPHABET;
    #[inline(always)]
    fn units(self) -> (i64, u64) {
        (self as i64, self >> 63)
    }
}

impl Number for [u8; 16] {
    const ALPHABET: &'static [u8] = decimal::ALPHABET;
    #[inline(always)]
    fn units(self) -> (i64, u64) {
        let value = u128::from_le_bytes(self);
        let (low, high) = (value as u64 as i64, (value >> 64) as u64 as i64);
        (low, (high ^ (low >> 63)) as u64)
    }
}

/// Text cells of numbers with `scale` decimals; `other` writes the blocks that have others.
pub(crate) struct Numbers<'a, T, C> {
    values: &'a [T],
    scale: usize,
    separator: u8,
    table: Option<Table<u64>>,
    other: C,
}

impl<'a, T: Number, C> Numbers<'a, T, C> {
    pub fn new(values: &'a [T], scale: usize, separator: u8, other: C) -> Self {
        Self { values, scale, separator, table: table::text(scale, T::TRIM), other }
    }
}

impl<T: Number, C: FieldWriter<I>, I: Isa> FieldWriter<I> for Numbers<'_, T, C> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.other.extent(rows)
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let mut units = [0; BLOCK];
        // Without a second call of it: what has two callers is inlined into neither.
        if !self.write_units(&rows, &mut units, block) {
            self.other.write(rows, block);
        }
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        self.other.put(isa, row, cell)
    }
}

impl<T: Number, C> Numbers<'_, T, C> {
    /// Writes the block if all its values have units of 64 bits.
    #[inline(always)]
    fn write_units<I: Isa>(
        &self,
        rows: &Range<usize>,
        units: &mut [i64; BLOCK],
        block: &mut Block<'_, I>,
    ) -> bool {
        let values = &self.values[rows.clone()];
        // A look at one value spares columns of other floats the look at all.
        if T::TRIM && values.first().is_some_and(|value| value.units().1 != 0) {
            return false;
        }
        prefetch(self.values, rows);
        // Or-ed, they are as large as the largest one within a factor of two.
        let (mut places, mut magnitudes, mut signs, mut others) = (0, 0, 0, 0);
        for (unit, value) in units.iter_mut().zip(values) {
            let (own, other) = value.units();
            *unit = own;
            others |= other;
            places |= table::place(own);
            magnitudes |= own.unsigned_abs();
            signs |= own;
        }
        let units = &units[..values.len()];
        match self.table {
            _ if others != 0 => return false,
            Some(table) if places < table::LEN as u64 => self.write_table(table, units, block),
            _ if self.scale < 8 && magnitudes < TEN_TO_8 / 2 => match (self.scale > 0, signs < 0) {
                (false, false) => self.write_small::<false, false, I>(units, block),
                (false, true) => self.write_small::<false, true, I>(units, block),
                (true, false) => self.write_small::<true, false, I>(units, block),
                (true, true) => self.write_small::<true, true, I>(units, block),
            },
            _ if self.scale <= MOST_DECIMALS => self.write_large(units, block),
            _ => return false,
        }
        true
    }

    #[inline(always)]
    fn write_table<I: Isa>(&self, table: Table<u64>, units: &[i64], block: &mut Block<'_, I>) {
        let words = table.first_chunk().expect("so many there are");
        let separator = u64::from(self.separator);
        block.each(units.iter(), |units, cell: &mut [u8; 8]| {
            let word = table::entry(words, *units);
            let bits = word >> 56;
            *cell = (word | separator << (bits & 63)).to_le_bytes();
            Ok(bits as usize / 8 + 1)
        });
    }

    /// Values below 10⁸: eight digits, the point and the separator at places that are the same for
    /// all of them, and the leading zeros shifted out.
    #[inline(always)]
    fn write_small<const POINT: bool, const SIGN: bool, I: Isa>(
        &self,
        units: &[i64],
        block: &mut Block<'_, I>,
    ) {
        let mut magnitudes = [0; BLOCK];
        for (magnitude, units) in magnitudes.iter_mut().zip(units) {
            *magnitude = units.unsigned_abs();
        }
        let digits = block.isa.digits(&magnitudes);
        let scale = if POINT { self.scale as u32 } else { 0 };
        let whole = 8 * (8 - scale);
        let (point, before_point) =
            if POINT { (u64::from(b'.') << whole, (1 << whole) - 1) } else { (0, 0) };
        let separator = u64::from(self.separator) << if POINT { 8 } else { 0 };
        // At least one digit stands before the point.
        let least = 1 << (whole - 8);
        block.each(units.iter().zip(&digits), |(units, digits), cell: &mut [u8; 24]| {
            let zeros = (digits | least).trailing_zeros() & 56;
            let ascii = digits | ZEROS;
            let (low, high) = if POINT {
                let behind = ascii >> whole << whole << 8;
                (ascii & before_point | point | behind, ascii >> 56 | separator)
            } else {
                (ascii, separator)
            };
            let words = [low >> zeros | high << (63 - zeros) << 1, high >> zeros];
            let sign = usize::from(SIGN && *units < 0);
            cell[0] = b'-';
            let room: &mut [u8; 23] = cell[sign..].first_chunk_mut().expect("24 - 1");
            room[..16].copy_from_slice(words.map(u64::to_le_bytes).as_flattened());
            let mut len = (9 - zeros / 8) as usize + usize::from(POINT);
            if T::TRIM {
                len -= trimmed(*digits);
                room[(len - 1) & 15] = self.separator;
            }
            Ok(sign + len)
        });
    }

    /// Values of 64 bits, in 32 bytes each at places that are the same for all of them: zeros, and
    /// 24 digits with the point; copied from the first significant one on.
    #[inline(always)]
    fn write_large<I: Isa>(&self, units: &[i64], block: &mut Block<'_, I>) {
        let (mut high, mut middle, mut low) = ([0; BLOCK], [0; BLOCK], [0; BLOCK]);
        for (i, units) in units.iter().enumerate().take(BLOCK) {
            let magnitude = units.unsigned_abs();
            let rest = magnitude % TEN_TO_16;
            high[i] = magnitude / TEN_TO_16;
            middle[i] = rest / TEN_TO_8;
            low[i] = rest % TEN_TO_8;
        }
        let isa = block.isa;
        let (high, middle, low) = (isa.digits(&high), isa.digits(&middle), isa.digits(&low));
        let (point, least) = (Point::new(self.scale), self.scale as u32 + 1);
        let mut cells = [[0; 32]; BLOCK + 1];
        for (i, cell) in cells[..BLOCK].iter_mut().enumerate() {
            point.put([ZEROS, high[i] | ZEROS, middle[i] | ZEROS, low[i] | ZEROS], cell);
        }
        for (i, units) in units.iter().enumerate().take(BLOCK) {
            let digits = decimal_len(units.unsigned_abs()).max(least);
            let len = digits + u32::from(self.scale > 0) + u32::from(*units < 0);
            if *units < 0 {
                cells[i][(32 - len) as usize & 31] = b'-';
            }
            block.spans.starts[i] = 32 * (i as u32 + 1) - len;
            block.spans.lens[i] = if T::TRIM { len - trimmed(low[i]) as u32 } else { len };
        }
        block.gather(cells.as_flattened(), self.separator.into());
    }
}

/// Where the point goes among 32 bytes: the digits before it move one byte to the front.
struct Point {
    before: [u64; 4],
    point: [u64; 4],
    behind: [u64; 4],
}

impl Point {
    fn new(scale: usize) -> Self {
        let place = 31 - scale;
        let words = |byte_at: &dyn Fn(usize) -> u8| {
            std::array::from_fn(|word| {
                u64::from_le_bytes(std::array::from_fn(|byte| byte_at(8 * word + byte)))
            })
        };
        let (no_point, mask) = (scale == 0, |is| if is { 0xff } else { 0 });
        Self {
            before: words(&|at| mask(at < place && !no_point)),
            point: words(&|at| if at == place && !no_point { b'.' } else { 0 }),
            behind: words(&|at| mask(at > place || no_point)),
        }
    }

    #[inline(always)]
    fn put(&self, words: [u64; 4], bytes: &mut [u8; 32]) {
        let [a, b, c, d] = words;
        let moved = [a >> 8 | b << 56, b >> 8 | c << 56, c >> 8 | d << 56, d >> 8];
        for (i, bytes) in bytes.as_chunks_mut().0.iter_mut().enumerate() {
            let word = moved[i] & self.before[i] | self.point[i] | words[i] & self.behind[i];
            *bytes = word.to_le_bytes();
        }
    }
}

/// How many bytes of two decimals, the point included, are left out for zeros at the end.
#[inline(always)]
fn trimmed(digits: u64) -> usize {
    let decimals = (digits >> 48) as u32;
    usize::from(decimals < 0x100) + 2 * usize::from(decimals == 0)
}
