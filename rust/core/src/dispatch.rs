//! The only match on Arrow type, PostgreSQL type and format. To add a type: one file in `types`,
//! one arm here.

use std::marker::PhantomData;

use arrow_array::cast::AsArray;
use arrow_array::types::{self as arrow, ArrowPrimitiveType};
use arrow_array::{Array, GenericByteArray};
use arrow_schema::{DataType, TimeUnit};

use crate::escape::{Csv, Specials, Text, can_need_protection};
use crate::field::{Compiled, Delimited, FieldWriter, Form, Prefixed, Protected};
use crate::isa::Isa;
use crate::options::{Format, Options, PgType};
use crate::types::bool::{self, BoolBinary, BoolText};
use crate::types::bytes::{self, BytesText};
use crate::types::date::{self, DateBinary, DateText, DateUnit, Dates, DayMillis, Days};
use crate::types::decimal::{self, DecimalText, NumericFields, WideDecimalText};
use crate::types::dictionary::Dictionary;
use crate::types::float::{self, FloatBinary, Floats};
use crate::types::int::{IntBinary, IntText};
use crate::types::null::Nothing;
use crate::types::number::{Number, Numbers};
use crate::types::string::{StringBinary, StringText};
use crate::types::textsend::StringConverted;
use crate::types::time::{self, Nanos, TimeBinary, TimeText, TimeUnit as Unit, Units};
use crate::types::timestamp::{self, Offset, TimestampBinary, Timestamps, Utc, Without};
use crate::types::values::Values;
use crate::zone::Zone;

type Writer<'a, I> = Box<dyn FieldWriter<I> + 'a>;

/// Where a column stands: what its cells need to know beside their values.
#[derive(Clone, Copy)]
pub(crate) struct Site<'a, I> {
    pub isa: I,
    pub options: &'a Options,
    pub specials: &'a Specials,
    pub column: usize,
    /// What ends a text cell: the delimiter, or the line's end after the last column.
    pub separator: u8,
    pub zone: Option<&'a Zone>,
}

impl<'a, I: Isa + 'a> Site<'a, I> {
    /// The writer of `array`, declared as `arrow`, as `pg_type`; None where there is no rule.
    pub fn writer(
        self,
        array: &'a dyn Array,
        arrow: &DataType,
        pg_type: PgType,
    ) -> Option<Writer<'a, I>> {
        use DataType as A;
        use PgType as P;
        Some(match (arrow, pg_type) {
            (A::Null, P::Text) => self.boxed(Nothing),
            (A::Boolean, P::Bool) => {
                let array = array.as_boolean();
                let text = BoolText { array, separator: self.separator };
                self.either(text, BoolBinary(array), bool::ALPHABET)
            }
            (A::Int8, P::Int2) => self.int::<arrow::Int8Type, i16, 2>(array),
            (A::UInt8, P::Int2) => self.int::<arrow::UInt8Type, i16, 2>(array),
            (A::Int16, P::Int2) => self.int::<arrow::Int16Type, i16, 2>(array),
            (A::UInt16, P::Int4) => self.int::<arrow::UInt16Type, i32, 4>(array),
            (A::Int32, P::Int4) => self.int::<arrow::Int32Type, i32, 4>(array),
            (A::UInt32, P::Int8) => self.int::<arrow::UInt32Type, i64, 8>(array),
            (A::Int64, P::Int8) => self.int::<arrow::Int64Type, i64, 8>(array),
            (A::UInt64, P::Numeric) => {
                let values = native::<arrow::UInt64Type>(array);
                let other = self.delimited::<_, _, 33>(values, IntText);
                self.number(values, 0, other, NumericFields::new(values, 0))
            }
            (A::Float32, P::Float4) => {
                let values = native::<arrow::Float32Type>(array);
                let floats = Floats { values, separator: self.separator };
                let binary = Prefixed::<_, _, 4> { values, form: FloatBinary };
                self.either(floats, binary, float::ALPHABET)
            }
            (A::Float64, P::Float8) => {
                let values = native::<arrow::Float64Type>(array);
                let other = Floats { values, separator: self.separator };
                let binary = Prefixed::<_, _, 8> { values, form: FloatBinary };
                self.number(values, 2, other, binary)
            }
            (A::Decimal128(_, scale), P::Numeric) => self.decimal(array, *scale),
            (A::Utf8, P::Text) => self.string(array.as_string::<i32>()),
            (A::LargeUtf8, P::Text) => self.string(array.as_string::<i64>()),
            (A::Binary, P::Bytea) => self.bytea(array.as_binary::<i32>()),
            (A::LargeBinary, P::Bytea) => self.bytea(array.as_binary::<i64>()),
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
            (A::Time64(TimeUnit::Nanosecond), P::Time) => {
                self.time::<arrow::Time64NanosecondType, Nanos>(array)
            }
            (A::Timestamp(unit, None), P::Timestamp) => self.timestamp(array, *unit, false),
            (A::Timestamp(unit, Some(_)), P::Timestamptz) => self.timestamp(array, *unit, true),
            (A::Dictionary(_, value), _) => self.dictionary(array, value, pg_type)?,
            _ => return None,
        })
    }

    fn boxed(self, writer: impl FieldWriter<I> + 'a) -> Writer<'a, I> {
        Box::new(Compiled { writer, isa: self.isa })
    }

    /// A text writer, guarded only where values of its alphabet can need it.
    fn text<W: FieldWriter<I> + 'a>(self, writer: W, alphabet: &[u8]) -> Writer<'a, I> {
        let (writer, separator) = (self.boxed(writer), self.separator);
        if !can_need_protection(self.options, self.specials, self.column, alphabet) {
            return writer;
        }
        match self.options.format {
            Format::Csv => {
                let protect = self.csv();
                self.boxed(Protected { writer, protect, separator })
            }
            _ => {
                let protect = self.escapes();
                self.boxed(Protected { writer, protect, separator })
            }
        }
    }

    fn csv(self) -> Csv<'a> {
        Csv::new(self.options, self.specials, self.column)
    }

    fn escapes(self) -> Text<'a> {
        Text::new(self.specials)
    }

    /// The text cells or the binary fields, as the format asks.
    fn either(
        self,
        text: impl FieldWriter<I> + 'a,
        binary: impl FieldWriter<I> + 'a,
        alphabet: &[u8],
    ) -> Writer<'a, I> {
        match self.options.format {
            Format::Binary => self.boxed(binary),
            _ => self.text(text, alphabet),
        }
    }

    /// A number's text cells, or its `binary` fields.
    fn number<T: Number, C, B>(
        self,
        values: &'a [T],
        scale: usize,
        other: C,
        binary: B,
    ) -> Writer<'a, I>
    where
        C: FieldWriter<I> + 'a,
        B: FieldWriter<I> + 'a,
    {
        let separator = self.separator;
        self.either(Numbers::new(values, scale, separator, other), binary, T::ALPHABET)
    }

    /// The writer of any form's text cells.
    fn delimited<T, F, const W: usize>(self, values: &'a [T], form: F) -> Delimited<'a, T, F, W> {
        Delimited { values, form, separator: self.separator }
    }

    fn int<A: ArrowPrimitiveType, To: 'a, const V: usize>(
        self,
        array: &'a dyn Array,
    ) -> Writer<'a, I>
    where
        A::Native: Number,
        IntText: Form<A::Native, 33>,
        IntBinary<To>: Form<A::Native, V>,
    {
        let values = native::<A>(array);
        let other = self.delimited(values, IntText);
        let form = IntBinary::<To>(PhantomData);
        self.number(values, 0, other, Prefixed { values, form })
    }

    fn decimal(self, array: &'a dyn Array, scale: i8) -> Writer<'a, I> {
        let values = decimal::values(array);
        let binary = NumericFields::new(values, scale.into());
        match usize::try_from(scale) {
            Ok(scale) if scale <= 38 => {
                let other = self.delimited(values, DecimalText { scale });
                self.number(values, scale, other, binary)
            }
            _ => {
                let text = self.delimited(values, WideDecimalText { scale: scale.into() });
                self.either(text, binary, decimal::ALPHABET)
            }
        }
    }

    fn string<O>(self, array: &'a GenericByteArray<O>) -> Writer<'a, I>
    where
        O: arrow::ByteArrayType,
    {
        let (values, separator) = (values_of(array), self.separator);
        match self.options.format {
            Format::Binary => match self.options.encoding.as_deref() {
                Some(encoding) => self.boxed(StringConverted { values, encoding }),
                None => self.boxed(StringBinary { values, is_text: true }),
            },
            Format::Text => {
                let protect = self.escapes();
                self.boxed(StringText { values, protect, separator })
            }
            Format::Csv => {
                let protect = self.csv();
                self.boxed(StringText { values, protect, separator })
            }
        }
    }

    fn bytea<O>(self, array: &'a GenericByteArray<O>) -> Writer<'a, I>
    where
        O: arrow::ByteArrayType,
    {
        let (values, separator) = (values_of(array), self.separator);
        match self.options.format {
            Format::Binary => self.boxed(StringBinary { values, is_text: false }),
            Format::Text => {
                self.text(BytesText { values, prefix: b"\\\\x", separator }, bytes::ALPHABET)
            }
            Format::Csv => {
                self.text(BytesText { values, prefix: b"\\x", separator }, bytes::CSV_ALPHABET)
            }
        }
    }

    fn date<A, U>(self, array: &'a dyn Array) -> Writer<'a, I>
    where
        A: ArrowPrimitiveType,
        U: DateUnit<A::Native> + 'a,
    {
        let (values, separator, unit) = (native::<A>(array), self.separator, PhantomData::<U>);
        let text = DateText { values, unit, dates: Dates::get(), separator };
        let form = DateBinary::<U>(PhantomData);
        self.either(text, Prefixed { values, form }, date::ALPHABET)
    }

    fn time<A: ArrowPrimitiveType, U: Unit + 'a>(self, array: &'a dyn Array) -> Writer<'a, I>
    where
        A::Native: Into<i64>,
    {
        let (values, separator, unit) = (native::<A>(array), self.separator, PhantomData::<U>);
        let text = TimeText { values, unit, separator };
        let form = TimeBinary::<U>(PhantomData);
        self.either(text, Prefixed { values, form }, time::ALPHABET)
    }

    fn timestamp(self, array: &'a dyn Array, unit: TimeUnit, with_zone: bool) -> Writer<'a, I> {
        match unit {
            TimeUnit::Second => {
                let values = native::<arrow::TimestampSecondType>(array);
                self.instant::<Units<1_000_000>>(values, with_zone)
            }
            TimeUnit::Millisecond => {
                let values = native::<arrow::TimestampMillisecondType>(array);
                self.instant::<Units<1000>>(values, with_zone)
            }
            TimeUnit::Microsecond => {
                let values = native::<arrow::TimestampMicrosecondType>(array);
                self.instant::<Units<1>>(values, with_zone)
            }
            TimeUnit::Nanosecond => {
                let values = native::<arrow::TimestampNanosecondType>(array);
                self.instant::<Nanos>(values, with_zone)
            }
        }
    }

    fn instant<U: Unit + 'a>(self, values: &'a [i64], with_zone: bool) -> Writer<'a, I> {
        match (with_zone, self.zone) {
            (false, _) => self.instants::<U, _>(values, Without),
            (true, None) => self.instants::<U, _>(values, Utc),
            (true, Some(zone)) => self.instants::<U, _>(values, zone),
        }
    }

    fn instants<U, Z>(self, values: &'a [i64], zone: Z) -> Writer<'a, I>
    where
        U: Unit + 'a,
        Z: Offset + 'a,
    {
        let (unit, separator) = (PhantomData::<U>, self.separator);
        let text = Timestamps { values, unit, zone, dates: Dates::get(), separator };
        let binary = Prefixed { values, form: TimestampBinary::<U>(PhantomData) };
        self.either(text, binary, timestamp::ALPHABET)
    }

    fn dictionary(
        self,
        array: &'a dyn Array,
        value: &DataType,
        pg_type: PgType,
    ) -> Option<Writer<'a, I>> {
        let array = array.as_any_dictionary_opt()?;
        let writer = self.writer(array.values(), value, pg_type)?;
        if array.values().is_empty() {
            return Some(self.boxed(Nothing));
        }
        Some(self.boxed(Dictionary::new(self.isa, array, writer.as_ref())))
    }
}

fn native<A: ArrowPrimitiveType>(array: &dyn Array) -> &[A::Native] {
    array.as_primitive::<A>().values()
}

fn values_of<O: arrow::ByteArrayType>(array: &GenericByteArray<O>) -> Values<'_, O::Offset> {
    Values { offsets: array.value_offsets(), data: array.value_data() }
}
