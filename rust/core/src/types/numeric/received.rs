//! numeric out of BINARY (numeric_recv): PostgreSQL's own text of it (numeric_out), or an integer
//! scaled by a power of ten, as Arrow's decimals are.

use std::fmt;

use arrow_array::ArrowNativeTypeOp;

use crate::fault::Fault;
use crate::types::digits::ascii4;

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

/// Appends the text. Of the numbers that tables are full of, it is made in one go.
#[inline(always)]
pub(crate) fn put_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    if let Some((text, len)) = short_text(bytes) {
        let end = out.len() + len;
        out.extend_from_slice(&text);
        out.truncate(end);
        return Ok(());
    }
    put_any_text(bytes, out)
}

#[cold]
fn put_any_text(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
    match receive(bytes)? {
        Ok(numeric) => numeric.put_text(out),
        Err(word) => out.extend_from_slice(word.as_bytes()),
    }
    Ok(())
}

/// Room for a sign, 16 digits before the point and 8 behind it, and what is written over them.
const SHORT: usize = 32;

/// The text of a number from 1 to below 10¹⁶, or its negation, of up to eight decimals. Others, and
/// what is none, take a closer look.
#[inline(always)]
fn short_text(bytes: &[u8]) -> Option<([u8; SHORT], usize)> {
    let (head, digits) = bytes.split_first_chunk::<8>()?;
    let head = u64::from_be_bytes(*head);
    let (count, weight, scale) = ((head >> 48) as usize, (head >> 32) as u16, head as u16);
    let (weight, scale) = (usize::from(weight), usize::from(scale));
    let (digits, rest) = digits.as_chunks::<2>();
    let negative = head >> 16 & 0xffff == 0x4000;
    let signed = negative | (head >> 16 & 0xffff == 0);
    let groups = weight + 1 + scale.div_ceil(4);
    let fits = (weight < 4) & (scale <= 8) & (count <= groups) & (count > 0);
    if !(signed & fits & rest.is_empty() & (digits.len() == count)) {
        return None;
    }
    let mut text = [b'0'; SHORT];
    text[0] = b'-';
    let (ascii, zeros) = ascii4(u16::from_be_bytes(digits[0])).filter(|_| digits[0] != [0, 0])?;
    let mut at = usize::from(negative);
    text[at..at + 4].copy_from_slice(&(u32::from_le_bytes(ascii) >> (8 * zeros)).to_le_bytes());
    at += 4 - zeros;
    let whole = at + 4 * weight;
    for place in 1..groups {
        let digit = digits.get(place).map_or(0, |digit| u16::from_be_bytes(*digit));
        if place == weight + 1 {
            at += 1;
        }
        text.get_mut(at..at + 4)?.copy_from_slice(&ascii4(digit)?.0);
        at += 4;
    }
    if scale == 0 {
        return Some((text, whole));
    }
    text[whole] = b'.';
    Some((text, whole + 1 + scale))
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
