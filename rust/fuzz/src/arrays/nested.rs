//! Columns that have columns in them: lists of any layout, structs, maps, dictionaries, runs.

use std::sync::Arc;

use arrow_array::types::{self as arrow, ArrowDictionaryKeyType, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeListArray, GenericListArray, GenericListViewArray,
    MapArray, OffsetSizeTrait, PrimitiveArray, RunArray, StructArray,
};
use arrow_buffer::{ArrowNativeType, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, FieldRef};
use holofast_core::{ColumnType, PgType};

use super::{Column, strings, within};
use crate::source::{Source, next};
use crate::texts;

/// Any nested column, with at most `depth` levels more in it.
pub fn any(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    match source.below(16) {
        0 | 1 => list::<i32>(source, len, depth, DataType::List),
        2 => list::<i64>(source, len, depth, DataType::LargeList),
        3 | 4 => list_view::<i32>(source, len, depth, DataType::ListView),
        5 => list_view::<i64>(source, len, depth, DataType::LargeListView),
        6 | 7 => fixed_size_list(source, len, depth),
        8..=10 => record(source, len, depth),
        11 => hstore(source, len),
        12..=14 => any_dictionary(source, len, depth),
        _ => match source.below(3) {
            0 => runs::<arrow::Int32Type>(source, len, depth),
            1 => runs::<arrow::Int16Type>(source, len, depth),
            _ => runs::<arrow::Int64Type>(source, len, depth),
        },
    }
}

fn field(name: &str, of: &DataType) -> FieldRef {
    Arc::new(Field::new(name, of.clone(), true))
}

/// How long each of `len` lists is: mostly all alike, so that lists of them have dimensions.
fn lengths(source: &mut Source<'_>, len: usize) -> Vec<usize> {
    let most = source.pick(&[2, 1, 2, 3, 5, 40]).min(source.cells / len.max(1));
    if source.tame || source.one_in(2) {
        let empty = source.one_in(4);
        return (0..len).map(|row| if empty && row % 5 == 2 { 0 } else { most }).collect();
    }
    source.spread(len, most + 1)
}

/// The type of an array of these, with what stands between them.
fn array_of(source: &mut Source<'_>, element: &Column) -> ColumnType {
    let mut to = ColumnType::from(PgType::Array);
    // Lists of lists are one array.
    to.children = match element.to.pg_type {
        PgType::Array if is_list(&element.arrow) => element.to.children.clone(),
        _ => vec![ColumnType { oid: 20 + source.below(5) as u32, ..element.to.clone() }],
    };
    if source.one_in(8) {
        to.delimiter = b';';
    }
    to
}

fn is_list(arrow: &DataType) -> bool {
    use DataType as A;
    matches!(
        arrow,
        A::List(_) | A::LargeList(_) | A::ListView(_) | A::LargeListView(_) | A::FixedSizeList(..)
    )
}

fn list<O: OffsetSizeTrait>(
    source: &mut Source<'_>,
    len: usize,
    depth: usize,
    declared: fn(FieldRef) -> DataType,
) -> Column {
    let (pad, first) = (source.pad(), source.below(5));
    let lengths = lengths(source, pad + len + source.cells % 3);
    let mut offsets = vec![O::usize_as(first)];
    let mut end = first;
    for length in &lengths {
        end += length;
        offsets.push(O::usize_as(end));
    }
    let element = within(source, end + first % 2, depth);
    let nulls = source.nulls(lengths.len());
    let item = field("item", element.array.data_type());
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let array = GenericListArray::new(item, offsets, Arc::clone(&element.array), nulls);
    Column {
        array: Arc::new(array.slice(pad, len)),
        arrow: declared(field("item", &element.arrow)),
        to: array_of(source, &element),
    }
}

/// Lists that lie anywhere among the values, and over one another.
fn list_view<O: OffsetSizeTrait>(
    source: &mut Source<'_>,
    len: usize,
    depth: usize,
    declared: fn(FieldRef) -> DataType,
) -> Column {
    let pad = source.pad();
    let lengths = lengths(source, pad + len);
    let all = lengths.iter().sum::<usize>() / (1 + source.below(3));
    let all = all.max(lengths.iter().copied().max().unwrap_or(0));
    let element = within(source, all, depth);
    let in_order = source.one_in(2);
    let (mut state, mut at) = (u64::from(source.byte()), 0);
    let mut offsets = Vec::with_capacity(lengths.len());
    for length in &lengths {
        let places = all - length + 1;
        let start = if in_order { at } else { next(&mut state) as usize };
        offsets.push(O::usize_as(start % places));
        at = start % places + length;
    }
    let sizes: ScalarBuffer<O> = lengths.iter().map(|length| O::usize_as(*length)).collect();
    let nulls = source.nulls(lengths.len());
    let item = field("item", element.array.data_type());
    let (offsets, values) = (ScalarBuffer::from(offsets), Arc::clone(&element.array));
    let array = GenericListViewArray::new(item, offsets, sizes, values, nulls);
    Column {
        array: Arc::new(array.slice(pad, len)),
        arrow: declared(field("item", &element.arrow)),
        to: array_of(source, &element),
    }
}

fn fixed_size_list(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    let pad = source.pad();
    let all = pad + len;
    let size = source.pick(&[2, 1, 3, 0, 7]).min(source.cells / all.max(1));
    let element = within(source, all * size, depth);
    let (nulls, size) = (source.nulls(all), size as i32);
    let item = field("item", element.array.data_type());
    let values = Arc::clone(&element.array);
    let array = FixedSizeListArray::try_new_with_length(item, size, values, nulls, all);
    Column {
        array: Arc::new(array.expect("valid lists").slice(pad, len)),
        arrow: DataType::FixedSizeList(field("item", &element.arrow), size),
        to: array_of(source, &element),
    }
}

fn record(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    let all = source.pad() + len;
    let columns: Vec<_> = (0..source.below(4)).map(|_| within(source, all, depth)).collect();
    let in_memory = columns.iter().map(|column| field("f", column.array.data_type())).collect();
    let arrays = columns.iter().map(|column| Arc::clone(&column.array)).collect();
    let nulls = source.nulls(all);
    let array = StructArray::try_new_with_length(in_memory, arrays, nulls, all);
    let mut to = ColumnType::from(PgType::Record);
    to.children = columns.iter().map(|column| column.to.clone()).collect();
    Column {
        array: Arc::new(array.expect("valid structs").slice(all - len, len)),
        arrow: DataType::Struct(columns.iter().map(|column| field("f", &column.arrow)).collect()),
        to,
    }
}

fn hstore(source: &mut Source<'_>, len: usize) -> Column {
    let pad = source.pad();
    let lengths = lengths(source, pad + len);
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    let entries = lengths.iter().sum();
    let keys: Vec<_> = (0..entries)
        .map(|entry| {
            // Of their own each, or any.
            let other = source.one_in(16) && !source.tame;
            let key = format!("{entry}{}", ["", "\"", "\\", "é"][entry % 4]).into_bytes();
            if other { texts::any(source, PgType::Text) } else { key }
        })
        .collect();
    let keys = strings::laid_out(source, &keys, None);
    let values = strings::strings(source, entries, |source| texts::any(source, PgType::Text));
    let key = Arc::new(Field::new("keys", keys.data_type().clone(), false));
    let fields = vec![key, field("values", values.data_type())];
    let pairs = StructArray::new(fields.into(), vec![keys, values], None);
    let item = Arc::new(Field::new("entries", pairs.data_type().clone(), false));
    let nulls = source.nulls(lengths.len());
    Column::new(MapArray::new(item, offsets, pairs, nulls, false).slice(pad, len), PgType::Hstore)
}

fn any_dictionary(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    match source.below(8) {
        0 => dictionary::<arrow::Int32Type>(source, len, depth),
        1 => dictionary::<arrow::Int8Type>(source, len, depth),
        2 => dictionary::<arrow::Int16Type>(source, len, depth),
        3 => dictionary::<arrow::Int64Type>(source, len, depth),
        4 => dictionary::<arrow::UInt8Type>(source, len, depth),
        5 => dictionary::<arrow::UInt16Type>(source, len, depth),
        6 => dictionary::<arrow::UInt32Type>(source, len, depth),
        _ => dictionary::<arrow::UInt64Type>(source, len, depth),
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(
    source: &mut Source<'_>,
    len: usize,
    depth: usize,
) -> Column {
    let count = source.pick(&[4, 1, 2, 30, 100, 0]);
    let values = within(source, count, depth);
    let all = source.pad() + len;
    let nulls =
        if count == 0 { Some(arrow_buffer::NullBuffer::new_null(all)) } else { source.nulls(all) };
    let is_null = |row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    // Under a NULL may be the key of no value.
    let junk = K::Native::usize_as(source.pick(&[0, 3, 127, usize::MAX]));
    let spread = source.spread(all, count.max(1));
    let key = |(row, key)| if is_null(row) { junk } else { K::Native::usize_as(key) };
    let keys: ScalarBuffer<K::Native> = spread.into_iter().enumerate().map(key).collect();
    let keys = PrimitiveArray::<K>::new(keys, nulls);
    let array = DictionaryArray::new(keys, Arc::clone(&values.array));
    Column {
        array: Arc::new(array.slice(all - len, len)),
        arrow: DataType::Dictionary(Box::new(K::DATA_TYPE), Box::new(values.arrow)),
        to: values.to,
    }
}

fn runs<R: RunEndIndexType>(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    let all = source.pad() + len;
    let longest = source.pick(&[3, 1, 9, 200]);
    let mut state = u64::from(source.byte());
    let (mut ends, mut end) = (Vec::new(), 0);
    while end < all {
        end += 1 + next(&mut state) as usize % longest;
        ends.push(R::Native::usize_as(end));
    }
    let values = within(source, ends.len(), depth);
    let ends = PrimitiveArray::<R>::new(ends.into(), None);
    let array = RunArray::try_new(&ends, values.array.as_ref()).expect("valid runs");
    let run_ends = Arc::new(Field::new("run_ends", R::DATA_TYPE, false));
    let array: ArrayRef = Arc::new(array.slice(all - len, len));
    Column {
        array,
        arrow: DataType::RunEndEncoded(run_ends, field("values", &values.arrow)),
        to: values.to,
    }
}
