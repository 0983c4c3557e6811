//! jsonb: JSON text of any form, written as PostgreSQL writes a jsonb (JsonbToCString): keys by
//! length and then by bytes, the last of equal ones, `": "` and `", "` between, numbers as numeric
//! prints them, strings with no escapes but the needed ones. json itself is text as it is.

mod numbers;
mod strings;

use std::cmp::Ordering;
use std::ops::Range;

use crate::error::Reason;
use crate::fault::Fault;
use crate::strings::{Put, Text};

/// Nested arrays and objects; PostgreSQL's own limit depends on its stack.
const MOST_DEPTH: usize = 500;

/// Appends the jsonb text of a JSON text.
///
/// # Errors
/// Where it is no JSON, has a `\u0000`, which no PostgreSQL string holds, or a number too large:
/// whatever comes first.
pub(crate) fn put_jsonb(text: &[u8], open: &mut Open, out: &mut Vec<u8>) -> Result<(), Reason> {
    open.keys.clear();
    open.pairs.clear();
    out.reserve(text.len());
    let mut parser = Parser { text, copied: 0, out, open, fault: Reason::JsonInvalid };
    parser.document().ok_or(parser.fault)
}

/// What is known of the objects that are open; kept from value to value for its memory.
#[derive(Default)]
pub(crate) struct Open {
    /// Their keys that have escapes, without them, one behind the other.
    keys: Vec<u8>,
    pairs: Vec<Pair>,
}

/// Reads the text, and writes of it what is to stay. What stands there as it is to be is not copied
/// before something else comes: of a jsonb's own text, all at once.
///
/// Its functions read something from a place on, and give the place behind it; None if it is not
/// there. So the place stays in a register.
struct Parser<'a> {
    text: &'a [u8],
    /// What stands before is written, or left out.
    copied: usize,
    out: &'a mut Vec<u8>,
    open: &'a mut Open,
    /// What is wrong where something is not there.
    fault: Reason,
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
        let at = self.leave_out_space(0);
        let at = self.value(at, 0)?;
        let at = self.leave_out_space(at);
        self.copy(at);
        (at == self.text.len()).then_some(())
    }

    #[inline(always)]
    fn peek(&self, at: usize) -> Option<u8> {
        self.text.get(at).copied()
    }

    /// How long the output is once the text before `at` is copied.
    #[inline(always)]
    fn written(&self, at: usize) -> usize {
        self.out.len() + (at - self.copied)
    }

    /// Copies what is left before `at`.
    fn copy(&mut self, at: usize) {
        self.out.extend_from_slice(&self.text[self.copied..at]);
        self.copied = at;
    }

    #[inline(always)]
    fn leave_out_space(&mut self, at: usize) -> usize {
        // One comparison for what a jsonb's own text does not have here.
        let is_space = self.peek(at).is_some_and(|byte| byte <= b' ');
        if is_space { self.leave_out(at) } else { at }
    }

    #[inline(never)]
    fn leave_out(&mut self, at: usize) -> usize {
        self.copy(at);
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.copied += self.text[at..].iter().take_while(is_space).count();
        self.copied
    }

    /// One space, whatever there is.
    #[inline(always)]
    fn space(&mut self, at: usize) -> usize {
        if self.peek(at) == Some(b' ') {
            return self.leave_out_space(at + 1);
        }
        self.copy(at);
        self.out.push(b' ');
        self.leave_out_space(at)
    }

    #[inline(always)]
    fn skip(&self, at: usize, byte: u8) -> Option<usize> {
        (self.peek(at)? == byte).then_some(at + 1)
    }

    fn value(&mut self, at: usize, depth: usize) -> Option<usize> {
        match self.peek(at)? {
            b'"' => self.string(at).map(|(_, at)| at),
            b'{' if depth < MOST_DEPTH => self.object(at, depth + 1),
            b'[' if depth < MOST_DEPTH => self.array(at, depth + 1),
            b't' => self.word(at, b"true"),
            b'f' => self.word(at, b"false"),
            b'n' => self.word(at, b"null"),
            _ => self.number(at),
        }
    }

    fn word(&self, at: usize, word: &[u8]) -> Option<usize> {
        self.text[at..].starts_with(word).then_some(at + word.len())
    }

    fn array(&mut self, at: usize, depth: usize) -> Option<usize> {
        let mut at = self.leave_out_space(at + 1);
        if self.peek(at)? != b']' {
            loop {
                at = self.value(at, depth)?;
                at = self.leave_out_space(at);
                if self.peek(at)? != b',' {
                    break;
                }
                at = self.space(at + 1);
            }
        }
        self.skip(at, b']')
    }

    fn object(&mut self, at: usize, depth: usize) -> Option<usize> {
        let mut at = self.leave_out_space(at + 1);
        let (first, keys) = (self.written(at), self.open.keys.len());
        let first_pair = self.open.pairs.len();
        let mut ordered = true;
        if self.peek(at)? != b'}' {
            loop {
                let start = self.written(at);
                let key;
                (key, at) = self.key(at)?;
                at = self.leave_out_space(at);
                at = self.skip(at, b':')?;
                at = self.space(at);
                at = self.value(at, depth)?;
                if let Some(last) = self.open.pairs[first_pair..].last() {
                    let (before, len) = (last.key.range.len(), key.range.len());
                    ordered &= before < len
                        || before == len && self.compare(&last.key, &key) == Ordering::Less;
                }
                self.open.pairs.push(Pair { key, text: start..self.written(at) });
                at = self.leave_out_space(at);
                if self.peek(at)? != b',' {
                    break;
                }
                at = self.space(at + 1);
            }
        }
        if !ordered {
            self.copy(at);
            let pairs = self.open.pairs[first_pair..].to_vec();
            self.reorder(first, pairs);
        }
        self.open.pairs.truncate(first_pair);
        self.open.keys.truncate(keys);
        self.skip(at, b'}')
    }

    #[inline(always)]
    fn key(&mut self, at: usize) -> Option<(Key, usize)> {
        if self.peek(at)? == b'"' { self.string(at) } else { None }
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

/// jsonb out of BINARY (jsonb_recv): a version, then the text.
pub(crate) struct Received;

impl Put for Received {
    #[inline(always)]
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        match &onwards[..len] {
            [] => Err(Fault::NoDataLeft),
            [1, text @ ..] => Text.put(text, len - 1, out),
            [version, ..] => Err(Fault::JsonbVersion(*version)),
        }
    }

    #[inline(always)]
    fn is_right(&self, added: &[u8], ends: &[i32], first: usize) -> bool {
        Text.is_right(added, ends, first)
    }
}
