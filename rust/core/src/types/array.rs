//! Arrays from lists of any layout: array_out's braces in text, array_send's head in BINARY. The
//! elements are a column of their own, which writes its cells one by one; lists of lists are arrays
//! of more dimensions. Out of BINARY they are `received`'s.

pub(crate) mod received;

use std::ops::Range;

use super::lists::{Lists, MAX_DIMENSIONS, Shape};
use crate::block::{BLOCK, bits};
use crate::error::Reason;
use crate::escape::ASCII;
use crate::field::{Extent, FieldWriter, put_words};
use crate::isa::Isa;
use crate::pg_type::PgType;
use crate::rows::Column;

/// Every byte that the text of an array of these elements, with this between them, can have.
pub(crate) fn alphabet(element: PgType, delimiter: u8) -> &'static [u8] {
    use PgType as P;
    match element {
        P::Bool | P::Int2 | P::Int4 | P::Int8 | P::Oid | P::Float4 | P::Float8
            if delimiter == b',' =>
        {
            b"{},NULL-+.0123456789eNaInfityft"
        }
        _ => &ASCII,
    }
}

/// Lists of lists, the outermost first, and the column of what is in the innermost ones, but for
/// the first `skipped` values.
pub(crate) struct Arrays<'a, I> {
    pub levels: Vec<Lists<'a>>,
    pub elements: Column<'a, I>,
    pub skipped: usize,
}

impl<I: Isa> Arrays<'_, I> {
    /// Arrays are written one by one: of some all elements may be long.
    fn extent(&self, rows: Range<usize>, more: usize) -> Extent {
        let more = more * rows.len();
        let (elements, one) = self.room(&self.levels, rows);
        // The last element may need more room than it takes.
        Extent { cell: elements + more + one, total: elements + more, long: true }
    }

    /// Bytes that the elements of these lists, braces and delimiters included, do not exceed; and
    /// those that none of them exceeds.
    fn room(&self, levels: &[Lists<'_>], rows: Range<usize>) -> (usize, usize) {
        if rows.is_empty() {
            return (0, 0); // wherever it may lie
        }
        let Some((lists, rest)) = levels.split_first() else {
            let rows = rows.start - self.skipped..rows.end - self.skipped;
            let extent = self.elements.extent(rows);
            return (extent.total, extent.cell);
        };
        let braces = 3 * rows.len();
        let (total, one) = match lists.spans(&rows) {
            Some(items) => self.room(rest, items),
            None => rows.map(|row| self.room(rest, lists.span(row))).fold((0, 0), |sum, row| {
                let ((total, one), (more, other)) = (sum, row);
                (total + more, one.max(other))
            }),
        };
        (braces + total, one)
    }

    /// Writes the elements of these lists back to back, and gives their length.
    #[inline(always)]
    fn put_all(&self, isa: I, items: Range<usize>, cell: &mut [u8]) -> Result<usize, Reason> {
        if items.is_empty() {
            return Ok(0);
        }
        self.elements.put_all(isa, items.start - self.skipped..items.end - self.skipped, cell)
    }

    /// Calls `put` with the elements of each innermost list, in order.
    fn each_list(
        &self,
        levels: &[Lists<'_>],
        row: usize,
        put: &mut impl FnMut(Range<usize>) -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        let (lists, rest) = levels.split_first().expect("a level at least");
        let mut items = lists.span(row);
        if rest.is_empty() {
            return put(items);
        }
        items.try_for_each(|item| self.each_list(rest, item, put))
    }

    /// Whether one of these elements is NULL.
    #[inline(always)]
    fn has_null(&self, items: Range<usize>) -> bool {
        let Some(nulls) = self.elements.nulls.as_ref().filter(|nulls| nulls.null_count() > 0)
        else {
            return false;
        };
        let mut start = items.start;
        while start < items.end {
            let some = start..items.end.min(start + BLOCK);
            let all = u64::MAX >> (BLOCK - some.len());
            if !bits(nulls.inner(), &(start - self.skipped..some.end - self.skipped)) & all != 0 {
                return true;
            }
            start = some.end;
        }
        false
    }
}

/// Text cells: nested braces around elements that each end in a delimiter.
pub(crate) struct ArrayText<'a, I> {
    pub arrays: Arrays<'a, I>,
    pub delimiter: u8,
    pub separator: u8,
}

impl<I: Isa> FieldWriter<I> for ArrayText<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.arrays.extent(rows, 0)
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let levels = self.arrays.levels.as_slice();
        let len = if levels.len() > 1 && Shape::of(levels, row)? == Shape::EMPTY {
            self.put_elements(isa, 0..0, cell)?
        } else {
            self.put_lists(isa, levels, row, cell)?
        };
        cell[len - 1] = self.separator;
        Ok(len)
    }
}

impl<I: Isa> ArrayText<'_, I> {
    /// Writes the lists of all dimensions, and the delimiter.
    fn put_lists(
        &self,
        isa: I,
        levels: &[Lists<'_>],
        row: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let (lists, rest) = levels.split_first().expect("a level at least");
        if rest.is_empty() {
            return self.put_elements(isa, lists.span(row), cell);
        }
        cell[0] = b'{';
        let mut len = 1;
        for item in lists.span(row) {
            len += self.put_lists(isa, rest, item, &mut cell[len..])?;
        }
        Ok(self.close(len, cell))
    }

    /// Writes one list's elements in braces, and the delimiter.
    #[inline(always)]
    fn put_elements(&self, isa: I, items: Range<usize>, cell: &mut [u8]) -> Result<usize, Reason> {
        cell[0] = b'{';
        let len = 1 + self.arrays.put_all(isa, items, &mut cell[1..])?;
        Ok(self.close(len, cell))
    }

    /// Ends what begins with a brace, in the place of the last delimiter if there is one.
    #[inline(always)]
    fn close(&self, len: usize, cell: &mut [u8]) -> usize {
        let len = len.max(2);
        cell[len - 1] = b'}';
        cell[len] = self.delimiter;
        len + 1
    }
}

/// Binary fields: how many dimensions, whether there are NULLs, the elements' OID, of each dimension
/// its length and its lower bound, which is 1; then the elements' own fields.
pub(crate) struct ArrayBinary<'a, I> {
    pub arrays: Arrays<'a, I>,
    /// The elements' OID.
    pub oid: u32,
}

/// The length word, three words more, and two for each dimension.
const HEAD: usize = 16 + 8 * MAX_DIMENSIONS;

impl<I: Isa> FieldWriter<I> for ArrayBinary<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.arrays.extent(rows, HEAD)
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let levels = self.arrays.levels.as_slice();
        let [lists] = levels else { return self.put_lists(isa, row, cell) };
        let items = lists.span(row);
        if items.is_empty() {
            put_words([12, 0, 0, self.oid], cell);
            return Ok(16);
        }
        let has_null = self.arrays.has_null(items.clone());
        let count = items.len() as u32;
        let len = 24 + self.arrays.put_all(isa, items, &mut cell[24..])?;
        put_words([len as u32 - 4, 1, u32::from(has_null), self.oid, count, 1], cell);
        Ok(len)
    }
}

impl<I: Isa> ArrayBinary<'_, I> {
    /// Writes the array of lists of lists.
    fn put_lists(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let shape = Shape::of(&self.arrays.levels, row)?;
        let mut len = 16;
        for length in shape.lengths() {
            put_words([*length, 1], &mut cell[len..]);
            len += 8;
        }
        let mut has_null = false;
        if shape != Shape::EMPTY {
            self.arrays.each_list(&self.arrays.levels, row, &mut |items| {
                has_null |= self.arrays.has_null(items.clone());
                len += self.arrays.put_all(isa, items, &mut cell[len..])?;
                Ok(())
            })?;
        }
        put_words([len as u32 - 4, shape.count as u32, u32::from(has_null), self.oid], cell);
        Ok(len)
    }
}
