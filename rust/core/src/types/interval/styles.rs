//! The four IntervalStyles, as EncodeInterval of datetime.c writes them.

use super::{Interval, TEXT};
use crate::types::digits::left16;
use crate::types::time::put_time;

const HOUR: u64 = 3_600_000_000;
const MINUTE: u64 = 60_000_000;

/// A cell being written.
pub(super) struct Out<'a> {
    pub cell: &'a mut [u8; TEXT],
    pub len: usize,
}

impl Out<'_> {
    #[inline(always)]
    fn byte(&mut self, byte: u8) {
        self.cell[self.len] = byte;
        self.len += 1;
    }

    /// A word of at most eight bytes, its `len` first ones.
    #[inline(always)]
    fn word(&mut self, word: &[u8; 8], len: usize) {
        self.cell[self.len..][..8].copy_from_slice(word);
        self.len += len;
    }

    #[inline(always)]
    fn number(&mut self, value: u64) {
        let (digits, len) = left16(value, 1);
        self.cell[self.len..][..16].copy_from_slice(&digits);
        self.len += len;
    }

    /// HH:MM:SS[.ffffff] of microseconds, with at least `least` digits (1 or 2) of hours.
    #[inline(always)]
    fn clock(&mut self, micros: u64, least: usize) {
        if micros < 100 * HOUR && least == 2 {
            let cell = self.cell[self.len..].first_chunk_mut().expect("TEXT has room");
            self.len += put_time(micros, cell);
            return;
        }
        let hours = micros / HOUR;
        if least == 2 && hours < 10 {
            self.byte(b'0');
        }
        self.number(hours);
        self.tail_of_clock(micros % HOUR, 2);
    }

    /// Seconds and their fraction, without zeros at either end.
    #[inline(always)]
    fn seconds(&mut self, micros: u64) {
        self.tail_of_clock(micros, if micros < 10_000_000 { 7 } else { 6 });
    }

    /// A time's text from byte `start` on.
    #[inline(always)]
    fn tail_of_clock(&mut self, micros: u64, start: usize) {
        let mut time = [0; 16];
        let len = put_time(micros, &mut time) - start;
        self.cell[self.len..][..len].copy_from_slice(&time[start..][..len]);
        self.len += len;
    }
}

/// A unit's word and the length of its singular.
type Word = (&'static [u8; 8], usize);
const YEARS: Word = (b" years\0\0", 5);
const MONTHS: Word = (b" mons\0\0\0", 4);
const DAYS: Word = (b" days\0\0\0", 4);
const HOURS: Word = (b" hours\0\0", 5);
const MINUTES: Word = (b" mins\0\0\0", 4);
const SECONDS: Word = (b" secs\0\0\0", 4);

impl Interval {
    fn years(self) -> i64 {
        i64::from(self.months / 12)
    }

    fn months_of_year(self) -> i64 {
        i64::from(self.months % 12)
    }

    /// A part below zero makes the next one show its plus.
    #[inline(always)]
    pub(super) fn put_postgres(self, out: &mut Out<'_>) {
        let mut after_minus = false;
        let mut part = |out: &mut Out<'_>, value: i64, (word, len): Word| {
            if value == 0 {
                return;
            }
            if out.len > 0 {
                out.byte(b' ');
            }
            if value < 0 {
                out.byte(b'-');
            } else if after_minus {
                out.byte(b'+');
            }
            out.number(value.unsigned_abs());
            out.word(word, len + usize::from(value != 1));
            after_minus = value < 0;
        };
        if self.months != 0 {
            part(out, self.years(), YEARS);
            part(out, self.months_of_year(), MONTHS);
        }
        part(out, self.days.into(), DAYS);
        if out.len > 0 && self.micros == 0 {
            return;
        }
        if out.len > 0 {
            out.byte(b' ');
        }
        if self.micros < 0 {
            out.byte(b'-');
        } else if after_minus {
            out.byte(b'+');
        }
        out.clock(self.micros.unsigned_abs(), 2);
    }

    /// `@`, and `ago` where the first part is below zero, which turns the signs of all.
    pub(super) fn put_verbose(self, out: &mut Out<'_>) {
        out.byte(b'@');
        let micros = self.micros.unsigned_abs();
        let parts = [self.years(), self.months_of_year(), self.days.into(), self.micros];
        let ago = parts.into_iter().find(|part| *part != 0).is_some_and(|first| first < 0);
        let signed = |magnitude: u64| (magnitude, self.micros < 0);
        let unsigned = |part: i64| (part.unsigned_abs(), part < 0);
        let [years, months, days, _] = parts.map(unsigned);
        for ((value, negative), (word, len)) in [
            (years, YEARS),
            (months, MONTHS),
            (days, DAYS),
            (signed(micros / HOUR), HOURS),
            (signed(micros % HOUR / MINUTE), MINUTES),
        ] {
            if value == 0 {
                continue;
            }
            out.byte(b' ');
            let minus = negative != ago;
            if minus {
                out.byte(b'-');
            }
            out.number(value);
            out.word(word, len + usize::from(value != 1 || minus));
        }
        let seconds = micros % MINUTE;
        if seconds != 0 {
            out.byte(b' ');
            if (self.micros < 0) != ago {
                out.byte(b'-');
            }
            out.seconds(seconds);
            out.word(SECONDS.0, SECONDS.1 + usize::from(seconds != 1_000_000));
        }
        if out.len == 1 {
            out.word(b" 0\0\0\0\0\0\0", 2);
        }
        if ago {
            out.word(b" ago\0\0\0\0", 4);
        }
    }

    /// One sign where the standard has such an interval, else a sign for each of three parts.
    pub(super) fn put_sql_standard(self, out: &mut Out<'_>) {
        let parts = [i64::from(self.months), i64::from(self.days), self.micros];
        let negative = parts.iter().any(|part| *part < 0);
        let positive = parts.iter().any(|part| *part > 0);
        let day_time = self.days != 0 || self.micros != 0;
        let (years, months) = (self.years().unsigned_abs(), self.months_of_year().unsigned_abs());
        let (days, micros) = (u64::from(self.days.unsigned_abs()), self.micros.unsigned_abs());
        if !negative && !positive {
            return out.byte(b'0');
        }
        let mixed = negative && positive || self.months != 0 && day_time;
        let sign = |out: &mut Out<'_>, minus| match (mixed, minus) {
            (true, false) => out.byte(b'+'),
            (true, true) => out.byte(b'-'),
            (false, _) => {}
        };
        if negative && !mixed {
            out.byte(b'-');
        }
        if self.months != 0 || mixed {
            sign(out, self.months < 0);
            out.number(years);
            out.byte(b'-');
            out.number(months);
            if !mixed {
                return;
            }
            out.byte(b' ');
        }
        if self.days != 0 || mixed {
            sign(out, self.days < 0);
            out.number(days);
            out.byte(b' ');
        }
        sign(out, self.micros < 0);
        out.clock(micros, 1);
    }

    /// `P`, years, months and days, `T`, hours, minutes and seconds, each with its sign.
    pub(super) fn put_iso_8601(self, out: &mut Out<'_>) {
        if self.months == 0 && self.days == 0 && self.micros == 0 {
            return out.word(b"PT0S\0\0\0\0", 4);
        }
        let part = |out: &mut Out<'_>, negative: bool, value: u64, unit: u8| {
            if value != 0 {
                if negative {
                    out.byte(b'-');
                }
                out.number(value);
                out.byte(unit);
            }
        };
        out.byte(b'P');
        part(out, self.months < 0, self.years().unsigned_abs(), b'Y');
        part(out, self.months < 0, self.months_of_year().unsigned_abs(), b'M');
        part(out, self.days < 0, self.days.unsigned_abs().into(), b'D');
        if self.micros == 0 {
            return;
        }
        out.byte(b'T');
        let (micros, negative) = (self.micros.unsigned_abs(), self.micros < 0);
        part(out, negative, micros / HOUR, b'H');
        part(out, negative, micros % HOUR / MINUTE, b'M');
        if micros % MINUTE != 0 {
            if negative {
                out.byte(b'-');
            }
            out.seconds(micros % MINUTE);
            out.byte(b'S');
        }
    }
}
