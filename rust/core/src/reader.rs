//! The trait of decoding, the counterpart of `field`'s: a `FieldReader` takes one column's cells,
//! block by block, and gives an array. What a value's bytes mean belongs to `types`; where cells lie
//! in the stream is `frame`'s.

use std::sync::Arc;

use arrow_array::{ArrayRef, ArrowPrimitiveType, BooleanArray, NullArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use arrow_schema::DataType;

use crate::fault::Fault;

/// One column of a schema, as it comes out of a stream.
pub(crate) trait FieldReader: Send + Sync {
    /// Appends the cells' values.
    ///
    /// # Errors
    /// The first cell that is no value of the column; the reader is of no use then.
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad>;
    /// About how many bytes of memory the values take so far.
    fn size(&self) -> usize;
    /// The values since the last time.
    fn take(&mut self) -> ArrayRef;
}

/// A cell that is no value of its column.
pub(crate) struct Bad {
    pub index: usize,
    pub fault: Fault,
}

/// Where a cell's bytes lie in a block.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub start: u32,
    /// Below zero for what has none.
    pub len: i32,
}

impl Span {
    pub const NULL: Self = Self { start: 0, len: -1 };
    /// A part of a NULL: Arrow wants a value there, which the schema need not allow to be NULL.
    pub const ABSENT: Self = Self { start: 0, len: -2 };
}

/// One column's cells in a block of rows.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub data: &'a [u8],
    pub spans: &'a [Span],
}

impl<'a> Cells<'a> {
    /// The cells' bytes, None for NULL.
    #[inline(always)]
    pub fn iter(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        self.spans.iter().map(move |span| self.bytes(*span))
    }

    #[inline(always)]
    pub fn bytes(self, span: Span) -> Option<&'a [u8]> {
        let start = span.start as usize;
        (span.len >= 0).then(|| &self.data[start..start + span.len as usize])
    }

    /// What reads on within a cell's bytes, None for NULL.
    pub fn cursor(self, span: Span) -> Option<Cursor<'a>> {
        let at = span.start as usize;
        (span.len >= 0).then(|| Cursor { data: self.data, at, end: at + span.len as usize })
    }

    #[inline(always)]
    pub fn has_nulls(self) -> bool {
        self.spans.iter().fold(0, |all, span| all | span.len) < 0
    }
}

/// A place in a value that has others in it.
pub(crate) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
    end: usize,
}

impl Cursor<'_> {
    pub fn int32(&mut self) -> Result<i32, Fault> {
        let word = self.data[self.at..self.end].first_chunk().ok_or(Fault::InsufficientData)?;
        self.at += 4;
        Ok(i32::from_be_bytes(*word))
    }

    /// A length and so many bytes.
    pub fn field(&mut self) -> Result<Span, Fault> {
        let len = self.int32()?;
        if len == -1 {
            return Ok(Span::NULL);
        }
        let start = self.at as u32;
        match usize::try_from(len) {
            Ok(bytes) if bytes <= self.end - self.at => self.at += bytes,
            _ => return Err(Fault::InsufficientData),
        }
        Ok(Span { start, len })
    }

    /// Nothing may be left.
    pub fn end(&self) -> Result<(), Fault> {
        if self.at == self.end { Ok(()) } else { Err(Fault::IncorrectFormat) }
    }
}

/// Which of the values so far are NULL.
pub(crate) struct Nulls(NullBufferBuilder);

impl Nulls {
    pub fn new() -> Self {
        Self(NullBufferBuilder::new(0))
    }

    pub fn append(&mut self, cells: &Cells<'_>) {
        if cells.has_nulls() {
            cells.spans.iter().for_each(|span| self.0.append(span.len >= 0));
        } else {
            self.0.append_n_non_nulls(cells.spans.len());
        }
    }

    pub fn take(&mut self) -> Option<arrow_buffer::NullBuffer> {
        self.0.finish()
    }
}

/// Values of one width in Arrow; `receive` makes one of its bytes.
pub(crate) struct Fixed<A: ArrowPrimitiveType, F> {
    values: Vec<A::Native>,
    nulls: Nulls,
    arrow: DataType,
    receive: F,
}

impl<A: ArrowPrimitiveType, F> Fixed<A, F>
where
    F: Fn(&[u8]) -> Result<A::Native, Fault> + Send + Sync + 'static,
{
    pub fn boxed(arrow: &DataType, receive: F) -> Box<dyn FieldReader> {
        let (values, nulls, arrow) = (Vec::new(), Nulls::new(), arrow.clone());
        Box::new(Self { values, nulls, arrow, receive })
    }
}

impl<A: ArrowPrimitiveType, F> FieldReader for Fixed<A, F>
where
    F: Fn(&[u8]) -> Result<A::Native, Fault> + Send + Sync,
{
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.values.reserve(cells.spans.len());
        for (index, cell) in cells.iter().enumerate() {
            let value = match cell {
                Some(bytes) => (self.receive)(bytes).map_err(|fault| Bad { index, fault })?,
                None => A::Native::default(),
            };
            self.values.push(value);
        }
        self.nulls.append(cells);
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self.values.as_slice())
    }

    fn take(&mut self) -> ArrayRef {
        let next = Vec::with_capacity(self.values.len());
        let values = std::mem::replace(&mut self.values, next);
        let array = PrimitiveArray::<A>::new(values.into(), self.nulls.take());
        Arc::new(array.with_data_type(self.arrow.clone()))
    }
}

/// Arrow's bits; `receive` makes one of a value's bytes.
pub(crate) struct Bits<F> {
    bits: BooleanBufferBuilder,
    nulls: Nulls,
    receive: F,
}

impl<F: Fn(&[u8]) -> Result<bool, Fault> + Send + Sync + 'static> Bits<F> {
    pub fn boxed(receive: F) -> Box<dyn FieldReader> {
        Box::new(Self { bits: BooleanBufferBuilder::new(0), nulls: Nulls::new(), receive })
    }
}

impl<F: Fn(&[u8]) -> Result<bool, Fault> + Send + Sync> FieldReader for Bits<F> {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        for (index, cell) in cells.iter().enumerate() {
            let bit = match cell {
                Some(bytes) => (self.receive)(bytes).map_err(|fault| Bad { index, fault })?,
                None => false,
            };
            self.bits.append(bit);
        }
        self.nulls.append(cells);
        Ok(())
    }

    fn size(&self) -> usize {
        self.bits.len() / 8
    }

    fn take(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::new(self.bits.finish(), self.nulls.take()))
    }
}

/// A column of Arrow's null type, in which no value may be.
#[derive(Default)]
pub(crate) struct Nothing {
    rows: usize,
}

impl FieldReader for Nothing {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.rows += cells.spans.len();
        match cells.spans.iter().position(|span| span.len >= 0) {
            Some(index) => Err(Bad { index, fault: Fault::NotNull }),
            None => Ok(()),
        }
    }

    fn size(&self) -> usize {
        0
    }

    fn take(&mut self) -> ArrayRef {
        Arc::new(NullArray::new(std::mem::take(&mut self.rows)))
    }
}

/// A column that the schema calls not nullable.
pub(crate) struct Required(pub Box<dyn FieldReader>);

impl FieldReader for Required {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        let null = cells.spans.iter().position(|span| span.len == Span::NULL.len);
        let Some(index) = null else { return self.0.read(cells) };
        self.0.read(&Cells { spans: &cells.spans[..index], ..*cells })?;
        Err(Bad { index, fault: Fault::NullValue })
    }

    fn size(&self) -> usize {
        self.0.size()
    }

    fn take(&mut self) -> ArrayRef {
        self.0.take()
    }
}

/// A value of so many bytes.
#[inline(always)]
pub(crate) fn exactly<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Fault> {
    bytes.try_into().map_err(|_| misfit(bytes.len(), N))
}

/// What is wrong with a value of `found` bytes whose type has `expected` ones.
#[cold]
pub(crate) fn misfit(found: usize, expected: usize) -> Fault {
    match (found, expected) {
        (0, 1) => Fault::NoDataLeft,
        _ if found < expected => Fault::InsufficientData,
        _ => Fault::IncorrectFormat,
    }
}
