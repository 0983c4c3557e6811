//! PostgreSQL's COPY TO output (TEXT, CSV, BINARY) from Arrow record batches, byte for byte; and
//! record batches from its BINARY output.
//!
//! Three questions are kept apart, so that formats and types never multiply:
//!
//! | question | answered in |
//! |---|---|
//! | which bytes are this value? | `types`, one file a type family, text and binary side by side |
//! | how are they protected? | `escape`: TEXT's backslashes, CSV's quotes |
//! | what stands between them? | `field` (a separator behind, or a length word before) and `rows` |
//!
//! Values that do not lie in Arrow as they are written, and are not written in place, are `made` aside
//! and then written as strings are. `carrier` has the strings that stand for types that Arrow lacks.
//! An array's elements and a composite's fields are columns of their own, `nested` in it, which put
//! their cells one by one to where they stand.
//!
//! `dispatch` puts the three together for one column; `rows` drives the columns over blocks of 64
//! rows: `block` has their cells and stores them without checks of its own, `long` puts those that
//! are not worth a copy straight into the output; `converted` has them in another encoding than
//! UTF-8. `isa` has all that compiled for more than one instruction set. [`CopyEncoder`] holds what
//! stays the same from batch to batch.
//!
//! The way back is [`CopyDecoder`]'s: `frame` finds where the cells of 64 rows lie, then each column's
//! `reader` takes its cells, those of variable length by `strings`. What the bytes of a value mean
//! stands in `types`, beside how they are written. What can be wrong with them is a `fault`.
//!
//! Errors are data ([`EncodeError`], [`DecodeError`]); whoever shows them has the words. SQL's rules
//! for options, the default type mapping, time-zone files and the tables of encodings are not here:
//! they arrive resolved.

#![deny(unsafe_code)]

mod block;
mod buffer;
mod carrier;
mod converted;
mod crc64;
mod decoder;
mod dispatch;
mod encoder;
mod encoding;
mod error;
mod escape;
mod fault;
mod field;
mod fold;
mod frame;
mod isa;
mod long;
mod made;
mod nested;
mod options;
mod pg_type;
mod reader;
mod rows;
mod settings;
mod strings;
mod style;
mod types;
mod utf8;
mod zone;

pub use buffer::Buffer;
pub use crc64::{crc64, crc64_combine};
pub use decoder::CopyDecoder;
pub use encoder::CopyEncoder;
pub use encoding::Encoding;
pub use error::{EncodeError, Reason, SchemaError};
pub use fault::{DecodeError, Fault};
pub use isa::InstructionSet;
pub use options::{Format, Options};
pub use pg_type::{ColumnType, PgType};
pub use settings::{DateOrder, DateStyle, IntervalStyle, Settings};
pub use zone::Zone;
