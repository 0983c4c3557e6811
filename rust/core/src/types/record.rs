//! Composites, whose fields are columns of their own: record_out's parentheses and commas in text,
//! record_send's count and OIDs in BINARY.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_schema::Fields;

use crate::error::Reason;
use crate::fault::Fault;
use crate::field::{Extent, FieldWriter, put_words};
use crate::isa::Isa;
use crate::reader::{Bad, Cells, Cursor, FieldReader, Nulls, Span};
use crate::rows::Column;

/// NULL fields of text, and what ends a field: the last one's is the parenthesis.
pub(crate) const SEPARATORS: [u8; 2] = *b",)";

/// The room of composites, `more` bytes of each being no field's.
fn extent<I: Isa>(fields: &[Column<'_, I>], rows: Range<usize>, more: usize) -> Extent {
    let mut sum = Extent { cell: more, total: more * rows.len(), long: true };
    for field in fields {
        let extent = field.extent(rows.clone());
        sum.cell += extent.cell;
        sum.total += extent.total;
    }
    sum
}

/// Text cells.
pub(crate) struct RecordText<'a, I> {
    pub fields: Vec<Column<'a, I>>,
    pub separator: u8,
}

impl<I: Isa> FieldWriter<I> for RecordText<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        extent(&self.fields, rows, 3)
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        cell[..2].copy_from_slice(b"()");
        let mut len = if self.fields.is_empty() { 2 } else { 1 };
        for field in &self.fields {
            len += field.put(isa, row, &mut cell[len..])?;
        }
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

/// Binary fields: how many, then each one's OID and its own field.
pub(crate) struct RecordBinary<'a, I> {
    pub fields: Vec<Column<'a, I>>,
    pub oids: Vec<u32>,
}

impl<I: Isa> FieldWriter<I> for RecordBinary<'_, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        extent(&self.fields, rows, 8 + 4 * self.fields.len())
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let mut len = 8;
        for (field, oid) in self.fields.iter().zip(&self.oids) {
            put_words([*oid], &mut cell[len..]);
            len += 4;
            len += field.put(isa, row, &mut cell[len..])?;
        }
        put_words([len as u32 - 4, self.fields.len() as u32], cell);
        Ok(len)
    }
}

/// Structs out of BINARY (record_recv): each field's parts are the cells of a column of their own.
pub(crate) struct Records {
    arrow: Fields,
    fields: Vec<ReceivedField>,
    nulls: Nulls,
    rows: usize,
}

/// What reads a field, and its OID, 0 for any.
pub(crate) struct ReceivedField {
    pub reader: Box<dyn FieldReader>,
    pub oid: u32,
    /// A block's cells.
    pub spans: Vec<Span>,
}

impl Records {
    pub fn boxed(arrow: &Fields, fields: Vec<ReceivedField>) -> Box<dyn FieldReader> {
        Box::new(Self { arrow: arrow.clone(), fields, nulls: Nulls::new(), rows: 0 })
    }

    fn record(&mut self, mut record: Cursor<'_>) -> Result<(), Fault> {
        let count = record.int32()?;
        if usize::try_from(count) != Ok(self.fields.len()) {
            return Err(Fault::ColumnCount(count, self.fields.len()));
        }
        for field in &mut self.fields {
            let oid = record.int32()? as u32;
            if field.oid != 0 && oid != field.oid {
                return Err(Fault::WrongType(oid, field.oid));
            }
            field.spans.push(record.field()?);
        }
        record.end()
    }

    fn walk(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.fields.iter_mut().for_each(|field| field.spans.clear());
        for (index, span) in cells.spans.iter().enumerate() {
            let Some(record) = cells.cursor(*span) else {
                self.fields.iter_mut().for_each(|field| field.spans.push(Span::ABSENT));
                continue;
            };
            self.record(record).map_err(|fault| Bad { index, fault })?;
        }
        Ok(())
    }
}

impl FieldReader for Records {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        let walked = self.walk(cells);
        let mut first: Option<Bad> = None;
        for field in &mut self.fields {
            let read = field.reader.read(&Cells { spans: &field.spans, ..*cells });
            let Err(bad) = read else { continue };
            if first.as_ref().is_none_or(|first| bad.index < first.index) {
                first = Some(bad);
            }
        }
        self.rows += cells.spans.len();
        self.nulls.append(cells);
        // What is wrong with a record lies behind the fields that were found in it.
        first.map_or(walked, Err)
    }

    fn size(&self) -> usize {
        self.fields.iter().map(|field| field.reader.size()).sum()
    }

    fn take(&mut self) -> ArrayRef {
        let arrays = self.fields.iter_mut().map(|field| field.reader.take()).collect();
        let (rows, nulls) = (std::mem::take(&mut self.rows), self.nulls.take());
        let records = StructArray::try_new_with_length(self.arrow.clone(), arrays, nulls, rows);
        Arc::new(records.expect("readers of the fields' types"))
    }
}
