//! Numbers of a JSON text, which jsonb writes as numeric_out does.

use std::ops::Range;
use std::str;

use super::{ONES, Parser, TOPS, len_until};
use crate::error::Reason;
use crate::types::numeric::{Digits, MOST_DECIMALS, MOST_WHOLE};

impl Parser<'_> {
    pub(super) fn number(&mut self, start: usize) -> Option<usize> {
        let negative = self.peek(start) == Some(b'-');
        let whole = self.digits(start + usize::from(negative))?;
        if whole.len() > 1 && self.text[whole.start] == b'0' {
            return None;
        }
        let mut fraction = whole.end..whole.end;
        if self.peek(whole.end) == Some(b'.') {
            fraction = self.digits(whole.end + 1)?;
        }
        let has_exponent = matches!(self.peek(fraction.end), Some(b'e' | b'E'));
        let fits = whole.len() < MOST_WHOLE && fraction.len() <= MOST_DECIMALS;
        if !has_exponent && fits && !(negative && self.is_zero(&whole) && self.is_zero(&fraction)) {
            return Some(fraction.end);
        }
        self.other_number(start, negative, &whole, &fraction)
    }

    /// One that is not yet as numeric_out writes it, or that numeric cannot hold.
    #[cold]
    fn other_number(
        &mut self,
        start: usize,
        negative: bool,
        whole: &Range<usize>,
        fraction: &Range<usize>,
    ) -> Option<usize> {
        let (mut end, mut exponent) = (fraction.end, 0);
        if let Some(b'e' | b'E') = self.peek(end) {
            let sign = self.peek(end + 1);
            let digits = self.digits(end + 1 + usize::from(matches!(sign, Some(b'+' | b'-'))))?;
            end = digits.end;
            // Nine digits are more than any numeric has.
            let text = str::from_utf8(&self.text[digits]).ok()?.trim_start_matches('0');
            let size = if text.len() > 9 { 1 << 30 } else { text.parse().unwrap_or(0) };
            exponent = if sign == Some(b'-') { -size } else { size };
        }
        let digits = [&self.text[whole.clone()], &self.text[fraction.clone()]].concat();
        self.copy(start);
        self.copied = end;
        if let Err(reason) = self.put_number(negative, &digits, fraction.len(), exponent) {
            self.fault = reason;
            return None;
        }
        Some(end)
    }

    fn is_zero(&self, digits: &Range<usize>) -> bool {
        self.text[digits.clone()].iter().all(|digit| *digit == b'0')
    }

    #[inline(always)]
    fn digits(&self, start: usize) -> Option<Range<usize>> {
        let len = len_until(self.text.get(start..)?, others_than_digits, u8::is_ascii_digit);
        (len > 0).then_some(start..start + len)
    }

    /// Writes a number that has an exponent, or is a negative zero, as numeric_out does.
    fn put_number(
        &mut self,
        negative: bool,
        digits: &[u8],
        decimals: usize,
        exponent: i32,
    ) -> Result<(), Reason> {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let significant = &digits[zeros..];
        let scale = (decimals as i32).saturating_sub(exponent);
        let whole = (significant.len() as i32).saturating_sub(scale);
        if exponent.unsigned_abs() >= 1 << 30
            || scale > MOST_DECIMALS as i32
            || !significant.is_empty() && whole > MOST_WHOLE as i32
        {
            return Err(Reason::JsonNumber);
        }
        let digits = if significant.is_empty() { b"0" } else { significant };
        Digits { negative, digits, scale }.put_text(self.out);
        Ok(())
    }
}

/// The top bit of each byte that is no digit.
#[inline(always)]
fn others_than_digits(word: u64) -> u64 {
    let value = word ^ (ONES * 0x30);
    (((value & !TOPS) + ONES * (0x80 - 10)) | value) & TOPS
}
