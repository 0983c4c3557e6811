//! Readers of values of any length: text, bytes, and text that is made of another binary form. All
//! layouts that Arrow has for them are made of one, when a batch is taken.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, LargeBinaryArray,
    LargeStringArray, StringArray, StringViewArray,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;

use crate::error::Reason;
use crate::fault::Fault;
use crate::reader::{Bad, Cells, FieldReader, Nulls};
use crate::utf8;

/// How far behind its last byte a short value may be copied: most take one store.
const STORE: usize = 32;

/// The values of a column, one behind the other. Their offsets have 32 bits: so many bytes do not
/// come into one batch.
pub(crate) struct Strings<F> {
    data: Vec<u8>,
    ends: Vec<i32>,
    nulls: Nulls,
    arrow: DataType,
    put: F,
}

/// Appends a block's values and checks them together.
pub(crate) trait Put: Send + Sync {
    /// Appends one value out of `onwards`, in which it has the first `len` bytes.
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault>;
    /// Whether what a block has appended is right.
    fn is_right(&self, _added: &[u8], _ends: &[i32], _first: usize) -> bool {
        true
    }
}

/// Bytes as they are.
pub(crate) struct Bytes;

impl Put for Bytes {
    #[inline(always)]
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        append(onwards, len, out);
        Ok(())
    }
}

/// Text as it is.
pub(crate) struct Text;

impl Put for Text {
    #[inline(always)]
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        append(onwards, len, out);
        Ok(())
    }

    #[inline(always)]
    fn is_right(&self, added: &[u8], ends: &[i32], first: usize) -> bool {
        if added.iter().fold(true, |all, byte| all & (*byte as i8 > 0)) {
            return true;
        }
        let is_start = |end: &i32| added.get(*end as usize - first).is_none_or(utf8::is_start);
        utf8::is_valid(added) && !added.contains(&0) && ends.iter().all(is_start)
    }
}

/// Text that `self.0` makes of a binary form.
pub(crate) struct Made<F>(pub F);

impl<F: Fn(&[u8], &mut Vec<u8>) -> Result<(), Fault> + Send + Sync> Put for Made<F> {
    #[inline(always)]
    fn put(&self, onwards: &[u8], len: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        (self.0)(&onwards[..len], out)
    }
}

#[inline(always)]
fn append(onwards: &[u8], len: usize, out: &mut Vec<u8>) {
    match onwards.first_chunk::<STORE>() {
        Some(store) if len <= STORE => {
            let end = out.len() + len;
            out.extend_from_slice(store);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&onwards[..len]),
    }
}

impl<F: Put + 'static> Strings<F> {
    pub fn boxed(arrow: &DataType, put: F) -> Box<dyn FieldReader> {
        let (data, ends, nulls) = (Vec::new(), vec![0], Nulls::new());
        Box::new(Self { data, ends, nulls, arrow: arrow.clone(), put })
    }
}

impl<F: Put> Strings<F> {
    fn append(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.ends.reserve(cells.spans.len());
        for (index, span) in cells.spans.iter().enumerate() {
            if span.len >= 0 {
                let (onwards, len) = (&cells.data[span.start as usize..], span.len as usize);
                let put = self.put.put(onwards, len, &mut self.data);
                put.map_err(|fault| Bad { index, fault })?;
            }
            let end = i32::try_from(self.data.len());
            self.ends.push(end.map_err(|_| Bad { index, fault: Fault::RowTooLong })?);
        }
        Ok(())
    }

    /// The first of the values from `before` on that is no text.
    #[cold]
    fn find_fault(&self, before: usize) -> Result<(), Bad> {
        for (index, ends) in self.ends[before..].windows(2).enumerate() {
            let found: Result<(), Reason> =
                utf8::check(&self.data[ends[0] as usize..ends[1] as usize]);
            found.map_err(|reason| Bad { index, fault: reason.into() })?;
        }
        Ok(())
    }
}

impl<F: Put> FieldReader for Strings<F> {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        let before = self.ends.len() - 1;
        let first = self.ends[before] as usize;
        let done = self.append(cells);
        let appended = self.ends[self.ends.len() - 1] as usize;
        if !self.put.is_right(&self.data[first..appended], &self.ends[before..], first) {
            self.find_fault(before)?;
        }
        self.nulls.append(cells);
        done
    }

    fn size(&self) -> usize {
        self.data.len() + size_of_val(self.ends.as_slice())
    }

    fn take(&mut self) -> ArrayRef {
        let (room, rows) = (self.data.len(), self.ends.len());
        let data = std::mem::replace(&mut self.data, Vec::with_capacity(room + STORE));
        let mut next = Vec::with_capacity(rows);
        next.push(0);
        let ends = std::mem::replace(&mut self.ends, next);
        array(&self.arrow, Buffer::from_vec(data), ends, self.nulls.take())
    }
}

/// The values in the layout that the schema has.
fn array(
    arrow: &DataType,
    data: Buffer,
    ends: Vec<i32>,
    nulls: Option<arrow_buffer::NullBuffer>,
) -> ArrayRef {
    let large = |ends: &[i32]| {
        OffsetBuffer::new(ends.iter().map(|end| i64::from(*end)).collect::<ScalarBuffer<_>>())
    };
    match arrow {
        DataType::LargeUtf8 => Arc::new(LargeStringArray::new(large(&ends), data, nulls)),
        DataType::LargeBinary => Arc::new(LargeBinaryArray::new(large(&ends), data, nulls)),
        DataType::Utf8 | DataType::Utf8View => {
            let array = StringArray::new(OffsetBuffer::new(ends.into()), data, nulls);
            if arrow == &DataType::Utf8 {
                return Arc::new(array);
            }
            Arc::new(StringViewArray::from(&array))
        }
        _ => {
            let array = BinaryArray::new(OffsetBuffer::new(ends.into()), data, nulls);
            if arrow == &DataType::Binary {
                return Arc::new(array);
            }
            Arc::new(BinaryViewArray::from(&array))
        }
    }
}

/// Bytes that are all of one width.
pub(crate) struct Blobs {
    data: Vec<u8>,
    rows: usize,
    nulls: Nulls,
    width: i32,
    misfit: fn(usize, usize) -> Fault,
}

impl Blobs {
    /// `misfit` tells what is wrong with a value of another width.
    pub fn boxed(width: i32, misfit: fn(usize, usize) -> Fault) -> Box<dyn FieldReader> {
        Box::new(Self { data: Vec::new(), rows: 0, nulls: Nulls::new(), width, misfit })
    }
}

impl FieldReader for Blobs {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        let width = self.width as usize;
        for (index, cell) in cells.iter().enumerate() {
            if self.data.len() + width > i32::MAX as usize {
                return Err(Bad { index, fault: Fault::RowTooLong });
            }
            match cell {
                Some(bytes) if bytes.len() == width => self.data.extend_from_slice(bytes),
                Some(bytes) => {
                    return Err(Bad { index, fault: (self.misfit)(bytes.len(), width) });
                }
                None => self.data.resize(self.data.len() + width, 0),
            }
        }
        self.rows += cells.spans.len();
        self.nulls.append(cells);
        Ok(())
    }

    fn size(&self) -> usize {
        self.data.len()
    }

    fn take(&mut self) -> ArrayRef {
        let next = Vec::with_capacity(self.data.len());
        let data = Buffer::from_vec(std::mem::replace(&mut self.data, next));
        let (rows, nulls) = (std::mem::take(&mut self.rows), self.nulls.take());
        let array = FixedSizeBinaryArray::try_new_with_len(self.width, data, nulls, rows);
        Arc::new(array.expect("as many bytes as rows"))
    }
}
