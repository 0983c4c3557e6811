//! Columns of every Arrow type and layout that has a COPY form, sliced, with anything that is valid
//! under their NULLs. One file a family; here are what they share and the choice among them.

mod nested;
mod numbers;
mod strings;
mod times;

use std::sync::Arc;

use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{Array, ArrayRef, BooleanArray, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBuffer, ScalarBuffer};
use arrow_schema::DataType;
use holofast_core::{ColumnType, PgType};

use crate::source::Source;

/// A column, and what it is declared as: decimals may lie in memory as bytes, as holofast-py
/// imports them.
#[derive(Debug)]
pub struct Column {
    pub array: ArrayRef,
    pub arrow: DataType,
    pub to: ColumnType,
}

impl Column {
    /// A column that is what it is declared as.
    fn new(array: impl Array + 'static, to: impl Into<ColumnType>) -> Self {
        let array: ArrayRef = Arc::new(array);
        Self { arrow: array.data_type().clone(), array, to: to.into() }
    }
}

type Make = fn(&mut Source<'_>, usize) -> Column;

/// The columns that have no others in them.
const LEAVES: [Make; 24] = [
    strings::text,
    numbers::int,
    bools,
    numbers::float,
    numbers::decimal,
    times::timestamp,
    times::date,
    strings::text,
    numbers::int,
    strings::carrier,
    strings::carrier,
    strings::bytea,
    strings::fixed,
    times::time,
    times::duration,
    times::interval,
    numbers::wide_decimal,
    numbers::narrow_decimal,
    times::timestamp,
    strings::text,
    strings::text,
    strings::text,
    nothing,
    unlike,
];

/// Any column of `len` rows, up to eight deep.
pub fn any(source: &mut Source<'_>, len: usize) -> Column {
    let depth = if source.one_in(2) { 1 + source.below(8) } else { 0 };
    within(source, len, depth)
}

/// Any column with at most so many levels in it.
fn within(source: &mut Source<'_>, len: usize, depth: usize) -> Column {
    source.spend(len + 1);
    source.longest = 150_000 / (len + 1);
    if depth > 0 && source.cells > 0 && !source.one_in(8) {
        return nested::any(source, len, depth - 1);
    }
    let make = source.pick(&LEAVES);
    make(source, len)
}

/// `len` values, a few different ones, with NULLs among them, out of a longer array.
fn primitive<A: ArrowPrimitiveType>(
    source: &mut Source<'_>,
    len: usize,
    mut value: impl FnMut(&mut Source<'_>) -> A::Native,
) -> PrimitiveArray<A> {
    let (values, nulls, pad) = rows(source, len, &mut value);
    let values: ScalarBuffer<A::Native> = values.into_iter().collect();
    PrimitiveArray::new(values, nulls).slice(pad, len)
}

/// A few different values in `len` rows and in some before and behind them; their NULLs, and how
/// many stand before.
fn rows<T: Clone>(
    source: &mut Source<'_>,
    len: usize,
    mut value: impl FnMut(&mut Source<'_>) -> T,
) -> (Vec<T>, Option<arrow_buffer::NullBuffer>, usize) {
    let count = 1 + source.below(12);
    let palette: Vec<_> = (0..count).map(|_| value(source)).collect();
    let (before, behind) = (source.pad(), source.pad());
    let all = before + len + behind;
    let spread = source.spread(all, count);
    let values = spread.into_iter().map(|which| palette[which].clone()).collect();
    (values, source.nulls(all), before)
}

fn bools(source: &mut Source<'_>, len: usize) -> Column {
    let (values, nulls, pad) = rows(source, len, |source| source.one_in(2));
    let offset = source.below(20);
    let bits: BooleanBuffer = std::iter::repeat_n(true, offset).chain(values).collect();
    let bits = bits.slice(offset, bits.len() - offset);
    Column::new(BooleanArray::new(bits, nulls).slice(pad, len), PgType::Bool)
}

fn nothing(source: &mut Source<'_>, len: usize) -> Column {
    Column::new(NullArray::new(len), source.pick(&[PgType::Text, PgType::Int4, PgType::Array]))
}

/// A column as a type that most likely has no rule for it.
fn unlike(source: &mut Source<'_>, len: usize) -> Column {
    use PgType as P;
    let column = numbers::int(source, len);
    let to = source.pick(&[P::Int8, P::Uuid, P::Record, P::Array, P::Hstore, P::Text, P::Bytea]);
    Column { to: to.into(), ..column }
}
