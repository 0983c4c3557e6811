//! bit and varbit out of PostgreSQL's own text, which Arrow carries them as (bit_send).

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
