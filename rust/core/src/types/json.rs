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
    let mut parser = Parser { text, at: 0, out, open, later: None };
    let parsed = parser.document();
    let later = parser.later.take();
    parsed.ok_or(Reason::JsonInvalid)?;
    later.map_or(Ok(()), Err)
}

/// What is known of the objects that are open; kept from value to value for its memory.
#[derive(Default)]
pub(crate) struct Open {
    /// Their keys without escapes, one behind the other.
    keys: Vec<u8>,
    pairs: Vec<Pair>,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
    open: &'a mut Open,
    /// What is wrong with a valid text.
    later: Option<Reason>,
}

/// One pair of an object: its key among the keys, and all of it in the output.
#[derive(Clone)]
struct Pair {
    key: Range<usize>,
    text: Range<usize>,
}

impl Parser<'_> {
    fn document(&mut self) -> Option<()> {
        self.value(0)?;
        self.space();
        (self.at == self.text.len()).then_some(())
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline(always)]
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn next(&mut self, byte: u8) -> Option<()> {
        self.space();
        self.skip(byte)
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        self.space();
        match self.peek()? {
            b'"' => self.string(false),
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
        self.out.extend_from_slice(word);
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'[');
        self.space();
        if self.peek()? != b']' {
            loop {
                self.value(depth)?;
                self.space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
                self.out.extend_from_slice(b", ");
            }
        }
        self.skip(b']')?;
        self.out.push(b']');
        Some(())
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'{');
        let (first, keys) = (self.out.len(), self.open.keys.len());
        let first_pair = self.open.pairs.len();
        let mut ordered = true;
        self.space();
        if self.peek()? != b'}' {
            loop {
                let (start, key) = (self.out.len(), self.open.keys.len());
                self.next_key()?;
                let key = key..self.open.keys.len();
                self.next(b':')?;
                self.out.extend_from_slice(b": ");
                self.value(depth)?;
                if let Some(last) = self.open.pairs[first_pair..].last() {
                    ordered &= self.compare(&last.key, &key) == Ordering::Less;
                }
                self.open.pairs.push(Pair { key, text: start..self.out.len() });
                self.space();
                if self.peek()? != b',' {
                    break;
                }
                self.at += 1;
                self.out.extend_from_slice(b", ");
            }
        }
        self.skip(b'}')?;
        if !ordered {
            let pairs = self.open.pairs[first_pair..].to_vec();
            self.reorder(first, pairs);
        }
        self.open.pairs.truncate(first_pair);
        self.open.keys.truncate(keys);
        self.out.push(b'}');
        Some(())
    }

    fn next_key(&mut self) -> Option<()> {
        self.space();
        if self.peek()? == b'"' { self.string(true) } else { None }
    }

    fn compare(&self, a: &Range<usize>, b: &Range<usize>) -> Ordering {
        let key = |range: &Range<usize>| &self.open.keys[range.clone()];
        a.len().cmp(&b.len()).then_with(|| key(a).cmp(key(b)))
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

    /// A string, noted among the keys if it is one.
    fn string(&mut self, is_key: bool) -> Option<()> {
        self.at += 1;
        self.out.push(b'"');
        loop {
            let rest = &self.text[self.at..];
            let plain = plain_len(rest);
            self.out.extend_from_slice(&rest[..plain]);
            if is_key {
                self.open.keys.extend_from_slice(&rest[..plain]);
            }
            self.at += plain + 1;
            match *rest.get(plain)? {
                b'"' => break,
                b'\\' => self.escape(is_key)?,
                _ => return None, // a control character
            }
        }
        self.out.push(b'"');
        Some(())
    }

    /// What stands behind a backslash.
    fn escape(&mut self, is_key: bool) -> Option<()> {
        let letter = self.peek()?;
        self.at += 1;
        let character = match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return None,
        };
        if character == '\0' {
            self.later.get_or_insert(Reason::JsonNul);
        }
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        put_character(character, bytes, self.out);
        if is_key {
            self.open.keys.extend_from_slice(bytes);
        }
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
            self.out.extend_from_slice(&self.text[start..plain]);
        } else if let Err(reason) = self.put_number(negative, &digits.concat(), decimals, exponent)
        {
            self.later.get_or_insert(reason);
        }
        Some(())
    }

    fn digits(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
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
    let mut len = 0;
    for eight in text.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*eight);
        let special = special_bytes(word);
        if special != 0 {
            return len + special.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    let rest = text[len..].iter();
    len + rest.take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

/// The top bit of each byte that is a quote, a backslash or a control character; above the first
/// one others may be marked too.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | control) & TOPS
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
