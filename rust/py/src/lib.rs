//! holofast._native: unwraps Arrow's capsules, detaches from the interpreter, encodes or decodes, and
//! wraps the bytes, the batches or the error. Everything that knows COPY is in holofast-core or in
//! Python; `copy_out` only carries a COPY's rows from psycopg's libpq.

mod arrow;
mod block;
mod copy_out;
mod decoder;

use std::sync::Arc;

use arrow_schema::Schema;
use holofast_core::{
    Buffer, ColumnType, CopyEncoder, DateOrder, DateStyle, EncodeError, Encoding, Format,
    IntervalStyle, Options, PgType, Reason, SchemaError, Settings, Zone,
};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;

use arrow::{Columns, Exported, value_error};
use block::{Block, Pool};

mod errors {
    pyo3::import_exception!(holofast.errors, EncodeError);
}

/// holofast.schema.EncoderSpec, read by attribute.
#[derive(FromPyObject)]
struct Spec {
    names: Vec<String>,
    types: Vec<TypeSpec>,
    format: String,
    delimiter: u8,
    quote: u8,
    escape: u8,
    null: Vec<u8>,
    header: bool,
    force_quote: Vec<bool>,
    encoding: Option<EncodingSpec>,
    zone: Option<ZoneSpec>,
    most_row_bytes: usize,
    settings: SettingsSpec,
    batch_size: usize,
}

/// holofast.pg_types.PgType, read by attribute.
#[derive(FromPyObject)]
struct TypeSpec {
    name: String,
    oid: u32,
    length: Option<usize>,
    delimiter: u8,
    children: Vec<TypeSpec>,
}

impl TypeSpec {
    fn resolved(&self) -> PyResult<ColumnType> {
        let unknown = || PyValueError::new_err(format!("unknown PostgreSQL type {:?}", self.name));
        Ok(ColumnType {
            pg_type: PgType::from_name(&self.name).ok_or_else(unknown)?,
            oid: self.oid,
            length: self.length,
            delimiter: self.delimiter,
            children: self.children.iter().map(Self::resolved).collect::<PyResult<_>>()?,
        })
    }
}

/// holofast.options.Settings, read by attribute.
#[derive(FromPyObject)]
struct SettingsSpec {
    date_style: String,
    interval_style: String,
    extra_float_digits: i32,
    bytea_output: String,
    floor_nanoseconds: bool,
}

impl SettingsSpec {
    fn resolved(&self) -> PyResult<Settings> {
        let unknown = |value: &str| PyValueError::new_err(format!("unknown setting {value:?}"));
        let (style, order) = self.date_style.split_once(", ").unwrap_or((&self.date_style, ""));
        Ok(Settings {
            date_style: match style {
                "ISO" => DateStyle::Iso,
                "SQL" => DateStyle::Sql,
                "Postgres" => DateStyle::Postgres,
                "German" => DateStyle::German,
                _ => return Err(unknown(style)),
            },
            date_order: match order {
                "MDY" => DateOrder::Mdy,
                "DMY" => DateOrder::Dmy,
                "YMD" => DateOrder::Ymd,
                _ => return Err(unknown(order)),
            },
            interval_style: match self.interval_style.as_str() {
                "postgres" => IntervalStyle::Postgres,
                "postgres_verbose" => IntervalStyle::PostgresVerbose,
                "sql_standard" => IntervalStyle::SqlStandard,
                "iso_8601" => IntervalStyle::Iso8601,
                other => return Err(unknown(other)),
            },
            extra_float_digits: self.extra_float_digits,
            bytea_escape: self.bytea_output == "escape",
            floor_nanoseconds: self.floor_nanoseconds,
        })
    }
}

/// holofast.time_zone.Zone, read by attribute.
#[derive(FromPyObject)]
struct ZoneSpec {
    transitions: Vec<i64>,
    offsets: Vec<i32>,
    cycle_start: Option<i64>,
    abbreviations: Vec<String>,
}

/// holofast.conversions.Encoding, read by attribute.
#[derive(FromPyObject)]
struct EncodingSpec {
    name: String,
    codes: PyBackedBytes,
    pairs: Vec<(String, Vec<u8>)>,
    folded: Vec<(char, char)>,
}

impl EncodingSpec {
    fn encoding(&self) -> PyResult<Encoding> {
        let pair = |(characters, code): &(String, Vec<u8>)| {
            let characters: Vec<_> = characters.chars().collect();
            let pair = <[char; 2]>::try_from(characters)
                .map_err(|_| PyValueError::new_err("a pair must have two characters"))?;
            Ok((pair, code.clone()))
        };
        let pairs = self.pairs.iter().map(pair).collect::<PyResult<_>>()?;
        let folded = self.folded.iter().map(|(from, to)| (*from, *to as u8)).collect();
        Ok(Encoding::new(&self.codes, pairs, folded))
    }
}

/// Encodes record batches of one schema; threads share it.
#[pyclass(frozen, module = "holofast._native")]
struct Encoder {
    core: CopyEncoder,
    columns: Columns,
    names: Vec<String>,
    /// The name of the output's encoding, where that is not UTF-8.
    encoding: Option<String>,
    pool: Arc<Pool>,
}

#[pymethods]
impl Encoder {
    #[new]
    fn new(schema: &Bound<'_, PyAny>, spec: Spec) -> PyResult<Self> {
        let format = match spec.format.as_str() {
            "text" => Format::Text,
            "csv" => Format::Csv,
            "binary" => Format::Binary,
            other => return Err(PyValueError::new_err(format!("unknown format {other:?}"))),
        };
        let options = Options {
            format,
            delimiter: spec.delimiter,
            null: spec.null,
            header: spec.header,
            quote: spec.quote,
            escape: spec.escape,
            force_quote: spec.force_quote,
            most_row_bytes: spec.most_row_bytes,
            settings: spec.settings.resolved()?,
            encoding: match &spec.encoding {
                Some(encoding) => Some(Arc::new(encoding.encoding()?)),
                None => None,
            },
        };
        let zone = spec.zone.map(|zone| {
            Zone::new(zone.transitions, zone.offsets, zone.cycle_start)
                .with_abbreviations(zone.abbreviations)
        });
        let (columns, schema) = Columns::of(schema)?;
        let core = CopyEncoder::try_new(
            &schema,
            spec.types.iter().map(TypeSpec::resolved).collect::<PyResult<_>>()?,
            options,
            zone,
            spec.batch_size,
        )
        .map_err(schema_error)?;
        let encoding = spec.encoding.map(|encoding| encoding.name);
        Ok(Self { core, columns, names: spec.names, encoding, pool: Arc::default() })
    }

    fn header(&self) -> &[u8] {
        self.core.header()
    }

    fn trailer(&self) -> &'static [u8] {
        self.core.trailer()
    }

    #[pyo3(signature = (batches, header = false, trailer = false))]
    fn encode(
        &self,
        py: Python<'_>,
        batches: Vec<Bound<'_, PyAny>>,
        header: bool,
        trailer: bool,
    ) -> PyResult<Block> {
        let accepts = |schema: &Schema| self.core.accepts(schema).map_err(schema_error);
        let batches = batches
            .iter()
            .map(|batch| self.columns.exported(batch, accepts))
            .collect::<PyResult<Vec<_>>>()?;
        let mut buffer = self.pool.take();
        let encoded = py.detach(|| self.encode_all(batches, header, trailer, &mut buffer));
        // Wrapped either way, so that the memory goes back to the pool.
        let block = Block::new(buffer, Arc::clone(&self.pool));
        encoded.map(|()| block)
    }
}

impl Encoder {
    /// Encodes the batches one after the other and lets each go. Detached from the interpreter:
    /// to import and release a batch of few rows takes longer than to encode it.
    fn encode_all(
        &self,
        batches: Vec<Exported<'_>>,
        header: bool,
        trailer: bool,
        out: &mut Buffer,
    ) -> PyResult<()> {
        if header {
            out.extend(self.core.header());
        }
        let mut rows = 0;
        for batch in batches {
            let batch = batch.import()?;
            self.core.encode(&batch, out).map_err(|error| self.encode_error(error, rows))?;
            rows += batch.num_rows();
        }
        if trailer {
            out.extend(self.core.trailer());
        }
        Ok(())
    }

    /// An error whose row counts from the first one of all batches.
    fn encode_error(&self, error: EncodeError, rows_before: usize) -> PyErr {
        let (reason, mut value) = error.reason.parts();
        if let (Reason::NoEquivalent(_), Some(encoding)) = (&error.reason, &self.encoding) {
            value = format!("{value}; {encoding}");
        }
        let name = self.names[error.column].clone();
        errors::EncodeError::new_err((reason, value, name, rows_before + error.row))
    }
}

fn schema_error(error: SchemaError) -> PyErr {
    match error {
        SchemaError::Option(_) => PyValueError::new_err(error.to_string()),
        _ => PyTypeError::new_err(error.to_string()),
    }
}

#[pyfunction]
fn crc64(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<u64> {
    let buffer = PyBuffer::<u8>::get(data)?;
    if !buffer.is_c_contiguous() {
        return Err(PyBufferError::new_err("crc64 needs contiguous bytes"));
    }
    // SAFETY: the exporter keeps the memory alive and in place while `buffer` is held, and a
    // caller that writes to it meanwhile gets the CRC of a mixture, as with any reader.
    let bytes = unsafe { block::bytes_of(&buffer) };
    Ok(py.detach(|| holofast_core::crc64(bytes)))
}

#[pyfunction]
fn crc64_combine(first: u64, second: u64, second_len: u64) -> u64 {
    holofast_core::crc64_combine(first, second, second_len)
}

#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::{
        Encoder, block::Block, copy_out::CopyReader, crc64, crc64_combine, decoder::Batch,
        decoder::Decoder,
    };
}
