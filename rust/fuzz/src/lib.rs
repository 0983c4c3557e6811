//! Random cases for holofast-core, and what must hold of each.
//!
//! A case is a batch, its PostgreSQL types and its options, all of them chosen by a string of bytes:
//! `source` makes choices of bytes, `arrays` has the columns, `texts` what strings may hold,
//! `options` and `encodings` the rest; `case` puts them together. `properties` says what must hold,
//! `framing` what the output looks like, `decoding` what becomes of it when it is read. [`check`] is all of that for one string.
//!
//! Which bytes a value becomes is not known here: the Python tests compare those with a server's.

mod arrays;
mod case;
mod decoding;
mod encodings;
mod framing;
mod options;
mod properties;
mod source;
mod texts;

use case::Case;
use source::Source;

/// Makes the case that `bytes` stand for. Panics if a property does not hold of it; says whether
/// there is a rule for its columns, so that it was encoded.
pub fn check(bytes: &[u8]) -> bool {
    let mut source = Source::new(bytes);
    let case = Case::new(&mut source);
    properties::hold(&case, &mut source)
}

/// The case that `bytes` stand for, as text.
pub fn describe(bytes: &[u8]) -> String {
    format!("{:#?}", Case::new(&mut Source::new(bytes)))
}
