//! point out of PostgreSQL's own text, which Arrow carries it as (point_send): `(1,2.5)`, two
//! float8 in BINARY.

use super::float;

/// Appends both coordinates.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let inner = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    let mut coordinates = inner.split(|byte| *byte == b',');
    for _ in 0..2 {
        float::parse(coordinates.next()?, out)?;
    }
    coordinates.next().is_none().then_some(())
}
