//! What stands inside an array or a composite, protected there before the row protects it once more
//! (array_out, record_out). Rows' own protection is `escape`'s.

use std::sync::LazyLock;

use crate::error::Reason;
use crate::escape::{Escape, Escaping, Protect};
use crate::fold::Folds;
use crate::isa::{ByteSet, Isa};

/// Where values are nested in.
#[derive(Debug)]
pub(crate) struct Nesting {
    specials: ByteSet,
    escaped: ByteSet,
    /// Whether `NULL`, in any case, is not to be taken for a NULL.
    null_word: bool,
    /// What stands before a quote or a backslash.
    escape: Escape,
}

/// An array whose elements stand between commas, or semicolons.
static ARRAYS: LazyLock<[Nesting; 2]> = LazyLock::new(|| {
    [b',', b';'].map(|delimiter| Nesting {
        specials: specials(&[b'{', b'}', delimiter]),
        escaped: escaped(),
        null_word: true,
        escape: Escape::Byte(b'\\'),
    })
});
static RECORD: LazyLock<Nesting> = LazyLock::new(|| Nesting {
    specials: specials(b"(),"),
    escaped: escaped(),
    null_word: false,
    escape: Escape::Itself,
});

/// A byte 0 takes a value out of the plain path too: no PostgreSQL string holds one.
fn specials(own: &[u8]) -> ByteSet {
    ByteSet::new(|byte| b"\0\"\\ \t\n\x0b\x0c\r".contains(&byte) || own.contains(&byte))
}

fn escaped() -> ByteSet {
    ByteSet::new(|byte| b"\0\"\\".contains(&byte))
}

/// How values nested somewhere are protected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nested(&'static Nesting);

impl Nested {
    pub fn array(delimiter: u8) -> Self {
        Self(&ARRAYS[usize::from(delimiter != b',')])
    }

    pub fn record() -> Self {
        Self(&RECORD)
    }
}

impl Protect for Nested {
    #[inline(always)]
    fn specials(&self) -> &ByteSet {
        &self.0.specials
    }

    #[inline(always)]
    fn is_special_len(&self, len: usize) -> bool {
        (len == 0) | (len == 4)
    }

    #[inline(always)]
    fn folds(&self) -> &Folds {
        // Values are nested before they are converted.
        Folds::NONE
    }

    #[inline(always)]
    fn is_special_value(&self, value: &[u8], _: &[u8]) -> bool {
        value.is_empty() || self.0.null_word && value.eq_ignore_ascii_case(b"NULL")
    }

    #[cold]
    fn put_protected<I: Isa>(
        &self,
        isa: I,
        source: &[u8],
        len: usize,
        cell: &mut [u8],
    ) -> Result<usize, Reason> {
        let (set, escape) = (&self.0.escaped, self.0.escape);
        Escaping { isa, source, len, cell, set, escape }.between(b'"')
    }
}
