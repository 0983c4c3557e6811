//! float4 and float8 with as many digits as extra_float_digits asks for where it is not above zero:
//! C's %g, exactly rounded (float4out, float8out). The shortest digits are `float`'s.

use std::io::Write;

/// Appends a value with so many significant digits, at least one.
pub(crate) fn put(value: f64, digits: usize, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').expect("scientific notation");
    let exponent: i32 = exponent.parse().expect("a number");
    let written = if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{}e{sign}{:02}", trimmed(mantissa), exponent.abs())
    } else {
        let decimals = (digits as i32 - 1 - exponent) as usize;
        write!(out, "{}", trimmed(&format!("{value:.decimals$}")))
    };
    written.expect("a Vec takes all");
}

/// Without zeros behind the point, and without a point that nothing follows.
fn trimmed(digits: &str) -> &str {
    if !digits.contains('.') {
        return digits;
    }
    digits.trim_end_matches('0').trim_end_matches('.')
}
