//! Ranges of numbers out of PostgreSQL's own text, which Arrow carries them as (range_send).

use crate::fault::Fault;
use crate::pg_type::ColumnType;
use crate::reader::{Cells, Span};

/// RANGE_EMPTY, RANGE_LB_INC, RANGE_UB_INC, RANGE_LB_INF and RANGE_UB_INF of rangetypes.h.
const EMPTY: u8 = 1;
const INCLUSIVE: [u8; 2] = [2, 4];
const INFINITE: [u8; 2] = [8, 16];

/// Appends the flags, and each bound that there is behind its length; `parse` is that of a bound.
pub(crate) fn parse(
    text: &[u8],
    range: &ColumnType,
    out: &mut Vec<u8>,
    parse: impl Fn(&ColumnType, &[u8], &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    if text == b"empty" {
        out.push(EMPTY);
        return Some(());
    }
    let (first, rest) = text.split_first()?;
    let (last, bounds) = rest.split_last()?;
    let inclusive = match (first, last) {
        (b'[' | b'(', b']' | b')') => [*first == b'[', *last == b']'],
        _ => return None,
    };
    let comma = bounds.iter().position(|byte| *byte == b',')?;
    let bounds = [&bounds[..comma], &bounds[comma + 1..]];
    let at = out.len();
    out.push(0);
    for (i, bound) in bounds.iter().enumerate() {
        if bound.is_empty() {
            out[at] |= INFINITE[i];
            continue;
        }
        out[at] |= if inclusive[i] { INCLUSIVE[i] } else { 0 };
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        parse(range.children.first()?, bound, out)?;
        let len = (out.len() - start - 4) as u32;
        out[start..start + 4].copy_from_slice(&len.to_be_bytes());
    }
    Some(())
}

/// Appends PostgreSQL's own text of a range (range_recv, range_out), each bound's by `put`.
pub(crate) fn receive(
    bytes: &[u8],
    from: &ColumnType,
    out: &mut Vec<u8>,
    put: impl Fn(&[u8], &ColumnType, &mut Vec<u8>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let bound = from.children.first().ok_or(Fault::IncorrectFormat)?;
    let (flags, bounds) = bytes.split_first().ok_or(Fault::NoDataLeft)?;
    let cells = Cells { data: bounds, spans: &[] };
    let whole = cells.cursor(Span { start: 0, len: bounds.len() as i32 });
    let mut rest = whole.ok_or(Fault::IncorrectFormat)?;
    if flags & EMPTY != 0 {
        out.extend_from_slice(b"empty");
        return rest.end();
    }
    out.push(if flags & INCLUSIVE[0] != 0 { b'[' } else { b'(' });
    for (i, infinite) in INFINITE.iter().enumerate() {
        if i == 1 {
            out.push(b',');
        }
        if flags & infinite == 0 {
            let value = cells.bytes(rest.field()?).ok_or(Fault::IncorrectFormat)?;
            put(value, bound, out)?;
        }
    }
    out.push(if flags & INCLUSIVE[1] != 0 { b']' } else { b')' });
    rest.end()
}
