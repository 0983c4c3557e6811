//! COPY's options, the session's settings and its time zone: any that `holofast.options` lets pass.

use holofast_core::{DateOrder, DateStyle, Format, IntervalStyle, Options, Settings, Zone};

use crate::encodings;
use crate::source::Source;

const NULLS: [&str; 14] =
    ["", "\\N", "NULL", "null", "t", "5", "0", "-", "1970-01-01", "{}", "\\", "é", "\\.", " "];
/// What copy.c refuses as TEXT's delimiter, beside line breaks.
const UNSAFE: &[u8] = b"\\.abcdefghijklmnopqrstuvwxyz0123456789";

/// Options for so many columns.
pub fn any(source: &mut Source<'_>, columns: usize) -> Options {
    let format = source.pick(&[Format::Text, Format::Csv, Format::Binary]);
    let is_csv = format == Format::Csv;
    let mut delimiter = if is_csv { b',' } else { b'\t' };
    let (mut quote, mut escape) = (b'"', b'"');
    if source.one_in(2) {
        delimiter =
            byte(source, |byte| !b"\r\n".contains(&byte) && (is_csv || !UNSAFE.contains(&byte)));
        quote = byte(source, |byte| byte != delimiter);
        escape = if source.one_in(2) { byte(source, |_| true) } else { quote };
    }
    if quote == delimiter {
        (quote, escape) = (b'\'', b'\'');
    }
    Options {
        format,
        delimiter,
        null: null(source, |byte| byte != delimiter && !(is_csv && byte == quote)),
        header: source.one_in(3),
        quote,
        escape,
        force_quote: (0..columns).map(|_| is_csv && source.one_in(4)).collect(),
        most_row_bytes: if source.one_in(8) { 2 + source.below(200) } else { usize::MAX },
        settings: settings(source),
        encoding: encodings::any(source),
    }
}

/// A character of one byte that may be what it is wanted for.
fn byte(source: &mut Source<'_>, may_be: impl Fn(u8) -> bool) -> u8 {
    let first = match source.below(3) {
        0 => source.pick(b",;|\t'\"/ -+:.0tE{}()\x08\x0b"),
        _ => source.byte() & 0x7f,
    };
    let all = (1..0x80).cycle().skip(usize::from(first.max(1)) - 1);
    all.take(0x80).find(|byte| may_be(*byte)).unwrap_or(b'|')
}

fn null(source: &mut Source<'_>, may_have: impl Fn(u8) -> bool) -> Vec<u8> {
    let null = match source.below(20) {
        0 => b"\\N".to_vec(),
        19 => vec![b'x'; 300],
        _ => source.pick(&NULLS).as_bytes().to_vec(),
    };
    if null.iter().all(|byte| may_have(*byte)) { null } else { Vec::new() }
}

fn settings(source: &mut Source<'_>) -> Settings {
    if source.one_in(2) {
        return Settings::default();
    }
    use IntervalStyle as Style;
    Settings {
        date_style: source.pick(&[
            DateStyle::Iso,
            DateStyle::Sql,
            DateStyle::Postgres,
            DateStyle::German,
        ]),
        date_order: source.pick(&[DateOrder::Mdy, DateOrder::Dmy, DateOrder::Ymd]),
        interval_style: source.pick(&[
            Style::Postgres,
            Style::PostgresVerbose,
            Style::SqlStandard,
            Style::Iso8601,
        ]),
        extra_float_digits: source.below(19) as i32 - 15,
        bytea_escape: source.one_in(2),
        floor_nanoseconds: source.one_in(2),
    }
}

/// Any time zone whose offsets are of less than a week and an hour, which POSIX rules can reach.
pub fn zone(source: &mut Source<'_>) -> Option<Zone> {
    const WEEK: i64 = 168 * 3600;
    if source.one_in(2) {
        return None;
    }
    let count = source.below(8) * source.below(8);
    let (mut at, step) = (source.number() as i64 % 100_000_000_000, source.number() as i64);
    let transitions: Vec<_> = (0..count)
        .map(|_| {
            at += 1 + step.unsigned_abs() as i64 % 40_000_000;
            at
        })
        .collect();
    let offsets: Vec<_> = (0..=count)
        .map(|i| {
            let whole = [1, 60, 900, 3600][i % 4];
            ((source.number() as i64 % (WEEK + 3600)) / whole * whole) as i32
        })
        .collect();
    let names = ["", "UTC", "CEST", "<+03>", "a,b", "longer than ten"];
    let abbreviations = (0..=count).map(|_| source.pick(&names).to_owned()).collect();
    let cycle = source.one_in(2).then_some(at);
    Some(Zone::new(transitions, offsets, cycle).with_abbreviations(abbreviations))
}
