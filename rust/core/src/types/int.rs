//! int2, int4, int8, and the integers that become them: decimal text, big-endian binary.
//! uint64 becomes numeric: its digits are written here, its binary form in `decimal`.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types as arrow;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::DataType;

use super::digits;
use crate::error::Reason;
use crate::fault::Fault;
use crate::field::Form;
use crate::pg_type::PgType;
use crate::reader::exactly;

pub(crate) const ALPHABET: &[u8] = b"-0123456789";

/// The text form of any integer of up to 64 bits.
pub(crate) struct IntText;

macro_rules! signed {
    ($($native:ty),*) => {$(
        impl Form<$native, 33> for IntText {
            #[inline(always)]
            fn put(&self, value: $native, cell: &mut [u8; 33]) -> Result<usize, Reason> {
                cell[0] = b'-';
                let sign = usize::from(value < 0);
                let digits = cell[sign..].first_chunk_mut().expect("33 - 1 = 32");
                Ok(sign + digits::put_u64(i64::from(value).unsigned_abs(), digits))
            }
        }
    )*};
}
signed!(i8, i16, i32, i64);

macro_rules! unsigned {
    ($($native:ty),*) => {$(
        impl Form<$native, 33> for IntText {
            #[inline(always)]
            fn put(&self, value: $native, cell: &mut [u8; 33]) -> Result<usize, Reason> {
                let digits = cell.first_chunk_mut().expect("33 > 32");
                Ok(digits::put_u64(u64::from(value), digits))
            }
        }
    )*};
}
unsigned!(u8, u16, u32, u64);

/// The binary form: `To`'s bytes, big-endian.
pub(crate) struct IntBinary<To>(pub std::marker::PhantomData<To>);

macro_rules! binary {
    ($to:ty, $width:literal: $($from:ty),*) => {$(
        impl Form<$from, $width> for IntBinary<$to> {
            #[inline(always)]
            fn put(&self, value: $from, cell: &mut [u8; $width]) -> Result<usize, Reason> {
                *cell = <$to>::from(value).to_be_bytes();
                Ok($width)
            }
        }
    )*};
}
binary!(i16, 2: i8, u8, i16);
binary!(i32, 4: u16, i32);
binary!(i64, 8: u32, i64);
binary!(u32, 4: u32);

/// The values of an integer array of any width; None of another one.
pub(crate) fn values<'a>(array: &'a dyn Array) -> Option<Box<dyn Fn(usize) -> i128 + 'a>> {
    Some(match array.data_type() {
        DataType::Int8 => widened::<arrow::Int8Type>(array),
        DataType::Int16 => widened::<arrow::Int16Type>(array),
        DataType::Int32 => widened::<arrow::Int32Type>(array),
        DataType::Int64 => widened::<arrow::Int64Type>(array),
        DataType::UInt8 => widened::<arrow::UInt8Type>(array),
        DataType::UInt16 => widened::<arrow::UInt16Type>(array),
        DataType::UInt32 => widened::<arrow::UInt32Type>(array),
        DataType::UInt64 => widened::<arrow::UInt64Type>(array),
        _ => return None,
    })
}

fn widened<'a, A: ArrowPrimitiveType>(array: &'a dyn Array) -> Box<dyn Fn(usize) -> i128 + 'a>
where
    A::Native: Into<i128>,
{
    let values = array.as_primitive::<A>().values();
    Box::new(|row| values[row].into())
}

/// Appends an integer as one of another width, if it fits.
pub(crate) fn put(value: i128, to: PgType, binary: bool, out: &mut Vec<u8>) -> Result<(), Reason> {
    let unfit = |_| Reason::IntOutOfRange(words(to));
    let bytes = match to {
        PgType::Int2 => i16::try_from(value).map_err(unfit)?.to_be_bytes().to_vec(),
        PgType::Int4 => i32::try_from(value).map_err(unfit)?.to_be_bytes().to_vec(),
        PgType::Oid => u32::try_from(value).map_err(unfit)?.to_be_bytes().to_vec(),
        PgType::Char => vec![char_byte(value).ok_or(Reason::IntOutOfRange(words(to)))?],
        _ => i64::try_from(value).map_err(unfit)?.to_be_bytes().to_vec(),
    };
    let written = match (binary, to, bytes[0]) {
        (true, ..) => out.write_all(&bytes),
        (_, PgType::Char, 0) => Ok(()),
        (_, PgType::Char, byte @ 1..0x80) => out.write_all(&[byte]),
        (_, PgType::Char, byte) => write!(out, "\\{byte:03o}"),
        _ => write!(out, "{value}"),
    };
    written.expect("a Vec takes all");
    Ok(())
}

/// The byte of a `"char"`, which is signed in some and unsigned in others.
fn char_byte(value: i128) -> Option<u8> {
    let signed = i8::try_from(value).map(|value| value as u8);
    u8::try_from(value).or(signed).ok()
}

/// What PostgreSQL's message calls the type.
fn words(to: PgType) -> &'static str {
    match to {
        PgType::Int2 => "smallint",
        PgType::Int4 => "integer",
        PgType::Oid => "OID",
        PgType::Char => "\"char\"",
        _ => "bigint",
    }
}

/// Out of BINARY (int2recv, int4recv, int8recv, oidrecv, charrecv): of `From`'s width, as one of
/// Arrow's.
#[inline(always)]
pub(crate) fn receive<A: ArrowPrimitiveType, From, const N: usize>(
    bytes: &[u8],
    read: fn([u8; N]) -> From,
) -> Result<A::Native, Fault>
where
    From: Copy + Into<i128> + TryInto<A::Native>,
{
    let value = read(exactly(bytes)?);
    value
        .try_into()
        .map_err(|_| Fault::IntNoPlace(value.into(), A::DATA_TYPE.to_string().to_ascii_lowercase()))
}
