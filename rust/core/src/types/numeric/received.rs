//! numeric out of BINARY (numeric_recv): PostgreSQL's own text of it (numeric_out), or an integer
//! scaled by a power of ten, as Arrow's decimals are.

use std::fmt;

use arrow_array::ArrowNativeTypeOp;

use crate::fault::Fault;
use crate::strings::Put;
use crate::types::digits::{ZEROS, ascii4, spread4};

/// A numeric as it is sent: base-10000 digits, the first of which counts 10000 to the `weight`.
struct Numeric<'a> {
    digits: &'a [[u8; 2]],
    weight: i32,
    negative: bool,
    scale: i32,
}

/// NUMERIC_DSCALE_MASK of numeric.c.
const MOST_SCALE: u16 = 0x3fff;

/// The number, or the word for what is none.
fn receive(bytes: &[u8]) -> Result<Result<Numeric<'_>, &'static str>, Fault> {
    let Some((head, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(Fault::InsufficientData);
    };
    let word = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let (count, weight, scale) = (usize::from(word(0)), word(2) as i16, word(6));
    let word = match word(4) {
        0 | 0x4000 => None,
        0xc000 => Some("NaN"),
        0xd000 => Some("Infinity"),
        0xf000 => Some("-Infinity"),
        _ => return Err(Fault::NumericSign),
    };
    if scale > MOST_SCALE {
        return Err(Fault::NumericScale);
    }
    let digits = rest.as_chunks::<2>().0;
    let digits = &digits[..digits.len().min(count)];
    if digits.iter().any(|digit| u16::from_be_bytes(*digit) >= 10_000) {
        return Err(Fault::NumericDigit);
    }
    if rest.len() != 2 * count {
        let short = digits.len() < count;
        return Err(if short { Fault::InsufficientData } else { Fault::IncorrectFormat });
    }
    let negative = head[4] == 0x40;
    Ok(match word {
        Some(word) => Err(word),
        None => Ok(Numeric { digits, weight: weight.into(), negative, scale: scale.into() }),
    })
}

impl Numeric<'_> {
    /// The base-10000 digit that counts 10000 to the `weight`, without the decimal digits behind
    /// the scale, which no one shows.
    fn digit(&self, weight: i32) -> u16 {
        let place = usize::try_from(self.weight - weight).ok();
        let Some(digit) = place.and_then(|place| self.digits.get(place)) else { return 0 };
        let digit = u16::from_be_bytes(*digit);
        match -4 * weight - self.scale {
            ..=0 => digit,
            hidden @ 1..4 => digit - digit % 10_u16.pow(hidden as u32),
            _ => 0,
        }
    }

    /// The weights of the digits, the first one's first.
    fn weights(&self) -> impl Iterator<Item = i32> + use<> {
        (self.weight + 1 - self.digits.len() as i32..=self.weight).rev()
    }

    fn put_text(&self, out: &mut Vec<u8>) {
        if self.negative && self.weights().any(|weight| self.digit(weight) != 0) {
            out.push(b'-');
        }
        let first = self.weights().find(|weight| self.digit(*weight) != 0).unwrap_or(0).max(0);
        let start = out.len();
        for weight in (0..=first).rev() {
            let (ascii, zeros) = ascii4(self.digit(weight)).expect("checked digits");
            out.extend_from_slice(&ascii[if out.len() == start { zeros } else { 0 }..]);
        }
        if self.scale > 0 {
            out.push(b'.');
            let end = out.len() + self.scale as usize;
            for weight in 1..=(self.scale + 3) / 4 {
                out.extend_from_slice(&ascii4(self.digit(-weight)).expect("checked digits").0);
            }
            out.truncate(end);
        }
    }

    /// Whether a digit times 10 to the `scale` is whole.
    fn is_whole(&self, weight: i32, scale: i32) -> bool {
        match 4 * weight + scale {
            0.. => true,
            decimals @ -3..=-1 => self.digit(weight).is_multiple_of(10_u16.pow(-decimals as u32)),
            _ => self.digit(weight) == 0,
        }
    }

    /// The number times 10 to the `scale`, if that is whole and `T` holds it.
    fn unscaled<T: ArrowNativeTypeOp + From<i64>>(&self, scale: i32) -> Result<T, Fault> {
        if self.weights().any(|weight| !self.is_whole(weight, scale)) {
            return Err(Fault::NumericInexact);
        }
        let overflow = |_| Fault::NumericOverflow;
        let power = |n: i32| T::from(10_i64).pow_checked(n as u32).map_err(overflow);
        let (mut value, mut shift) = (T::ZERO, 0);
        for weight in self.weights() {
            let digit = i64::from(self.digit(weight));
            let decimals = 4 * weight + scale;
            let (digit, by) = match decimals {
                0.. => (digit, 4),
                -3..=-1 => (digit / 10_i64.pow(-decimals as u32), 4 + decimals),
                _ => (0, 0),
            };
            if digit != 0 || value != T::ZERO {
                let moved = value.mul_checked(power(by)?).map_err(overflow)?;
                value = moved.add_checked(T::from(digit)).map_err(overflow)?;
            }
            shift = decimals.max(0);
        }
        if value != T::ZERO {
            value = value.mul_checked(power(shift)?).map_err(overflow)?;
        }
        if self.negative { value.neg_checked().map_err(overflow) } else { Ok(value) }
    }
}

/// A column of numerics as PostgreSQL's own text.
pub(crate) struct NumericText;

impl Put for NumericText {
    #[inline(always)]
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        if put_short(onwards, len, out).is_some() {
            return Ok(());
        }
        put_text(&onwards[..len], out)
    }
}

/// Appends the text of any number.
#[cold]
pub(crate) fn put_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    match receive(bytes)? {
        Ok(numeric) => numeric.put_text(out),
        Err(word) => out.extend_from_slice(word.as_bytes()),
    }
    Ok(())
}

/// Room for a sign, eight digits, a point and eight more.
const SHORT: usize = 24;

/// Appends the text of a number below 10⁸ of up to eight decimals, as nearly all are that tables are
/// full of. None for others, and for what is none.
#[inline(always)]
fn put_short(onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Option<()> {
    // Behind the value's own digits are other bytes, which are shifted out.
    let (head, digits) = onwards.first_chunk::<16>()?.split_first_chunk::<8>()?;
    let head = u64::from_be_bytes(*head);
    let digits = u64::from_be_bytes(*digits.first_chunk()?);
    let (count, weight, scale) = ((head >> 48) as u32, (head >> 32) as i16, head as u16);
    // Of four base-10000 digits, two stand before the point.
    let first = (1 - i32::from(weight)) as u32;
    let sign = head >> 16 & 0xffff;
    let fits = (first < 4) & (count <= 4) & (count.wrapping_add(first) <= 4) & (scale <= 8);
    if !(fits & (sign & !0x4000 == 0) & (len == 8 + 2 * count as usize)) {
        return None;
    }
    let own = !u64::MAX.checked_shr(16 * count).unwrap_or(0);
    let groups = (digits & own) >> (16 * first);
    let (whole, decimals) = spread4(groups)?;
    let negative = sign != 0;
    // Of decimals some may not be shown, and then nothing of the number is left.
    if negative & (whole == 0) {
        return None;
    }
    let zeros = (whole | 1 << 63).trailing_zeros() / 8;
    let (whole, point) = ((whole | ZEROS) >> (8 * zeros), 8 - zeros as usize);
    let start = out.len() + usize::from(negative);
    out.extend_from_slice(&[b'-'; SHORT]);
    let text: &mut [u8; 17] = out[start..].first_chunk_mut()?;
    text[..8].copy_from_slice(&whole.to_le_bytes());
    text[point] = b'.';
    text[point + 1..point + 9].copy_from_slice(&(decimals | ZEROS).to_le_bytes());
    let shown = if scale > 0 { 1 + usize::from(scale) } else { 0 };
    out.truncate(start + point + shown);
    Some(())
}

/// The unscaled value of a decimal of this precision and scale.
pub(crate) fn decimal<T>(bytes: &[u8], precision: u8, scale: i8) -> Result<T, Fault>
where
    T: ArrowNativeTypeOp + From<i64> + fmt::Debug,
{
    let numeric = receive(bytes)?.map_err(Fault::NumericSpecial)?;
    let value = numeric.unscaled::<T>(scale.into())?;
    let end = T::from(10_i64).pow_checked(precision.into()).map_err(|_| Fault::NumericOverflow)?;
    let fits = value.is_lt(end) && value.is_gt(T::ZERO.sub_wrapping(end));
    if fits { Ok(value) } else { Err(Fault::NumericOverflow) }
}
