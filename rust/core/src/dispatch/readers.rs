//! The readers of decoding: the only match on Arrow type and PostgreSQL type from that side.

use arrow_array::ArrowPrimitiveType;
use arrow_array::types as arrow;
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};

use crate::carrier;
use crate::fault::Fault;
use crate::pg_type::{ColumnType, PgType};
use crate::reader::{Bits, FieldReader, Fixed, Nothing, Required, exactly, misfit};
use crate::strings::{Blobs, Bytes, Made, Strings, Text};
use crate::types::array::received::Lists;
use crate::types::hstore::Maps;
use crate::types::numeric::received::{self as numeric, NumericText};
use crate::types::record::{ReceivedField, Records};
use crate::types::{bool, date, int, interval, json, time, timestamp};

type Reader = Box<dyn FieldReader>;

/// The reader of a field whose values are sent as `from`; None where there is no rule.
pub(crate) fn reader(field: &Field, from: &ColumnType) -> Option<Reader> {
    let reader = any_reader(field.data_type(), from)?;
    let required = !field.is_nullable() && field.data_type() != &DataType::Null;
    Some(if required { Box::new(Required(reader)) } else { reader })
}

/// The bytes that a value takes in Arrow, be it NULL or not.
pub(crate) fn width(arrow: &DataType) -> usize {
    match arrow {
        DataType::FixedSizeBinary(width) => *width as usize,
        DataType::FixedSizeList(item, size) => {
            width(item.data_type()).max(1).saturating_mul(*size as usize)
        }
        DataType::Struct(fields) => {
            let widths = fields.iter().map(|field| width(field.data_type()));
            widths.fold(0, usize::saturating_add)
        }
        other => other.primitive_width().unwrap_or(8),
    }
}

/// How many bytes all values of a type are sent in, below zero where they differ.
pub(crate) fn sent_width(from: &ColumnType) -> i32 {
    match from.pg_type {
        PgType::Bool | PgType::Char => 1,
        PgType::Int2 => 2,
        PgType::Int4 | PgType::Oid | PgType::Float4 | PgType::Date => 4,
        PgType::Int8 | PgType::Float8 | PgType::Money | PgType::Time => 8,
        PgType::Timestamp | PgType::Timestamptz => 8,
        PgType::Timetz => 12,
        PgType::Interval | PgType::Uuid | PgType::Point => 16,
        _ => -2,
    }
}

fn any_reader(arrow: &DataType, from: &ColumnType) -> Option<Reader> {
    use DataType as A;
    use PgType as P;
    Some(match (arrow, from.pg_type) {
        (A::Null, _) => Box::new(Nothing::default()),
        (A::Boolean, P::Bool) => Bits::boxed(bool::receive),
        (A::Int8, P::Bool) => {
            Fixed::<arrow::Int8Type, _>::boxed(arrow, |bytes| Ok(bool::receive(bytes)?.into()))
        }
        (A::Int8, P::Char) => Fixed::<arrow::Int8Type, _>::boxed(arrow, |bytes| {
            Ok(i8::from_be_bytes(exactly(bytes)?))
        }),
        (A::UInt64, P::Numeric) => Fixed::<arrow::UInt64Type, _>::boxed(arrow, |bytes| {
            let value = numeric::decimal::<i128>(bytes, 20, 0)?;
            u64::try_from(value).map_err(|_| Fault::NumericOverflow)
        }),
        (A::Int8, _) => int::<arrow::Int8Type>(arrow, from.pg_type)?,
        (A::Int16, _) => int::<arrow::Int16Type>(arrow, from.pg_type)?,
        (A::Int32, _) => int::<arrow::Int32Type>(arrow, from.pg_type)?,
        (A::Int64, _) => int::<arrow::Int64Type>(arrow, from.pg_type)?,
        (A::UInt8, _) => int::<arrow::UInt8Type>(arrow, from.pg_type)?,
        (A::UInt16, _) => int::<arrow::UInt16Type>(arrow, from.pg_type)?,
        (A::UInt32, _) => int::<arrow::UInt32Type>(arrow, from.pg_type)?,
        (A::UInt64, _) => int::<arrow::UInt64Type>(arrow, from.pg_type)?,
        (A::Float16, P::Float4) => Fixed::<arrow::Float16Type, _>::boxed(arrow, half),
        (A::Float32, P::Float4) => Fixed::<arrow::Float32Type, _>::boxed(arrow, |bytes| {
            Ok(f32::from_bits(u32::from_be_bytes(exactly(bytes)?)))
        }),
        (A::Float64, P::Float8) => Fixed::<arrow::Float64Type, _>::boxed(arrow, |bytes| {
            Ok(f64::from_bits(u64::from_be_bytes(exactly(bytes)?)))
        }),
        (_, P::Numeric) if arrow.is_decimal() => decimal(arrow)?,
        (A::Utf8 | A::LargeUtf8 | A::Utf8View, _) => text(arrow, from)?,
        (A::FixedSizeBinary(16), P::Uuid) => Blobs::boxed(16, misfit),
        (A::FixedSizeBinary(width), P::Bytea) => Blobs::boxed(*width, Fault::ByteWidth),
        (A::Binary | A::LargeBinary | A::BinaryView, P::Bytea | P::Raw) => {
            Strings::boxed(arrow, Bytes)
        }
        (_, P::Date | P::Time | P::Timestamp | P::Timestamptz | P::Interval) => {
            moment(arrow, from.pg_type)?
        }
        (_, P::Array) => {
            let element = from.children.first()?;
            Lists::boxed(arrow, oid(element), |item| reader(item, element))?
        }
        (A::Struct(fields), P::Record) => record(fields, from)?,
        (A::Map(entries, sorted), P::Hstore) => {
            Maps::boxed(entries, *sorted, |part| reader(part, &PgType::Text.into()))?
        }
        _ => return None,
    })
}

type Half = <arrow::Float16Type as ArrowPrimitiveType>::Native;

/// A float4 that sixteen bits tell as well.
fn half(bytes: &[u8]) -> Result<Half, Fault> {
    let value = f32::from_be_bytes(exactly(bytes)?);
    let half = Half::from_f32(value);
    if half.to_f32() == value || value.is_nan() { Ok(half) } else { Err(Fault::FloatNoPlace) }
}

fn record(fields: &Fields, from: &ColumnType) -> Option<Reader> {
    if fields.len() != from.children.len() {
        return None;
    }
    let pairs = fields.iter().zip(&from.children);
    let received = pairs.map(|(field, from)| {
        Some(ReceivedField { reader: reader(field, from)?, oid: oid(from), spans: Vec::new() })
    });
    Some(Records::boxed(fields, received.collect::<Option<_>>()?))
}

/// The OID that parts of a type are sent with; 0 for any, as many types are sent as text.
fn oid(from: &ColumnType) -> u32 {
    if from.pg_type == PgType::Text { 0 } else { from.oid }
}

fn int<A: ArrowPrimitiveType>(arrow: &DataType, from: PgType) -> Option<Reader>
where
    A::Native: TryFrom<u8> + TryFrom<i16> + TryFrom<i32> + TryFrom<u32> + TryFrom<i64>,
{
    Some(match from {
        PgType::Int2 => {
            Fixed::<A, _>::boxed(arrow, |b| int::receive::<A, _, 2>(b, i16::from_be_bytes))
        }
        PgType::Int4 => {
            Fixed::<A, _>::boxed(arrow, |b| int::receive::<A, _, 4>(b, i32::from_be_bytes))
        }
        PgType::Int8 => {
            Fixed::<A, _>::boxed(arrow, |b| int::receive::<A, _, 8>(b, i64::from_be_bytes))
        }
        PgType::Oid => {
            Fixed::<A, _>::boxed(arrow, |b| int::receive::<A, _, 4>(b, u32::from_be_bytes))
        }
        PgType::Char => {
            Fixed::<A, _>::boxed(arrow, |b| int::receive::<A, _, 1>(b, u8::from_be_bytes))
        }
        _ => return None,
    })
}

fn decimal(arrow: &DataType) -> Option<Reader> {
    Some(match *arrow {
        DataType::Decimal32(precision, scale) => {
            Fixed::<arrow::Decimal32Type, _>::boxed(arrow, move |bytes| {
                let value = numeric::decimal::<i128>(bytes, precision, scale)?;
                i32::try_from(value).map_err(|_| Fault::NumericOverflow)
            })
        }
        DataType::Decimal64(precision, scale) => {
            Fixed::<arrow::Decimal64Type, _>::boxed(arrow, move |bytes| {
                let value = numeric::decimal::<i128>(bytes, precision, scale)?;
                i64::try_from(value).map_err(|_| Fault::NumericOverflow)
            })
        }
        DataType::Decimal128(precision, scale) => {
            Fixed::<arrow::Decimal128Type, _>::boxed(arrow, move |bytes| {
                numeric::decimal::<i128>(bytes, precision, scale)
            })
        }
        DataType::Decimal256(precision, scale) => {
            Fixed::<arrow::Decimal256Type, _>::boxed(arrow, move |bytes| {
                numeric::decimal::<i256>(bytes, precision, scale)
            })
        }
        _ => return None,
    })
}

/// Strings: text itself, or the text of another type.
fn text(arrow: &DataType, from: &ColumnType) -> Option<Reader> {
    Some(match from.pg_type {
        PgType::Text | PgType::Bpchar => Strings::boxed(arrow, Text),
        PgType::Jsonb => Strings::boxed(arrow, json::Received),
        PgType::Numeric => Strings::boxed(arrow, NumericText),
        _ => {
            let from = from.clone();
            Strings::boxed(
                arrow,
                Made(move |bytes: &[u8], out: &mut _| carrier::receive(bytes, &from, out)),
            )
        }
    })
}

fn moment(arrow: &DataType, from: PgType) -> Option<Reader> {
    use DataType as A;
    use PgType as P;
    use TimeUnit as U;
    Some(match (arrow, from) {
        (A::Date32, P::Date) => Fixed::<arrow::Date32Type, _>::boxed(arrow, date::receive),
        (A::Date64, P::Date) => Fixed::<arrow::Date64Type, _>::boxed(arrow, date::receive_millis),
        (A::Time32(U::Second), P::Time) => time32::<arrow::Time32SecondType>(arrow, U::Second),
        (A::Time32(unit), P::Time) => time32::<arrow::Time32MillisecondType>(arrow, *unit),
        (A::Time64(U::Microsecond), P::Time) => {
            time64::<arrow::Time64MicrosecondType>(arrow, U::Microsecond)
        }
        (A::Time64(unit), P::Time) => time64::<arrow::Time64NanosecondType>(arrow, *unit),
        (A::Timestamp(unit, None), P::Timestamp)
        | (A::Timestamp(unit, Some(_)), P::Timestamptz) => match unit {
            U::Second => instant::<arrow::TimestampSecondType>(arrow, U::Second),
            U::Millisecond => instant::<arrow::TimestampMillisecondType>(arrow, U::Millisecond),
            U::Microsecond => instant::<arrow::TimestampMicrosecondType>(arrow, U::Microsecond),
            U::Nanosecond => instant::<arrow::TimestampNanosecondType>(arrow, U::Nanosecond),
        },
        (A::Duration(unit), P::Interval) => match unit {
            U::Second => duration::<arrow::DurationSecondType>(arrow, U::Second),
            U::Millisecond => duration::<arrow::DurationMillisecondType>(arrow, U::Millisecond),
            U::Microsecond => duration::<arrow::DurationMicrosecondType>(arrow, U::Microsecond),
            U::Nanosecond => duration::<arrow::DurationNanosecondType>(arrow, U::Nanosecond),
        },
        (A::Interval(IntervalUnit::MonthDayNano), P::Interval) => {
            Fixed::<arrow::IntervalMonthDayNanoType, _>::boxed(arrow, interval::receive_nanos)
        }
        _ => return None,
    })
}

fn time32<A: ArrowPrimitiveType<Native = i32>>(arrow: &DataType, unit: TimeUnit) -> Reader {
    Fixed::<A, _>::boxed(arrow, move |bytes| Ok(time::in_unit(time::receive(bytes)?, unit)? as i32))
}

fn time64<A: ArrowPrimitiveType<Native = i64>>(arrow: &DataType, unit: TimeUnit) -> Reader {
    Fixed::<A, _>::boxed(arrow, move |bytes| time::in_unit(time::receive(bytes)?, unit))
}

fn instant<A: ArrowPrimitiveType<Native = i64>>(arrow: &DataType, unit: TimeUnit) -> Reader {
    Fixed::<A, _>::boxed(arrow, move |bytes| timestamp::receive(bytes, unit))
}

fn duration<A: ArrowPrimitiveType<Native = i64>>(arrow: &DataType, unit: TimeUnit) -> Reader {
    Fixed::<A, _>::boxed(arrow, move |bytes| interval::receive_duration(bytes, unit))
}
