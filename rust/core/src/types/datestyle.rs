//! Dates and timestamps in the DateStyles SQL, Postgres and German (EncodeDateOnly, EncodeDateTime).
//! ISO, the default, is `date`'s and `timestamp`'s.

use std::io::Write;

use super::date::{Day, EPOCH_DAYS, civil};
use super::time::{DAY_MICROS, put_time};
use crate::settings::{DateOrder, DateStyle, Settings};
use crate::zone::Zone;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Appends a date.
pub(crate) fn put_day(day: &Day, settings: &Settings, out: &mut Vec<u8>) {
    match day {
        Day::Infinite(negative) => put_infinity(*negative, out),
        Day::Finite(days) => {
            let (year, month, day) = civil(*days);
            let (shown, era) = with_era(year);
            put_numbers(settings, month, day, out);
            let mark = mark(settings.date_style);
            write!(out, "{mark}{shown:04}{era}").expect("a Vec takes all");
        }
    }
}

/// Appends a timestamp, microseconds since 2000 or an infinity; `zone` is a timestamptz's.
pub(crate) fn put_instant(
    instant: i64,
    zone: Option<&ShownZone<'_>>,
    settings: &Settings,
    out: &mut Vec<u8>,
) {
    if instant == i64::MAX || instant == i64::MIN {
        return put_infinity(instant < 0, out);
    }
    let seconds = instant.div_euclid(1_000_000) + EPOCH_DAYS * 86_400;
    let offset = zone.map_or(0, |zone| zone.offset(seconds));
    let local = instant.saturating_add(i64::from(offset) * 1_000_000);
    let days = local.div_euclid(DAY_MICROS) + EPOCH_DAYS;
    let (year, month, day) = civil(days);
    let (shown, era) = with_era(year);
    let mut time = [0; 16];
    let len = put_time(local.rem_euclid(DAY_MICROS) as u64, &mut time);
    let time = str::from_utf8(&time[..len]).expect("digits");
    let style = settings.date_style;
    let written = if style == DateStyle::Postgres {
        let weekday = WEEKDAYS[days.rem_euclid(7) as usize];
        let month = MONTHS[month as usize - 1];
        match settings.date_order {
            DateOrder::Dmy => write!(out, "{weekday} {day:02} {month} {time} {shown:04}"),
            _ => write!(out, "{weekday} {month} {day:02} {time} {shown:04}"),
        }
    } else {
        put_numbers(settings, month, day, out);
        write!(out, "{}{shown:04} {time}", mark(style))
    };
    written.expect("a Vec takes all");
    if let Some(zone) = zone {
        out.push(b' ');
        out.extend_from_slice(zone.abbreviation(seconds));
    }
    out.extend_from_slice(era.as_bytes());
}

/// What a timestamptz shows of its zone.
pub(crate) enum ShownZone<'a> {
    Utc,
    Of(&'a Zone),
}

impl ShownZone<'_> {
    fn offset(&self, seconds: i64) -> i32 {
        match self {
            Self::Utc => 0,
            Self::Of(zone) => zone.offset(seconds),
        }
    }

    /// At most MAXTZLEN bytes of it.
    fn abbreviation(&self, seconds: i64) -> &[u8] {
        let name = match self {
            Self::Utc => "UTC",
            Self::Of(zone) => zone.abbreviation(seconds),
        };
        &name.as_bytes()[..name.len().min(10)]
    }
}

fn mark(style: DateStyle) -> char {
    match style {
        DateStyle::German => '.',
        DateStyle::Sql => '/',
        _ => '-',
    }
}

/// Day and month, as the style and the order have them.
fn put_numbers(settings: &Settings, month: u32, day: u32, out: &mut Vec<u8>) {
    let day_first =
        settings.date_style == DateStyle::German || settings.date_order == DateOrder::Dmy;
    let (first, second) = if day_first { (day, month) } else { (month, day) };
    let mark = mark(settings.date_style);
    write!(out, "{first:02}{mark}{second:02}").expect("a Vec takes all");
}

fn with_era(year: i64) -> (i64, &'static str) {
    if year > 0 { (year, "") } else { (1 - year, " BC") }
}

fn put_infinity(negative: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if negative { b"-infinity" } else { b"infinity" });
}
