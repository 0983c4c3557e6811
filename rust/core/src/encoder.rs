//! CopyEncoder: what a COPY TO of one schema and one set of options writes. Immutable once built,
//! so threads share it; their buffers are their own. Bodies of batches concatenate.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, new_empty_array};
use arrow_schema::{DataType, Schema};

use crate::block::Tail;
use crate::buffer::Buffer;
use crate::converted;
use crate::dispatch::Site;
use crate::error::{EncodeError, Reason, SchemaError};
use crate::escape::{self, Specials};
use crate::isa::{Baseline, InstructionSet, Isa, Set};
use crate::made::Keep;
use crate::options::{Format, Options};
use crate::pg_type::ColumnType;
use crate::rows::{Column, Rows};
use crate::style::Style;
use crate::zone::Zone;

/// The signature, the flags and the length of no header extension.
const BINARY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// Rows at a time where values are made aside: their memory is soon used again, from the caches.
const MADE_ROWS: usize = 2048;
const BINARY_TRAILER: &[u8] = b"\xff\xff";
pub(crate) const BINARY_NULL: &[u8] = b"\xff\xff\xff\xff";

/// Encodes record batches of one schema. See the crate's documentation.
pub struct CopyEncoder {
    types: Vec<DataType>,
    pg_types: Vec<ColumnType>,
    options: Options,
    specials: Specials,
    zone: Option<Zone>,
    header: Vec<u8>,
    /// What every row begins with; of a table without columns, the whole row.
    lead: Tail,
    /// A NULL cell that the delimiter ends, and one at the end of a row.
    nulls: [Vec<u8>; 2],
    batch_size: usize,
    /// Whether any values are made aside.
    makes: bool,
    instructions: InstructionSet,
}

impl CopyEncoder {
    /// An encoder of `schema` whose columns become `pg_types`. `zone` is TimeZone, None for UTC;
    /// `batch_size` is the number of rows encoded at a time.
    ///
    /// # Errors
    /// A type without a rule, or options that the row loop could not work with.
    pub fn try_new(
        schema: &Schema,
        pg_types: Vec<ColumnType>,
        options: Options,
        zone: Option<Zone>,
        batch_size: usize,
    ) -> Result<Self, SchemaError> {
        let types: Vec<_> = schema.fields().iter().map(|field| field.data_type().clone()).collect();
        if types.len() != pg_types.len() {
            return Err(SchemaError::Mismatch(format!(
                "{} columns, but {} PostgreSQL types",
                types.len(),
                pg_types.len()
            )));
        }
        options.check(types.len())?;
        converted(options.null.clone(), &options)?;
        let specials = Specials::new(&options);
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let header = match (options.format, options.header) {
            (Format::Binary, _) => BINARY_HEADER.to_vec(),
            (_, true) => converted(escape::header(&names, &options, &specials), &options)?,
            (_, false) => Vec::new(),
        };
        let nulls = [options.delimiter, b'\n'].map(|separator| match options.format {
            Format::Binary => BINARY_NULL.to_vec(),
            _ => [options.null.as_slice(), &[separator]].concat(),
        });
        let lead = match options.format {
            Format::Binary => Tail::new(&(types.len() as i16).to_be_bytes()),
            _ if types.is_empty() => Tail::new(b"\n"),
            _ => Tail::NONE,
        };
        let mut this = Self {
            types,
            pg_types,
            options,
            specials,
            zone,
            header,
            lead,
            nulls,
            batch_size: batch_size.max(1),
            makes: false,
            instructions: InstructionSet::available().next().expect("the baseline"),
        };
        this.makes = this.check_types()?.is_used();
        Ok(this)
    }

    /// What the output begins with: BINARY's header, or the header line if there is one.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// What the output ends with: BINARY's trailer, or nothing.
    pub fn trailer(&self) -> &'static [u8] {
        if self.options.format == Format::Binary { BINARY_TRAILER } else { b"" }
    }

    /// Appends the rows of `batch` to `out`.
    ///
    /// # Errors
    /// The first value by row, then by column, that has no COPY form; `out` then ends with some
    /// of the rows before it.
    ///
    /// # Panics
    /// If the batch's columns are not of the encoder's schema; `accepts` tells beforehand. The
    /// sixteen bytes of a FixedSizeBinary may stand for a Decimal128 that is not aligned.
    pub fn encode(&self, batch: &RecordBatch, out: &mut Buffer) -> Result<(), EncodeError> {
        match self.instructions.0 {
            Set::Baseline(isa) => self.encode_with(isa, batch, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(isa) => self.encode_with(isa, batch, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(isa) => self.encode_with(isa, batch, out),
        }
    }

    /// The same encoder with other instructions than the best ones of this processor: the same
    /// bytes, more slowly. For tests of each path on one machine.
    #[must_use]
    pub fn with_instructions(self, instructions: InstructionSet) -> Self {
        Self { instructions, ..self }
    }

    fn encode_with<I: Isa>(
        &self,
        isa: I,
        batch: &RecordBatch,
        out: &mut Buffer,
    ) -> Result<(), EncodeError> {
        let (all, most) = (batch.num_rows(), self.rows_at_once(batch));
        for start in (0..all).step_by(most) {
            let rows = most.min(all - start);
            let before = out.len;
            if let Err(error) = self.encode_slice(isa, &batch.slice(start, rows), out) {
                // A block is written whole, its refused rows too.
                out.len = before;
                return Err(EncodeError { row: start + error.row, ..error });
            }
        }
        Ok(())
    }

    /// How many rows of the batch are encoded at a time.
    fn rows_at_once(&self, batch: &RecordBatch) -> usize {
        if !self.makes {
            return self.batch_size;
        }
        // A dictionary's values are made for all rows at once: not again for a few of them.
        let dictionaries = batch.columns().iter().filter_map(|array| array.as_any_dictionary_opt());
        let values = dictionaries.map(|dictionary| dictionary.values().len()).max();
        self.batch_size.min(values.unwrap_or(0).max(MADE_ROWS))
    }

    fn encode_slice<I: Isa>(
        &self,
        isa: I,
        batch: &RecordBatch,
        out: &mut Buffer,
    ) -> Result<(), EncodeError> {
        let keep = Keep::default();
        let columns = batch.columns().iter().enumerate();
        let columns = columns.map(|(i, array)| self.column(isa, &keep, i, array.as_ref()));
        let most_bytes = self.options.most_row_bytes;
        let mut rows = Rows { isa, columns: columns.collect(), lead: self.lead, most_bytes };
        let all = 0..batch.num_rows();
        match &self.options.encoding {
            Some(encoding) if self.options.format != Format::Binary => {
                // What counts is how long rows are at last.
                rows.most_bytes = usize::MAX;
                converted::encode(&rows, all, encoding, most_bytes, out).map_err(|range| {
                    rows.most_bytes = most_bytes;
                    rows.first_error(range, Some(encoding))
                })
            }
            _ => rows.encode(all, out).map_err(|error| match error.reason {
                Reason::RowTooLong => rows.first_error(error.row..error.row + 1, None),
                _ => error,
            }),
        }
    }

    /// Whether batches of `schema` have the columns the encoder was built for.
    ///
    /// # Errors
    /// The first difference.
    pub fn accepts(&self, schema: &Schema) -> Result<(), SchemaError> {
        let found = schema.fields();
        if found.len() != self.types.len() {
            return Err(SchemaError::Mismatch(format!(
                "the batch has {} columns, the encoder {}",
                found.len(),
                self.types.len()
            )));
        }
        for (index, (field, expected)) in found.iter().zip(&self.types).enumerate() {
            if field.data_type() != expected {
                return Err(SchemaError::Mismatch(format!(
                    "column {index} of the batch has Arrow type {}, the encoder expects {expected}",
                    field.data_type()
                )));
            }
        }
        Ok(())
    }

    fn site<'a, I>(&'a self, isa: I, keep: &'a Keep, column: usize) -> Site<'a, I> {
        let last = column + 1 == self.types.len();
        Site {
            isa,
            keep,
            style: Style::of(&self.options, &self.specials, column),
            separator: if last { b'\n' } else { self.options.delimiter },
            zone: self.zone.as_ref(),
            settings: &self.options.settings,
            encoding: self.options.encoding.as_deref(),
        }
    }

    fn column<'a, I: Isa + 'a>(
        &'a self,
        isa: I,
        keep: &'a Keep,
        index: usize,
        array: &'a dyn Array,
    ) -> Column<'a, I> {
        let last = index + 1 == self.types.len();
        Column {
            writer: self
                .site(isa, keep, index)
                .writer(array, &self.types[index], &self.pg_types[index])
                .expect("checked types"),
            nulls: array.logical_nulls(),
            null: &self.nulls[usize::from(last)],
        }
    }

    /// Checks that each column has a writer; gives what they make of no rows.
    fn check_types(&self) -> Result<Keep, SchemaError> {
        let keep = Keep::default();
        for (column, (arrow, to)) in self.types.iter().zip(&self.pg_types).enumerate() {
            let nothing = keep.array(new_empty_array(arrow));
            if self.site(Baseline, &keep, column).writer(nothing, arrow, to).is_none() {
                return Err(SchemaError::Unsupported {
                    column,
                    arrow: arrow.to_string(),
                    pg_type: to.pg_type.name(),
                });
            }
        }
        Ok(keep)
    }
}

/// What stands outside of the values, in the encoding of the output.
fn converted(bytes: Vec<u8>, options: &Options) -> Result<Vec<u8>, SchemaError> {
    let Some(encoding) = &options.encoding else { return Ok(bytes) };
    let refused = |_| SchemaError::Option("the encoding lacks a character of the header or NULL");
    encoding.convert(Baseline, &bytes).map_err(refused)
}
