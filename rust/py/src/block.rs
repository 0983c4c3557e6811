//! Encoded bytes as Python sees them, and the pool their memory goes back to.

use std::ffi::{c_int, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use holofast_core::Buffer;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyMemoryView;

/// Buffers kept for the next encoding: one a worker is enough, more would only hold memory.
const KEPT: usize = 8;

/// The free buffers of one encoder.
#[derive(Default)]
pub struct Pool(Mutex<Vec<Buffer>>);

impl Pool {
    pub fn take(&self) -> Buffer {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, mut buffer: Buffer) {
        buffer.clear();
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < KEPT {
            free.push(buffer);
        }
    }
}

/// Read-only encoded bytes: buffer protocol, `len()`, `bytes()`, and slices without a copy.
#[pyclass(frozen, module = "holofast._native")]
pub struct Block {
    buffer: Option<Buffer>,
    pool: Arc<Pool>,
}

impl Block {
    pub fn new(buffer: Buffer, pool: Arc<Pool>) -> Self {
        Self { buffer: Some(buffer), pool }
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.as_ref().map_or(&[], Buffer::as_slice)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.pool.give_back(buffer);
        }
    }
}

#[pymethods]
impl Block {
    fn __len__(&self) -> usize {
        self.bytes().len()
    }

    fn __bytes__(&self) -> &[u8] {
        self.bytes()
    }

    /// What a memoryview of the block gives: a number, or for a slice a view that holds the block.
    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        PyMemoryView::from(slf)?.get_item(key)
    }

    fn __repr__(&self) -> String {
        format!("<holofast Block of {} bytes>", self.bytes().len())
    }

    /// # Safety
    /// Called by the interpreter alone, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if flags & ffi::PyBUF_WRITABLE == ffi::PyBUF_WRITABLE {
            return Err(PyBufferError::new_err("the block is read-only"));
        }
        let bytes = slf.get().bytes();
        let (start, len) = (bytes.as_ptr() as *mut c_void, bytes.len() as ffi::Py_ssize_t);
        // SAFETY: the interpreter gives a view to fill. It holds a reference to the block while
        // the view lives, and a frozen block neither moves nor changes its bytes until dropped.
        let filled = unsafe { ffi::PyBuffer_FillInfo(view, slf.as_ptr(), start, len, 1, flags) };
        if filled == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// The bytes behind a contiguous buffer.
///
/// # Safety
/// Nobody may resize the exporter while the slice lives; holding `buffer` forbids it.
pub unsafe fn bytes_of(buffer: &PyBuffer<u8>) -> &[u8] {
    if buffer.len_bytes() == 0 {
        return &[];
    }
    // SAFETY: a contiguous buffer of bytes, alive as long as `buffer` is.
    unsafe { std::slice::from_raw_parts(buffer.buf_ptr().cast(), buffer.len_bytes()) }
}
