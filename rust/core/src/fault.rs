//! What can be wrong with COPY's binary form, as data: a fault and where it is. The words are the
//! caller's; what cannot be written is `error`'s.

use std::fmt;

use crate::error::Reason;

/// Why bytes are no binary COPY file of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The file begins otherwise.
    Signature,
    /// The header ends before its flags.
    MissingFlags,
    /// A header with the flag of files that have OIDs.
    WithOids,
    /// A header with a flag that nobody knows.
    CriticalFlags,
    /// The header ends before the length of its extension, or that is below zero.
    MissingLength,
    /// The header ends before its extension does.
    WrongLength,
    /// A row of so many fields, where there are so many columns.
    FieldCount(i16, usize),
    /// The bytes end before the trailer.
    UnexpectedEof,
    /// A field whose length is below −1.
    FieldSize,
    /// Bytes behind the trailer.
    AfterEof,
    /// A row longer than one that PostgreSQL sends.
    RowTooLong,
    /// A value with bytes left over, or with bytes that its type does not have.
    IncorrectFormat,
    /// A value without the byte it begins with.
    NoDataLeft,
    /// A value that ends too early.
    InsufficientData,
    /// What is wrong with a text, or with a value outside of its type's range.
    Value(Reason),
    /// A time of day outside 00:00:00 … 24:00:00.
    TimeOutOfRange,
    /// A timetz sixteen hours or more from UTC.
    ZoneOutOfRange,
    /// A numeric of no known sign.
    NumericSign,
    /// A numeric of more decimals than there can be.
    NumericScale,
    /// A numeric with a base-10000 digit of 10000 or more.
    NumericDigit,
    /// A jsonb of this version.
    JsonbVersion(u8),
    /// NULL where the schema has no NULLs.
    NullValue,
    /// A value in a column of Arrow's null type.
    NotNull,
    /// An integer that the Arrow type, named, does not hold.
    IntNoPlace(i128, String),
    /// A float4 that a float of 16 bits does not tell.
    FloatNoPlace,
    /// A date, time or interval that the Arrow type does not hold, in PostgreSQL's own unit.
    TimeNoPlace(String),
    /// A numeric of more digits than the Arrow type.
    NumericOverflow,
    /// A numeric of more decimals than the Arrow type.
    NumericInexact,
    /// NaN or an infinity, named, for an Arrow decimal.
    NumericSpecial(&'static str),
    /// A value of so many bytes, where all have so many.
    ByteWidth(usize, usize),
    /// An array of so many dimensions, where the schema has so many.
    Dimensions(i32, usize),
    /// An array whose lower bound is this one.
    LowerBound(i32),
    /// A list of so many elements, where all have so many.
    ListSize(usize, usize),
    /// Elements or fields of the type with this OID, where the schema has that one.
    WrongType(u32, u32),
    /// A composite of so many fields, where the schema has so many.
    ColumnCount(i32, usize),
    /// An hstore whose key is NULL.
    NullKey,
}

impl Fault {
    /// The fault's name and the value its message shows; a second one stands behind a semicolon.
    pub fn parts(&self) -> (&'static str, String) {
        let pair = |a: &dyn fmt::Display, b: &dyn fmt::Display| format!("{a}; {b}");
        let none = String::new;
        match self {
            Self::Signature => ("signature", none()),
            Self::MissingFlags => ("missing_flags", none()),
            Self::WithOids => ("with_oids", none()),
            Self::CriticalFlags => ("critical_flags", none()),
            Self::MissingLength => ("missing_length", none()),
            Self::WrongLength => ("wrong_length", none()),
            Self::FieldCount(found, expected) => ("field_count", pair(found, expected)),
            Self::UnexpectedEof => ("unexpected_eof", none()),
            Self::FieldSize => ("field_size", none()),
            Self::AfterEof => ("after_eof", none()),
            Self::RowTooLong => ("row_too_long", none()),
            Self::IncorrectFormat => ("incorrect_format", none()),
            Self::NoDataLeft => ("no_data_left", none()),
            Self::InsufficientData => ("insufficient_data", none()),
            Self::Value(reason) => reason.parts(),
            Self::TimeOutOfRange => ("received_time", none()),
            Self::ZoneOutOfRange => ("received_zone", none()),
            Self::NumericSign => ("numeric_sign", none()),
            Self::NumericScale => ("numeric_scale", none()),
            Self::NumericDigit => ("numeric_digit", none()),
            Self::JsonbVersion(version) => ("jsonb_version", version.to_string()),
            Self::NullValue => ("null_value", none()),
            Self::NotNull => ("not_null", none()),
            Self::IntNoPlace(value, arrow) => ("int_no_place", pair(value, arrow)),
            Self::FloatNoPlace => ("float_no_place", none()),
            Self::TimeNoPlace(value) => ("time_no_place", value.clone()),
            Self::NumericOverflow => ("numeric_overflow", none()),
            Self::NumericInexact => ("numeric_inexact", none()),
            Self::NumericSpecial(word) => ("numeric_special", (*word).to_owned()),
            Self::ByteWidth(found, expected) => ("byte_width", pair(found, expected)),
            Self::Dimensions(found, expected) => ("array_dimensions", pair(found, expected)),
            Self::LowerBound(bound) => ("array_bound", bound.to_string()),
            Self::ListSize(found, expected) => ("list_size", pair(found, expected)),
            Self::WrongType(found, expected) => ("wrong_type", pair(found, expected)),
            Self::ColumnCount(found, expected) => ("column_count", pair(found, expected)),
            Self::NullKey => ("null_key", none()),
        }
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self::Value(reason)
    }
}

/// Bytes that cannot be decoded: the first by row, then by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// Index of the column; None where the fault is in none, or in the header.
    pub column: Option<usize>,
    /// Index of the row in the stream, from 0.
    pub row: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = self.fault.parts();
        match self.column {
            Some(column) => write!(f, "column {column}, row {}: {name} {value}", self.row),
            None => write!(f, "row {}: {name} {value}", self.row),
        }
    }
}

impl std::error::Error for DecodeError {}
