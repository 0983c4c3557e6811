//! jsonb: JSON text of any form, written as PostgreSQL writes a jsonb (JsonbToCString): keys by
//! length and then by bytes, the last of equal ones, `": "` and `", "` between, numbers as numeric
//! prints them, strings with no escapes but the needed ones. json itself is text as it is.

use std::cmp::Ordering;
use std::ops::Range;
use std::str;

use super::numeric::{Digits, MOST_DECIMALS, MOST_WHOLE};
use crate::error::Reason;

/// Nested arrays and objects; PostgreSQL's own limit depends on its stack.
const MOST_DEPTH: usize = 500;

/// Appends the jsonb text of a JSON text.
///
/// # Errors
/// What is no JSON; then a `\u0000`, which no PostgreSQL string holds; then a number too large.
pub(crate) fn put_jsonb(text: &[u8], open: &mut Open, out: &mut Vec<u8>) -> Result<(), Reason> {
    open.keys.clear();
    open.pairs.clear();
    out.reserve(text.len());
    let mut parser = Parser { text, at: 0, copied: 0, out, open, later: None };
    let parsed = parser.document();
    let later = parser.later.take();
    parsed.ok_or(Reason::JsonInvalid)?;
    later.map_or(Ok(()), Err)
}

/// What is known of the objects that are open; kept from value to value for its memory.
#[derive(Default)]
pub(crate) struct Open {
    /// Their keys that have escapes, without them, one behind the other.
    keys: Vec<u8>,
    pairs: Vec<Pair>,
}

/// Reads the text from its start to its end, and writes of it what is to stay. What stands there as
/// it is to be is not copied before something else comes: of a jsonb's own text, all at once.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    /// What stands before is written, or left out.
    copied: usize,
    out: &'a mut Vec<u8>,
    open: &'a mut Open,
    /// What is wrong with a valid text.
    later: Option<Reason>,
}

/// One pair of an object: its key, and all of it in the output.
#[derive(Clone)]
struct Pair {
    key: Key,
    text: Range<usize>,
}

/// A key without its quotes: a part of the text, or if it has escapes, of the keys.
#[derive(Clone)]
struct Key {
    range: Range<usize>,
    has_escapes: bool,
}

impl Parser<'_> {
    fn document(&mut self) -> Option<()> {
        self.leave_out_space();
        self.value(0)?;
        self.leave_out_space();
        self.copy();
        (self.at == self.text.len()).then_some(())
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// How long the output is with what is still to be copied.
    #[inline(always)]
    fn written(&self) -> usize {
        self.out.len() + (self.at - self.copied)
    }

    fn copy(&mut self) {
        self.out.extend_from_slice(&self.text[self.copied..self.at]);
        self.copied = self.at;
    }

    #[inline(always)]
    fn leave_out_space(&mut self) {
        if let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.copy();
            while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
                self.at += 1;
            }
            self.copied = self.at;
        }
    }

    /// One space, whatever there is.
    #[inline(always)]
    fn space(&mut self) {
        if self.peek() == Some(b' ') {
            self.at += 1;
        } else {
            self.copy();
            self.out.push(b' ');
        }
        self.leave_out_space();
    }

    #[inline(always)]
    fn skip(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'{' if depth < MOST_DEPTH => self.object(depth + 1),
            b'[' if depth < MOST_DEPTH => self.array(depth + 1),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.text[self.at..].starts_with(word).then_some(())?;
        self.at += word.len();
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.leave_out_space();
        if self.peek()? != b']' {
            loop {
                self.value(depth)?;
                self.leave_out_space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
                self.space();
            }
        }
        self.skip(b']')
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.leave_out_space();
        let (first, keys) = (self.written(), self.open.keys.len());
        let first_pair = self.open.pairs.len();
        let mut ordered = true;
        if self.peek()? != b'}' {
            loop {
                let start = self.written();
                if self.peek()? != b'"' {
                    return None;
                }
                let key = self.string()?;
                self.leave_out_space();
                self.skip(b':')?;
                self.space();
                self.value(depth)?;
                if let Some(last) = self.open.pairs[first_pair..].last() {
                    ordered &= self.compare(&last.key, &key) == Ordering::Less;
                }
                self.open.pairs.push(Pair { key, text: start..self.written() });
                self.leave_out_space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
                self.space();
            }
        }
        if !ordered {
            self.copy();
            let pairs = self.open.pairs[first_pair..].to_vec();
            self.reorder(first, pairs);
        }
        self.skip(b'}')?;
        self.open.pairs.truncate(first_pair);
        self.open.keys.truncate(keys);
        Some(())
    }

    fn compare(&self, a: &Key, b: &Key) -> Ordering {
        let key = |key: &Key| {
            let of = if key.has_escapes { &self.open.keys } else { self.text };
            &of[key.range.clone()]
        };
        a.range.len().cmp(&b.range.len()).then_with(|| key(a).cmp(key(b)))
    }

    /// Writes the pairs again, from `first` on, in their order; of equal keys the last one stays.
    #[cold]
    fn reorder(&mut self, first: usize, mut pairs: Vec<Pair>) {
        // Stable, so that of equal ones the last is the last one given.
        pairs.sort_by(|a, b| self.compare(&a.key, &b.key));
        let old = self.out.split_off(first);
        for (i, pair) in pairs.iter().enumerate() {
            let next = pairs.get(i + 1);
            if next.is_some_and(|next| self.compare(&pair.key, &next.key) == Ordering::Equal) {
                continue;
            }
            if self.out.len() > first {
                self.out.extend_from_slice(b", ");
            }
            self.out.extend_from_slice(&old[pair.text.start - first..pair.text.end - first]);
        }
    }

    /// A string; what it is without quotes and escapes is noted as a key is.
    #[inline(always)]
    fn string(&mut self) -> Option<Key> {
        let start = self.at + 1;
        self.at = start + plain_len(&self.text[start..]);
        if self.peek()? == b'"' {
            let range = start..self.at;
            self.at += 1;
            return Some(Key { range, has_escapes: false });
        }
        self.string_with_escapes(start)
    }

    fn string_with_escapes(&mut self, start: usize) -> Option<Key> {
        let key = self.open.keys.len();
        let mut plain = start;
        loop {
            self.open.keys.extend_from_slice(&self.text[plain..self.at]);
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.escape()?,
                _ => return None, // a control character
            }
            plain = self.at;
            self.at += plain_len(&self.text[plain..]);
        }
        Some(Key { range: key..self.open.keys.len(), has_escapes: true })
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Option<()> {
        let letter = self.peek()?;
        let character = match letter {
            b'"' | b'\\' => char::from(letter),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'/' | b'u' => return self.needless_escape(letter),
            _ => return None,
        };
        self.at += 1;
        self.open.keys.push(character as u8);
        Some(())
    }

    /// One that jsonb writes as the character itself, if it can.
    fn needless_escape(&mut self, letter: u8) -> Option<()> {
        self.at -= 1;
        self.copy();
        self.at += 2;
        let character = if letter == b'u' { self.unicode()? } else { '/' };
        self.copied = self.at;
        if character == '\0' {
            self.later.get_or_insert(Reason::JsonNul);
        }
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        put_character(character, bytes, self.out);
        self.open.keys.extend_from_slice(bytes);
        Some(())
    }

    fn unicode(&mut self) -> Option<char> {
        let first = self.four()?;
        if (0xd800..0xdc00).contains(&first) {
            self.skip(b'\\')?;
            self.skip(b'u')?;
            let second = self.four()?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            return char::from_u32(0x10000 + ((first - 0xd800) << 10 | low));
        }
        char::from_u32(first)
    }

    fn four(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        self.at += 4;
        u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole.len() > 1 && self.text[whole.start] == b'0' {
            return None;
        }
        let mut fraction = self.at..self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction = self.digits()?;
        }
        let plain = self.at;
        let mut exponent = 0;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let sign = self.peek();
            self.at += usize::from(matches!(sign, Some(b'+' | b'-')));
            let digits = self.digits()?;
            // Nine digits are more than any numeric has.
            let text = str::from_utf8(&self.text[digits]).ok()?.trim_start_matches('0');
            let size = if text.len() > 9 { 1 << 30 } else { text.parse().unwrap_or(0) };
            exponent = if sign == Some(b'-') { -size } else { size };
        }
        let (negative, decimals) = (self.text[start] == b'-', fraction.len());
        let digits = [&self.text[whole.clone()], &self.text[fraction]];
        let simple = plain == self.at && whole.len() < MOST_WHOLE && decimals <= MOST_DECIMALS;
        let zero = || digits.iter().all(|part| part.iter().all(|digit| *digit == b'0'));
        if simple && !(negative && zero()) {
            return Some(());
        }
        let digits = digits.concat();
        self.out.extend_from_slice(&self.text[self.copied..start]);
        self.copied = self.at;
        if let Err(reason) = self.put_number(negative, &digits, decimals, exponent) {
            self.later.get_or_insert(reason);
        }
        Some(())
    }

    fn digits(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.at += len_until(&self.text[start..], others_than_digits, u8::is_ascii_digit);
        (self.at > start).then_some(start..self.at)
    }

    /// Writes a number that has an exponent, or is a negative zero, as numeric_out does.
    #[cold]
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

/// How many bytes from the start on stand for themselves in a string.
#[inline(always)]
fn plain_len(text: &[u8]) -> usize {
    len_until(text, special_bytes, |byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// How many bytes come before the first one that `others` marks in a word of eight; of a rest of
/// fewer `is_plain` tells.
#[inline(always)]
fn len_until(text: &[u8], others: impl Fn(u64) -> u64, is_plain: impl Fn(&u8) -> bool) -> usize {
    let mut len = 0;
    for eight in text.as_chunks::<8>().0 {
        let marks = others(u64::from_le_bytes(*eight));
        if marks != 0 {
            return len + marks.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    len + text[len..].iter().take_while(|byte| is_plain(byte)).count()
}

const ONES: u64 = u64::MAX / 255;
const TOPS: u64 = ONES << 7;

/// The top bit of each byte that is a quote, a backslash or a control character; above the first
/// one others may be marked too.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | control) & TOPS
}

/// The top bit of each byte that is no digit.
#[inline(always)]
fn others_than_digits(word: u64) -> u64 {
    let value = word ^ (ONES * 0x30);
    (((value & !TOPS) + ONES * (0x80 - 10)) | value) & TOPS
}

/// Writes a character that was escaped, with an escape only if it needs one (escape_json).
fn put_character(character: char, bytes: &[u8], out: &mut Vec<u8>) {
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', bytes[0]]),
        '\x08' => out.extend_from_slice(b"\\b"),
        '\x0c' => out.extend_from_slice(b"\\f"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\0'..' ' => out.extend_from_slice(format!("\\u{:04x}", u32::from(character)).as_bytes()),
        _ => out.extend_from_slice(bytes),
    }
}
