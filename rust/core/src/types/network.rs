//! inet, cidr, macaddr and macaddr8 out of PostgreSQL's own text, which Arrow carries them as
//! (inet_send, cidr_send, macaddr_send, macaddr8_send).

use std::net::IpAddr;
use std::str;

use super::uuid::hex;

/// PGSQL_AF_INET and PGSQL_AF_INET6 of inet.h, whatever the system calls them.
const FAMILIES: [u8; 2] = [2, 3];

/// Appends family, bits, whether it is a cidr, the number of bytes, and these.
pub(crate) fn parse_inet(text: &[u8], is_cidr: bool, out: &mut Vec<u8>) -> Option<()> {
    let text = str::from_utf8(text).ok()?;
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(decimal(bits)?)),
        None => (text, None),
    };
    let (family, bytes) = match address.parse().ok()? {
        IpAddr::V4(v4) => (FAMILIES[0], v4.octets().to_vec()),
        IpAddr::V6(v6) => (FAMILIES[1], v6.octets().to_vec()),
    };
    let all = 8 * bytes.len() as u8;
    let bits = bits.unwrap_or(all);
    if bits > all {
        return None;
    }
    out.extend_from_slice(&[family, bits, u8::from(is_cidr), bytes.len() as u8]);
    out.extend_from_slice(&bytes);
    Some(())
}

/// A number of at most three digits, without a sign.
fn decimal(digits: &str) -> Option<u8> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Appends the bytes of `count` pairs of hex digits between colons.
pub(crate) fn parse_mac(text: &[u8], count: usize, out: &mut Vec<u8>) -> Option<()> {
    if text.len() != 3 * count - 1 {
        return None;
    }
    for group in text.chunks(3) {
        if group.get(2).is_some_and(|colon| *colon != b':') {
            return None;
        }
        out.push(hex(group[0])? << 4 | hex(group[1])?);
    }
    Some(())
}
