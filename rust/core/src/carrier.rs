//! Carriers: strings that hold PostgreSQL's own text of a type that Arrow lacks. In TEXT and CSV
//! they are written as they are; this is the way from them to BINARY and back, and what jsonb, bpchar
//! and `"char"` need in either. Each type's rule is in `types`.

use std::io::Write;
use std::str;

use crate::error::Reason;
use crate::fault::Fault;
use crate::pg_type::{ColumnType, PgType};
use crate::reader::exactly;
use crate::types::float::carried;
use crate::types::time::timetz;
use crate::types::{bit, bool, json, money, network, numeric, point, range, uuid};
use crate::utf8;

/// Appends a value's text, where that is not the carrier's own.
pub(crate) fn put_text(
    value: &[u8],
    to: &ColumnType,
    open: &mut json::Open,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    utf8::check(value)?;
    match (to.pg_type, to.length) {
        (PgType::Jsonb, _) => json::put_jsonb(value, open, out),
        (PgType::Bpchar, Some(length)) => put_padded(value, length, out),
        _ => {
            out.extend_from_slice(value);
            Ok(())
        }
    }
}

/// Appends a value's binary form; what is text in it as `convert` makes it, where the client reads
/// another encoding.
pub(crate) fn put_binary(
    value: &[u8],
    to: &ColumnType,
    open: &mut json::Open,
    convert: Option<impl Fn(&[u8], &mut Vec<u8>) -> Result<(), Reason>>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    if !matches!(to.pg_type, PgType::Jsonb | PgType::Bpchar) {
        utf8::check(value)?;
        return parse(to, value, out).ok_or_else(|| {
            Reason::Invalid(to.pg_type.name(), String::from_utf8_lossy(value).into_owned())
        });
    }
    if to.pg_type == PgType::Jsonb {
        out.push(1); // the version that jsonb_send tells
    }
    match convert {
        None => put_text(value, to, open, out),
        Some(convert) => {
            let mut text = Vec::new();
            put_text(value, to, open, &mut text)?;
            convert(&text, out)
        }
    }
}

/// Appends the binary form of PostgreSQL's own text.
fn parse(to: &ColumnType, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match to.pg_type {
        PgType::Bool => out.push(match text {
            b"t" => 1,
            b"f" => 0,
            _ => return None,
        }),
        PgType::Int2 => out.extend_from_slice(&number::<i16>(text)?.to_be_bytes()),
        PgType::Int4 => out.extend_from_slice(&number::<i32>(text)?.to_be_bytes()),
        PgType::Int8 => out.extend_from_slice(&number::<i64>(text)?.to_be_bytes()),
        PgType::Oid => out.extend_from_slice(&number::<u32>(text)?.to_be_bytes()),
        PgType::Float8 => carried::parse(text, out)?,
        PgType::Numeric => numeric::parse(text, out)?,
        PgType::Money => money::parse(text, out)?,
        PgType::Char => out.push(char_byte(text)?),
        PgType::Timetz => timetz::parse(text, out)?,
        PgType::Uuid => uuid::parse(text, out)?,
        PgType::Inet => network::parse_inet(text, false, out)?,
        PgType::Cidr => network::parse_inet(text, true, out)?,
        PgType::Macaddr => network::parse_mac(text, 6, out)?,
        PgType::Macaddr8 => network::parse_mac(text, 8, out)?,
        PgType::Bit | PgType::Varbit => bit::parse(text, out)?,
        PgType::Point => point::parse(text, out)?,
        PgType::Range => range::parse(text, to, out, parse)?,
        _ => return None,
    }
    Some(())
}

/// A whole number with no sign but a minus.
fn number<T: str::FromStr>(text: &[u8]) -> Option<T> {
    let text = str::from_utf8(text).ok().filter(|text| !text.starts_with('+'))?;
    text.parse().ok()
}

/// `"char"` (charout): one byte, nothing for 0, three octal digits for what is no ASCII.
fn char_byte(text: &[u8]) -> Option<u8> {
    match text {
        [] => Some(0),
        [byte @ 0..0x80] => Some(*byte),
        [b'\\', digits @ ..] if digits.len() == 3 => {
            let byte = u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok()?;
            (byte >= 0x80 && digits.iter().all(u8::is_ascii_digit)).then_some(byte)
        }
        _ => None,
    }
}

/// Appends character(`length`): padded with blanks, or with none too many (bpchar_input).
fn put_padded(value: &[u8], length: usize, out: &mut Vec<u8>) -> Result<(), Reason> {
    let characters = value.iter().filter(|byte| utf8::is_start(byte)).count();
    if characters <= length {
        out.extend_from_slice(value);
        out.extend(std::iter::repeat_n(b' ', length - characters));
        return Ok(());
    }
    let mut seen = 0;
    let end = value.iter().position(|byte| {
        seen += usize::from(utf8::is_start(byte));
        seen > length
    });
    let (kept, rest) = value.split_at(end.unwrap_or(value.len()));
    if rest.iter().any(|byte| *byte != b' ') {
        return Err(Reason::TooLong(length));
    }
    out.extend_from_slice(kept);
    Ok(())
}

/// Appends PostgreSQL's own text of a binary form.
///
/// # Errors
/// Bytes that are no value of the type.
pub(crate) fn receive(bytes: &[u8], from: &ColumnType, out: &mut Vec<u8>) -> Result<(), Fault> {
    let written = match from.pg_type {
        PgType::Int2 => write!(out, "{}", i16::from_be_bytes(exactly(bytes)?)),
        PgType::Int4 => write!(out, "{}", i32::from_be_bytes(exactly(bytes)?)),
        PgType::Int8 => write!(out, "{}", i64::from_be_bytes(exactly(bytes)?)),
        PgType::Oid => write!(out, "{}", u32::from_be_bytes(exactly(bytes)?)),
        PgType::Char => match exactly(bytes)? {
            [0] => Ok(()),
            [byte] if !byte.is_ascii() => write!(out, "\\{byte:03o}"),
            ascii => out.write_all(&ascii),
        },
        PgType::Bool => out.write_all(if bool::receive(bytes)? { b"t" } else { b"f" }),
        PgType::Float8 => return carried::receive(bytes, out),
        PgType::Numeric => return numeric::received::put_text(bytes, out),
        PgType::Money => return money::receive(bytes, out),
        PgType::Timetz => return timetz::receive(bytes, out),
        PgType::Uuid => return uuid::receive_text(bytes, out),
        PgType::Inet => return network::receive_inet(bytes, false, out),
        PgType::Cidr => return network::receive_inet(bytes, true, out),
        PgType::Macaddr => return network::receive_mac::<6>(bytes, out),
        PgType::Macaddr8 => return network::receive_mac::<8>(bytes, out),
        PgType::Bit | PgType::Varbit => return bit::receive(bytes, out),
        PgType::Point => return point::receive(bytes, out),
        PgType::Range => return range::receive(bytes, from, out, receive),
        _ => return Err(Fault::IncorrectFormat),
    };
    written.expect("a Vec takes all");
    Ok(())
}
