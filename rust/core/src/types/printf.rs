//! Floats rounded to a number of digits, as extra_float_digits up to 0 asks: C's `%.*g`, which
//! rounds the exact value, ties to the even digit. How digits are laid out is `float`'s.

use std::io::Write;

use super::float::{Decimal, Float, Notation};

const TEN_TO_15: u64 = 1_000_000_000_000_000;
const TEN_TO_17: u64 = 100 * TEN_TO_15;

/// Rounding to `digits`, 1 to 15.
#[derive(Clone, Copy)]
pub(crate) struct Printed {
    digits: usize,
    /// What the last of them counts, in units of the seventeenth.
    unit: u64,
}

impl Printed {
    /// That of a type with `digits` decimal digits; None where extra_float_digits is above 0, and the
    /// fewest digits that tell the value are written.
    pub fn new(digits: i32, extra_float_digits: i32) -> Option<Self> {
        if extra_float_digits > 0 {
            return None;
        }
        let digits = (digits + extra_float_digits).max(1) as usize;
        Some(Self { digits, unit: 10_u64.pow(17 - digits as u32) })
    }
}

impl<T: Float> Notation<T> for Printed {
    fn fixed_below(&self) -> i32 {
        self.digits as i32
    }

    #[inline(always)]
    fn decimal(&self, value: T) -> Decimal {
        let value: f64 = value.into();
        let (sixteen, last, exponent) = value.decimal();
        let all = sixteen * 10 + u64::from(last);
        let all = if sixteen < TEN_TO_15 { all * 10 } else { all };
        let rest = all % self.unit;
        // The digits are on the value's side of every tie, or are one. A tie between the two would lie
        // in the value's interval, and have been its name: it is nearer than digits of its own number
        // or more, and those with fewer are 50 units from it, where the interval has 22. That of a
        // subnormal is wider.
        if rest == self.unit / 2 || value.is_subnormal() {
            return self.exact(value);
        }
        let rounded = all - rest + if rest > self.unit / 2 { self.unit } else { 0 };
        carried(rounded, exponent)
    }
}

impl Printed {
    /// By the standard library's exact digits.
    #[cold]
    #[inline(never)]
    fn exact(&self, value: f64) -> Decimal {
        let mut text = [0; 40];
        let mut rest = text.as_mut_slice();
        let precision = self.digits - 1;
        // `d.ddde-308` has no more than 22 bytes.
        write!(rest, "{:.precision$e}", value.abs()).expect("40 bytes are enough");
        let len = 40 - rest.len();
        let (mut all, mut exponent, mut negative, mut at_digits) = (0_u64, 0_i32, false, true);
        for byte in &text[..len] {
            match byte {
                b'0'..=b'9' if at_digits => all = all * 10 + u64::from(byte - b'0'),
                b'0'..=b'9' => exponent = exponent * 10 + i32::from(byte - b'0'),
                b'-' => negative = true,
                b'e' => at_digits = false,
                _ => {}
            }
        }
        carried(all * self.unit, if negative { -exponent } else { exponent })
    }
}

/// Seventeen digits in parts; a one more in front is the next power of ten.
#[inline(always)]
fn carried(all: u64, exponent: i32) -> Decimal {
    if all >= TEN_TO_17 {
        return (TEN_TO_17 / 100, 0, exponent + 1);
    }
    (all / 10, (all % 10) as u8, exponent)
}
