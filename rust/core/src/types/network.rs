//! inet, cidr, macaddr and macaddr8 out of PostgreSQL's own text, which Arrow carries them as
//! (inet_send, cidr_send, macaddr_send, macaddr8_send).

use std::io::Write;
use std::net::IpAddr;
use std::str;

use super::uuid::hex;
use crate::fault::Fault;
use crate::reader::exactly;

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

/// Appends PostgreSQL's own text of an inet's or a cidr's binary form (inet_recv, cidr_recv).
pub(crate) fn receive_inet(bytes: &[u8], is_cidr: bool, out: &mut Vec<u8>) -> Result<(), Fault> {
    let ([family, bits, _, len], address) =
        bytes.split_first_chunk().ok_or(Fault::InsufficientData)?;
    let bytes = match (family, len) {
        (2, 4) => 4,
        (3, 16) => 16,
        _ => return Err(Fault::IncorrectFormat),
    };
    if address.len() < bytes {
        return Err(Fault::InsufficientData);
    }
    if address.len() > bytes || usize::from(*bits) > 8 * bytes {
        return Err(Fault::IncorrectFormat);
    }
    match address.as_chunks::<2>().0.try_into() {
        Ok(words) => put_ipv6(words, out),
        Err(_) => put_ipv4(address, out),
    }
    if is_cidr || usize::from(*bits) != 8 * bytes {
        write!(out, "/{bits}").expect("a Vec takes all");
    }
    Ok(())
}

fn put_ipv4(address: &[u8], out: &mut Vec<u8>) {
    for (i, byte) in address.iter().enumerate() {
        let point = if i > 0 { "." } else { "" };
        write!(out, "{point}{byte}").expect("a Vec takes all");
    }
}

/// The longest run of zeros becomes two colons; what is an IPv4 address in disguise, its last four
/// bytes (pg_inet_net_ntop).
fn put_ipv6(words: &[[u8; 2]; 8], out: &mut Vec<u8>) {
    let words = words.map(u16::from_be_bytes);
    let zeros = |from: usize| words[from..].iter().take_while(|word| **word == 0).count();
    let run = (0..8).rev().map(|from| from..from + zeros(from)).max_by_key(ExactSizeIterator::len);
    let run = run.filter(|run| run.len() > 1).unwrap_or(8..8);
    let is_ipv4 = run == (0..6) || run == (0..5) && words[5] == 0xffff;
    for (i, word) in words.iter().enumerate() {
        if run.contains(&i) {
            if i == run.start {
                out.push(b':');
            }
            continue;
        }
        if i > 0 {
            out.push(b':');
        }
        if i == 6 && is_ipv4 {
            let low = [words[6].to_be_bytes(), words[7].to_be_bytes()];
            return put_ipv4(low.as_flattened(), out);
        }
        write!(out, "{word:x}").expect("a Vec takes all");
    }
    if run.end == 8 && !run.is_empty() {
        out.push(b':');
    }
}

/// Appends PostgreSQL's own text of a macaddr's or a macaddr8's bytes (macaddr_recv).
pub(crate) fn receive_mac<const N: usize>(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    for (i, byte) in exactly::<N>(bytes)?.iter().enumerate() {
        let colon = if i > 0 { ":" } else { "" };
        write!(out, "{colon}{byte:02x}").expect("a Vec takes all");
    }
    Ok(())
}
