//! int2, int4, int8, and the integers that become them: decimal text, big-endian binary.
//! uint64 becomes numeric: its digits are written here, its binary form in `decimal`.

use super::digits;
use crate::error::Reason;
use crate::field::Form;

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
