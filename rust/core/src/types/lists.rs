//! Where the items of Arrow's lists lie, in any of their layouts, and what shape of an array lists of
//! lists have. What is written of them is `array`'s.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use crate::error::Reason;
use crate::made::is_null;

/// MAXDIM of c.h.
pub(super) const MAX_DIMENSIONS: usize = 6;

/// Lists of one level: where each one's items lie among the values.
pub(crate) struct Lists<'a> {
    pub values: &'a ArrayRef,
    nulls: Option<&'a NullBuffer>,
    starts: Starts<'a>,
}

enum Starts<'a> {
    Offsets(&'a [i32]),
    LargeOffsets(&'a [i64]),
    Views(&'a [i32], &'a [i32]),
    LargeViews(&'a [i64], &'a [i64]),
    Fixed(usize),
}

impl<'a> Lists<'a> {
    /// The lists of an array of any list type, and the type of their values.
    pub fn of(array: &'a dyn Array, arrow: &'a DataType) -> Option<(Self, &'a DataType)> {
        use DataType as A;
        let (values, starts, field) = match arrow {
            A::List(field) => {
                let lists = array.as_list::<i32>();
                (lists.values(), Starts::Offsets(lists.value_offsets()), field)
            }
            A::LargeList(field) => {
                let lists = array.as_list::<i64>();
                (lists.values(), Starts::LargeOffsets(lists.value_offsets()), field)
            }
            A::ListView(field) => {
                let lists = array.as_list_view::<i32>();
                (lists.values(), Starts::Views(lists.offsets(), lists.sizes()), field)
            }
            A::LargeListView(field) => {
                let lists = array.as_list_view::<i64>();
                (lists.values(), Starts::LargeViews(lists.offsets(), lists.sizes()), field)
            }
            A::FixedSizeList(field, _) => {
                let lists = array.as_fixed_size_list();
                (lists.values(), Starts::Fixed(lists.value_length() as usize), field)
            }
            _ => return None,
        };
        Some((Self { values, nulls: array.nulls(), starts }, field.data_type()))
    }

    /// The items of a list among the values; none if it is NULL.
    #[inline(always)]
    pub fn span(&self, row: usize) -> Range<usize> {
        if is_null(self.nulls, row) {
            return 0..0;
        }
        match self.starts {
            Starts::Offsets(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Starts::LargeOffsets(offsets) => offsets[row] as usize..offsets[row + 1] as usize,
            Starts::Views(offsets, sizes) => {
                offsets[row] as usize..offsets[row] as usize + sizes[row] as usize
            }
            Starts::LargeViews(offsets, sizes) => {
                offsets[row] as usize..offsets[row] as usize + sizes[row] as usize
            }
            Starts::Fixed(size) => row * size..(row + 1) * size,
        }
    }

    /// From where to where items of these lists lie.
    pub fn bounds(&self, rows: Range<usize>) -> Range<usize> {
        if rows.is_empty() {
            return 0..0; // Nobody has looked at offsets that no list has.
        }
        self.spans(&rows).unwrap_or_else(|| {
            let spans = || rows.clone().map(|row| self.span(row)).filter(|span| !span.is_empty());
            let start = spans().map(|span| span.start).min().unwrap_or(0);
            start..spans().map(|span| span.end).max().unwrap_or(start)
        })
    }

    /// The items of lists that lie one behind the other; None where they may lie anyhow.
    pub fn spans(&self, rows: &Range<usize>) -> Option<Range<usize>> {
        match self.starts {
            Starts::Offsets(offsets) => {
                Some(offsets[rows.start] as usize..offsets[rows.end] as usize)
            }
            Starts::LargeOffsets(offsets) => {
                Some(offsets[rows.start] as usize..offsets[rows.end] as usize)
            }
            Starts::Fixed(size) => Some(rows.start * size..rows.end * size),
            Starts::Views(..) | Starts::LargeViews(..) => None,
        }
    }
}

/// An array's dimensions: how many, and how long each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    lengths: [u32; MAX_DIMENSIONS],
    pub count: usize,
}

impl Shape {
    /// An array without elements has no dimensions.
    pub const EMPTY: Self = Self { lengths: [0; MAX_DIMENSIONS], count: 0 };

    /// The shape of one list of the first of `levels`. An array of nothing but arrays without
    /// elements has none either; beside others there may be no such one (ExecEvalArrayExpr).
    pub fn of(levels: &[Lists<'_>], row: usize) -> Result<Self, Reason> {
        let (first, rest) = levels.split_first().expect("a level at least");
        let span = first.span(row);
        if span.is_empty() {
            return Ok(Self::EMPTY);
        }
        let mut lengths = [0; MAX_DIMENSIONS];
        lengths[0] = span.len() as u32;
        if rest.is_empty() {
            return Ok(Self { lengths, count: 1 });
        }
        let mut items = span.map(|item| Self::of(rest, item));
        let inner = items.next().expect("not empty")?;
        for item in items {
            if item? != inner {
                return Err(Reason::Ragged);
            }
        }
        if inner.count == 0 {
            return Ok(Self::EMPTY);
        }
        if inner.count == MAX_DIMENSIONS {
            return Err(Reason::Dimensions);
        }
        lengths[1..].copy_from_slice(&inner.lengths[..MAX_DIMENSIONS - 1]);
        Ok(Self { lengths, count: inner.count + 1 })
    }

    /// How long each dimension is.
    pub fn lengths(&self) -> &[u32] {
        &self.lengths[..self.count]
    }
}
