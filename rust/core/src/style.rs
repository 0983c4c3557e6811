//! The choice of protection: a column of TEXT, of CSV or of BINARY, or what is nested in one. What
//! protection is belongs to `escape` and `nested`.

use crate::escape::{Csv, Protect, Specials, Text};
use crate::isa::ByteSet;
use crate::nested::Nested;
use crate::options::{Format, Options};

/// How one column's cells are protected; BINARY's need nothing.
#[derive(Clone, Copy)]
pub(crate) enum Style<'a> {
    Binary,
    Text(Text<'a>),
    Csv(Csv<'a>),
    Nested(Nested),
}

impl<'a> Style<'a> {
    pub fn of(options: &'a Options, specials: &'a Specials, column: usize) -> Self {
        match options.format {
            Format::Binary => Self::Binary,
            Format::Text => Self::Text(Text::new(specials)),
            Format::Csv => Self::Csv(Csv::new(options, specials, column)),
        }
    }

    /// Whether values made of these bytes alone could ever need protection.
    pub fn can_protect(&self, alphabet: &[u8]) -> bool {
        let any = |set: &ByteSet| alphabet.iter().any(|byte| set.has(*byte));
        match self {
            Self::Binary => false,
            Self::Text(text) => any(text.specials()),
            Self::Nested(nested) => any(nested.specials()),
            Self::Csv(csv) => {
                let equals_null = csv.null.iter().all(|byte| alphabet.contains(byte));
                any(csv.specials()) || csv.force || !csv.null.is_empty() && equals_null
            }
        }
    }
}
