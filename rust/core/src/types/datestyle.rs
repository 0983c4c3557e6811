//! date, timestamp and timestamptz in the DateStyles other than ISO (EncodeDateOnly and
//! EncodeDateTime of datetime.c). What is valid, and BINARY, are `date`'s and `timestamp`'s.

use std::marker::PhantomData;

use super::date::{DateUnit, Day, EPOCH_DAYS, civil};
use super::digits::{ascii2, left16};
use super::time::{DAY_MICROS, TimeUnit, put_time, put_word};
use super::timestamp::timestamp;
use crate::error::Reason;
use crate::field::Form;
use crate::settings::{DateOrder, DateStyle, Settings};
use crate::zone::Zone;

/// What dates are made of.
pub(crate) const DATES: &[u8] = b"/.- 0123456789BCinfty";
/// What timestamps are made of, but for the names of zones.
pub(crate) const TIMESTAMPS: &[u8] = b"/.: 0123456789-infty+SunMoTeWdhrFiaJbpAylgOcNvDBCUTC";

/// Room for a date, and what a store of sixteen bytes overruns.
pub(crate) const DATE: usize = 32;
/// The same of a timestamp: it has at most 48 bytes.
pub(crate) const TIMESTAMP: usize = 80;

const WEEKDAYS: [&[u8; 4]; 7] = [b"Thu ", b"Fri ", b"Sat ", b"Sun ", b"Mon ", b"Tue ", b"Wed "];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// How a date is written: what stands between its parts, and whether the day comes first.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    between: u8,
    day_first: bool,
    /// Timestamps have the weekday, the month's name and the year at the end.
    spelt: bool,
}

impl Style {
    /// None for ISO.
    pub fn new(settings: &Settings) -> Option<Self> {
        let day_first = settings.date_order == DateOrder::Dmy;
        Some(match settings.date_style {
            DateStyle::Iso => return None,
            DateStyle::Sql => Self { between: b'/', day_first, spelt: false },
            DateStyle::Postgres => Self { between: b'-', day_first, spelt: true },
            DateStyle::German => Self { between: b'.', day_first: true, spelt: false },
        })
    }

    /// Writes day, month and year, without an era.
    #[inline(always)]
    fn put_date(self, year: u64, month: u32, day: u32, cell: &mut [u8; DATE]) -> usize {
        let (first, second) = if self.day_first { (day, month) } else { (month, day) };
        cell[..2].copy_from_slice(&ascii2(first));
        cell[2] = self.between;
        cell[3..5].copy_from_slice(&ascii2(second));
        cell[5] = self.between;
        6 + put_year(year, &mut cell[6..])
    }

    /// Writes a local timestamp, without a zone and an era.
    #[inline(always)]
    fn put_timestamp(self, local: i64, cell: &mut [u8; TIMESTAMP]) -> (usize, bool) {
        let days = local.div_euclid(DAY_MICROS) + EPOCH_DAYS;
        let time = local.rem_euclid(DAY_MICROS) as u64;
        let (year, month, day, before_christ) = common(days);
        let put_time = |cell: &mut [u8]| put_time(time, cell.first_chunk_mut().expect("room"));
        if !self.spelt {
            let start = cell.first_chunk_mut().expect("80 > 32");
            let len = self.put_date(year, month, day, start);
            cell[len] = b' ';
            return (len + 1 + put_time(&mut cell[len + 1..]), before_christ);
        }
        cell[..4].copy_from_slice(WEEKDAYS[days.rem_euclid(7) as usize]);
        let name = MONTHS[month as usize - 1];
        let (name_at, day_at) = if self.day_first { (7, 4) } else { (4, 8) };
        cell[4..11].fill(b' ');
        cell[name_at..name_at + 3].copy_from_slice(name);
        cell[day_at..day_at + 2].copy_from_slice(&ascii2(day));
        let len = 11 + put_time(&mut cell[11..]);
        cell[len] = b' ';
        (len + 1 + put_year(year, &mut cell[len + 1..]), before_christ)
    }
}

#[inline(always)]
fn put_year(year: u64, cell: &mut [u8]) -> usize {
    let (digits, len) = left16(year, 4);
    cell[..16].copy_from_slice(&digits);
    len
}

/// Year, month and day of a day since 1970, and whether the year is counted before Christ.
#[inline(always)]
fn common(days: i64) -> (u64, u32, u32, bool) {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    (if before_christ { 1 - year } else { year } as u64, month, day, before_christ)
}

/// The text of date.
pub(crate) struct StyledDate<U> {
    pub style: Style,
    pub unit: PhantomData<U>,
}

impl<T, U: DateUnit<T>> Form<T, DATE> for StyledDate<U> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; DATE]) -> Result<usize, Reason> {
        Ok(match U::days(value)? {
            Day::Finite(days) => {
                let (year, month, day, before_christ) = common(days);
                let len = self.style.put_date(year, month, day, cell);
                if before_christ { len + put_word(b" BC", &mut cell[len..]) } else { len }
            }
            Day::Infinite(false) => put_word(b"infinity", cell),
            Day::Infinite(true) => put_word(b"-infinity", cell),
        })
    }
}

/// What a timestamp's text shows of a zone: of timestamptz its abbreviation.
#[derive(Clone, Copy)]
pub(crate) enum Shown<'a> {
    Nothing,
    Utc,
    Zone(&'a Zone),
}

impl<'a> Shown<'a> {
    /// Seconds east of UTC at an instant, in seconds since 1970, and their name.
    #[inline(always)]
    fn at(self, seconds: i64) -> (i32, &'a [u8]) {
        match self {
            Self::Nothing => (0, b""),
            Self::Utc => (0, b"UTC"),
            Self::Zone(zone) => zone.named_offset(seconds),
        }
    }

    /// All that a timestamp can be made of.
    pub fn alphabet(self) -> Vec<u8> {
        match self {
            Self::Zone(zone) => [TIMESTAMPS, &zone.letters()].concat(),
            _ => TIMESTAMPS.to_vec(),
        }
    }
}

/// The text of timestamp and timestamptz.
pub(crate) struct StyledTimestamp<'a, U> {
    pub style: Style,
    pub shown: Shown<'a>,
    pub unit: PhantomData<U>,
}

impl<U: TimeUnit> Form<i64, TIMESTAMP> for StyledTimestamp<'_, U> {
    #[inline(always)]
    fn put(&self, value: i64, cell: &mut [u8; TIMESTAMP]) -> Result<usize, Reason> {
        let instant = match timestamp::<U>(value)? {
            i64::MAX => return Ok(put_word(b"infinity", cell)),
            i64::MIN => return Ok(put_word(b"-infinity", cell)),
            instant => instant,
        };
        let seconds = instant.div_euclid(1_000_000) + EPOCH_DAYS * 86_400;
        let (offset, name) = self.shown.at(seconds);
        let local = instant.saturating_add(i64::from(offset) * 1_000_000);
        let (mut len, before_christ) = self.style.put_timestamp(local, cell);
        if !matches!(self.shown, Shown::Nothing) {
            cell[len] = b' ';
            cell[len + 1..][..name.len()].copy_from_slice(name);
            len += 1 + name.len();
        }
        if before_christ {
            len += put_word(b" BC", &mut cell[len..]);
        }
        Ok(len)
    }
}
