//! Columns of dates, times, timestamps and intervals.

use arrow_array::types::{self as arrow, ArrowPrimitiveType, ArrowTimestampType};
use arrow_array::types::{IntervalDayTime, IntervalMonthDayNano};
use holofast_core::PgType::{Date, Interval, Time, Timestamp, Timestamptz};

use super::{Column, primitive};
use crate::source::Source;

const DAY_MILLIS: i64 = 86_400_000;

/// A number, below `most` in size and a multiple of `whole` where values are to have a COPY form.
fn tamed(source: &mut Source<'_>, most: i64, whole: i64) -> i64 {
    let number = source.number() as i64;
    if source.tame { number % most / whole * whole } else { number }
}

pub fn date(source: &mut Source<'_>, len: usize) -> Column {
    if source.one_in(2) {
        let array = primitive::<arrow::Date64Type>(source, len, |source| {
            let days = tamed(source, 2_400_000, 1);
            if source.tame || source.one_in(2) { days.wrapping_mul(DAY_MILLIS) } else { days }
        });
        return Column::new(array, Date);
    }
    let days = |source: &mut Source<'_>| tamed(source, 2_400_000, 1) as i32;
    Column::new(primitive::<arrow::Date32Type>(source, len, days), Date)
}

pub fn time(source: &mut Source<'_>, len: usize) -> Column {
    fn of<A: ArrowPrimitiveType>(
        source: &mut Source<'_>,
        len: usize,
        [second, whole]: [i64; 2],
        value: fn(i64) -> A::Native,
    ) -> Column {
        let array = primitive::<A>(source, len, |source| {
            // 24:00:00 is one too.
            let number = tamed(source, 86_401 * second, whole);
            value(if source.tame { number.abs().min(86_400 * second) } else { number })
        });
        Column::new(array, Time)
    }
    match source.below(4) {
        0 => of::<arrow::Time32SecondType>(source, len, [1, 1], |value| value as i32),
        1 => of::<arrow::Time32MillisecondType>(source, len, [1000, 1], |value| value as i32),
        2 => of::<arrow::Time64MicrosecondType>(source, len, [1_000_000, 1], |value| value),
        _ => of::<arrow::Time64NanosecondType>(source, len, [1_000_000_000, 1000], |value| value),
    }
}

pub fn timestamp(source: &mut Source<'_>, len: usize) -> Column {
    fn of<A: ArrowTimestampType>(
        source: &mut Source<'_>,
        len: usize,
        [most, whole]: [i64; 2],
    ) -> Column {
        let array = primitive::<A>(source, len, |source| match source.below(8) {
            0 => source.pick(&[i64::MAX, i64::MIN, i64::MIN + 1]),
            _ => tamed(source, most, whole),
        });
        match source.below(3) {
            0 => Column::new(array, Timestamp),
            which => {
                Column::new(array.with_timezone(["UTC", "Europe/Berlin"][which - 1]), Timestamptz)
            }
        }
    }
    match source.below(4) {
        0 => of::<arrow::TimestampMicrosecondType>(source, len, [200_000_000_000_000_000, 1]),
        1 => of::<arrow::TimestampSecondType>(source, len, [200_000_000_000, 1]),
        2 => of::<arrow::TimestampMillisecondType>(source, len, [200_000_000_000_000, 1]),
        _ => of::<arrow::TimestampNanosecondType>(source, len, [i64::MAX, 1000]),
    }
}

pub fn duration(source: &mut Source<'_>, len: usize) -> Column {
    fn of<A: ArrowPrimitiveType<Native = i64>>(
        source: &mut Source<'_>,
        len: usize,
        [most, whole]: [i64; 2],
    ) -> Column {
        Column::new(primitive::<A>(source, len, |source| tamed(source, most, whole)), Interval)
    }
    match source.below(4) {
        0 => of::<arrow::DurationMicrosecondType>(source, len, [i64::MAX, 1]),
        1 => of::<arrow::DurationSecondType>(source, len, [9_000_000_000_000, 1]),
        2 => of::<arrow::DurationMillisecondType>(source, len, [9_000_000_000_000_000, 1]),
        _ => of::<arrow::DurationNanosecondType>(source, len, [i64::MAX, 1000]),
    }
}

pub fn interval(source: &mut Source<'_>, len: usize) -> Column {
    match source.below(3) {
        0 => {
            let value = |source: &mut Source<'_>| IntervalMonthDayNano {
                months: source.number() as i32,
                days: source.number() as i32,
                nanoseconds: tamed(source, i64::MAX, 1000),
            };
            Column::new(primitive::<arrow::IntervalMonthDayNanoType>(source, len, value), Interval)
        }
        1 => {
            let value = |source: &mut Source<'_>| IntervalDayTime {
                days: source.number() as i32,
                milliseconds: source.number() as i32,
            };
            Column::new(primitive::<arrow::IntervalDayTimeType>(source, len, value), Interval)
        }
        _ => {
            let value = |source: &mut Source<'_>| source.number() as i32;
            Column::new(primitive::<arrow::IntervalYearMonthType>(source, len, value), Interval)
        }
    }
}
