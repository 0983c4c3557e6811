//! Characters beyond ASCII that an encoding has as ASCII ones, as SJIS writes the yen sign as the
//! backslash's byte. PostgreSQL protects the converted value, so the character counts as that byte;
//! but whether a value is the NULL string is asked before.

use crate::encoding::Encoding;

/// The characters, in UTF-8, and what each becomes; none in most encodings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folds(Vec<(Vec<u8>, u8)>);

impl Folds {
    pub fn of(encoding: Option<&Encoding>) -> Self {
        let folded = encoding.map_or(&[][..], Encoding::folded).iter();
        Self(folded.map(|(character, byte)| (character.to_string().into(), *byte)).collect())
    }

    /// No characters.
    pub const NONE: &Self = &Self(Vec::new());

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the value has any of them.
    pub fn are_in(&self, value: &[u8]) -> bool {
        !self.0.is_empty() && (0..value.len()).any(|at| self.at(&value[at..]).is_some())
    }

    /// The value with the ASCII characters in their places.
    pub fn fold(&self, mut value: &[u8]) -> Vec<u8> {
        let mut folded = Vec::with_capacity(value.len());
        while let Some((first, rest)) = value.split_first() {
            let found = self.at(value);
            folded.push(found.map_or(*first, |(_, byte)| *byte));
            value = found.map_or(rest, |(character, _)| &value[character.len()..]);
        }
        folded
    }

    fn at(&self, value: &[u8]) -> Option<&(Vec<u8>, u8)> {
        self.0.iter().find(|(character, _)| value.starts_with(character))
    }
}
