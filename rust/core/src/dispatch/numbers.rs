//! Writers of numbers: integers, numerics, floats.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, Decimal128Array};

use super::{Site, Writer, native};
use crate::field::{FieldWriter, Form, Prefixed};
use crate::isa::Isa;
use crate::made::Made;
use crate::types::decimal::{self, DecimalText, NumericFields, WideDecimalText};
use crate::types::float::{self, Fewest, Float, FloatBinary, Floats};
use crate::types::int::{IntBinary, IntText};
use crate::types::number::{Number, Numbers};
use crate::types::numeric;
use crate::types::printf::Printed;

impl<'a, I: Isa + 'a> Site<'a, I> {
    /// A number's text cells, or its `binary` fields.
    pub(super) fn number<T: Number, C, B>(
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

    pub(super) fn int<A: ArrowPrimitiveType, To: 'a, const V: usize>(
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

    pub(super) fn decimal(self, array: &'a dyn Array, scale: i8) -> Writer<'a, I> {
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

    /// Decimals of fewer bits, as ones of 128.
    pub(super) fn decimals(self, values: impl Iterator<Item = i128>, scale: i8) -> Writer<'a, I> {
        let decimals = Decimal128Array::from_iter_values(values);
        self.decimal(self.keep.array(Arc::new(decimals)), scale)
    }

    /// Decimals of 256 bits, digit by digit.
    pub(super) fn wide_decimal(self, array: &'a dyn Array, scale: i8) -> Writer<'a, I> {
        let binary = self.is_binary();
        let value = decimal::wide_values(array);
        let made = Made::each(array.len(), array.nulls(), |row, out| {
            let text = value(row).to_string();
            let negative = text.starts_with('-');
            let scale = scale.into();
            let digits = text.as_bytes()[usize::from(negative)..].as_ref();
            let digits = numeric::Digits { negative, digits, scale };
            if binary {
                digits.put_binary(out)
            } else {
                digits.put_text(out)
            }
            Ok(())
        });
        self.made(made)
    }

    pub(super) fn float4(self, values: &'a [f32]) -> Writer<'a, I> {
        let binary = Prefixed::<_, _, 4> { values, form: FloatBinary };
        match Printed::new(6, self.settings.extra_float_digits) {
            None => self.either(self.floats(values, Fewest), binary, float::ALPHABET),
            Some(printed) => self.either(self.floats(values, printed), binary, float::ALPHABET),
        }
    }

    pub(super) fn float8(self, values: &'a [f64]) -> Writer<'a, I> {
        let binary = Prefixed::<_, _, 8> { values, form: FloatBinary };
        match Printed::new(15, self.settings.extra_float_digits) {
            None => self.number(values, 2, self.floats(values, Fewest), binary),
            // Fifteen digits are enough for all that is written as hundredths.
            Some(printed) if self.settings.extra_float_digits == 0 => {
                self.number(values, 2, self.floats(values, printed), binary)
            }
            Some(printed) => self.either(self.floats(values, printed), binary, float::ALPHABET),
        }
    }

    fn floats<T: Float, N>(self, values: &'a [T], notation: N) -> Floats<'a, T, N> {
        Floats { values, notation, separator: self.separator }
    }
}
