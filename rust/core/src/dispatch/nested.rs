//! Writers of columns that have columns in them: arrays, composites, hstores, dictionaries, runs.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, MapArray, RunArray, StructArray};
use arrow_schema::{DataType, Fields};

use super::{Site, Writer};
use crate::encoder::BINARY_NULL;
use crate::escape::ASCII;
use crate::isa::Isa;
use crate::made::{Made, is_null};
use crate::nested::Nested;
use crate::pg_type::ColumnType;
use crate::rows::Column;
use crate::style::Style;
use crate::types::array::{self, ArrayBinary, ArrayText, Arrays};
use crate::types::dictionary::{Dictionary, run_keys};
use crate::types::hstore;
use crate::types::lists::Lists;
use crate::types::null::Nothing;
use crate::types::record::{self, RecordBinary, RecordText};

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
        let site = self.inside(Nested::array(to.delimiter), to.delimiter);
        let null: &[u8] = match (self.style, to.delimiter) {
            (Style::Binary, _) => BINARY_NULL,
            (_, b';') => b"NULL;",
            _ => b"NULL,",
        };
        // Of the values only those that are there: what is made of them is made of all.
        let used = levels.iter().fold(0..array.len(), |rows, lists| lists.bounds(rows));
        let skipped = used.start;
        let values = self.keep.array(values.slice(skipped, used.len()));
        let writer = site.writer(values.as_ref(), value_type, element)?;
        let elements = Column { writer, nulls: values.logical_nulls(), null };
        let arrays = Arrays { levels, elements, skipped };
        if self.is_binary() {
            return Some(self.boxed(ArrayBinary { arrays, oid: element.oid }));
        }
        let text = ArrayText { arrays, delimiter: to.delimiter, separator: self.separator };
        Some(self.text(text, array::alphabet(element.pg_type, to.delimiter)))
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
            let values = array.column(i);
            columns.push(Column {
                writer: site.writer(values.as_ref(), field.data_type(), to)?,
                nulls: values.logical_nulls(),
                null: if self.is_binary() { BINARY_NULL } else { &record::SEPARATORS[last..=last] },
            });
        }
        if self.is_binary() {
            let oids = to.children.iter().map(|field| field.oid).collect();
            return Some(self.boxed(RecordBinary { fields: columns, oids }));
        }
        let text = RecordText { fields: columns, separator: self.separator };
        Some(self.text(text, &ASCII))
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
        // Of the values only those of its runs: what is made of them is made of all.
        let values = self.keep.array(runs.values_slice());
        self.keyed(runs, values.as_ref(), value, to, || run_keys(runs))
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
