//! bit and varbit out of PostgreSQL's own text, which Arrow carries them as (bit_send).

use std::cmp::Ordering;

use crate::fault::Fault;

/// Appends the number of bits, and the bits from the highest of the first byte on.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&u32::try_from(text.len()).ok()?.to_be_bytes());
    for eight in text.chunks(8) {
        let mut byte = 0;
        for (i, digit) in eight.iter().enumerate() {
            match digit {
                b'0' => {}
                b'1' => byte |= 0x80 >> i,
                _ => return None,
            }
        }
        out.push(byte);
    }
    Some(())
}

/// Appends PostgreSQL's own text of the bits (bit_recv, varbit_recv).
pub(crate) fn receive(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let (count, bits) = bytes.split_first_chunk().ok_or(Fault::InsufficientData)?;
    let count = usize::try_from(i32::from_be_bytes(*count)).map_err(|_| Fault::IncorrectFormat)?;
    match bits.len().cmp(&count.div_ceil(8)) {
        Ordering::Less => return Err(Fault::InsufficientData),
        Ordering::Greater => return Err(Fault::IncorrectFormat),
        Ordering::Equal => {}
    }
    out.extend((0..count).map(|i| b'0' + (bits[i / 8] >> (7 - i % 8) & 1)));
    Ok(())
}
