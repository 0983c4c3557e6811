//! The only match on Arrow type, PostgreSQL type and format; `readers` has that of decoding. To add a type: one file in `types`,
//! one arm here.

mod nested;
mod numbers;
mod readers;
mod strings;
mod times;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{self as arrow, ArrowPrimitiveType};
use arrow_array::{Array, BooleanArray, Float32Array};
use arrow_schema::{DataType, TimeUnit};

use crate::encoding::Encoding;
use crate::field::{Compiled, Delimited, FieldWriter, Protected};
use crate::isa::Isa;
use crate::made::{Keep, Made};
use crate::pg_type::{ColumnType, PgType};
use crate::settings::Settings;
use crate::style::Style;
use crate::types::bool::{self, BoolBinary, BoolText};
use crate::types::date::{DayMillis, Days};
use crate::types::decimal::NumericFields;
use crate::types::int::{self, IntText};
use crate::types::null::Nothing;
use crate::types::time::{FlooredNanos, Nanos, Units};
use crate::types::uuid::{self, UuidBinary, UuidText};
use crate::zone::Zone;

pub(crate) use readers::{reader, sent_width, width};

type Writer<'a, I> = Box<dyn FieldWriter<I> + 'a>;

/// Where a column stands: what its cells need to know beside their values.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a, I> {
    pub isa: I,
    /// What is made of the batch and has to live as long as its writers.
    pub keep: &'a Keep,
    pub style: Style<'a>,
    /// What ends a text cell: the delimiter, or the line's end after the last column.
    pub separator: u8,
    pub zone: Option<&'a Zone>,
    pub settings: &'a Settings,
    /// What BINARY's strings are converted to; None for UTF-8.
    pub encoding: Option<&'a Encoding>,
}

impl<'a, I: Isa + 'a> Site<'a, I> {
    /// The writer of `array`, declared as `arrow`, as `to`; None where there is no rule.
    pub fn writer(
        self,
        array: &'a dyn Array,
        arrow: &'a DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        use DataType as A;
        use PgType as P;
        Some(match (arrow, to.pg_type) {
            (A::Null, _) => self.boxed(Nothing),
            (A::Dictionary(_, value), _) => self.dictionary(array, value, to)?,
            (A::RunEndEncoded(_, value), _) => self.runs(array, value.data_type(), to)?,
            (A::Boolean, P::Bool) => self.bool(array.as_boolean()),
            (A::Int8, P::Bool) => {
                let bytes = native::<arrow::Int8Type>(array);
                let bits = BooleanArray::from_iter(bytes.iter().map(|byte| Some(*byte != 0)));
                self.bool(self.keep.array(Arc::new(bits)).as_boolean())
            }
            (A::Int8, P::Int2) => self.int::<arrow::Int8Type, i16, 2>(array),
            (A::UInt8, P::Int2) => self.int::<arrow::UInt8Type, i16, 2>(array),
            (A::Int16, P::Int2) => self.int::<arrow::Int16Type, i16, 2>(array),
            (A::UInt16, P::Int4) => self.int::<arrow::UInt16Type, i32, 4>(array),
            (A::Int32, P::Int4) => self.int::<arrow::Int32Type, i32, 4>(array),
            (A::UInt32, P::Int8) => self.int::<arrow::UInt32Type, i64, 8>(array),
            (A::UInt32, P::Oid) => self.int::<arrow::UInt32Type, u32, 4>(array),
            (A::Int64, P::Int8) => self.int::<arrow::Int64Type, i64, 8>(array),
            (A::UInt64, P::Numeric) => {
                let values = native::<arrow::UInt64Type>(array);
                let other = self.delimited::<_, _, 33>(values, IntText);
                self.number(values, 0, other, NumericFields::new(values, 0))
            }
            (_, P::Int2 | P::Int4 | P::Int8 | P::Oid | P::Char) if arrow.is_integer() => {
                let value = int::values(array)?;
                let binary = self.is_binary();
                let made = Made::each(array.len(), array.nulls(), |row, out| {
                    int::put(value(row), to.pg_type, binary, out)
                });
                self.made(made)
            }
            (A::Float16, P::Float4) => {
                let halves = native::<arrow::Float16Type>(array).iter();
                let floats = Float32Array::from_iter_values(halves.map(|half| half.to_f32()));
                self.float4(native::<arrow::Float32Type>(self.keep.array(Arc::new(floats))))
            }
            (A::Float32, P::Float4) => self.float4(native::<arrow::Float32Type>(array)),
            (A::Float64, P::Float8) => self.float8(native::<arrow::Float64Type>(array)),
            (A::Decimal32(_, scale), P::Numeric) => {
                let values = native::<arrow::Decimal32Type>(array);
                self.decimals(values.iter().map(|value| i128::from(*value)), *scale)
            }
            (A::Decimal64(_, scale), P::Numeric) => {
                let values = native::<arrow::Decimal64Type>(array);
                self.decimals(values.iter().map(|value| i128::from(*value)), *scale)
            }
            (A::Decimal128(_, scale), P::Numeric) => self.decimal(array, *scale),
            (A::Decimal256(_, scale), P::Numeric) => self.wide_decimal(array, *scale),
            (A::Utf8 | A::LargeUtf8 | A::Utf8View, _) => self.text_column(array, arrow, to)?,
            (A::FixedSizeBinary(16), P::Uuid) => {
                let values = array.as_fixed_size_binary().value_data().as_chunks::<16>().0;
                let text = self.delimited::<_, _, { uuid::TEXT }>(values, UuidText);
                self.either(text, UuidBinary(values), uuid::ALPHABET)
            }
            (_, P::Bytea | P::Raw) => self.binary_column(array, arrow)?,
            (A::Date32, P::Date) => self.date::<arrow::Date32Type, Days>(array),
            (A::Date64, P::Date) => self.date::<arrow::Date64Type, DayMillis>(array),
            (A::Time32(TimeUnit::Second), P::Time) => {
                self.time::<arrow::Time32SecondType, Units<1_000_000>>(array)
            }
            (A::Time32(TimeUnit::Millisecond), P::Time) => {
                self.time::<arrow::Time32MillisecondType, Units<1000>>(array)
            }
            (A::Time64(TimeUnit::Microsecond), P::Time) => {
                self.time::<arrow::Time64MicrosecondType, Units<1>>(array)
            }
            (A::Time64(TimeUnit::Nanosecond), P::Time) if self.settings.floor_nanoseconds => {
                self.time::<arrow::Time64NanosecondType, FlooredNanos>(array)
            }
            (A::Time64(TimeUnit::Nanosecond), P::Time) => {
                self.time::<arrow::Time64NanosecondType, Nanos>(array)
            }
            (A::Duration(unit), P::Interval) => self.duration(array, *unit),
            (A::Interval(unit), P::Interval) => self.own_interval(array, *unit),
            (A::Timestamp(unit, None), P::Timestamp) => self.timestamp(array, *unit, false),
            (A::Timestamp(unit, Some(_)), P::Timestamptz) => self.timestamp(array, *unit, true),
            (_, P::Array) => self.array(array, arrow, to)?,
            (A::Struct(fields), P::Record) => self.record(array.as_struct(), fields, to)?,
            (A::Map(_, _), P::Hstore) => self.hstore(array.as_map())?,
            _ => return None,
        })
    }

    fn is_binary(&self) -> bool {
        matches!(self.style, Style::Binary)
    }

    fn boxed(self, writer: impl FieldWriter<I> + 'a) -> Writer<'a, I> {
        Box::new(Compiled { writer, isa: self.isa })
    }

    /// A text writer, guarded only where values of its alphabet can need it.
    fn text<W: FieldWriter<I> + 'a>(self, writer: W, alphabet: &[u8]) -> Writer<'a, I> {
        let (writer, separator) = (self.boxed(writer), self.separator);
        if !self.style.can_protect(alphabet) {
            return writer;
        }
        match self.style {
            Style::Binary => writer,
            Style::Text(protect) => self.boxed(Protected { writer, protect, separator }),
            Style::Csv(protect) => self.boxed(Protected { writer, protect, separator }),
            Style::Nested(protect) => self.boxed(Protected { writer, protect, separator }),
        }
    }

    /// The text cells or the binary fields, as the format asks.
    fn either(
        self,
        text: impl FieldWriter<I> + 'a,
        binary: impl FieldWriter<I> + 'a,
        alphabet: &[u8],
    ) -> Writer<'a, I> {
        if self.is_binary() { self.boxed(binary) } else { self.text(text, alphabet) }
    }

    /// The writer of any form's text cells.
    fn delimited<T, F, const W: usize>(self, values: &'a [T], form: F) -> Delimited<'a, T, F, W> {
        Delimited { values, form, separator: self.separator }
    }

    fn bool(self, array: &'a BooleanArray) -> Writer<'a, I> {
        let text = BoolText { array, separator: self.separator };
        self.either(text, BoolBinary(array), bool::ALPHABET)
    }
}

fn native<A: ArrowPrimitiveType>(array: &dyn Array) -> &[A::Native] {
    array.as_primitive::<A>().values()
}
