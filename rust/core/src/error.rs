//! What can go wrong, as data: a column, a row and a reason. The words are the caller's.

use std::fmt;

/// Why a value has no COPY form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A date before 4714-11-24 BC or after 5874897-12-31.
    DateOutOfRange,
    /// A timestamp before 4714-11-24 BC or after 294276-12-31.
    TimestampOutOfRange,
    /// A time of day outside 00:00:00 … 24:00:00, in microseconds.
    TimeOutOfRange(i64),
    /// A date64 that is not a multiple of 86,400,000 milliseconds.
    DateNotWholeDay(i64),
    /// A value in nanoseconds that is not a whole number of microseconds.
    Nanoseconds(i64),
    /// A row of more bytes than the options allow.
    RowTooLong,
    /// A string that holds the byte 0x00.
    NulByte,
    /// An interval of more microseconds than 64 bits hold.
    IntervalOutOfRange,
    /// An integer that does not fit its PostgreSQL type, named.
    IntOutOfRange(&'static str),
    /// A string longer than its character(n).
    TooLong(usize),
    /// A carrier that holds no text of its type, named.
    Invalid(&'static str, String),
    /// A list of lists of different lengths.
    Ragged,
    /// Lists of lists, more deeply than an array has dimensions.
    Dimensions,
    /// A map with this key twice.
    DuplicateKey(String),
    /// A string that is no JSON.
    JsonInvalid,
    /// JSON with a `\u0000`.
    JsonNul,
    /// JSON with a number that no numeric holds.
    JsonNumber,
    /// A string that is not UTF-8: the first bytes, up to four, that are no character.
    InvalidBytes {
        /// The bytes, zeros behind.
        bytes: [u8; 4],
        /// How many they are.
        len: u8,
    },
    /// A character that the output's encoding does not have.
    NoEquivalent(char),
}

impl Reason {
    /// The reason's name, one for each variant, and the value its message shows.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::DateOutOfRange => ("date_out_of_range", String::new()),
            Self::TimestampOutOfRange => ("timestamp_out_of_range", String::new()),
            Self::TimeOutOfRange(micros) => ("time_out_of_range", clock(*micros)),
            Self::DateNotWholeDay(value) => ("date_not_whole_day", value.to_string()),
            Self::Nanoseconds(value) => ("nanoseconds", value.to_string()),
            Self::RowTooLong => ("row_too_long", String::new()),
            Self::NulByte => ("nul_byte", String::new()),
            Self::IntervalOutOfRange => ("interval_out_of_range", String::new()),
            Self::IntOutOfRange(name) => ("int_out_of_range", (*name).to_owned()),
            Self::TooLong(length) => ("too_long", length.to_string()),
            Self::Invalid(name, text) => ("invalid_text", format!("{name}: \"{text}\"")),
            Self::Ragged => ("ragged", String::new()),
            Self::Dimensions => ("dimensions", String::new()),
            Self::DuplicateKey(key) => ("duplicate_key", key.clone()),
            Self::JsonInvalid => ("json_invalid", String::new()),
            Self::JsonNul => ("json_nul", String::new()),
            Self::JsonNumber => ("json_number", String::new()),
            Self::InvalidBytes { bytes, len } => {
                ("invalid_bytes", byte_sequence(&bytes[..usize::from(*len)]))
            }
            Self::NoEquivalent(character) => {
                ("no_equivalent", byte_sequence(character.encode_utf8(&mut [0; 4]).as_bytes()))
            }
        }
    }
}

/// Bytes as PostgreSQL's messages show them.
fn byte_sequence(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("0x{byte:02x}")).collect::<Vec<_>>().join(" ")
}

/// `[-]HH:MM:SS[.ffffff]`, the fraction trimmed, for times that no clock shows.
fn clock(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.unsigned_abs();
    let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let text = format!("{sign}{hours:02}:{minutes:02}:{:02}.{fraction:06}", seconds % 60);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A value that cannot be encoded: the first by row, then by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeError {
    /// Index of the column.
    pub column: usize,
    /// Index of the row in the batch, from 0.
    pub row: usize,
    /// What is wrong with the value.
    pub reason: Reason,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = self.reason.parts();
        write!(f, "column {}, row {}: {name} {value}", self.column, self.row)
    }
}

/// Why an encoder cannot be built, or a batch is not one of its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaError {
    /// There is no rule to encode this column's Arrow type as its PostgreSQL type.
    Unsupported {
        /// Index of the column.
        column: usize,
        /// The Arrow type, as arrow-schema prints it.
        arrow: String,
        /// The PostgreSQL type's name.
        pg_type: &'static str,
    },
    /// The batch's columns are not those the encoder was built for.
    Mismatch(String),
    /// An option the row loop could not work with.
    Option(&'static str),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported { column, arrow, pg_type } => {
                write!(f, "column {column}: no rule to encode Arrow type {arrow} as {pg_type}")
            }
            Self::Mismatch(what) => f.write_str(what),
            Self::Option(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for EncodeError {}
impl std::error::Error for SchemaError {}
