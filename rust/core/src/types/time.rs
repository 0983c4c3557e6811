//! time: ISO style in text (EncodeTimeOnly), microseconds since midnight in BINARY; and how Arrow's
//! units count. Both serve timestamps too. timetz is `timetz`'s.

pub(crate) mod timetz;

use std::marker::PhantomData;
use std::ops::Range;

use super::digits::{ZEROS, ascii6};
use crate::block::{BLOCK, Block};
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::{Isa, prefetch};
use crate::reader::exactly;

pub(crate) const ALPHABET: &[u8] = b":.0123456789";

pub(super) const DAY_MICROS: i64 = 86_400_000_000;
/// Room for a time, and what a store of sixteen bytes and the separator overrun.
const TEXT: usize = 24;

/// HHMMSS as a number, of less than 100 hours: 40 more for each minute, 4000 for each hour.
#[inline(always)]
pub(super) fn hhmmss(seconds: u32) -> u32 {
    seconds + 40 * (seconds / 60) + 4000 * (seconds / 3600)
}

/// The six ASCII digits HHMMSS as HH:MM:SS.
#[inline(always)]
pub(super) fn clock(digits: u64) -> u64 {
    let pair = 0xffff;
    let colons = u64::from_le_bytes(*b"\0\0:\0\0:\0\0");
    let (hours, minutes, seconds) = (digits & pair, digits >> 16 & pair, digits >> 32 & pair);
    hours | minutes << 24 | seconds << 48 | colons
}

/// Days and the microseconds of the last one, of less than 2⁵⁹ microseconds in all. In float8, of
/// which several are divided at a time: the quotient is of whole numbers, so half a unit of the
/// dividend decides what rounding could not.
#[inline(always)]
pub(super) fn day_and_time(micros: u64) -> (u64, u64) {
    const UNIT: u64 = 1 << 7; // divides a day, and leaves 2⁵² units
    let day = quotient(micros / UNIT, DAY_MICROS as u64 / UNIT);
    (day, micros - day * DAY_MICROS as u64)
}

/// `value / by` of a value below 2⁵².
#[inline(always)]
fn quotient(value: u64, by: u64) -> u64 {
    // Numbers from here on are whole, which stand in the lowest bits.
    const WHOLE: f64 = (1_u64 << 52) as f64;
    const ROUND: f64 = 1.5 * WHOLE;
    let value = f64::from_bits(value | WHOLE.to_bits()) - WHOLE;
    // Rounded to the nearest, which half less makes the one below.
    let quotient = (value + 0.5) * (1.0 / by as f64) - 0.5;
    (quotient + ROUND).to_bits() - ROUND.to_bits()
}

/// A block's times of day, sixteen bytes each: HH:MM:SS.ffffff.
pub(super) struct Clocks {
    words: [[u64; 2]; BLOCK],
}

impl Clocks {
    /// Of microseconds since midnight, at most 24:00:00.
    #[inline(always)]
    pub fn new<I: Isa>(isa: I, times: &[u64; BLOCK]) -> Self {
        let (mut clocks, mut fractions) = ([0; BLOCK], [0; BLOCK]);
        for ((clock, fraction), time) in clocks.iter_mut().zip(&mut fractions).zip(times) {
            let seconds = quotient(*time, 1_000_000);
            *fraction = time - seconds * 1_000_000;
            *clock = u64::from(hhmmss(seconds as u32));
        }
        let (clocks, fractions) = (isa.digits(&clocks), isa.digits(&fractions));
        let mut words = [[0; 2]; BLOCK];
        for (words, (time, fraction)) in words.iter_mut().zip(clocks.iter().zip(&fractions)) {
            // Six digits each, behind two that are always zero.
            let fraction = (fraction | ZEROS) >> 8 & !0xff | u64::from(b'.');
            *words = [clock((time | ZEROS) >> 16), fraction];
        }
        Self { words }
    }

    /// Writes row `i`'s time, the fraction trimmed.
    #[inline(always)]
    pub fn put(&self, i: usize, cell: &mut [u8; 16]) -> usize {
        let [time, fraction] = self.words[i & (BLOCK - 1)];
        cell[..8].copy_from_slice(&time.to_le_bytes());
        cell[8..].copy_from_slice(&fraction.to_le_bytes());
        fraction_len(fraction)
    }
}

/// How long a time is with its point and six digits, their zeros left out at the end, and then the
/// point: 8 to 15.
#[inline(always)]
fn fraction_len(fraction: u64) -> usize {
    const NONE: u64 = u64::from_le_bytes(*b".000000\0");
    let zeros = ((fraction ^ NONE) << 8).leading_zeros() / 8;
    if zeros >= 6 { 8 } else { 15 - zeros as usize }
}

/// Writes HH:MM:SS[.ffffff], the fraction trimmed, from microseconds, at most 24:00:00.
#[inline(always)]
pub(super) fn put_time(micros: u64, cell: &mut [u8; 16]) -> usize {
    let (seconds, fraction) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    let fraction = ascii6(fraction) << 8 | u64::from(b'.');
    cell[..8].copy_from_slice(&clock(ascii6(hhmmss(seconds))).to_le_bytes());
    cell[8..].copy_from_slice(&fraction.to_le_bytes());
    fraction_len(fraction)
}

#[cold]
pub(super) fn put_word(word: &[u8], cell: &mut [u8]) -> usize {
    cell[..word.len()].copy_from_slice(word);
    word.len()
}

/// How an Arrow time or timestamp counts: into microseconds, `FACTOR` of ours to a unit.
pub(crate) trait TimeUnit {
    /// Whether parts of a microsecond are forgotten.
    const FLOORS: bool = false;
    /// `value` units less `epoch` microseconds; None if 64 bits do not hold it.
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason>;
    /// The same where that is from 0 to 2⁵³ and a whole number; else negative, or more.
    fn since(value: i64, epoch: i64) -> i64;
}

const FAR: i64 = i64::MIN;

/// Seconds, milliseconds or microseconds: `FACTOR` microseconds each.
pub(crate) struct Units<const FACTOR: i64>;
/// Nanoseconds, which must be whole microseconds,
pub(crate) struct Nanos;
/// or stand for the microsecond before.
pub(crate) struct FlooredNanos;

impl<const FACTOR: i64> TimeUnit for Units<FACTOR> {
    #[inline(always)]
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason> {
        // The epoch goes first: PostgreSQL's last timestamps overflow when counted from 1970.
        Ok(value.checked_sub(epoch / FACTOR).and_then(|value| value.checked_mul(FACTOR)))
    }

    #[inline(always)]
    fn since(value: i64, epoch: i64) -> i64 {
        let since = value.wrapping_sub(epoch / FACTOR);
        if (since as u64) < (1 << 53) / FACTOR as u64 { since * FACTOR } else { FAR }
    }
}

impl TimeUnit for Nanos {
    #[inline(always)]
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason> {
        if value % 1000 != 0 {
            return Err(Reason::Nanoseconds(value));
        }
        Ok(Some(value / 1000 - epoch))
    }

    #[inline(always)]
    fn since(value: i64, epoch: i64) -> i64 {
        if value % 1000 == 0 { value / 1000 - epoch } else { FAR }
    }
}

impl TimeUnit for FlooredNanos {
    const FLOORS: bool = true;

    #[inline(always)]
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason> {
        Ok(Some(Self::since(value, epoch)))
    }

    #[inline(always)]
    fn since(value: i64, epoch: i64) -> i64 {
        value.div_euclid(1000) - epoch
    }
}

/// A time of day in microseconds, 24:00:00 included.
#[inline(always)]
fn time_of_day<U: TimeUnit>(value: i64) -> Result<i64, Reason> {
    let micros = U::micros(value, 0)?.unwrap_or(i64::MAX);
    if (0..=DAY_MICROS).contains(&micros) {
        Ok(micros)
    } else {
        Err(Reason::TimeOutOfRange(micros))
    }
}

/// Text cells of time.
pub(crate) struct TimeText<'a, T, U> {
    pub values: &'a [T],
    pub unit: PhantomData<U>,
    pub separator: u8,
}

impl<T: Copy + Into<i64>, U: TimeUnit, I: Isa> FieldWriter<I> for TimeText<'_, T, U> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(TEXT, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        let (mut times, mut latest) = ([0; BLOCK], 0);
        for (time, value) in times.iter_mut().zip(values) {
            *time = U::since((*value).into(), 0) as u64;
            latest = latest.max(*time);
        }
        if latest > DAY_MICROS as u64 {
            return self.write_each(values, block);
        }
        let clocks = Clocks::new(block.isa, &times);
        block.each(0..BLOCK, |i, cell: &mut [u8; TEXT]| {
            let len = clocks.put(i, cell.first_chunk_mut().expect("24 > 16"));
            cell[len] = self.separator;
            Ok(len + 1)
        });
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        self.put_one(self.values[row], head(cell))
    }
}

impl<T: Copy + Into<i64>, U: TimeUnit> TimeText<'_, T, U> {
    /// Of a block with one that is no time, or a NULL over such a one.
    #[cold]
    fn write_each<I: Copy>(&self, values: &[T], block: &mut Block<'_, I>) {
        block.each(values.iter(), |value, cell| self.put_one(*value, cell));
    }

    #[inline(always)]
    fn put_one(&self, value: T, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let micros = time_of_day::<U>(value.into())?;
        let len = put_time(micros as u64, cell.first_chunk_mut().expect("24 > 16"));
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// The binary form of time.
pub(crate) struct TimeBinary<U>(pub PhantomData<U>);

impl<T: Into<i64>, U: TimeUnit> Form<T, 8> for TimeBinary<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; 8]) -> Result<usize, Reason> {
        *cell = time_of_day::<U>(value.into())?.to_be_bytes();
        Ok(8)
    }
}

/// Microseconds since midnight out of BINARY (time_recv).
#[inline(always)]
pub(crate) fn receive(bytes: &[u8]) -> Result<i64, Fault> {
    let micros = i64::from_be_bytes(exactly(bytes)?);
    if (0..=DAY_MICROS).contains(&micros) { Ok(micros) } else { Err(Fault::TimeOutOfRange) }
}

/// Microseconds in one of Arrow's units, of which they must be whole ones.
#[inline(always)]
pub(crate) fn in_unit(micros: i64, unit: arrow_schema::TimeUnit) -> Result<i64, Fault> {
    use arrow_schema::TimeUnit as Arrow;
    let whole = |divisor: i64| (micros % divisor == 0).then(|| micros / divisor);
    let value = match unit {
        Arrow::Second => whole(1_000_000),
        Arrow::Millisecond => whole(1000),
        Arrow::Microsecond => Some(micros),
        Arrow::Nanosecond => micros.checked_mul(1000),
    };
    value.ok_or_else(|| no_place(micros))
}

#[cold]
pub(crate) fn no_place(micros: i64) -> Fault {
    Fault::TimeNoPlace(format!("{micros} us"))
}
