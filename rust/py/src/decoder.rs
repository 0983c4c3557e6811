//! holofast._native's Decoder: pieces of a stream in, record batches out by the Arrow C interface.

use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::Schema;
use arrow_schema::ffi::FFI_ArrowSchema;
use holofast_core::{CopyDecoder, DecodeError};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::arrow::declared_schema;
use crate::block::bytes_of;
use crate::{TypeSpec, schema_error, value_error};

mod errors {
    pyo3::import_exception!(holofast.errors, DecodeError);
}

/// holofast.schema.DecoderSpec, read by attribute.
#[derive(FromPyObject)]
struct Spec {
    names: Vec<String>,
    types: Vec<TypeSpec>,
}

/// Decodes one stream; it has a place in it, so no two threads may feed it at once.
#[pyclass(module = "holofast._native")]
pub struct Decoder {
    core: CopyDecoder,
    names: Vec<String>,
    /// What batches are exported with, so that they have the schema's own metadata.
    schema: Py<PyAny>,
}

#[pymethods]
impl Decoder {
    #[new]
    fn new(schema: &Bound<'_, PyAny>, spec: Spec) -> PyResult<Self> {
        let capsule = schema.call_method0("__arrow_c_schema__")?.cast_into::<PyCapsule>()?;
        let declared: &FFI_ArrowSchema = declared_schema(&capsule)?;
        let types = spec.types.iter().map(TypeSpec::resolved).collect::<PyResult<Vec<_>>>()?;
        let core = CopyDecoder::try_new(Schema::try_from(declared).map_err(value_error)?, &types)
            .map_err(schema_error)?;
        Ok(Self { core, names: spec.names, schema: schema.clone().unbind() })
    }

    fn feed(&mut self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Vec<Batch>> {
        let buffer = PyBuffer::<u8>::get(data)?;
        if !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err("feed needs contiguous bytes"));
        }
        // SAFETY: the exporter keeps the memory alive and in place while `buffer` is held; of bytes
        // that a caller writes to meanwhile, nothing is relied on that was not checked in a copy.
        let piece = unsafe { bytes_of(&buffer) };
        let mut batches = Vec::new();
        let fed = py.detach(|| self.core.feed(piece, &mut batches));
        fed.map_err(|error| self.decode_error(error))?;
        Ok(batches.into_iter().map(|batch| self.batch(py, batch)).collect())
    }

    fn finish(&mut self, py: Python<'_>) -> PyResult<Vec<Batch>> {
        let rest = py.detach(|| self.core.finish());
        let rest = rest.map_err(|error| self.decode_error(error))?;
        Ok(rest.into_iter().map(|batch| self.batch(py, batch)).collect())
    }
}

impl Decoder {
    fn batch(&self, py: Python<'_>, batch: RecordBatch) -> Batch {
        Batch { batch, schema: self.schema.clone_ref(py) }
    }

    fn decode_error(&self, error: DecodeError) -> PyErr {
        let (reason, value) = error.fault.parts();
        let column = error.column.map(|column| self.names[column].clone());
        errors::DecodeError::new_err((reason, value, column, error.row))
    }
}

/// A record batch for whoever imports it.
#[pyclass(frozen, module = "holofast._native")]
pub struct Batch {
    batch: RecordBatch,
    schema: Py<PyAny>,
}

#[pymethods]
impl Batch {
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema; // The schema is the one asked for, when the decoder was built.
        let schema = self.schema.bind(py).call_method0("__arrow_c_schema__")?;
        let array = FFI_ArrowArray::new(&StructArray::from(self.batch.clone()).to_data());
        Ok((schema, PyCapsule::new_with_value(py, array, c"arrow_array")?))
    }
}
