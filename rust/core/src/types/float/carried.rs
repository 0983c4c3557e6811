//! float8 out of PostgreSQL's own text, which Arrow may carry it as, and back.

use super::{Fewest, Floats, TEXT};
use crate::fault::Fault;
use crate::field::FieldWriter;
use crate::isa::Baseline;
use crate::reader::exactly;

/// Appends the bits of PostgreSQL's own text of a float8.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let is_number = unsigned.first().is_some_and(u8::is_ascii_digit);
    if !is_number && !matches!(unsigned, b"Infinity" | b"NaN") {
        return None;
    }
    let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    // PostgreSQL's NaN has no sign.
    let bits = if value.is_nan() { 0x7ff8 << 48 } else { value.to_bits() };
    out.extend_from_slice(&bits.to_be_bytes());
    Some(())
}

/// Appends PostgreSQL's own text of a float8's binary form (float8recv).
pub(crate) fn receive(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let values = [f64::from_be_bytes(exactly(bytes)?)];
    let (mut cell, floats) =
        ([0; TEXT], Floats { values: &values, notation: Fewest, separator: 0 });
    let len = floats.put(Baseline, 0, &mut cell)?;
    out.extend_from_slice(&cell[..len - 1]);
    Ok(())
}
