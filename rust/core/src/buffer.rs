//! Buffer: where encoded bytes go, kept from one encoding to the next. Filling it is `rows`'s.

use std::ops::Range;

use crate::isa::copy;

/// Encoded bytes and the scratch they were made in. Reuse it: memory touched for the first time
/// costs as much as the encoding.
#[derive(Default)]
pub struct Buffer {
    /// All initialised; the first `len` bytes are output.
    pub(crate) bytes: Vec<u8>,
    pub(crate) len: usize,
    pub(crate) scratch: Vec<u8>,
    /// Where rows wait to be converted.
    pub(crate) aside: Option<Box<Buffer>>,
}

impl Buffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// The encoded bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The number of encoded bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been encoded.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets the bytes and keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The memory it holds on to, in bytes.
    pub fn capacity(&self) -> usize {
        let aside = self.aside.as_ref().map_or(0, |aside| aside.capacity());
        self.bytes.capacity() + self.scratch.capacity() + aside
    }

    /// Appends bytes as they are.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Appends a part of the scratch; there is room for a step more.
    #[inline(always)]
    pub(crate) fn append_slot(&mut self, part: Range<usize>) {
        let len = part.len();
        copy(&self.scratch[part.start..], len, &mut self.bytes[self.len..]);
        self.len += len;
    }

    /// Makes room for `more` bytes behind the output.
    pub(crate) fn reserve(&mut self, more: usize) {
        let needed = self.len + more;
        if needed > self.bytes.len() {
            // Steps of a quarter keep both the copies of a growing part and the waste small; the
            // zeroing happens once per buffer.
            self.bytes.resize(needed.max(self.bytes.len() + self.bytes.len() / 4), 0);
        }
    }
}
