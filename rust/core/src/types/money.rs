//! money out of PostgreSQL's own text under lc_monetary C, which Arrow carries it as (cash_send):
//! `-$1,234.50`, an int64 of cents in BINARY.

use std::io::Write;

use crate::fault::Fault;
use crate::reader::exactly;

/// Appends the cents.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let (negative, rest) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, cents) = rest.strip_prefix(b"$")?.split_last_chunk::<3>()?;
    let groups = whole.split(|byte| *byte == b',').enumerate();
    let grouped = groups.fold(true, |all, (i, group)| {
        all && if i == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
    });
    if !grouped || cents[0] != b'.' {
        return None;
    }
    let mut value = 0_i64;
    for digit in whole.iter().filter(|byte| **byte != b',').chain(&cents[1..]) {
        if !digit.is_ascii_digit() {
            return None;
        }
        let digit = i64::from(digit - b'0');
        value = value.checked_mul(10)?.checked_add(if negative { -digit } else { digit })?;
    }
    out.extend_from_slice(&value.to_be_bytes());
    Some(())
}

/// Appends PostgreSQL's own text of the cents (cash_recv, cash_out).
pub(crate) fn receive(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let cents = i64::from_be_bytes(exactly(bytes)?);
    let whole = (cents.unsigned_abs() / 100).to_string();
    out.extend_from_slice(if cents < 0 { b"-$" } else { b"$" });
    for (i, digit) in whole.bytes().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(b',');
        }
        out.push(digit);
    }
    write!(out, ".{:02}", cents.unsigned_abs() % 100).expect("a Vec takes all");
    Ok(())
}
