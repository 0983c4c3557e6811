//! Arrays from lists of any layout: array_out's braces in text, array_send's head in BINARY. The
//! elements are a column of their own, of which each array is a part; lists of lists are arrays of
//! more dimensions.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use crate::error::Reason;
use crate::made::{Made, is_null};

/// MAXDIM of c.h.
const MAX_DIMENSIONS: usize = 6;

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
    fn span(&self, row: usize) -> Range<usize> {
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
}

/// An array's dimensions: how many, and how long each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    lengths: [u32; MAX_DIMENSIONS],
    count: usize,
}

impl Shape {
    /// An array without elements has no dimensions.
    const EMPTY: Self = Self { lengths: [0; MAX_DIMENSIONS], count: 0 };

    fn lengths(&self) -> &[u32] {
        &self.lengths[..self.count]
    }

    fn elements(&self) -> usize {
        if self.count == 0 { 0 } else { self.lengths().iter().map(|len| *len as usize).product() }
    }
}

/// The shapes of a column's arrays, and where the elements of all of them lie, in order.
pub(crate) struct Shapes {
    shapes: Vec<Result<Shape, Reason>>,
    pub ranges: Vec<Range<usize>>,
}

impl Shapes {
    /// Of lists of lists, the outermost first.
    pub fn of(levels: &[Lists<'_>], rows: usize) -> Self {
        let mut this = Self { shapes: Vec::with_capacity(rows), ranges: Vec::new() };
        for row in 0..rows {
            let (ranges, last) = (this.ranges.len(), this.ranges.last().cloned());
            let shape = this.walk(levels, row);
            if shape.is_err() {
                // Nothing of it is looked at.
                this.ranges.truncate(ranges);
                if let (Some(range), Some(last)) = (this.ranges.last_mut(), last) {
                    *range = last;
                }
            }
            this.shapes.push(shape);
        }
        this
    }

    /// The shape of one list, whose elements are noted. An array of nothing but arrays without
    /// elements has none either; beside others there may be no such one (ExecEvalArrayExpr).
    fn walk(&mut self, levels: &[Lists<'_>], row: usize) -> Result<Shape, Reason> {
        let (first, rest) = levels.split_first().expect("a level at least");
        let span = first.span(row);
        if span.is_empty() {
            return Ok(Shape::EMPTY);
        }
        if rest.is_empty() {
            let mut lengths = [0; MAX_DIMENSIONS];
            lengths[0] = span.len() as u32;
            self.note(span);
            return Ok(Shape { lengths, count: 1 });
        }
        let len = span.len() as u32;
        let mut items = span.map(|item| self.walk(rest, item));
        let inner = items.next().expect("not empty")?;
        for item in items {
            if item? != inner {
                return Err(Reason::Ragged);
            }
        }
        if inner.count == 0 {
            return Ok(Shape::EMPTY);
        }
        if inner.count == MAX_DIMENSIONS {
            return Err(Reason::Dimensions);
        }
        let mut lengths = [0; MAX_DIMENSIONS];
        lengths[0] = len;
        lengths[1..].copy_from_slice(&inner.lengths[..MAX_DIMENSIONS - 1]);
        Ok(Shape { lengths, count: inner.count + 1 })
    }

    fn note(&mut self, span: Range<usize>) {
        match self.ranges.last_mut() {
            Some(last) if last.end == span.start => last.end = span.end,
            _ => self.ranges.push(span),
        }
    }

    /// Counts the elements from the first one that there is, and gives its place and how many
    /// there are up to the last one.
    pub fn rebase(&mut self) -> (usize, usize) {
        let start = self.ranges.iter().map(|range| range.start).min().unwrap_or(0);
        let end = self.ranges.iter().map(|range| range.end).max().unwrap_or(0);
        for range in &mut self.ranges {
            *range = range.start - start..range.end - start;
        }
        (start, end - start)
    }

    /// The arrays, each by `put`, from its shape and the place of its first element in `elements`;
    /// one with an element that has no COPY form has none.
    fn arrays(
        &self,
        elements: &Made,
        overhead: usize,
        mut put: impl FnMut(&Shape, usize, &mut Vec<u8>),
    ) -> Made {
        let rows = self.shapes.len();
        let mut made = Made::with_capacity(rows, elements.data.len() + overhead * rows);
        let mut failures = elements.failures.iter().peekable();
        let mut at = 0;
        for shape in &self.shapes {
            made.push(|data| {
                let shape = shape.as_ref().map_err(Reason::clone)?;
                let first = at;
                at += shape.elements();
                let mut failure = None;
                while let Some((_, reason)) = failures.next_if(|(element, _)| *element < at) {
                    failure = failure.or(Some(reason.clone()));
                }
                match failure {
                    Some(reason) => return Err(reason),
                    None => put(shape, first, data),
                }
                Ok(())
            });
        }
        made
    }

    /// Texts of `elements` that each end in a delimiter: nested braces around them.
    pub fn text(&self, elements: &Made) -> Made {
        self.arrays(elements, 2, |shape, first, data| {
            if shape.count == 0 {
                data.extend_from_slice(b"{}");
            } else {
                put_text(shape.lengths(), first, elements, data);
            }
        })
    }

    /// Binary fields of `elements`, behind the dimensions; `nulls` are those of all the values.
    pub fn binary(&self, elements: &Made, nulls: Option<&NullBuffer>, oid: u32) -> Made {
        // Of each element, whether it is NULL, in the order that they are in.
        let nulls: Vec<bool> = match nulls {
            Some(nulls) => self
                .ranges
                .iter()
                .flat_map(|range| range.clone().map(|i| nulls.is_null(i)))
                .collect(),
            None => Vec::new(),
        };
        self.arrays(elements, 20, |shape, first, data| {
            let range = first..first + shape.elements();
            let has_null = nulls.get(range.clone()).is_some_and(|nulls| nulls.contains(&true));
            data.extend_from_slice(&(shape.count as u32).to_be_bytes());
            data.extend_from_slice(&u32::from(has_null).to_be_bytes());
            data.extend_from_slice(&oid.to_be_bytes());
            for length in shape.lengths() {
                data.extend_from_slice(&length.to_be_bytes());
                data.extend_from_slice(&1_u32.to_be_bytes()); // the lower bound
            }
            data.extend_from_slice(elements.bytes(range));
        })
    }
}

/// Writes the elements from `first` on in the braces of these dimensions; gives the next element.
fn put_text(lengths: &[u32], first: usize, elements: &Made, data: &mut Vec<u8>) -> usize {
    let (len, inner) = (lengths[0] as usize, &lengths[1..]);
    data.push(b'{');
    let mut next = first + len;
    if inner.is_empty() {
        data.extend_from_slice(elements.bytes(first..next));
    } else {
        next = first;
        for _ in 0..len {
            next = put_text(inner, next, elements, data);
            // The delimiter that the last of its elements ends in.
            data.push(elements.data[elements.ends[next] as usize - 1]);
        }
    }
    data.pop();
    data.push(b'}');
    next
}
