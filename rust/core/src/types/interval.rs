//! interval from durations and Arrow's three intervals: each IntervalStyle in text (EncodeInterval),
//! microseconds, days and months in BINARY (interval_send).

use std::marker::PhantomData;
use std::ops::Range;

use arrow_array::types::{IntervalDayTime, IntervalMonthDayNano};

use super::digits::put_u64;
use super::time::TimeUnit;
use crate::block::Block;
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, Form};
use crate::settings::IntervalStyle;

pub(crate) const ALPHABET: &[u8] = b"@ +-:.0123456789PTYMDHSadeghimnorsuy";

/// Room for the longest text, and what a number's store overruns.
pub(crate) const TEXT: usize = 192;

/// What PostgreSQL's interval holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    months: i32,
    days: i32,
    micros: i64,
}

/// How an Arrow type becomes one.
pub(crate) trait Span<T> {
    fn interval(value: T) -> Result<Interval, Reason>;
}

/// A duration of a unit.
pub(crate) struct Duration<U>(PhantomData<U>);

impl<U: TimeUnit> Span<i64> for Duration<U> {
    #[inline(always)]
    fn interval(value: i64) -> Result<Interval, Reason> {
        let micros = U::micros(value, 0)?.ok_or(Reason::IntervalOutOfRange)?;
        Ok(Interval { months: 0, days: 0, micros })
    }
}

/// One of Arrow's own intervals.
pub(crate) struct Own;

impl Span<i32> for Own {
    #[inline(always)]
    fn interval(months: i32) -> Result<Interval, Reason> {
        Ok(Interval { months, days: 0, micros: 0 })
    }
}

impl Span<IntervalDayTime> for Own {
    #[inline(always)]
    fn interval(value: IntervalDayTime) -> Result<Interval, Reason> {
        let micros = 1000 * i64::from(value.milliseconds);
        Ok(Interval { months: 0, days: value.days, micros })
    }
}

impl Span<IntervalMonthDayNano> for Own {
    #[inline(always)]
    fn interval(value: IntervalMonthDayNano) -> Result<Interval, Reason> {
        if value.nanoseconds % 1000 != 0 {
            return Err(Reason::Nanoseconds(value.nanoseconds));
        }
        let micros = value.nanoseconds / 1000;
        Ok(Interval { months: value.months, days: value.days, micros })
    }
}

/// The text form.
pub(crate) struct IntervalText<S> {
    pub span: PhantomData<S>,
    pub style: IntervalStyle,
}

impl<T, S: Span<T>> Form<T, TEXT> for IntervalText<S> {
    #[inline(always)]
    fn put(&self, value: T, cell: &mut [u8; TEXT]) -> Result<usize, Reason> {
        let mut text = Text { cell, len: 0 };
        let parts = Parts::of(S::interval(value)?);
        match self.style {
            IntervalStyle::Postgres => parts.put_postgres(&mut text),
            IntervalStyle::PostgresVerbose => parts.put_verbose(&mut text),
            IntervalStyle::SqlStandard => parts.put_sql(&mut text),
            IntervalStyle::Iso8601 => parts.put_iso(&mut text),
        }
        Ok(text.len)
    }
}

/// Binary fields: the length, then the three parts.
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
        block.each(self.values[rows].iter(), |value, cell: &mut [u8; 20]| {
            let Interval { months, days, micros } = S::interval(*value)?;
            cell[..4].copy_from_slice(&16_u32.to_be_bytes());
            cell[4..12].copy_from_slice(&micros.to_be_bytes());
            cell[12..16].copy_from_slice(&days.to_be_bytes());
            cell[16..].copy_from_slice(&months.to_be_bytes());
            Ok(20)
        });
    }
}

/// A text being written.
struct Text<'a> {
    cell: &'a mut [u8; TEXT],
    len: usize,
}

impl Text<'_> {
    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.cell[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    #[inline(always)]
    fn put_number(&mut self, magnitude: u64) {
        let room = self.cell[self.len..].first_chunk_mut().expect("TEXT has room for a number");
        self.len += put_u64(magnitude, room);
    }

    fn put_signed(&mut self, value: i64) {
        if value < 0 {
            self.put(b"-");
        }
        self.put_number(value.unsigned_abs());
    }

    #[inline(always)]
    fn put_two(&mut self, value: u64) {
        if value < 10 {
            self.put(b"0");
        }
        self.put_number(value);
    }

    /// The fraction of a second, trimmed (AppendSeconds).
    #[inline(always)]
    fn put_fraction(&mut self, mut micros: u64) {
        if micros == 0 {
            return;
        }
        let mut digits = [0; 6];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (micros % 10) as u8;
            micros /= 10;
        }
        let len = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        self.put(b".");
        self.put(&digits[..len]);
    }
}

/// The fields that are written, all of one sign within the months and within the time.
struct Parts {
    years: i64,
    months: i64,
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    micros: i64,
}

impl Parts {
    #[inline(always)]
    fn of(interval: Interval) -> Self {
        let (months, micros) = (i64::from(interval.months), interval.micros);
        let seconds = micros / 1_000_000;
        Self {
            years: months / 12,
            months: months % 12,
            days: interval.days.into(),
            hours: seconds / 3600,
            minutes: seconds / 60 % 60,
            seconds: seconds % 60,
            micros: micros % 1_000_000,
        }
    }

    fn time(&self) -> [i64; 4] {
        [self.hours, self.minutes, self.seconds, self.micros]
    }

    fn has_time(&self) -> bool {
        self.time().iter().any(|part| *part != 0)
    }

    fn is_time_negative(&self) -> bool {
        self.time().iter().any(|part| *part < 0)
    }

    /// HH:MM:SS.ffffff without a sign; the hours are not padded in every style.
    #[inline(always)]
    fn put_clock(&self, padded: bool, text: &mut Text<'_>) {
        let [hours, minutes, seconds, micros] = self.time().map(i64::unsigned_abs);
        if padded {
            text.put_two(hours)
        } else {
            text.put_number(hours)
        }
        text.put(b":");
        text.put_two(minutes);
        text.put(b":");
        text.put_two(seconds);
        text.put_fraction(micros);
    }

    #[inline(always)]
    fn put_postgres(&self, text: &mut Text<'_>) {
        let units: [(i64, &[u8]); 3] =
            [(self.years, b" year"), (self.months, b" mon"), (self.days, b" day")];
        let mut before = false;
        for (value, unit) in units {
            if value == 0 {
                continue;
            }
            if text.len > 0 {
                text.put(b" ");
            }
            if before && value > 0 {
                text.put(b"+");
            }
            text.put_signed(value);
            text.put(unit);
            if value != 1 {
                text.put(b"s");
            }
            before = value < 0;
        }
        if text.len > 0 {
            if !self.has_time() {
                return;
            }
            text.put(b" ");
        }
        if self.is_time_negative() {
            text.put(b"-");
        } else if before {
            text.put(b"+");
        }
        self.put_clock(true, text);
    }

    fn put_verbose(&self, text: &mut Text<'_>) {
        let units: [(i64, &[u8]); 5] = [
            (self.years, b" year"),
            (self.months, b" mon"),
            (self.days, b" day"),
            (self.hours, b" hour"),
            (self.minutes, b" min"),
        ];
        text.put(b"@");
        let (mut zero, mut ago) = (true, false);
        for (value, unit) in units {
            if value == 0 {
                continue;
            }
            if zero {
                ago = value < 0;
            }
            let shown = if ago { -value } else { value };
            text.put(b" ");
            text.put_signed(shown);
            text.put(unit);
            if shown != 1 {
                text.put(b"s");
            }
            zero = false;
        }
        if self.seconds != 0 || self.micros != 0 {
            text.put(b" ");
            if self.seconds < 0 || self.micros < 0 {
                if zero {
                    ago = true;
                } else if !ago {
                    text.put(b"-");
                }
            } else if ago {
                text.put(b"-");
            }
            text.put_number(self.seconds.unsigned_abs());
            text.put_fraction(self.micros.unsigned_abs());
            let one = self.seconds.abs() == 1 && self.micros == 0;
            text.put(if one { b" sec" } else { b" secs" });
            zero = false;
        }
        if zero {
            text.put(b" 0");
        }
        if ago {
            text.put(b" ago");
        }
    }

    fn put_sql(&self, text: &mut Text<'_>) {
        let all = [self.years, self.months, self.days, self.hours];
        let all = [all.as_slice(), &[self.minutes, self.seconds, self.micros]].concat();
        let (negative, positive) = (all.iter().any(|n| *n < 0), all.iter().any(|n| *n > 0));
        let months = self.years != 0 || self.months != 0;
        let standard = !(negative && positive) && !(months && (self.days != 0 || self.has_time()));
        if !negative && !positive {
            text.put(b"0");
        } else if !standard {
            let sign = |negative| if negative { b"-" } else { b"+" };
            text.put(sign(self.years < 0 || self.months < 0));
            self.put_years(text);
            text.put(b" ");
            text.put(sign(self.days < 0));
            text.put_number(self.days.unsigned_abs());
            text.put(b" ");
            text.put(sign(self.is_time_negative()));
            self.put_clock(false, text);
        } else {
            if negative {
                text.put(b"-");
            }
            if months {
                return self.put_years(text);
            }
            if self.days != 0 {
                text.put_number(self.days.unsigned_abs());
                text.put(b" ");
            }
            self.put_clock(false, text);
        }
    }

    fn put_years(&self, text: &mut Text<'_>) {
        text.put_number(self.years.unsigned_abs());
        text.put(b"-");
        text.put_number(self.months.unsigned_abs());
    }

    fn put_iso(&self, text: &mut Text<'_>) {
        let put = |text: &mut Text<'_>, value: i64, unit: &[u8]| {
            if value != 0 {
                text.put_signed(value);
                text.put(unit);
            }
        };
        text.put(b"P");
        put(text, self.years, b"Y");
        put(text, self.months, b"M");
        put(text, self.days, b"D");
        if self.has_time() {
            text.put(b"T");
            put(text, self.hours, b"H");
            put(text, self.minutes, b"M");
            if self.seconds != 0 || self.micros != 0 {
                if self.seconds < 0 || self.micros < 0 {
                    text.put(b"-");
                }
                text.put_number(self.seconds.unsigned_abs());
                text.put_fraction(self.micros.unsigned_abs());
                text.put(b"S");
            }
        }
        if text.len == 1 {
            text.put(b"T0S");
        }
    }
}
