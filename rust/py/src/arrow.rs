//! The Arrow PyCapsule interface: schemas and record batches out of whatever offers them.

use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

/// The columns of one schema, and how batches of them are imported. A batch brings its schema
/// along: its formats, the strings of the interface, are compared with those of the first one, so
/// that types are built once and not for every batch.
pub struct Columns {
    formats: Vec<(usize, String)>,
    /// A struct of what the columns are imported as.
    rows: DataType,
}

impl Columns {
    /// The columns of `__arrow_c_schema__`, and the schema itself.
    pub fn of(object: &Bound<'_, PyAny>) -> PyResult<(Self, Schema)> {
        let capsule = object.call_method0("__arrow_c_schema__")?.cast_into::<PyCapsule>()?;
        let declared = declared_schema(&capsule)?;
        let schema = Schema::try_from(declared).map_err(value_error)?;
        let formats = formats(declared).map(|(depth, format)| (depth, format.to_owned())).collect();
        // A batch may declare columns nullable that this schema does not; nobody asks.
        let fields = schema.fields().iter();
        let fields =
            fields.map(|field| Field::new(field.name(), unaligned(field.data_type()), true));
        let rows = DataType::Struct(fields.collect());
        Ok((Self { formats, rows }, schema))
    }

    /// A batch of these columns from `__arrow_c_array__`. `accepts` refuses a schema of other
    /// types, and is asked only where the formats differ.
    pub fn exported(
        &self,
        object: &Bound<'_, PyAny>,
        accepts: impl FnOnce(&Schema) -> PyResult<()>,
    ) -> PyResult<Exported<'_>> {
        let pair = object.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?;
        let capsule = pair.get_item(0)?.cast_into::<PyCapsule>()?;
        let declared = declared_schema(&capsule)?;
        if !self.are_those_of(declared) {
            accepts(&Schema::try_from(declared).map_err(value_error)?)?;
        }
        let capsule = pair.get_item(1)?.cast_into::<PyCapsule>()?;
        let pointer = capsule.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
        // SAFETY: a capsule of this name points at an ArrowArray that lives as long as the capsule;
        // `from_raw` moves its content out and leaves a released one, as the interface prescribes.
        let array = unsafe { FFI_ArrowArray::from_raw(pointer.as_ptr()) };
        Ok(Exported { columns: self, array })
    }

    fn are_those_of(&self, declared: &FFI_ArrowSchema) -> bool {
        let ours = self.formats.iter().map(|(depth, format)| (*depth, format.as_str()));
        declared.format() == "+s" && formats(declared).eq(ours)
    }
}

/// A batch that its producer gave away, and has declared to be of these columns.
pub struct Exported<'a> {
    columns: &'a Columns,
    array: FFI_ArrowArray,
}

impl Exported<'_> {
    /// The record batch, a struct array without NULLs of its own; decimals arrive as the bytes they
    /// are. Needs no interpreter.
    pub fn import(self) -> PyResult<RecordBatch> {
        // SAFETY: schema and array come from one producer, which vouches for buffers that fit the
        // types it declared, and these are the columns'; a decimal128 has the layout of sixteen
        // bytes of fixed-size binary.
        let data = unsafe { from_ffi_and_data_type(self.array, self.columns.rows.clone()) };
        let rows = StructArray::from(data.map_err(value_error)?);
        if rows.null_count() > 0 {
            return Err(PyTypeError::new_err("a record batch cannot have NULL rows"));
        }
        Ok(RecordBatch::from(rows))
    }
}

/// What tells the types of columns: each one's format, behind it those of its dictionary and of its
/// children, all with their depth.
fn formats(declared: &FFI_ArrowSchema) -> impl Iterator<Item = (usize, &str)> {
    let mut left: Vec<_> = declared.children().map(|column| (0, column)).collect();
    left.reverse();
    std::iter::from_fn(move || {
        let (depth, part) = left.pop()?;
        let first = left.len();
        left.extend(part.dictionary().into_iter().chain(part.children()).map(|p| (depth + 1, p)));
        left[first..].reverse();
        Some((depth, part.format()))
    })
}

/// The type with its decimals as so many bytes each. Arrow aligns buffers to eight bytes; arrow-rs
/// wants sixteen for an i128 and would copy the column from its start for every slice of it.
fn unaligned(data_type: &DataType) -> DataType {
    use DataType as A;
    let field = |field: &Arc<Field>| {
        let data_type = unaligned(field.data_type());
        Arc::new(field.as_ref().clone().with_data_type(data_type).with_nullable(true))
    };
    match data_type {
        A::Decimal128(_, _) => A::FixedSizeBinary(16),
        A::Decimal256(_, _) => A::FixedSizeBinary(32),
        A::Dictionary(key, value) => A::Dictionary(key.clone(), Box::new(unaligned(value))),
        A::List(item) => A::List(field(item)),
        A::LargeList(item) => A::LargeList(field(item)),
        A::ListView(item) => A::ListView(field(item)),
        A::LargeListView(item) => A::LargeListView(field(item)),
        A::FixedSizeList(item, size) => A::FixedSizeList(field(item), *size),
        A::Struct(fields) => A::Struct(fields.iter().map(field).collect()),
        A::RunEndEncoded(ends, values) => A::RunEndEncoded(ends.clone(), field(values)),
        other => other.clone(),
    }
}

pub fn declared_schema<'a>(capsule: &'a Bound<'_, PyCapsule>) -> PyResult<&'a FFI_ArrowSchema> {
    let pointer = capsule.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    // SAFETY: a capsule of this name points at an ArrowSchema that lives as long as the capsule.
    Ok(unsafe { pointer.as_ref() })
}

pub fn value_error(error: arrow_schema::ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
