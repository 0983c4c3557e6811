//! Columns of integers, floats and decimals.

use std::sync::Arc;

use arrow_array::types::{self as arrow, ArrowPrimitiveType, DecimalType};
use arrow_array::{FixedSizeBinaryArray, PrimitiveArray};
use arrow_buffer::{Buffer, i256};
use arrow_schema::DataType;
use holofast_core::PgType::{self, Bool, Char, Float4, Float8, Int2, Int4, Int8, Numeric, Oid};

use super::{Column, primitive, rows};
use crate::source::Source;

type Half = <arrow::Float16Type as ArrowPrimitiveType>::Native;

/// What any integer may be declared as.
const INTS: [PgType; 5] = [Int2, Int4, Int8, Oid, Char];

macro_rules! ints {
    ($($function:ident: $arrow:ty, $own:expr, $other:expr;)*) => {
        const MAKES: &[super::Make] = &[$($function),*];
        $(fn $function(source: &mut Source<'_>, len: usize) -> Column {
            let to = match source.below(4) {
                0 => source.pick(&INTS),
                1 => $other,
                _ => $own,
            };
            // What fits every type, where it is not the values' own.
            let fits = source.tame && to != $own;
            let array = primitive::<$arrow>(source, len, |source| {
                let number = source.number();
                (if fits { number.rem_euclid(128) } else { number }) as _
            });
            Column::new(array, to)
        })*
    };
}
ints! {
    int8: arrow::Int8Type, Int2, Bool;
    int16: arrow::Int16Type, Int2, Int8;
    int32: arrow::Int32Type, Int4, Int2;
    int64: arrow::Int64Type, Int8, Int4;
    uint8: arrow::UInt8Type, Int2, Char;
    uint16: arrow::UInt16Type, Int4, Int2;
    uint32: arrow::UInt32Type, Int8, Oid;
    uint64: arrow::UInt64Type, Numeric, Int8;
}

/// Integers, as any type that may be declared of them.
pub fn int(source: &mut Source<'_>, len: usize) -> Column {
    let make = source.pick(MAKES);
    make(source, len)
}

pub fn float(source: &mut Source<'_>, len: usize) -> Column {
    match source.below(3) {
        0 => Column::new(primitive::<arrow::Float64Type>(source, len, double), Float8),
        1 => {
            let single = |source: &mut Source<'_>| match source.below(4) {
                0 => f32::from_bits(source.bits() as u32),
                _ => double(source) as f32,
            };
            Column::new(primitive::<arrow::Float32Type>(source, len, single), Float4)
        }
        _ => {
            let half = |source: &mut Source<'_>| Half::from_bits(source.bits() as u16);
            Column::new(primitive::<arrow::Float16Type>(source, len, half), Float4)
        }
    }
}

fn double(source: &mut Source<'_>) -> f64 {
    const SPECIAL: [f64; 8] = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::MAX, 5e-324, 0.005, 1e15];
    match source.below(8) {
        0 | 1 => source.number() as f64 / 100.0,
        2 => source.number() as f64,
        3 => source.pick(&SPECIAL),
        4 => -source.pick(&SPECIAL),
        5 => source.number() as f64 / 10_f64.powi(source.below(40) as i32),
        _ => f64::from_bits(source.bits() as u64),
    }
}

/// A scale that holofast.arrow_types lets pass, which may be of more digits than the type has.
fn scale(source: &mut Source<'_>) -> i8 {
    match source.below(3) {
        0 => (source.byte() as i8).max(-127),
        _ => source.pick(&[2, 0, 1, 4, 9, 15, 16, 18, 37, 38, 39, 76, 127, -1, -3, -4, -38, -127]),
    }
}

/// Decimals of 128 bits, which holofast-py imports as bytes.
pub fn decimal(source: &mut Source<'_>, len: usize) -> Column {
    let arrow = DataType::Decimal128(38, scale(source));
    if source.one_in(2) {
        let (values, nulls, pad) = rows(source, len, |source| source.number().to_le_bytes());
        let bytes = FixedSizeBinaryArray::new(16, unaligned(&values.concat()), nulls);
        return Column { array: Arc::new(bytes.slice(pad, len)), arrow, to: Numeric.into() };
    }
    let array = primitive::<arrow::Decimal128Type>(source, len, |source| source.number());
    Column::new(array.with_data_type(arrow), Numeric)
}

/// The bytes at an address that sixteen does not divide.
fn unaligned(bytes: &[u8]) -> Buffer {
    Buffer::from_vec([&[0xa5; 8], bytes].concat()).slice(8)
}

pub fn wide_decimal(source: &mut Source<'_>, len: usize) -> Column {
    let wide = |source: &mut Source<'_>| match source.below(4) {
        0 => i256::from_parts(source.bits(), source.bits() as i128),
        1 => source.pick(&[i256::MAX, i256::MIN, i256::MINUS_ONE, i256::ZERO]),
        _ => i256::from_i128(source.number()),
    };
    let arrow = DataType::Decimal256(76, scale(source));
    if source.one_in(2) {
        let (values, nulls, pad) = rows(source, len, |source| wide(source).to_le_bytes());
        let bytes = FixedSizeBinaryArray::new(32, unaligned(&values.concat()), nulls);
        return Column { array: Arc::new(bytes.slice(pad, len)), arrow, to: Numeric.into() };
    }
    let array = primitive::<arrow::Decimal256Type>(source, len, wide);
    Column::new(array.with_data_type(arrow), Numeric)
}

/// Decimals of 32 or 64 bits.
pub fn narrow_decimal(source: &mut Source<'_>, len: usize) -> Column {
    if source.one_in(2) {
        let array = primitive::<arrow::Decimal32Type>(source, len, |source| source.number() as i32);
        return of_any_scale(source, array);
    }
    let array = primitive::<arrow::Decimal64Type>(source, len, |source| source.number() as i64);
    of_any_scale(source, array)
}

fn of_any_scale<A: ArrowPrimitiveType + DecimalType>(
    source: &mut Source<'_>,
    array: PrimitiveArray<A>,
) -> Column {
    let arrow = A::TYPE_CONSTRUCTOR(A::MAX_PRECISION, scale(source));
    Column::new(array.with_data_type(arrow), Numeric)
}
