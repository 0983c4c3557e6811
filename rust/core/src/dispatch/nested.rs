//! Writers of columns that have columns in them: arrays, composites, hstores, dictionaries, runs.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, MapArray, RunArray, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Fields};

use super::{Site, Writer};
use crate::block::Tail;
use crate::encoder::BINARY_NULL;
use crate::isa::Isa;
use crate::made::{Made, is_null};
use crate::nested::Nested;
use crate::pg_type::ColumnType;
use crate::rows::{Column, Rows};
use crate::style::Style;
use crate::types::array::{Lists, Shapes};
use crate::types::dictionary::{Dictionary, run_keys};
use crate::types::hstore;
use crate::types::null::Nothing;
use crate::types::record::{self, FieldOid};

impl<'a, I: Isa + 'a> Site<'a, I> {
    pub(super) fn array(
        self,
        array: &'a dyn Array,
        arrow: &'a DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        let (mut levels, mut values, mut value_type) = (Vec::new(), array, arrow);
        while let Some((lists, inner)) = Lists::of(values, value_type) {
            (values, value_type) = (lists.values.as_ref(), inner);
            levels.push(lists);
        }
        if levels.is_empty() {
            return None;
        }
        let element = to.children.first()?;
        let mut shapes = Shapes::of(&levels, array.len());
        // Of the values only those that are there: what is made of them is made of all.
        let (start, len) = shapes.rebase();
        let values = self.keep.array(values.slice(start, len));
        let nulls = values.logical_nulls();
        let site = self.inside(Nested::array(to.delimiter), to.delimiter);
        let null: &[u8] = match (self.style, to.delimiter) {
            (Style::Binary, _) => BINARY_NULL,
            (_, b';') => b"NULL;",
            _ => b"NULL,",
        };
        let writer = site.writer(values.as_ref(), value_type, element)?;
        let column = Column { writer, nulls: nulls.clone(), null };
        let rows =
            Rows { isa: self.isa, columns: vec![column], lead: Tail::NONE, most_bytes: usize::MAX };
        let elements = rows.made(&shapes.ranges);
        Some(self.made(if self.is_binary() {
            shapes.binary(&elements, nulls.as_ref(), element.oid)
        } else {
            shapes.text(&elements)
        }))
    }

    pub(super) fn record(
        self,
        array: &'a StructArray,
        fields: &'a Fields,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        if to.children.len() != fields.len() {
            return None;
        }
        let mut columns = Vec::new();
        for (i, (field, to)) in fields.iter().zip(&to.children).enumerate() {
            let last = usize::from(i + 1 == fields.len());
            let site = self.inside(Nested::record(), record::SEPARATORS[last]);
            if self.is_binary() && i > 0 {
                let writer = self.boxed(FieldOid(to.oid));
                columns.push(Column { writer, nulls: None, null: &[] });
            }
            let values = array.column(i);
            columns.push(Column {
                writer: site.writer(values.as_ref(), field.data_type(), to)?,
                // Under a NULL may lie anything.
                nulls: NullBuffer::union(values.logical_nulls().as_ref(), array.nulls()),
                null: if self.is_binary() { BINARY_NULL } else { &record::SEPARATORS[last..=last] },
            });
        }
        let oids: Vec<_> = to.children.iter().map(|field| field.oid).collect();
        let lead = match (self.is_binary(), fields.is_empty()) {
            (true, _) => record::head(&oids),
            (false, false) => Tail::new(record::OPEN),
            (false, true) => Tail::new(b"()"),
        };
        let rows = Rows { isa: self.isa, columns, lead, most_bytes: usize::MAX };
        Some(self.made(rows.made(std::slice::from_ref(&(0..array.len())))))
    }

    pub(super) fn hstore(self, maps: &'a MapArray) -> Option<Writer<'a, I>> {
        let text = |array: &'a dyn Array| -> Option<Box<dyn Fn(usize) -> &'a [u8] + 'a>> {
            Some(match array.data_type() {
                DataType::Utf8 => Box::new(|row| array.as_string::<i32>().value(row).as_bytes()),
                DataType::LargeUtf8 => {
                    Box::new(|row| array.as_string::<i64>().value(row).as_bytes())
                }
                DataType::Utf8View => Box::new(|row| array.as_string_view().value(row).as_bytes()),
                _ => return None,
            })
        };
        let (key, value) = (text(maps.keys())?, text(maps.values())?);
        let (offsets, nulls) = (maps.value_offsets(), maps.values().nulls());
        let (binary, mut pairs) = (self.is_binary(), Vec::new());
        Some(self.made(Made::each(maps.len(), maps.nulls(), |row, out| {
            pairs.clear();
            pairs.extend(
                (offsets[row] as usize..offsets[row + 1] as usize)
                    .map(|entry| (key(entry), (!is_null(nulls, entry)).then(|| value(entry)))),
            );
            hstore::sort(&mut pairs)?;
            if binary {
                return hstore::put_binary(&pairs, |text, out| self.send(text, out), out);
            }
            hstore::put_text(&pairs, out);
            Ok(())
        })))
    }

    pub(super) fn dictionary(
        self,
        array: &'a dyn Array,
        value: &'a DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        let dictionary = array.as_any_dictionary_opt()?;
        let keys = || dictionary.normalized_keys();
        self.keyed(array, dictionary.values().as_ref(), value, to, keys)
    }

    pub(super) fn runs(
        self,
        array: &'a dyn Array,
        value: &'a DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        let of = array.as_any();
        if let Some(runs) = of.downcast_ref::<RunArray<Int16Type>>() {
            return self.run_array(runs, value, to);
        }
        if let Some(runs) = of.downcast_ref::<RunArray<Int32Type>>() {
            return self.run_array(runs, value, to);
        }
        self.run_array(of.downcast_ref::<RunArray<Int64Type>>()?, value, to)
    }

    fn run_array<R: RunEndIndexType>(
        self,
        runs: &'a RunArray<R>,
        value: &'a DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        self.keyed(runs, runs.values().as_ref(), value, to, || run_keys(runs))
    }

    /// A column of rows that each have one of the values.
    fn keyed(
        self,
        array: &'a dyn Array,
        values: &'a dyn Array,
        value_type: &'a DataType,
        to: &'a ColumnType,
        keys: impl FnOnce() -> Vec<usize>,
    ) -> Option<Writer<'a, I>> {
        let writer = self.writer(values, value_type, to)?;
        if values.is_empty() || array.is_empty() {
            return Some(self.boxed(Nothing));
        }
        let nulls = array.logical_nulls();
        let column =
            Dictionary::new(self.isa, keys(), nulls.as_ref(), values.len(), writer.as_ref());
        Some(self.boxed(column))
    }

    /// The site of what stands inside this column's values.
    fn inside(self, nested: Nested, separator: u8) -> Self {
        let style = if self.is_binary() { Style::Binary } else { Style::Nested(nested) };
        Self { style, separator, ..self }
    }
}
