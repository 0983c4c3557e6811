//! date: ISO style in text (EncodeDateOnly), days since 2000-01-01 in BINARY. The table of dates
//! serves timestamps too.

use std::marker::PhantomData;
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use super::digits::{ascii2, left16};
use super::time::put_word;
use crate::block::Block;
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::prefetch;
use crate::reader::exactly;

pub(crate) const ALPHABET: &[u8] = b"- 0123456789BCinfty";

/// 2000-01-01 in days since 1970-01-01.
pub(crate) const EPOCH_DAYS: i64 = 10_957;
/// IS_VALID_DATE of date.h, in days since 1970.
const DATES: RangeInclusive<i64> = -2_440_588..=2_145_042_905;
/// `5881610-07-11 BC` is not the longest: what is written in one go goes here.
const TEXT: usize = 32;

/// Dates of 1900 to 2099, ten bytes each: almost every date is a copy.
pub(crate) struct Dates(Vec<[u8; 10]>);

impl Dates {
    pub const FIRST: i64 = -25_567;
    pub const COUNT: u32 = 73_049;

    pub fn get() -> &'static Self {
        static TABLE: LazyLock<Dates> = LazyLock::new(|| {
            let dates = (0..i64::from(Dates::COUNT)).map(|day| {
                let (year, month, day) = civil(Dates::FIRST + day);
                *ymd(year as u64, month, day).0.first_chunk().expect("four-digit years")
            });
            // One more is read over, but never shown.
            Dates(dates.chain([[0; 10]]).collect())
        });
        &TABLE
    }

    /// All of them, one behind the other.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }
}

/// Year, month and day of a day since 1970 in the proleptic Gregorian calendar.
pub(super) fn civil(days: i64) -> (i64, u32, u32) {
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
pub(super) fn put_date(days: i64, cell: &mut [u8]) -> (usize, bool) {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    let year = if before_christ { 1 - year } else { year };
    let (text, len) = ymd(year as u64, month, day);
    cell[..len].copy_from_slice(&text[..len]);
    (len, before_christ)
}

/// How an Arrow date counts: into days since 1970.
pub(crate) trait DateUnit<T> {
    fn days(value: T) -> Result<Day, Reason>;
    /// The date's place in the table; not below `Dates::COUNT` for what is not there.
    fn place(value: T) -> u32;
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

const DAY_MILLIS: i64 = 86_400_000;

impl DateUnit<i32> for Days {
    #[inline(always)]
    fn days(value: i32) -> Result<Day, Reason> {
        match value {
            i32::MAX => Ok(Day::Infinite(false)),
            i32::MIN | -0x7fff_ffff => Ok(Day::Infinite(true)),
            _ => valid_day(i64::from(value)),
        }
    }

    #[inline(always)]
    fn place(value: i32) -> u32 {
        value.wrapping_sub(Dates::FIRST as i32) as u32
    }
}

impl DateUnit<i64> for DayMillis {
    #[inline(always)]
    fn days(value: i64) -> Result<Day, Reason> {
        if value % DAY_MILLIS != 0 {
            return Err(Reason::DateNotWholeDay(value));
        }
        valid_day(value / DAY_MILLIS)
    }

    #[inline(always)]
    fn place(value: i64) -> u32 {
        let place = u32::try_from(value / DAY_MILLIS - Dates::FIRST).unwrap_or(u32::MAX);
        if value % DAY_MILLIS == 0 { place } else { u32::MAX }
    }
}

#[inline(always)]
fn valid_day(days: i64) -> Result<Day, Reason> {
    if DATES.contains(&days) { Ok(Day::Finite(days)) } else { Err(Reason::DateOutOfRange) }
}

/// Text cells of date.
pub(crate) struct DateText<'a, T, U> {
    pub values: &'a [T],
    pub unit: PhantomData<U>,
    pub dates: &'static Dates,
    pub separator: u8,
}

impl<T: Copy, U: DateUnit<T>, I: Copy> FieldWriter<I> for DateText<'_, T, U> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(TEXT, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        let values = &self.values[rows];
        let mut furthest = 0;
        let own = block.spans.starts.iter_mut().zip(&mut block.spans.lens);
        for ((start, len), value) in own.zip(values) {
            let place = U::place(*value);
            furthest = furthest.max(place);
            (*start, *len) = (place.wrapping_mul(10), 10);
        }
        if furthest < Dates::COUNT {
            block.gather(self.dates.bytes(), self.separator.into());
        } else {
            self.write_far(values, block);
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        self.put_day(self.values[row], head(cell))
    }
}

impl<T: Copy, U: DateUnit<T>> DateText<'_, T, U> {
    #[cold]
    fn write_far<I: Copy>(&self, values: &[T], block: &mut Block<'_, I>) {
        block.each(values.iter(), |value, cell| self.put_day(*value, cell));
    }

    #[inline(always)]
    fn put_day(&self, value: T, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let len = match U::days(value)? {
            Day::Finite(days) => match put_date(days, cell) {
                (len, false) => len,
                (len, true) => len + put_word(b" BC", &mut cell[len..]),
            },
            Day::Infinite(false) => put_word(b"infinity", cell),
            Day::Infinite(true) => put_word(b"-infinity", cell),
        };
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// The binary form of date.
pub(crate) struct DateBinary<U>(pub PhantomData<U>);

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

/// A date32 out of BINARY (date_recv).
#[inline(always)]
pub(crate) fn receive(bytes: &[u8]) -> Result<i32, Fault> {
    match i32::from_be_bytes(exactly(bytes)?) {
        infinite @ (i32::MAX | i32::MIN) => Ok(infinite),
        days => match i64::from(days) + EPOCH_DAYS {
            days if DATES.contains(&days) => Ok(days as i32),
            _ => Err(Reason::DateOutOfRange.into()),
        },
    }
}

/// A date64 out of BINARY, which has no infinity.
pub(crate) fn receive_millis(bytes: &[u8]) -> Result<i64, Fault> {
    match receive(bytes)? {
        i32::MAX => Err(Fault::TimeNoPlace("infinity".into())),
        i32::MIN => Err(Fault::TimeNoPlace("-infinity".into())),
        days => Ok(i64::from(days) * DAY_MILLIS),
    }
}
