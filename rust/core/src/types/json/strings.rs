//! Strings of a JSON text: which bytes stand for themselves, and what becomes of escapes (escape_json).

use super::{Key, ONES, Parser, TOPS, len_until};
use crate::error::Reason;

impl Parser<'_> {
    /// A string; what it is without quotes and escapes is noted as a key is.
    #[inline(always)]
    pub(super) fn string(&mut self, at: usize) -> Option<(Key, usize)> {
        let start = at + 1;
        let end = start + plain_len(&self.text[start..]);
        if self.peek(end)? == b'"' {
            return Some((Key { range: start..end, has_escapes: false }, end + 1));
        }
        self.string_with_escapes(start, end)
    }

    /// One of which the bytes from `plain` to `at` stand for themselves.
    #[inline(never)]
    fn string_with_escapes(&mut self, mut plain: usize, mut at: usize) -> Option<(Key, usize)> {
        let key = self.open.keys.len();
        loop {
            self.open.keys.extend_from_slice(&self.text[plain..at]);
            match self.peek(at)? {
                b'"' => break,
                b'\\' => plain = self.escape(at)?,
                _ => return None, // a control character
            }
            at = plain + plain_len(&self.text[plain..]);
        }
        Some((Key { range: key..self.open.keys.len(), has_escapes: true }, at + 1))
    }

    /// A backslash and what stands behind it.
    fn escape(&mut self, at: usize) -> Option<usize> {
        let character = match self.peek(at + 1)? {
            letter @ (b'"' | b'\\') => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'/' => return self.needless_escape(at, '/', at + 2),
            b'u' => {
                let (character, end) = self.unicode(at + 2)?;
                return self.needless_escape(at, character, end);
            }
            _ => return None,
        };
        self.open.keys.push(character);
        Some(at + 2)
    }

    /// One from `at` to `end` that jsonb writes as the character itself, if it can.
    fn needless_escape(&mut self, at: usize, character: char, end: usize) -> Option<usize> {
        if character == '\0' {
            self.fault = Reason::JsonNul;
            return None;
        }
        self.copy(at);
        self.copied = end;
        let mut bytes = [0; 4];
        let bytes = character.encode_utf8(&mut bytes).as_bytes();
        put_character(character, bytes, self.out);
        self.open.keys.extend_from_slice(bytes);
        Some(end)
    }

    fn unicode(&self, at: usize) -> Option<(char, usize)> {
        let first = self.four(at)?;
        if (0xd800..0xdc00).contains(&first) {
            let second = self.four(self.skip(self.skip(at + 4, b'\\')?, b'u')?)?;
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
            return Some((char::from_u32(0x10000 + ((first - 0xd800) << 10 | low))?, at + 10));
        }
        Some((char::from_u32(first)?, at + 4))
    }

    fn four(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// How many bytes from the start on stand for themselves in a string.
#[inline(always)]
fn plain_len(text: &[u8]) -> usize {
    len_until(text, special_bytes, |byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// The top bit of each byte that is a quote, a backslash or a control character; above the first
/// one others may be marked too.
#[inline(always)]
fn special_bytes(word: u64) -> u64 {
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
