//! The Arrow PyCapsule interface: schemas and record batches out of whatever offers them.

use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, FieldRef, Schema};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyTuple};

/// A schema from `__arrow_c_schema__`.
pub fn schema(object: &Bound<'_, PyAny>) -> PyResult<Schema> {
    let capsule = object.call_method0("__arrow_c_schema__")?.cast_into::<PyCapsule>()?;
    Schema::try_from(imported_schema(&capsule)?).map_err(value_error)
}

/// A record batch from `__arrow_c_array__`, a struct array without NULLs of its own, and its schema
/// as it was declared: decimals arrive as the bytes they are.
pub fn batch(object: &Bound<'_, PyAny>) -> PyResult<(Schema, RecordBatch)> {
    let pair = object.call_method0("__arrow_c_array__")?.cast_into::<PyTuple>()?;
    let capsule = pair.get_item(0)?.cast_into::<PyCapsule>()?;
    let schema = Schema::try_from(imported_schema(&capsule)?).map_err(value_error)?;
    let data_type = unaligned(DataType::Struct(schema.fields().clone()));
    let capsule = pair.get_item(1)?.cast_into::<PyCapsule>()?;
    let pointer = capsule.pointer_checked(Some(c"arrow_array"))?.cast::<FFI_ArrowArray>();
    // SAFETY: a capsule of this name points at an ArrowArray that lives as long as the capsule;
    // `from_raw` moves its content out and leaves a released one, as the interface prescribes.
    let array = unsafe { FFI_ArrowArray::from_raw(pointer.as_ptr()) };
    // SAFETY: both halves come from one producer, which vouches for buffers that fit the type; a
    // decimal128 has the layout of sixteen bytes of fixed-size binary.
    let data = unsafe { from_ffi_and_data_type(array, data_type) }.map_err(value_error)?;
    let rows = StructArray::from(data);
    if rows.null_count() > 0 {
        return Err(PyTypeError::new_err("a record batch cannot have NULL rows"));
    }
    Ok((schema, RecordBatch::from(rows)))
}

/// The type with its decimals as sixteen bytes each. Arrow aligns buffers to eight bytes; arrow-rs
/// wants sixteen for an i128 and would copy the column from its start for every slice of it.
fn unaligned(data_type: DataType) -> DataType {
    match data_type {
        DataType::Decimal128(_, _) => DataType::FixedSizeBinary(16),
        DataType::Dictionary(key, value) => DataType::Dictionary(key, Box::new(unaligned(*value))),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(unaligned_field).collect()),
        other => other,
    }
}

fn unaligned_field(field: &FieldRef) -> Field {
    let data_type = unaligned(field.data_type().clone());
    Field::new(field.name(), data_type, field.is_nullable())
}

fn imported_schema<'a>(capsule: &'a Bound<'_, PyCapsule>) -> PyResult<&'a FFI_ArrowSchema> {
    let pointer = capsule.pointer_checked(Some(c"arrow_schema"))?.cast::<FFI_ArrowSchema>();
    // SAFETY: a capsule of this name points at an ArrowSchema that lives as long as the capsule.
    Ok(unsafe { pointer.as_ref() })
}

fn value_error(error: arrow_schema::ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}
