//! TEXT and CSV in another encoding than UTF-8: rows are written as UTF-8, aside, and converted on
//! their way out. That gives what PostgreSQL writes by converting each value before it protects it,
//! for ASCII stays as it is and no other character begins like it; those that do are `fold`'s.

use std::mem;
use std::ops::Range;

use crate::block::Tail;
use crate::buffer::Buffer;
use crate::encoding::Encoding;
use crate::error::{EncodeError, Reason};
use crate::isa::Isa;
use crate::rows::Rows;

/// Bytes to be written aside at a time: what the second cache still has when they are converted.
const ASIDE: usize = 128 << 10;
/// Rows to begin with, before it is known how long they are, and the most at a time.
const FIRST: usize = 64;
const MOST: usize = 4096;

/// Appends `rows` to `out`.
pub(crate) fn encode<I: Isa>(
    rows: &Rows<'_, I>,
    range: Range<usize>,
    encoding: &Encoding,
    out: &mut Buffer,
) -> Result<(), Range<usize>> {
    let mut aside = mem::take(&mut out.aside).unwrap_or_default();
    let mut result = Ok(());
    let (mut start, mut count) = (range.start, FIRST);
    while start < range.end {
        let some = start..range.end.min(start + count);
        aside.clear();
        let encoded = rows.encode(some.clone(), &mut aside).is_ok();
        if !encoded || append(rows.isa, encoding, &aside, out).is_err() {
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

/// The first cell of `range`, by row and then by column, that cannot be written or converted: there
/// is one. Cell by cell, for a block tells of one error alone, and the conversion of no cell.
#[cold]
pub(crate) fn first_error<I: Isa>(
    rows: Rows<'_, I>,
    range: Range<usize>,
    encoding: &Encoding,
) -> EncodeError {
    let isa = rows.isa;
    let one = |column| Rows { isa, columns: vec![column], lead: Tail::NONE };
    let columns: Vec<_> = rows.columns.into_iter().map(one).collect();
    let mut aside = Buffer::new();
    for row in range {
        for (column, cells) in columns.iter().enumerate() {
            aside.clear();
            if let Err(error) = cells.encode(row..row + 1, &mut aside) {
                return EncodeError { column, ..error };
            }
            if let Err(character) = encoding.convert(isa, aside.as_slice()) {
                return EncodeError { column, row, reason: Reason::NoEquivalent(character) };
            }
        }
    }
    unreachable!("a cell cannot be written")
}
