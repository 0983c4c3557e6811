//! One type family a file: its text form and its binary form side by side.

pub(crate) mod bool;
pub(crate) mod bytes;
pub(crate) mod date;
pub(crate) mod decimal;
pub(crate) mod dictionary;
pub(crate) mod digits;
pub(crate) mod float;
pub(crate) mod int;
pub(crate) mod null;
pub(crate) mod number;
pub(crate) mod powers;
pub(crate) mod shortest;
pub(crate) mod string;
pub(crate) mod table;
pub(crate) mod textsend;
pub(crate) mod time;
pub(crate) mod timestamp;
pub(crate) mod values;
