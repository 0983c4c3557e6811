//! Writers of dates, times, timestamps and intervals, as the session's settings have them.

use std::marker::PhantomData;

use arrow_array::Array;
use arrow_array::types::{self as arrow, ArrowPrimitiveType};
use arrow_schema::{IntervalUnit, TimeUnit};

use super::{Site, Writer, native};
use crate::field::Prefixed;
use crate::isa::Isa;
use crate::types::date::{self, DateBinary, DateText, DateUnit, Dates};
use crate::types::datestyle::{self, Shown, StyledDate, StyledTimestamp};
use crate::types::interval::{
    self, Duration, IntervalBinary, IntervalText, MonthDayNano, Own, Span,
};
use crate::types::time::{
    self, FlooredNanos, Nanos, TimeBinary, TimeText, TimeUnit as Unit, Units,
};
use crate::types::timestamp::{self, Offset, TimestampBinary, Timestamps, Utc, Without};

impl<'a, I: Isa + 'a> Site<'a, I> {
    pub(super) fn date<A, U>(self, array: &'a dyn Array) -> Writer<'a, I>
    where
        A: ArrowPrimitiveType,
        U: DateUnit<A::Native> + 'a,
    {
        let (values, separator, unit) = (native::<A>(array), self.separator, PhantomData::<U>);
        let form = DateBinary::<U>(PhantomData);
        let binary = Prefixed { values, form };
        if let Some(style) = datestyle::Style::new(self.settings) {
            let form = StyledDate { style, unit };
            let text = self.delimited::<_, _, { datestyle::DATE }>(values, form);
            return self.either(text, binary, datestyle::DATES);
        }
        let text = DateText { values, unit, dates: Dates::get(), separator };
        self.either(text, binary, date::ALPHABET)
    }

    pub(super) fn time<A: ArrowPrimitiveType, U: Unit + 'a>(
        self,
        array: &'a dyn Array,
    ) -> Writer<'a, I>
    where
        A::Native: Into<i64>,
    {
        let (values, separator, unit) = (native::<A>(array), self.separator, PhantomData::<U>);
        let text = TimeText { values, unit, separator };
        let form = TimeBinary::<U>(PhantomData);
        self.either(text, Prefixed { values, form }, time::ALPHABET)
    }

    pub(super) fn duration(self, array: &'a dyn Array, unit: TimeUnit) -> Writer<'a, I> {
        match unit {
            TimeUnit::Second => self.interval::<_, Duration<Units<1_000_000>>>(native::<
                arrow::DurationSecondType,
            >(array)),
            TimeUnit::Millisecond => self.interval::<_, Duration<Units<1000>>>(native::<
                arrow::DurationMillisecondType,
            >(array)),
            TimeUnit::Microsecond => self
                .interval::<_, Duration<Units<1>>>(native::<arrow::DurationMicrosecondType>(array)),
            TimeUnit::Nanosecond => {
                let values = native::<arrow::DurationNanosecondType>(array);
                if self.settings.floor_nanoseconds {
                    return self.interval::<_, Duration<FlooredNanos>>(values);
                }
                self.interval::<_, Duration<Nanos>>(values)
            }
        }
    }

    pub(super) fn own_interval(self, array: &'a dyn Array, unit: IntervalUnit) -> Writer<'a, I> {
        match unit {
            IntervalUnit::YearMonth => {
                self.interval::<_, Own>(native::<arrow::IntervalYearMonthType>(array))
            }
            IntervalUnit::DayTime => {
                self.interval::<_, Own>(native::<arrow::IntervalDayTimeType>(array))
            }
            IntervalUnit::MonthDayNano => {
                let values = native::<arrow::IntervalMonthDayNanoType>(array);
                if self.settings.floor_nanoseconds {
                    return self.interval::<_, MonthDayNano<FlooredNanos>>(values);
                }
                self.interval::<_, MonthDayNano<Nanos>>(values)
            }
        }
    }

    pub(super) fn interval<T: Copy, S: Span<T> + 'a>(self, values: &'a [T]) -> Writer<'a, I> {
        let (span, style) = (PhantomData::<S>, self.settings.interval_style);
        let text = self.delimited::<_, _, { interval::TEXT }>(values, IntervalText { span, style });
        self.either(text, IntervalBinary { values, span }, interval::alphabet(style))
    }

    pub(super) fn timestamp(
        self,
        array: &'a dyn Array,
        unit: TimeUnit,
        with_zone: bool,
    ) -> Writer<'a, I> {
        match unit {
            TimeUnit::Second => {
                let values = native::<arrow::TimestampSecondType>(array);
                self.instant::<Units<1_000_000>>(values, with_zone)
            }
            TimeUnit::Millisecond => {
                let values = native::<arrow::TimestampMillisecondType>(array);
                self.instant::<Units<1000>>(values, with_zone)
            }
            TimeUnit::Microsecond => {
                let values = native::<arrow::TimestampMicrosecondType>(array);
                self.instant::<Units<1>>(values, with_zone)
            }
            TimeUnit::Nanosecond => {
                let values = native::<arrow::TimestampNanosecondType>(array);
                if self.settings.floor_nanoseconds {
                    return self.instant::<FlooredNanos>(values, with_zone);
                }
                self.instant::<Nanos>(values, with_zone)
            }
        }
    }

    fn instant<U: Unit + 'a>(self, values: &'a [i64], with_zone: bool) -> Writer<'a, I> {
        if let Some(style) = datestyle::Style::new(self.settings) {
            let shown = match (with_zone, self.zone) {
                (false, _) => Shown::Nothing,
                (true, None) => Shown::Utc,
                (true, Some(zone)) => Shown::Zone(zone),
            };
            let form = StyledTimestamp { style, shown, unit: PhantomData::<U> };
            let text = self.delimited::<_, _, { datestyle::TIMESTAMP }>(values, form);
            let binary = Prefixed { values, form: TimestampBinary::<U>(PhantomData) };
            return self.either(text, binary, &shown.alphabet());
        }
        match (with_zone, self.zone) {
            (false, _) => self.instants::<U, _>(values, Without),
            (true, None) => self.instants::<U, _>(values, Utc),
            (true, Some(zone)) => self.instants::<U, _>(values, zone),
        }
    }

    fn instants<U, Z>(self, values: &'a [i64], zone: Z) -> Writer<'a, I>
    where
        U: Unit + 'a,
        Z: Offset + 'a,
    {
        let (unit, separator) = (PhantomData::<U>, self.separator);
        let text = Timestamps { values, unit, zone, dates: Dates::get(), separator };
        let binary = Prefixed { values, form: TimestampBinary::<U>(PhantomData) };
        self.either(text, binary, timestamp::ALPHABET)
    }
}
