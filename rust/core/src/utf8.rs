//! What Arrow calls a string and PostgreSQL does not: bytes that are not UTF-8, and U+0000.

use crate::error::Reason;

/// Refuses a value that is no text of PostgreSQL's.
///
/// # Errors
/// Its first fault.
#[inline(always)]
pub(crate) fn check(value: &[u8]) -> Result<(), Reason> {
    // Neither 0 nor beyond ASCII: above zero as a signed number, which is one comparison.
    if value.iter().fold(true, |all, byte| all & (*byte as i8 > 0)) {
        return Ok(());
    }
    if is_valid(value) && !value.contains(&0) { Ok(()) } else { find_fault(value) }
}

/// The first fault of a value, as pg_verifymbstr finds it.
///
/// # Errors
/// That fault.
#[cold]
pub(crate) fn find_fault(value: &[u8]) -> Result<(), Reason> {
    let valid = str::from_utf8(value).map_or_else(|error| error.valid_up_to(), str::len);
    if value[..valid].contains(&0) {
        return Err(Reason::NulByte);
    }
    let Some(lead) = value.get(valid) else { return Ok(()) };
    let bad = &value[valid..value.len().min(valid + expected_len(*lead))];
    let mut bytes = [0; 4];
    bytes[..bad.len()].copy_from_slice(bad);
    Err(Reason::InvalidBytes { bytes, len: bad.len() as u8 })
}

/// How long a character is that begins with this byte (pg_utf_mblen), legal or not.
fn expected_len(lead: u8) -> usize {
    match lead {
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        _ => 1,
    }
}

/// Whether bytes, some of which may be beyond ASCII, are UTF-8.
pub(crate) fn is_valid(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok()
}

/// Whether a character could begin with this byte, as none does in the middle of another one.
#[inline(always)]
pub(crate) fn is_start(byte: &u8) -> bool {
    byte & 0xc0 != 0x80
}
