//! TEXT and CSV in another encoding than UTF-8: rows are written as UTF-8, aside, and converted on
//! their way out. That gives what PostgreSQL writes by converting each value before it protects it,
//! for ASCII stays as it is and no other character begins like it; those that do are `fold`'s.

use std::mem;
use std::ops::Range;

use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::isa::Isa;
use crate::rows::Rows;

/// Bytes to be written aside at a time: what the second cache still has when they are converted.
const ASIDE: usize = 128 << 10;
/// Rows to begin with, before it is known how long they are, and the most at a time.
const FIRST: usize = 64;
const MOST: usize = 4096;

/// Appends `rows` to `out`, of which none may have more than `most_bytes`.
///
/// # Errors
/// Some rows of which one cannot be written.
pub(crate) fn encode<I: Isa>(
    rows: &Rows<'_, I>,
    range: Range<usize>,
    encoding: &Encoding,
    most_bytes: usize,
    out: &mut Buffer,
) -> Result<(), Range<usize>> {
    let mut aside = mem::take(&mut out.aside).unwrap_or_default();
    let mut result = Ok(());
    let (mut start, mut count) = (range.start, FIRST);
    while start < range.end {
        let some = start..range.end.min(start + count);
        let before = out.len;
        aside.clear();
        let encoded = rows.encode(some.clone(), &mut aside).is_ok()
            && append(rows.isa, encoding, &aside, out).is_ok();
        let fits = out.len - before <= most_bytes;
        if encoded && !fits && some.len() > 1 {
            (out.len, count) = (before, 1);
            continue;
        }
        if !encoded || !fits {
            result = Err(some);
            break;
        }
        start = some.end;
        count = (ASIDE * some.len() / aside.len().max(1)).clamp(1, MOST);
    }
    out.aside = Some(aside);
    result
}

fn append<I: Isa>(
    isa: I,
    encoding: &Encoding,
    aside: &Buffer,
    out: &mut Buffer,
) -> Result<(), char> {
    out.reserve(encoding.room(aside.len()));
    let rest = &mut out.bytes[out.len..];
    out.len += encoding.put(isa, &aside.bytes, aside.len(), rest)?;
    Ok(())
}
