//! COPY's options as the row loop needs them: single bytes, resolved defaults.
//! SQL's rules and words for them are the caller's; here stands only what the loop relies on.

use std::sync::Arc;

use crate::encoding::Encoding;
use crate::error::SchemaError;
use crate::settings::Settings;

/// COPY's FORMAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// FORMAT text.
    Text,
    /// FORMAT csv.
    Csv,
    /// FORMAT binary.
    Binary,
}

/// Resolved options of one COPY. `delimiter`, `null`, `quote` and `escape` mean nothing in BINARY.
#[derive(Debug, Clone)]
pub struct Options {
    /// FORMAT.
    pub format: Format,
    /// DELIMITER.
    pub delimiter: u8,
    /// NULL, as it is written.
    pub null: Vec<u8>,
    /// HEADER.
    pub header: bool,
    /// QUOTE (CSV).
    pub quote: u8,
    /// ESCAPE (CSV).
    pub escape: u8,
    /// FORCE_QUOTE, a flag for each column (CSV).
    pub force_quote: Vec<bool>,
    /// Bytes that no row may exceed; PostgreSQL's limit is 1,073,741,822.
    pub most_row_bytes: usize,
    /// The session's settings.
    pub settings: Settings,
    /// The encoding of the output, or in BINARY of its strings; None for UTF-8.
    pub encoding: Option<Arc<Encoding>>,
}

impl Options {
    /// Checks what the row loop relies on; `columns` is the number of columns.
    ///
    /// # Errors
    /// Rows of less than two bytes, a delimiter that would be mistaken for the end of a row, one that is also the quote, a
    /// NULL with a line break, or a FORCE_QUOTE of another length than the columns.
    pub fn check(&self, columns: usize) -> Result<(), SchemaError> {
        if self.most_row_bytes < 2 {
            return Err(SchemaError::Option("not even a row without columns is so short"));
        }
        if self.format == Format::Binary {
            return Ok(());
        }
        let line_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
        if line_break(&self.delimiter) {
            return Err(SchemaError::Option("the delimiter is a line break"));
        }
        if self.null.iter().any(line_break) {
            return Err(SchemaError::Option("the null string holds a line break"));
        }
        if self.format == Format::Csv && self.delimiter == self.quote {
            return Err(SchemaError::Option("the delimiter is the quote"));
        }
        if self.force_quote.len() != columns {
            return Err(SchemaError::Option("force_quote has another length than the columns"));
        }
        Ok(())
    }
}
