//! Which bytes need care and what becomes of them: TEXT's backslashes and CSV's quotes
//! (CopyAttributeOutText and CopyAttributeOutCSV of PostgreSQL's copyto.c).
//! What stands between the cells belongs to `rows` and `field`.

mod copying;

use crate::error::Reason;
use crate::fold::Folds;
use crate::isa::{Baseline, ByteSet, Isa, STEP, copy};
use crate::options::{Format, Options};
use crate::utf8;
pub(crate) use copying::{Escape, Escaping, step_at};

/// The alphabet of values of any bytes: all of them that can need protection.
pub(crate) static ASCII: [u8; 128] = {
    let mut bytes = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        bytes[byte] = byte as u8;
        byte += 1;
    }
    bytes
};

/// What has to be done to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Nothing,
    Protection,
    /// Characters that are protected as ASCII ones come first.
    Folds,
}

/// How one column's values are protected.
pub(crate) trait Protect {
    /// The bytes that take a value out of the plain path.
    fn specials(&self) -> &ByteSet;
    /// Whether a value of this length may be special as a whole.
    fn is_special_len(&self, len: usize) -> bool;
    /// Whether the whole value, which was `original` before it was folded, takes another path for a
    /// reason of its own.
    fn is_special_value(&self, value: &[u8], original: &[u8]) -> bool;
    /// The characters that are protected as ASCII ones.
    fn folds(&self) -> &Folds;
    /// Writes `source[..len]`, which may need protection; at most `2 * len + 2` bytes.
    fn put_protected<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason>;

    /// What `source[..len]` needs. `source` may go on behind the value, which is refused if it is not
    /// UTF-8.
    #[inline(always)]
    fn need<I: Isa>(&self, isa: I, source: &[u8], len: usize) -> Result<Need, Reason> {
        let (mut special, mut beyond_ascii) = (0, 0);
        for at in (0..len).step_by(STEP) {
            let (step, within) = step_at(source, len, at);
            special |= isa.members(&step, self.specials()) & within;
            beyond_ascii |= isa.tops(&step) & within;
        }
        if beyond_ascii != 0 {
            let value = &source[..len];
            if !utf8::is_valid(value) {
                utf8::find_fault(value)?;
            }
            if self.folds().are_in(value) {
                return Ok(Need::Folds);
            }
        }
        let is_special = special != 0
            || self.is_special_len(len) && self.is_special_value(&source[..len], &source[..len]);
        Ok(if is_special { Need::Protection } else { Need::Nothing })
    }

    /// Writes `source[..len]`, protected as needed. `source` may go on behind the value, which is
    /// refused if it is not UTF-8.
    #[inline(always)]
    fn put<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let need = self.need(isa, source, len)?;
        self.put_needed(isa, need, source, len, cell)
    }

    /// Does what `source[..len]` needs.
    #[inline(always)]
    fn put_needed<I: Isa>(
        &self,
        isa: I,
        need: Need,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        match need {
            Need::Nothing => {
                copy(source, len, cell);
                Ok(len)
            }
            Need::Protection => self.put_protected(isa, source, len, cell),
            Need::Folds => self.put_folded(isa, &source[..len], cell),
        }
    }

    /// Writes a value that has characters to be folded.
    #[cold]
    fn put_folded<I: Isa>(
        &self,
        isa: I,
        original: &[u8],
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let value = self.folds().fold(original);
        let special = value.iter().any(|byte| self.specials().has(*byte));
        if special || self.is_special_value(&value, original) {
            return self.put_protected(isa, &value, value.len(), cell);
        }
        copy(&value, value.len(), cell);
        Ok(value.len())
    }
}

/// TEXT: a backslash before each special byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    specials: &'a ByteSet,
    folds: &'a Folds,
}

impl<'a> Text<'a> {
    pub fn new(specials: &'a Specials) -> Self {
        Self { specials: &specials.bytes, folds: &specials.folds }
    }
}

impl Protect for Text<'_> {
    #[inline(always)]
    fn specials(&self) -> &ByteSet {
        self.specials
    }

    #[inline(always)]
    fn is_special_len(&self, _: usize) -> bool {
        false
    }

    #[inline(always)]
    fn is_special_value(&self, _: &[u8], _: &[u8]) -> bool {
        false
    }

    #[inline(always)]
    fn folds(&self) -> &Folds {
        self.folds
    }

    #[cold]
    fn put_protected<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let (set, escape) = (self.specials, Escape::Backslash);
        isa.run(Escaping { isa, source, len, cell, set, escape })
    }
}

/// CSV: quotes around a value that needs them, an escape before each quote or escape in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Csv<'a> {
    pub quote: u8,
    pub escape: u8,
    /// The NULL string: a value that equals it is quoted.
    pub null: &'a [u8],
    /// FORCE_QUOTE names this column.
    pub force: bool,
    /// The row has this column only: then `\.` is quoted, lest it end the data.
    pub alone: bool,
    specials: &'a ByteSet,
    escaped: &'a ByteSet,
    folds: &'a Folds,
}

impl Protect for Csv<'_> {
    #[inline(always)]
    fn specials(&self) -> &ByteSet {
        self.specials
    }

    #[inline(always)]
    fn is_special_len(&self, len: usize) -> bool {
        self.force | (len == self.null.len()) | (self.alone & (len == 2))
    }

    #[inline(always)]
    fn is_special_value(&self, value: &[u8], original: &[u8]) -> bool {
        self.force
            || (original.len() == self.null.len() && original == self.null)
            || (self.alone && value == b"\\.")
    }

    #[inline(always)]
    fn folds(&self) -> &Folds {
        self.folds
    }

    #[cold]
    fn put_protected<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let (set, escape) = (self.escaped, Escape::Byte(self.escape));
        Escaping { isa, source, len, cell, set, escape }.between(self.quote)
    }
}

impl<'a> Csv<'a> {
    pub fn new(options: &'a Options, specials: &'a Specials, column: usize) -> Self {
        Self {
            specials: &specials.bytes,
            escaped: &specials.escaped,
            folds: &specials.folds,
            quote: options.quote,
            escape: options.escape,
            null: &options.null,
            force: options.force_quote[column],
            alone: options.force_quote.len() == 1,
        }
    }
}

/// What an encoder's values are looked at for.
pub(crate) struct Specials {
    /// The bytes that take a value out of the plain path. NUL always does: no PostgreSQL string
    /// holds one.
    bytes: ByteSet,
    /// Those of CSV that get an escape, and NUL.
    escaped: ByteSet,
    folds: Folds,
}

impl Specials {
    pub fn new(options: &Options) -> Self {
        let special = |byte| match options.format {
            Format::Text => (8..14).contains(&byte) || [b'\\', options.delimiter].contains(&byte),
            Format::Csv => [options.delimiter, options.quote, b'\n', b'\r'].contains(&byte),
            Format::Binary => false,
        };
        Self {
            bytes: ByteSet::new(|byte| byte == 0 || special(byte)),
            escaped: ByteSet::new(|byte| [0, options.quote, options.escape].contains(&byte)),
            folds: Folds::of(options.encoding.as_deref()),
        }
    }
}

/// The header line: column names as values are written, but never under FORCE_QUOTE, and in TEXT
/// without a look at NULL.
pub(crate) fn header(names: &[String], options: &Options, specials: &Specials) -> Vec<u8> {
    let mut line = Vec::new();
    for (column, name) in names.iter().enumerate() {
        if column > 0 {
            line.push(options.delimiter);
        }
        let mut cell = vec![0; 2 * name.len() + 2];
        let name = name.as_bytes();
        let len = match options.format {
            Format::Binary => Ok(0),
            Format::Text => {
                let protect = Text::new(specials);
                protect.put(Baseline, name, name.len(), &mut cell)
            }
            Format::Csv => {
                let protect = Csv { force: false, ..Csv::new(options, specials, column) };
                protect.put(Baseline, name, name.len(), &mut cell)
            }
        };
        line.extend_from_slice(&cell[..len.unwrap_or(0)]);
    }
    line.push(b'\n');
    line
}
