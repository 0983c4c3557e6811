//! Lists of any layout out of arrays (array_recv): the elements of a block's arrays are the cells of
//! a column of their own.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, FixedSizeListArray, LargeListArray, LargeListViewArray, ListArray, ListViewArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef};

use crate::fault::Fault;
use crate::reader::{Bad, Cells, Cursor, FieldReader, Nulls, Span};
use crate::types::lists::MAX_DIMENSIONS;

/// MaxArraySize of arrayutils.c.
const MOST_ELEMENTS: usize = 134_217_727;

/// Lists of lists, the outermost first, of what `element` reads.
pub(crate) struct Lists {
    levels: Vec<Level>,
    element: Box<dyn FieldReader>,
    /// The elements' OID, 0 for any.
    oid: u32,
    nulls: Nulls,
    /// A block's elements, and how many there are at the end of each of its rows.
    spans: Vec<Span>,
    ends: Vec<usize>,
}

/// The lists of one dimension: how many items there are at the end of each.
struct Level {
    arrow: DataType,
    item: FieldRef,
    ends: Vec<i64>,
}

impl Level {
    /// The level of a list type, None of another type.
    fn of(arrow: &DataType) -> Option<Self> {
        use DataType as A;
        let (A::List(item)
        | A::LargeList(item)
        | A::ListView(item)
        | A::LargeListView(item)
        | A::FixedSizeList(item, _)) = arrow
        else {
            return None;
        };
        Some(Self { arrow: arrow.clone(), item: Arc::clone(item), ends: vec![0] })
    }

    fn push(&mut self, items: usize) {
        self.ends.push(self.ends[self.ends.len() - 1] + items as i64);
    }

    /// How many items each list has, if all have as many.
    fn size(&self) -> Option<usize> {
        match self.arrow {
            DataType::FixedSizeList(_, size) => Some(size as usize),
            _ => None,
        }
    }

    fn take(&mut self, values: ArrayRef, nulls: Option<NullBuffer>) -> ArrayRef {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        let item = Arc::clone(&self.item);
        let large = ScalarBuffer::from(ends);
        let small = || large.iter().map(|end| *end as i32).collect::<ScalarBuffer<_>>();
        let rows = large.len() - 1;
        match self.arrow {
            DataType::LargeList(_) => {
                Arc::new(LargeListArray::new(item, OffsetBuffer::new(large), values, nulls))
            }
            DataType::ListView(_) => {
                let (starts, sizes) =
                    (small(), large.windows(2).map(|end| (end[1] - end[0]) as i32));
                let sizes = sizes.collect();
                Arc::new(ListViewArray::new(item, starts.slice(0, rows), sizes, values, nulls))
            }
            DataType::LargeListView(_) => {
                let sizes = large.windows(2).map(|end| end[1] - end[0]).collect();
                Arc::new(LargeListViewArray::new(item, large.slice(0, rows), sizes, values, nulls))
            }
            DataType::FixedSizeList(_, size) => Arc::new(
                FixedSizeListArray::try_new_with_length(item, size, values, nulls, rows)
                    .expect("as many items as rows"),
            ),
            _ => Arc::new(ListArray::new(item, OffsetBuffer::new(small()), values, nulls)),
        }
    }
}

impl Lists {
    /// `element` makes the reader of a field.
    pub fn boxed(
        arrow: &DataType,
        oid: u32,
        element: impl FnOnce(&FieldRef) -> Option<Box<dyn FieldReader>>,
    ) -> Option<Box<dyn FieldReader>> {
        let mut levels = vec![Level::of(arrow)?];
        while let Some(level) = Level::of(levels[levels.len() - 1].item.data_type()) {
            levels.push(level);
        }
        let element = element(&levels[levels.len() - 1].item)?;
        let (nulls, spans, ends) = (Nulls::new(), Vec::new(), Vec::new());
        Some(Box::new(Self { levels, element, oid, nulls, spans, ends }))
    }

    /// Takes one array's head and notes its elements.
    fn array(&mut self, mut array: Cursor<'_>) -> Result<(), Fault> {
        let (dimensions, flags, oid) = (array.int32()?, array.int32()?, array.int32()? as u32);
        if dimensions != 0 && usize::try_from(dimensions) != Ok(self.levels.len()) {
            return Err(Fault::Dimensions(dimensions, self.levels.len()));
        }
        if flags & !1 != 0 {
            return Err(Fault::IncorrectFormat);
        }
        if self.oid != 0 && oid != self.oid {
            return Err(Fault::WrongType(oid, self.oid));
        }
        let (mut lengths, mut total, mut bound) = ([0; MAX_DIMENSIONS], 1_usize, 1);
        for length in lengths.iter_mut().take(dimensions as usize) {
            *length = usize::try_from(array.int32()?).map_err(|_| Fault::IncorrectFormat)?;
            total = total.saturating_mul(*length);
            let lower = array.int32()?;
            bound = if bound == 1 { lower } else { bound };
        }
        if dimensions == 0 || total == 0 {
            (lengths, total) = ([0; MAX_DIMENSIONS], 0);
        } else if bound != 1 {
            return Err(Fault::LowerBound(bound));
        }
        if total > MOST_ELEMENTS {
            return Err(Fault::RowTooLong);
        }
        self.check_sizes(&lengths, total)?;
        for _ in 0..total {
            self.spans.push(array.field()?);
        }
        array.end()?;
        self.push_lists(&lengths);
        Ok(())
    }

    fn check_sizes(&self, lengths: &[usize], total: usize) -> Result<(), Fault> {
        // Of an empty array there are no inner lists.
        let levels = if total == 0 { &self.levels[..1] } else { &self.levels };
        for (level, length) in levels.iter().zip(lengths) {
            if let Some(size) = level.size().filter(|size| size != length) {
                return Err(Fault::ListSize(*length, size));
            }
        }
        Ok(())
    }

    fn push_lists(&mut self, lengths: &[usize]) {
        let mut lists = 1;
        for (level, length) in self.levels.iter_mut().zip(lengths) {
            (0..lists).for_each(|_| level.push(*length));
            lists *= length;
        }
    }

    /// A NULL: of lists of one size too there are items then, which no one sees.
    fn absent(&mut self) -> Result<(), Fault> {
        let mut lists = 1_usize;
        for level in &mut self.levels {
            let size = level.size().unwrap_or(0);
            if lists.saturating_mul(size) > MOST_ELEMENTS {
                return Err(Fault::RowTooLong);
            }
            (0..lists).for_each(|_| level.push(size));
            lists *= size;
        }
        self.spans.resize(self.spans.len() + lists, Span::ABSENT);
        Ok(())
    }
}

impl FieldReader for Lists {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.spans.clear();
        self.ends.clear();
        let mut done = Ok(());
        for (index, span) in cells.spans.iter().enumerate() {
            let array = match cells.cursor(*span) {
                Some(cursor) => self.array(cursor),
                None => self.absent(),
            };
            if let Err(fault) = array {
                done = Err(Bad { index, fault });
                break;
            }
            self.ends.push(self.spans.len());
        }
        let elements = self.element.read(&Cells { spans: &self.spans, ..*cells });
        elements.map_err(|bad| Bad {
            index: self.ends.partition_point(|end| *end <= bad.index),
            ..bad
        })?;
        self.nulls.append(cells);
        done
    }

    fn size(&self) -> usize {
        let lists = self.levels.iter().map(|level| size_of_val(level.ends.as_slice()));
        self.element.size() + lists.sum::<usize>()
    }

    fn take(&mut self) -> ArrayRef {
        let mut values = self.element.take();
        for (depth, level) in self.levels.iter_mut().enumerate().rev() {
            let nulls = if depth == 0 { self.nulls.take() } else { None };
            values = level.take(values, nulls);
        }
        values
    }
}
