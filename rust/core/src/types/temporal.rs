//! date and time: ISO style in text (EncodeDateOnly, EncodeTimeOnly), days since 2000-01-01 and
//! microseconds in BINARY. Both together are `timestamp`'s.

use std::marker::PhantomData;
use std::sync::LazyLock;

use super::digits::{ascii2, ascii6, left16};
use crate::error::Reason;
use crate::field::Form;

pub(crate) const ALPHABET: &[u8] = b"-+:. 0123456789BCinfty";

/// 2000-01-01 in days since 1970-01-01.
pub(super) const EPOCH_DAYS: i64 = 10_957;
pub(super) const DAY_MICROS: i64 = 86_400_000_000;
/// IS_VALID_DATE of date.h, in days since 1970.
const DATES: std::ops::RangeInclusive<i64> = -2_440_588..=2_145_042_905;

/// Dates of 1900 to 2099, ten bytes each: almost every date is a copy.
pub(super) const TABLE_FIRST: i64 = -25_567;
const TABLE_LEN: usize = 73_049;
static TABLE: LazyLock<Vec<[u8; 10]>> = LazyLock::new(|| {
    (0..TABLE_LEN as i64)
        .map(|day| {
            let (year, month, day) = civil(TABLE_FIRST + day);
            *ymd(year as u64, month, day).0.first_chunk().expect("four-digit years")
        })
        .collect()
});

/// The table's rows, looked up once for a column rather than for every value.
pub(crate) type Dates = &'static [[u8; 10]];

pub(crate) fn dates() -> Dates {
    &TABLE
}

/// Year, month and day of a day since 1970 in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, u32, u32) {
    // Counted from 0000-03-01, so that the leap day ends the year.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month + 2) / 5 + 1) as u32;
    let month = if month < 10 { month + 3 } else { month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn ymd(year: u64, month: u32, day: u32) -> ([u8; 22], usize) {
    let mut text = [b'-'; 22];
    let (digits, len) = left16(year, 4);
    text[..16].copy_from_slice(&digits);
    text[len] = b'-';
    text[len + 1..len + 3].copy_from_slice(&ascii2(month));
    text[len + 3] = b'-';
    text[len + 4..len + 6].copy_from_slice(&ascii2(day));
    (text, len + 6)
}

/// Writes a day since 1970 without an era; the flag says whether ` BC` must follow.
#[inline(always)]
fn put_date(dates: Dates, days: i64, cell: &mut [u8]) -> (usize, bool) {
    if let Some(text) = dates.get((days - TABLE_FIRST) as usize) {
        cell[..10].copy_from_slice(text);
        return (10, false);
    }
    put_far_date(days, cell)
}

#[cold]
pub(super) fn put_far_date(days: i64, cell: &mut [u8]) -> (usize, bool) {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    let year = if before_christ { 1 - year } else { year };
    let (text, len) = ymd(year as u64, month, day);
    cell[..len].copy_from_slice(&text[..len]);
    (len, before_christ)
}

/// HHMMSS as a number, of less than 100 hours: 40 more for each minute, 4000 for each hour.
#[inline(always)]
pub(super) fn hhmmss(seconds: u32) -> u32 {
    seconds + 40 * (seconds / 60) + 4000 * (seconds / 3600)
}

/// The six ASCII digits HHMMSS as HH:MM:SS.
#[inline(always)]
pub(super) fn clock(digits: u64) -> [u8; 8] {
    let pair = 0xffff;
    let colons = u64::from_le_bytes(*b"\0\0:\0\0:\0\0");
    let (hours, minutes, seconds) = (digits & pair, digits >> 16 & pair, digits >> 32 & pair);
    (hours | minutes << 24 | seconds << 48 | colons).to_le_bytes()
}

/// Writes HH:MM:SS[.ffffff], the fraction trimmed, from six ASCII digits each.
#[inline(always)]
pub(super) fn put_digits(time: u64, fraction: u64, cell: &mut [u8; 24]) -> usize {
    cell[..8].copy_from_slice(&clock(time));
    cell[8] = b'.';
    cell[9..17].copy_from_slice(&fraction.to_le_bytes());
    let zeros = ((fraction ^ u64::from_le_bytes(*b"000000\0\0")) << 16).leading_zeros() / 8;
    if zeros >= 6 { 8 } else { 15 - zeros as usize }
}

/// The same from microseconds, at most 24:00:00.
#[inline(always)]
pub(super) fn put_time(micros: u64, cell: &mut [u8; 24]) -> usize {
    let (seconds, fraction) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    put_digits(ascii6(hhmmss(seconds)), ascii6(fraction), cell)
}

#[cold]
pub(super) fn put_word(word: &[u8], cell: &mut [u8]) -> usize {
    cell[..word.len()].copy_from_slice(word);
    word.len()
}

/// How an Arrow date counts: into days since 1970.
pub(crate) trait DateUnit<T> {
    fn days(value: T) -> Result<Day, Reason>;
}

/// A date: days since 1970, or one of PostgreSQL's infinities.
pub(crate) enum Day {
    Finite(i64),
    Infinite(bool),
}

/// date32.
pub(crate) struct Days;
/// date64: milliseconds that must be whole days.
pub(crate) struct DayMillis;

impl DateUnit<i32> for Days {
    #[inline(always)]
    fn days(value: i32) -> Result<Day, Reason> {
        match value {
            i32::MAX => Ok(Day::Infinite(false)),
            i32::MIN | -0x7fff_ffff => Ok(Day::Infinite(true)),
            _ => valid_day(i64::from(value)),
        }
    }
}

impl DateUnit<i64> for DayMillis {
    #[inline(always)]
    fn days(value: i64) -> Result<Day, Reason> {
        if value % 86_400_000 != 0 {
            return Err(Reason::DateNotWholeDay(value));
        }
        valid_day(value / 86_400_000)
    }
}

#[inline(always)]
fn valid_day(days: i64) -> Result<Day, Reason> {
    if DATES.contains(&days) { Ok(Day::Finite(days)) } else { Err(Reason::DateOutOfRange) }
}

/// The text form of date.
pub(crate) struct DateText<U> {
    pub unit: PhantomData<U>,
    pub dates: Dates,
}
/// The binary form of date.
pub(crate) struct DateBinary<U>(pub PhantomData<U>);

impl<T, U: DateUnit<T>> Form<T, 32> for DateText<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; 32]) -> Result<usize, Reason> {
        Ok(match U::days(value)? {
            Day::Finite(days) => match put_date(self.dates, days, cell) {
                (len, false) => len,
                (len, true) => len + put_word(b" BC", &mut cell[len..]),
            },
            Day::Infinite(false) => put_word(b"infinity", cell),
            Day::Infinite(true) => put_word(b"-infinity", cell),
        })
    }
}

impl<T, U: DateUnit<T>> Form<T, 4> for DateBinary<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; 4]) -> Result<usize, Reason> {
        let days = match U::days(value)? {
            Day::Finite(days) => (days - EPOCH_DAYS) as i32,
            Day::Infinite(false) => i32::MAX,
            Day::Infinite(true) => i32::MIN,
        };
        *cell = days.to_be_bytes();
        Ok(4)
    }
}

/// How an Arrow time or timestamp counts: into microseconds, `FACTOR` of ours to a unit.
pub(crate) trait TimeUnit {
    /// `value` units less `epoch` microseconds; None if 64 bits do not hold it.
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason>;
}

/// Seconds, milliseconds or microseconds: `FACTOR` microseconds each.
pub(crate) struct Units<const FACTOR: i64>;
/// Nanoseconds, which must be whole microseconds.
pub(crate) struct Nanos;

impl<const FACTOR: i64> TimeUnit for Units<FACTOR> {
    #[inline(always)]
    fn micros(value: i64, epoch: i64) -> Result<Option<i64>, Reason> {
        // The epoch goes first: PostgreSQL's last timestamps overflow when counted from 1970.
        Ok(value.checked_sub(epoch / FACTOR).and_then(|value| value.checked_mul(FACTOR)))
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

/// The text form of time.
pub(crate) struct TimeText<U>(pub PhantomData<U>);
/// The binary form of time.
pub(crate) struct TimeBinary<U>(pub PhantomData<U>);

impl<T: Into<i64>, U: TimeUnit> Form<T, 24> for TimeText<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; 24]) -> Result<usize, Reason> {
        Ok(put_time(time_of_day::<U>(value.into())? as u64, cell))
    }
}

impl<T: Into<i64>, U: TimeUnit> Form<T, 8> for TimeBinary<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; 8]) -> Result<usize, Reason> {
        *cell = time_of_day::<U>(value.into())?.to_be_bytes();
        Ok(8)
    }
}
