//! interval: Arrow's durations and intervals in the four IntervalStyles (EncodeInterval of
//! datetime.c); microseconds, days and months in BINARY. What each style looks like is `styles`'s.

mod styles;

use std::marker::PhantomData;
use std::ops::Range;

use arrow_array::types::{IntervalDayTime, IntervalMonthDayNano};

use super::time::{self, TimeUnit, put_word};
use crate::block::Block;
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, Form, head};
use crate::isa::prefetch;
use crate::reader::exactly;
use crate::settings::IntervalStyle;
use styles::Out;

/// `@ -178956970 years … -59.999999 secs ago` has 90 bytes; stores of sixteen overrun it.
pub(crate) const TEXT: usize = 112;

/// PostgreSQL's own interval.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    months: i32,
    days: i32,
    micros: i64,
}

/// PostgreSQL's infinities, from 17 on, and what stands for them in Arrow (INTERVAL_NOEND and
/// INTERVAL_NOBEGIN of timestamp.h).
const INFINITE: [(Interval, IntervalMonthDayNano); 2] = [
    (
        Interval { months: i32::MAX, days: i32::MAX, micros: i64::MAX },
        IntervalMonthDayNano { months: i32::MAX, days: i32::MAX, nanoseconds: i64::MAX },
    ),
    (
        Interval { months: i32::MIN, days: i32::MIN, micros: i64::MIN },
        IntervalMonthDayNano { months: i32::MIN, days: i32::MIN, nanoseconds: i64::MIN },
    ),
];

/// What a month-day-nano stands for, if that is infinite.
#[cold]
#[inline(never)]
fn infinite(value: IntervalMonthDayNano) -> Option<Interval> {
    INFINITE.iter().find(|(_, arrow)| *arrow == value).map(|(infinite, _)| *infinite)
}

/// How an Arrow type becomes one.
pub(crate) trait Span<T> {
    fn interval(value: T) -> Result<Interval, Reason>;
}

/// A duration of a unit.
pub(crate) struct Duration<U>(PhantomData<U>);
/// One of Arrow's own intervals,
pub(crate) struct Own;
/// but of months, days and nanoseconds.
pub(crate) struct MonthDayNano<U>(PhantomData<U>);

impl<U: TimeUnit> Span<i64> for Duration<U> {
    #[inline(always)]
    fn interval(value: i64) -> Result<Interval, Reason> {
        let micros = U::micros(value, 0)?.ok_or(Reason::IntervalOutOfRange)?;
        Ok(Interval { months: 0, days: 0, micros })
    }
}

impl Span<i32> for Own {
    #[inline(always)]
    fn interval(months: i32) -> Result<Interval, Reason> {
        Ok(Interval { months, days: 0, micros: 0 })
    }
}

impl Span<IntervalDayTime> for Own {
    #[inline(always)]
    fn interval(value: IntervalDayTime) -> Result<Interval, Reason> {
        let micros = i64::from(value.milliseconds) * 1000;
        Ok(Interval { months: 0, days: value.days, micros })
    }
}

impl<U: TimeUnit> Span<IntervalMonthDayNano> for MonthDayNano<U> {
    #[inline(always)]
    fn interval(value: IntervalMonthDayNano) -> Result<Interval, Reason> {
        if U::FLOORS
            && let Some(infinite) = infinite(value)
        {
            return Ok(infinite);
        }
        let micros = match U::micros(value.nanoseconds, 0) {
            Ok(micros) => micros.ok_or(Reason::IntervalOutOfRange)?,
            // What stands for infinity is no whole microsecond.
            Err(reason) => return infinite(value).ok_or(reason),
        };
        Ok(Interval { months: value.months, days: value.days, micros })
    }
}

/// The text of interval.
pub(crate) struct IntervalText<S> {
    pub span: PhantomData<S>,
    pub style: IntervalStyle,
}

impl<T, S: Span<T>> Form<T, TEXT> for IntervalText<S> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let value = S::interval(value)?;
        let mut out = Out { cell, len: 0 };
        if let Some(at) = INFINITE.iter().position(|(own, _)| *own == value) {
            return Ok(put_word([b"infinity", b"-infinity".as_slice()][at], out.cell));
        }
        match self.style {
            IntervalStyle::Postgres => value.put_postgres(&mut out),
            IntervalStyle::PostgresVerbose => value.put_verbose(&mut out),
            IntervalStyle::SqlStandard => value.put_sql_standard(&mut out),
            IntervalStyle::Iso8601 => value.put_iso_8601(&mut out),
        }
        Ok(out.len)
    }
}

/// Every byte that a style's text can have.
pub(crate) fn alphabet(style: IntervalStyle) -> &'static [u8] {
    match style {
        IntervalStyle::Postgres => b" +-.:0123456789yearsmondifty",
        IntervalStyle::PostgresVerbose => b"@ -.0123456789yearsmondhuicgfty",
        IntervalStyle::SqlStandard => b" +-.:0123456789infty",
        IntervalStyle::Iso8601 => b"-.0123456789PYMDTHSinfty",
    }
}

/// The binary fields of interval.
pub(crate) struct IntervalBinary<'a, T, S> {
    pub values: &'a [T],
    pub span: PhantomData<S>,
}

impl<T: Copy, S: Span<T>, I: Copy> FieldWriter<I> for IntervalBinary<'_, T, S> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        Extent::fixed(20, rows.len())
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        prefetch(self.values, &rows);
        block.each(self.values[rows].iter(), |value, cell| put_field::<T, S>(*value, cell));
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        put_field::<T, S>(self.values[row], head(cell))
    }
}

#[inline(always)]
fn put_field<T, S: Span<T>>(value: T, cell: &mut [u8; 20]) -> Result<usize, Reason> {
    let Interval { months, days, micros } = S::interval(value)?;
    cell[..4].copy_from_slice(&16_u32.to_be_bytes());
    cell[4..12].copy_from_slice(&micros.to_be_bytes());
    cell[12..16].copy_from_slice(&days.to_be_bytes());
    cell[16..].copy_from_slice(&months.to_be_bytes());
    Ok(20)
}

/// Out of BINARY (interval_recv).
#[inline(always)]
fn receive(bytes: &[u8]) -> Result<Interval, Fault> {
    let words = exactly::<16>(bytes)?;
    let (micros, rest) = words.split_first_chunk().expect("16 > 8");
    let (days, months) = rest.split_first_chunk().expect("8 > 4");
    Ok(Interval {
        micros: i64::from_be_bytes(*micros),
        days: i32::from_be_bytes(*days),
        months: i32::from_be_bytes(*months.first_chunk().expect("4 left")),
    })
}

/// A month-day-nano out of BINARY.
#[inline(always)]
pub(crate) fn receive_nanos(bytes: &[u8]) -> Result<IntervalMonthDayNano, Fault> {
    let interval = receive(bytes)?;
    if let Some((_, infinite)) = INFINITE.iter().find(|(own, _)| *own == interval) {
        return Ok(*infinite);
    }
    let Interval { months, days, micros } = interval;
    let nanoseconds = micros.checked_mul(1000).ok_or_else(|| time::no_place(micros))?;
    Ok(IntervalMonthDayNano { months, days, nanoseconds })
}

/// A duration of a unit out of BINARY: an interval without months and days.
pub(crate) fn receive_duration(bytes: &[u8], unit: arrow_schema::TimeUnit) -> Result<i64, Fault> {
    let Interval { months, days, micros } = receive(bytes)?;
    if months != 0 || days != 0 {
        return Err(Fault::TimeNoPlace(format!("{months} mons {days} days {micros} us")));
    }
    time::in_unit(micros, unit)
}
