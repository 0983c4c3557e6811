//! The PostgreSQL types that columns are written as. Which one a column gets is the caller's choice.

/// How a PostgreSQL type is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PgType {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Money,
    /// Every type whose binary form is its text: text itself, varchar, name, json, enums.
    Text,
    Bpchar,
    /// The type `"char"`, of one byte.
    Char,
    Bytea,
    Date,
    Time,
    Timetz,
    Timestamp,
    Timestamptz,
    Interval,
    Uuid,
    Jsonb,
    Inet,
    Cidr,
    Macaddr,
    Macaddr8,
    Bit,
    Varbit,
    Point,
    Range,
    Array,
    Record,
    Hstore,
    /// Bytes that are another type's binary form as it is: no text can be made of them.
    Raw,
}

impl PgType {
    const NAMES: [(&'static str, Self); 33] = [
        ("bool", Self::Bool),
        ("int2", Self::Int2),
        ("int4", Self::Int4),
        ("int8", Self::Int8),
        ("oid", Self::Oid),
        ("float4", Self::Float4),
        ("float8", Self::Float8),
        ("numeric", Self::Numeric),
        ("money", Self::Money),
        ("text", Self::Text),
        ("bpchar", Self::Bpchar),
        ("char", Self::Char),
        ("bytea", Self::Bytea),
        ("date", Self::Date),
        ("time", Self::Time),
        ("timetz", Self::Timetz),
        ("timestamp", Self::Timestamp),
        ("timestamptz", Self::Timestamptz),
        ("interval", Self::Interval),
        ("uuid", Self::Uuid),
        ("jsonb", Self::Jsonb),
        ("inet", Self::Inet),
        ("cidr", Self::Cidr),
        ("macaddr", Self::Macaddr),
        ("macaddr8", Self::Macaddr8),
        ("bit", Self::Bit),
        ("varbit", Self::Varbit),
        ("point", Self::Point),
        ("range", Self::Range),
        ("array", Self::Array),
        ("record", Self::Record),
        ("hstore", Self::Hstore),
        ("raw", Self::Raw),
    ];

    /// The type of this name, if it is one of ours: those of pg_type, and array and range.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, pg_type)| *pg_type)
    }

    /// The type's name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }
}

/// A column's type, its parts' types included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// How it is written.
    pub pg_type: PgType,
    /// Its OID, which BINARY shows of an array's elements and a composite's fields.
    pub oid: u32,
    /// Characters of bpchar, None where it is of any length.
    pub length: Option<usize>,
    /// What stands between an array's elements.
    pub delimiter: u8,
    /// The type of an array's elements, of a range's bounds, or of each of a composite's fields.
    pub children: Vec<ColumnType>,
}

impl From<PgType> for ColumnType {
    fn from(pg_type: PgType) -> Self {
        Self { pg_type, oid: 0, length: None, delimiter: b',', children: Vec::new() }
    }
}
