//! What strings hold: PostgreSQL's own text of a type, something like it, or anything.

use holofast_core::PgType;

use crate::source::Source;

const PLAIN: &[&str] =
    &["", "a", "abc", "NULL", "\\N", "\\.", "a,b", "say \"hi\"", "cr\r", "\t\n\r\\", "é"];
const JSON: &[&str] = &[
    "{}",
    "[]",
    "null",
    "true",
    "-0.0",
    "1e5",
    "1E-3",
    "12345678901234567890",
    "\"a\\u00e9\\n\"",
    r#"{"b":1, "a":[1,2,{"c":null}], "b":2}"#,
    r#" [ "x" , "\ud83d\ude00", "\u0000" ] "#,
    r#"{"aa":1,"b":{"c":"\\\"\/\b"}}"#,
    "1e131071",
    "1e-16383",
    "1e200000",
    "\"\u{7f}\"",
];
const NUMERIC: &[&str] = &[
    "0",
    "-0.00",
    "1.5",
    "NaN",
    "Infinity",
    "-Infinity",
    "123456789.000100",
    "00012",
    "-9999.9999",
];
const INT: &[&str] = &["0", "-1", "12", "32767", "-32768", "2147483647", "9223372036854775807"];
const FLOAT: &[&str] = &["0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "1e+30", "2.5e-310"];
const MONEY: &[&str] = &["$0.00", "-$1,234.50", "$92,233,720,368,547,758.07", "$1.5"];
const TIMETZ: &[&str] = &["00:00:00+00", "24:00:00-15:59:59", "12:34:56.789+05:30", "1:2:3+00"];
const UUID: &[&str] =
    &["01234567-89ab-cdef-0123-456789abcdef", "01234567-89AB-cdef-0123456789abcdef"];
const INET: &[&str] =
    &["10.0.0.1", "10.0.0.0/8", "::1/128", "fe80::1", "::ffff:1.2.3.4/96", "1.2.3.4/33"];
const MAC: &[&str] = &["08:00:2b:01:02:03", "08-00-2b-01-02-03"];
const MAC8: &[&str] = &["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03"];
const OID: &[&str] = &["0", "4294967295", "-1"];
const BITS: &[&str] = &["", "1", "0101", "111111110", "10000000000000001", "012"];
const POINT: &[&str] = &["(1,2.5)", "(-0,NaN)", "(Infinity,1e+300)", "(1)", "(1,2,3)"];
const RANGE: &[&str] = &["empty", "[1,10)", "(,5]", "[,]", "(1.5,)", "[1", "[-1,\"2\")"];
const BOOL: &[&str] = &["t", "f", "true"];
const CHAR: &[&str] = &["", "a", "\\200", "\\377", "\\101", "é"];

/// Texts of a type; those of the first half are valid.
fn samples(of: PgType) -> &'static [&'static str] {
    match of {
        PgType::Text | PgType::Bpchar => PLAIN,
        PgType::Jsonb => JSON,
        PgType::Numeric => NUMERIC,
        PgType::Int2 | PgType::Int4 | PgType::Int8 => INT,
        PgType::Oid => OID,
        PgType::Float8 => FLOAT,
        PgType::Money => MONEY,
        PgType::Timetz => TIMETZ,
        PgType::Uuid => UUID,
        PgType::Inet | PgType::Cidr => INET,
        PgType::Macaddr => MAC,
        PgType::Macaddr8 => MAC8,
        PgType::Bit | PgType::Varbit => BITS,
        PgType::Point => POINT,
        PgType::Range => RANGE,
        PgType::Bool => BOOL,
        PgType::Char => CHAR,
        _ => PLAIN,
    }
}

/// The bytes of one string of this type.
pub fn any(source: &mut Source<'_>, of: PgType) -> Vec<u8> {
    let samples = samples(of);
    let is_text = matches!(of, PgType::Text);
    if source.tame && !is_text {
        return source.pick(&samples[..samples.len() / 2]).into();
    }
    let mut text = match source.below(8) {
        0 | 1 => source.pick(samples).into(),
        2 => mutated(source, samples),
        3 => (0..source.below(40)).map(|_| source.byte() & 0x7f).collect(),
        4 => characters(source),
        5 => long(source),
        6 => short(source),
        _ => nested(source),
    };
    if source.malformed && source.one_in(3) {
        malform(source, &mut text);
    }
    if source.tame {
        text.retain(|byte| *byte > 0);
    }
    text
}

/// A sample with one byte put in, left out or replaced; what is not ASCII stays.
fn mutated(source: &mut Source<'_>, samples: &[&str]) -> Vec<u8> {
    let mut text = source.pick(samples).as_bytes().to_vec();
    let byte = source.pick(b" 09aNe+-.:/,\"\\[](){}\0\x7f");
    if !text.is_ascii() || text.is_empty() {
        text.push(byte);
        return text;
    }
    let at = source.below(text.len());
    match source.below(3) {
        0 => text[at] = byte,
        1 => text.insert(at, byte),
        _ => drop(text.remove(at)),
    }
    text
}

/// Characters of all lengths, ASCII between them.
fn characters(source: &mut Source<'_>) -> Vec<u8> {
    const POOL: [char; 16] = [
        'a',
        '"',
        '\\',
        ',',
        'é',
        '\u{80}',
        '\u{7ff}',
        '\u{800}',
        '日',
        '角',
        'か',
        '゚',
        '¥',
        '‾',
        '😀',
        '\u{10ffff}',
    ];
    let (count, step) = (source.below(70), source.byte());
    let mut text = String::new();
    for i in 0..count {
        // Some of them chosen one by one, the others in a row.
        let at = if i < 12 { source.below(16) } else { (i * usize::from(step)) % 16 };
        text.push(POOL[at]);
    }
    text.into_bytes()
}

/// A string that is no copy's worth, with something special in it now and then.
fn long(source: &mut Source<'_>) -> Vec<u8> {
    let lens = [65, 64, 66, 127, 200, 513, 700, 4100, 20_000, 70_000];
    let len = source.pick(&lens) + source.below(3);
    let unit = source.pick(&["x", "é", "日本", "a,b\"\\", "0123456789abcde\n", "角か゚"]);
    if len > source.longest {
        return unit.into();
    }
    let mut text = unit.repeat(len.div_ceil(unit.len())).into_bytes();
    let end = if source.one_in(2) { "\\" } else { "" };
    text.extend_from_slice(end.as_bytes());
    text
}

/// A string of a length at which copies are of another width.
fn short(source: &mut Source<'_>) -> Vec<u8> {
    let len = source.pick(&[0, 1, 2, 7, 8, 9, 12, 13, 15, 16, 17, 31, 32, 33, 63, 64]);
    let byte = source.pick(b"xxxx,\"\\'\t|5");
    let mut text = vec![b'y'; len];
    if len > 0 {
        text[source.below(len)] = byte;
    }
    text
}

/// Arrays in arrays, of JSON.
fn nested(source: &mut Source<'_>) -> Vec<u8> {
    let depth = 2 * source.below(256) + source.below(8);
    let [open, close] = source.pick(&[["[", "]"], ["{\"a\":", "}"]]);
    format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes()
}

/// Puts in something that is no character.
fn malform(source: &mut Source<'_>, text: &mut Vec<u8>) {
    const BAD: [&[u8]; 10] = [
        b"\xff",
        b"\xc3",
        b"\x80",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\xc0\x80",
        b"\xf5",
        b"\xf4\x90\x80\x80",
        b"\xfd",
    ];
    let bad = source.pick(&BAD);
    let at = if text.is_empty() { 0 } else { source.below(text.len().min(256)) };
    text.splice(at..at, bad.iter().copied());
}
