//! Columns of strings and of bytes, in every layout. What strings hold is `texts`'s.

#![allow(unsafe_code)]

use std::sync::Arc;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::types::{ByteArrayType, GenericBinaryType, GenericStringType};
use arrow_array::{
    Array, ArrayRef, BinaryViewArray, FixedSizeBinaryArray, GenericByteArray, OffsetSizeTrait,
};
use arrow_buffer::{ArrowNativeType, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use holofast_core::{ColumnType, PgType};

use super::{Column, rows};
use crate::source::Source;
use crate::texts;

/// The types that strings carry, and some at the end that they do not.
const CARRIED: [PgType; 26] = {
    use PgType as P;
    [
        P::Jsonb,
        P::Bpchar,
        P::Char,
        P::Bool,
        P::Int2,
        P::Int4,
        P::Int8,
        P::Oid,
        P::Float8,
        P::Numeric,
        P::Money,
        P::Timetz,
        P::Uuid,
        P::Inet,
        P::Cidr,
        P::Macaddr,
        P::Macaddr8,
        P::Bit,
        P::Varbit,
        P::Point,
        P::Range,
        P::Range,
        P::Jsonb,
        P::Date,
        P::Float4,
        P::Interval,
    ]
};

/// Text itself.
pub fn text(source: &mut Source<'_>, len: usize) -> Column {
    column_of(source, len, PgType::Text.into())
}

/// PostgreSQL's own text of another type.
pub fn carrier(source: &mut Source<'_>, len: usize) -> Column {
    let types = if source.tame { CARRIED.len() - 3 } else { CARRIED.len() };
    let mut to = ColumnType::from(source.pick(&CARRIED[..types]));
    match to.pg_type {
        PgType::Bpchar if source.tame => to.length = source.pick(&[None, Some(5), Some(100)]),
        PgType::Bpchar => to.length = source.pick(&[None, Some(0), Some(1), Some(3), Some(70)]),
        PgType::Range => {
            let bounds = source.pick(&[PgType::Int4, PgType::Int8, PgType::Numeric]);
            to.children = vec![bounds.into()];
        }
        _ => {}
    }
    column_of(source, len, to)
}

fn column_of(source: &mut Source<'_>, len: usize, to: ColumnType) -> Column {
    let array = strings(source, len, |source| texts::any(source, to.pg_type));
    Column { arrow: array.data_type().clone(), array, to }
}

/// Strings in any layout.
pub fn strings(
    source: &mut Source<'_>,
    len: usize,
    value: impl FnMut(&mut Source<'_>) -> Vec<u8>,
) -> ArrayRef {
    let (mut values, nulls, pad) = rows(source, len, value);
    if source.malformed && source.one_in(4) {
        // Side by side they are UTF-8.
        let halves = "日€".as_bytes().split_at(1 + source.below(5));
        for (row, value) in values.iter_mut().enumerate() {
            *value = if row % 2 == 0 { halves.0.to_vec() } else { halves.1.to_vec() };
        }
    }
    let array = laid_out(source, &values, nulls);
    array.slice(pad, len)
}

/// These strings, in any layout.
pub fn laid_out(
    source: &mut Source<'_>,
    values: &[Vec<u8>],
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    match source.below(3) {
        0 => Arc::new(of_offsets::<GenericStringType<i32>>(source, values, nulls)),
        1 => Arc::new(of_offsets::<GenericStringType<i64>>(source, values, nulls)),
        _ => {
            let views = views(source, values, nulls);
            Arc::new(views.clone().to_string_view().unwrap_or_else(|_| {
                // SAFETY: all but that they are UTF-8 holds, as of what a C producer gives; nothing
                // here or in the encoder takes them for characters before it has looked.
                unsafe { views.to_string_view_unchecked() }
            }))
        }
    }
}

/// An array of values that lie one behind the other, with something before and behind them all.
fn of_offsets<T: ByteArrayType>(
    source: &mut Source<'_>,
    values: &[Vec<u8>],
    nulls: Option<NullBuffer>,
) -> GenericByteArray<T>
where
    T::Offset: OffsetSizeTrait,
{
    let (before, behind) = (source.below(40), source.pick(&[0, 0, 1, 7, 64]));
    let mut data = vec![b'#'; before];
    let mut offsets = vec![T::Offset::usize_as(before)];
    for value in values {
        data.extend_from_slice(value);
        offsets.push(T::Offset::usize_as(data.len()));
    }
    data.resize(data.len() + behind, b'#');
    // No more memory than bytes, so that one read behind them is seen.
    let data = Buffer::from_vec(data.into_boxed_slice().into_vec());
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    GenericByteArray::try_new(offsets.clone(), data.clone(), nulls.clone()).unwrap_or_else(|_| {
        // SAFETY: the offsets ascend within the data and the NULLs are as many; of what is asked of
        // them, strings may lack being UTF-8, as a C producer's may.
        unsafe { GenericByteArray::new_unchecked(offsets, data, nulls) }
    })
}

/// An array of views into some buffers; where a row is NULL, anything stands for its view.
fn views(
    source: &mut Source<'_>,
    values: &[Vec<u8>],
    nulls: Option<NullBuffer>,
) -> BinaryViewArray {
    let mut builder =
        BinaryViewBuilder::new().with_fixed_block_size(source.pick(&[64, 1000, 8192]));
    if source.one_in(3) {
        builder = builder.with_deduplicate_strings();
    }
    values.iter().for_each(|value| builder.append_value(value));
    let (mut views, buffers, _) = builder.finish().into_parts();
    if let Some(nulls) = nulls.as_ref().filter(|_| source.one_in(2)) {
        let junk = |(row, view): (usize, &u128)| if nulls.is_null(row) { u128::MAX } else { *view };
        views = views.iter().enumerate().map(junk).collect();
    }
    // SAFETY: the views of all rows that are not NULL are the builder's; nobody may follow others.
    unsafe { BinaryViewArray::new_unchecked(views, buffers, nulls) }
}

/// Bytes of any length.
pub fn bytea(source: &mut Source<'_>, len: usize) -> Column {
    let value = |source: &mut Source<'_>| match source.below(3) {
        0 => (0..source.below(70)).map(|_| source.byte()).collect(),
        _ => texts::any(source, PgType::Text),
    };
    let (values, nulls, pad) = rows(source, len, value);
    let array: ArrayRef = match source.below(3) {
        0 => Arc::new(of_offsets::<GenericBinaryType<i32>>(source, &values, nulls)),
        1 => Arc::new(of_offsets::<GenericBinaryType<i64>>(source, &values, nulls)),
        _ => Arc::new(views(source, &values, nulls)),
    };
    let array = array.slice(pad, len);
    Column { arrow: array.data_type().clone(), array, to: PgType::Bytea.into() }
}

/// Bytes of one length; sixteen of them may be a uuid.
pub fn fixed(source: &mut Source<'_>, len: usize) -> Column {
    let size = source.pick(&[16, 16, 16, 0, 1, 3, 15, 17, 64, 65, 300]);
    let value = |source: &mut Source<'_>| {
        let bytes = source.bits().to_le_bytes();
        bytes.iter().copied().cycle().take(size as usize).collect::<Vec<_>>()
    };
    let (values, nulls, pad) = rows(source, len, value);
    let (all, data) = (values.len(), Buffer::from_vec(values.concat()));
    let array = FixedSizeBinaryArray::try_new_with_len(size, data, nulls, all).expect("valid");
    let to = if size == 16 && source.one_in(2) { PgType::Uuid } else { PgType::Bytea };
    Column::new(array.slice(pad, len), to)
}
