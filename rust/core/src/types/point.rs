//! point out of PostgreSQL's own text, which Arrow carries it as (point_send): `(1,2.5)`, two
//! float8 in BINARY.

use super::float::carried;
use crate::fault::Fault;
use crate::reader::exactly;

/// Appends both coordinates.
pub(crate) fn parse(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let inner = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    let mut coordinates = inner.split(|byte| *byte == b',');
    for _ in 0..2 {
        carried::parse(coordinates.next()?, out)?;
    }
    coordinates.next().is_none().then_some(())
}

/// Appends PostgreSQL's own text of both coordinates (point_recv).
pub(crate) fn receive(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    let coordinates = exactly::<16>(bytes)?;
    out.push(b'(');
    carried::receive(&coordinates[..8], out)?;
    out.push(b',');
    carried::receive(&coordinates[8..], out)?;
    out.push(b')');
    Ok(())
}
