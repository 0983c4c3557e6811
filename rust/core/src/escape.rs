//! Which bytes need care and what becomes of them: TEXT's backslashes and CSV's quotes
//! (CopyAttributeOutText and CopyAttributeOutCSV of PostgreSQL's copyto.c).
//! What stands between the cells belongs to `rows` and `field`.

use crate::error::Reason;
use crate::options::{Format, Options};

/// Values are copied and looked at in steps of this many bytes.
pub(crate) const STEP: usize = 16;
/// A block's values, which lie side by side, are looked at in steps of this many.
const LOOK: usize = 64;

/// How one column's values are protected.
pub(crate) trait Protect {
    /// Whether this byte takes the value out of the plain path. NUL always does: no PostgreSQL
    /// string holds one.
    fn is_special(&self, byte: u8) -> bool;
    /// Whether a value of this length may be special as a whole.
    fn is_special_len(&self, len: usize) -> bool;
    /// Whether the whole value takes another path for a reason of its own.
    fn is_special_value(&self, value: &[u8]) -> bool;
    /// Writes a value that may need protection; at most `2 * value.len() + 2` bytes.
    fn put_protected(&self, value: &[u8], cell: &mut [u8]) -> Result<usize, Reason>;

    /// Writes `source[..len]`, protected as needed. `source` may go on behind the value and
    /// `cell` has room for `2 * len + 2` bytes and one step more: then nothing is copied twice.
    #[inline(always)]
    fn put(&self, source: &[u8], len: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let mut special = 0;
        let mut at = 0;
        while at < len {
            let step = step_at(source, at);
            special |= self.specials(&step, len - at);
            cell[at..at + STEP].copy_from_slice(&step);
            at += STEP;
        }
        if special != 0 || self.is_special_value(&source[..len]) {
            return self.put_protected(&source[..len], cell);
        }
        Ok(len)
    }

    /// Not zero if one of the first `len` bytes is special. Without branches, so that it becomes
    /// a few vector instructions.
    #[inline(always)]
    fn specials(&self, step: &[u8; STEP], len: usize) -> u128 {
        let mut found = [0; STEP];
        for (found, byte) in found.iter_mut().zip(step) {
            *found = if self.is_special(*byte) { 0xff } else { 0 };
        }
        u128::from_le_bytes(found) & FIRST[len.min(STEP)]
    }

    /// Calls `found` with the place of each special byte, in order.
    #[inline(always)]
    fn each_special(&self, bytes: &[u8], mut found: impl FnMut(usize)) {
        let (looks, rest) = bytes.as_chunks::<LOOK>();
        for (i, look) in looks.iter().enumerate() {
            if self.any_special(look) {
                let (steps, _) = look.as_chunks::<STEP>();
                for (j, step) in steps.iter().enumerate().filter(|(_, step)| self.any_special(step))
                {
                    self.each_place(step, |lane| found(i * LOOK + j * STEP + lane));
                }
            }
        }
        self.each_place(rest, |lane| found(looks.len() * LOOK + lane));
    }

    #[inline(always)]
    fn any_special<const N: usize>(&self, bytes: &[u8; N]) -> bool {
        bytes.iter().fold(false, |any, byte| any | self.is_special(*byte))
    }

    #[inline(always)]
    fn each_place(&self, bytes: &[u8], found: impl FnMut(usize)) {
        (0..bytes.len()).filter(|at| self.is_special(bytes[*at])).for_each(found);
    }
}

/// The first n bytes of a step, as a mask.
const FIRST: [u128; STEP + 1] = {
    let mut masks = [u128::MAX; STEP + 1];
    let mut n = 0;
    while n < STEP {
        masks[n] = (1 << (8 * n)) - 1;
        n += 1;
    }
    masks
};

/// One step of `source`; behind its end, zeros.
#[inline(always)]
fn step_at(source: &[u8], at: usize) -> [u8; STEP] {
    if let Some(step) = source[at..].first_chunk() {
        return *step;
    }
    let mut step = [0; STEP];
    step[..source.len() - at].copy_from_slice(&source[at..]);
    step
}

/// TEXT: a backslash before each special byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    pub delimiter: u8,
}

impl Text {
    /// What follows the backslash. The letters win over the delimiter, as in copyto.c.
    fn letter(&self, byte: u8) -> Option<u8> {
        match byte {
            b'\x08'..=b'\r' => Some(b"btnvfr"[usize::from(byte - 8)]),
            b'\\' => Some(byte),
            _ if byte == self.delimiter => Some(byte),
            _ => None,
        }
    }
}

impl Protect for Text {
    #[inline(always)]
    fn is_special(&self, byte: u8) -> bool {
        (byte.wrapping_sub(8) < 6) | (byte == b'\\') | (byte == self.delimiter) | (byte == 0)
    }

    #[inline(always)]
    fn is_special_len(&self, _: usize) -> bool {
        false
    }

    #[inline(always)]
    fn is_special_value(&self, _: &[u8]) -> bool {
        false
    }

    #[cold]
    fn put_protected(&self, value: &[u8], cell: &mut [u8]) -> Result<usize, Reason> {
        let mut at = 0;
        for byte in value {
            if *byte == 0 {
                return Err(Reason::NulByte);
            }
            let shown = self.letter(*byte).inspect(|_| {
                cell[at] = b'\\';
                at += 1;
            });
            cell[at] = shown.unwrap_or(*byte);
            at += 1;
        }
        Ok(at)
    }
}

/// CSV: quotes around a value that needs them, an escape before each quote or escape in it.
#[derive(Debug, Clone)]
pub(crate) struct Csv<'a> {
    pub delimiter: u8,
    pub quote: u8,
    pub escape: u8,
    /// The NULL string: a value that equals it is quoted.
    pub null: &'a [u8],
    /// FORCE_QUOTE names this column.
    pub force: bool,
    /// The row has this column only: then `\.` is quoted, lest it end the data.
    pub alone: bool,
}

impl Protect for Csv<'_> {
    #[inline(always)]
    fn is_special(&self, byte: u8) -> bool {
        (byte == self.delimiter)
            | (byte == self.quote)
            | (byte == b'\n')
            | (byte == b'\r')
            | (byte == 0)
    }

    #[inline(always)]
    fn is_special_len(&self, len: usize) -> bool {
        self.force | (len == self.null.len()) | (self.alone & (len == 2))
    }

    #[inline(always)]
    fn is_special_value(&self, value: &[u8]) -> bool {
        self.force
            || (value.len() == self.null.len() && value == self.null)
            || (self.alone && value == b"\\.")
    }

    #[cold]
    fn put_protected(&self, value: &[u8], cell: &mut [u8]) -> Result<usize, Reason> {
        cell[0] = self.quote;
        let escaped = |byte: u8| (byte == self.quote) | (byte == self.escape);
        let care = |care, byte: &u8| care | escaped(*byte) | (*byte == 0);
        // Most values are quoted for a delimiter or a line break alone.
        if !value.iter().fold(false, care) {
            cell[1..=value.len()].copy_from_slice(value);
            cell[value.len() + 1] = self.quote;
            return Ok(value.len() + 2);
        }
        let mut at = 1;
        for byte in value {
            if *byte == 0 {
                return Err(Reason::NulByte);
            }
            if escaped(*byte) {
                cell[at] = self.escape;
                at += 1;
            }
            cell[at] = *byte;
            at += 1;
        }
        cell[at] = self.quote;
        Ok(at + 1)
    }
}

impl<'a> Csv<'a> {
    pub fn new(options: &'a Options, column: usize) -> Self {
        Self {
            delimiter: options.delimiter,
            quote: options.quote,
            escape: options.escape,
            null: &options.null,
            force: options.force_quote[column],
            alone: options.force_quote.len() == 1,
        }
    }
}

/// Whether values made of these bytes alone could ever need protection in this column.
pub(crate) fn can_need_protection(options: &Options, column: usize, alphabet: &[u8]) -> bool {
    let special = |byte: &u8| match options.format {
        Format::Text => Text { delimiter: options.delimiter }.is_special(*byte),
        Format::Csv => Csv::new(options, column).is_special(*byte),
        Format::Binary => false,
    };
    let equals_null = || options.null.iter().all(|byte| alphabet.contains(byte));
    let csv = options.format == Format::Csv;
    alphabet.iter().any(special)
        || csv && (options.force_quote[column] || !options.null.is_empty() && equals_null())
}

/// The header line: column names as values are written, but never under FORCE_QUOTE, and in TEXT
/// without a look at NULL.
pub(crate) fn header(names: &[String], options: &Options) -> Vec<u8> {
    let mut line = Vec::new();
    for (column, name) in names.iter().enumerate() {
        if column > 0 {
            line.push(options.delimiter);
        }
        let mut cell = vec![0; 2 * name.len() + 2 + STEP];
        let source = name.as_bytes();
        let len = match options.format {
            Format::Binary => Ok(0),
            Format::Text => {
                Text { delimiter: options.delimiter }.put(source, source.len(), &mut cell)
            }
            Format::Csv => Csv { force: false, ..Csv::new(options, column) }.put(
                source,
                source.len(),
                &mut cell,
            ),
        };
        line.extend_from_slice(&cell[..len.unwrap_or(0)]);
    }
    line.push(b'\n');
    line
}
