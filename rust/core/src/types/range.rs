//! Ranges of numbers out of PostgreSQL's own text, which Arrow carries them as (range_send).

use crate::pg_type::ColumnType;

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
