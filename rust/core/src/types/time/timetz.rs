//! timetz out of PostgreSQL's own text, which Arrow carries it as, and back: microseconds since
//! midnight, and seconds west of UTC.

use super::{DAY_MICROS, put_time};
use crate::fault::Fault;
use crate::reader::exactly;
use crate::types::time;
use crate::types::timestamp::put_offset;

/// TZDISP_LIMIT of timestamp.h, in seconds.
const MOST_ZONE: u32 = 16 * 3600;

/// Appends the binary form of PostgreSQL's own text of a timetz, which Arrow carries it as:
/// microseconds since midnight, and seconds west of UTC (timetz_send).
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let sign = text.iter().rposition(|byte| matches!(byte, b'+' | b'-'))?;
    let (clock, zone) = (&text[..sign], &text[sign + 1..]);
    let (clock, fraction) = clock.split_at_checked(8)?;
    let fraction = match fraction {
        [] => fraction,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => digits,
        _ => return None,
    };
    let mut micros = seconds(clock)?;
    for i in 0..6 {
        let digit = fraction.get(i).copied().unwrap_or(b'0');
        micros = 10 * micros + i64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    let offset = seconds(zone)? as i32;
    let west = if text[sign] == b'+' { -offset } else { offset };
    if micros > DAY_MICROS {
        return None;
    }
    out.extend_from_slice(&micros.to_be_bytes());
    out.extend_from_slice(&west.to_be_bytes());
    Some(())
}

/// The seconds of HH[:MM[:SS]].
fn seconds(text: &[u8]) -> Option<i64> {
    let mut parts = [0, 0, 0];
    let groups: Vec<_> = text.split(|byte| *byte == b':').collect();
    for (part, group) in parts.iter_mut().zip(&groups) {
        match group {
            [high @ b'0'..=b'9', low @ b'0'..=b'9'] => {
                *part = i64::from(10 * (high - b'0') + low - b'0');
            }
            _ => return None,
        }
    }
    let fits = groups.len() <= 3 && parts[1] < 60 && parts[2] < 60;
    fits.then_some(3600 * parts[0] + 60 * parts[1] + parts[2])
}

/// Appends PostgreSQL's own text of a timetz's binary form (timetz_recv).
pub(crate) fn receive(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let words = exactly::<12>(bytes)?;
    let (micros, west) = words.split_at(8);
    let micros = time::receive(micros)?;
    let west = i32::from_be_bytes(exactly(west)?);
    if west.unsigned_abs() >= MOST_ZONE {
        return Err(Fault::ZoneOutOfRange);
    }
    let (mut time, mut offset) = ([0; 16], [0; 8]);
    let len = put_time(micros as u64, &mut time);
    out.extend_from_slice(&time[..len]);
    out.push(if west > 0 { b'-' } else { b'+' });
    let len = put_offset(west.unsigned_abs(), &mut offset);
    out.extend_from_slice(&offset[..len]);
    Ok(())
}
