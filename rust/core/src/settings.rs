//! The session settings that values are written by, resolved; TimeZone is `zone`'s.

/// DateStyle's first word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum DateStyle {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}

/// DateStyle's second word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum DateOrder {
    #[default]
    Mdy,
    Dmy,
    Ymd,
}

/// IntervalStyle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum IntervalStyle {
    #[default]
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// What the session's settings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// DateStyle: the notation,
    pub date_style: DateStyle,
    /// and the order of its fields.
    pub date_order: DateOrder,
    /// IntervalStyle.
    pub interval_style: IntervalStyle,
    /// extra_float_digits, from −15 to 3.
    pub extra_float_digits: i32,
    /// Whether bytea_output is escape; else it is hex.
    pub bytea_escape: bool,
    /// Whether parts of microseconds are forgotten; else they are errors.
    pub floor_nanoseconds: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            date_style: DateStyle::default(),
            date_order: DateOrder::default(),
            interval_style: IntervalStyle::default(),
            extra_float_digits: 1,
            bytea_escape: false,
            floor_nanoseconds: false,
        }
    }
}
