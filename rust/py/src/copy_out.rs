//! The rows of a COPY TO STDOUT as libpq hands them over, gathered into pooled buffers.
//!
//! The connection is psycopg's, and so is the libpq whose functions are called: holofast links none.
//! psycopg would make an object of each row, which costs more than to encode it.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::block::{Block, Pool};

/// `int PQgetCopyData(PGconn *conn, char **buffer, int async)`
type GetCopyData = unsafe extern "C" fn(*mut c_void, *mut *mut c_char, c_int) -> c_int;
/// `void PQfreemem(void *ptr)`
type FreeMem = unsafe extern "C" fn(*mut c_void);

/// A server sends 8 KB at a time, and each time wakes who waits for it, which takes it longer than to
/// make some rows. Where less than that lies in the socket, a nap lets more come: 200 microseconds are
/// some 40 KB of a socket's 200 KB. Measured on lineitem, 1.1 million rows a second instead of 0.9, for
/// half of the work.
const NAP: Duration = Duration::from_micros(200);
const NEXT_SEND: c_int = 8192;

/// A connection in COPY OUT, by the addresses of it and of libpq's functions.
#[derive(Clone, Copy)]
struct Line {
    connection: usize,
    socket: c_int,
    get_copy_data: GetCopyData,
    free: FreeMem,
}

impl Line {
    /// The next row, None where there is no more, or the connection has failed.
    fn row(self) -> Option<Row> {
        let mut start = ptr::null_mut();
        let mut len = self.get(&mut start, false);
        if len == 0 {
            if self.in_socket() < NEXT_SEND {
                thread::sleep(NAP);
            }
            len = self.get(&mut start, true);
        }
        let len = usize::try_from(len).ok().filter(|len| *len > 0)?;
        Some(Row { start, len, free: self.free })
    }

    /// The length of the next row, which `start` is pointed at; 0 where it is not there yet and not
    /// waited for, below 0 at the end.
    fn get(self, start: &mut *mut c_char, wait: bool) -> c_int {
        let connection = ptr::with_exposed_provenance_mut(self.connection);
        // SAFETY: whoever made the reader holds the connection and its libpq, and one thread at a
        // time is here, as `CopyReader::read` has locked it.
        unsafe { (self.get_copy_data)(connection, start, c_int::from(!wait)) }
    }

    /// How many bytes have come that libpq has not read, 0 where nobody tells.
    fn in_socket(self) -> c_int {
        let mut bytes: c_int = 0;
        // SAFETY: FIONREAD writes one int.
        unsafe { libc::ioctl(self.socket, libc::FIONREAD, &raw mut bytes) };
        bytes
    }
}

/// A row in libpq's memory.
struct Row {
    start: *mut c_char,
    len: usize,
    free: FreeMem,
}

impl Row {
    fn bytes(&self) -> &[u8] {
        // SAFETY: libpq has allocated `len` bytes there, which are ours until they are freed.
        unsafe { slice::from_raw_parts(self.start.cast(), self.len) }
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        // SAFETY: PQgetCopyData's buffers are to be freed so, once.
        unsafe { (self.free)(self.start.cast()) }
    }
}

/// Reads a COPY TO STDOUT from psycopg's connection.
#[pyclass(frozen, module = "holofast._native")]
pub struct CopyReader {
    line: Mutex<Line>,
    /// Keeps the connection alive.
    _pgconn: Py<PyAny>,
    pool: Arc<Pool>,
    received: AtomicU64,
}

#[pymethods]
impl CopyReader {
    /// Of `pgconn` (psycopg.pq.PGconn), with the addresses of PQgetCopyData and PQfreemem in the
    /// libpq that it comes from.
    #[new]
    fn new(pgconn: Bound<'_, PyAny>, get_copy_data: usize, free: usize) -> PyResult<Self> {
        let connection = pgconn.getattr("pgconn_ptr")?.extract()?;
        let socket = pgconn.getattr("socket")?.extract()?;
        // SAFETY: the caller has looked the functions up by these names in libpq.
        let line = unsafe {
            Line {
                connection,
                socket,
                get_copy_data: std::mem::transmute::<usize, GetCopyData>(get_copy_data),
                free: std::mem::transmute::<usize, FreeMem>(free),
            }
        };
        Ok(Self {
            line: Mutex::new(line),
            _pgconn: pgconn.unbind(),
            pool: Arc::default(),
            received: AtomicU64::new(0),
        })
    }

    /// The number of rows so far.
    #[getter]
    fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// The next rows, until there are `size` bytes of them; fewer only at the end.
    fn read(&self, py: Python<'_>, size: usize) -> Block {
        let mut buffer = self.pool.take();
        py.detach(|| {
            let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            let mut rows = 0;
            while buffer.len() < size {
                let Some(row) = line.row() else { break };
                buffer.extend(row.bytes());
                rows += 1;
            }
            self.received.fetch_add(rows, Ordering::Relaxed);
        });
        Block::new(buffer, Arc::clone(&self.pool))
    }
}
