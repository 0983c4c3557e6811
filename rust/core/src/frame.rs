//! COPY BINARY's frame: the header, the words before rows and fields, the trailer. Where each cell
//! of a block lies is found here; what is in it belongs to the readers.

use crate::block::BLOCK;
use crate::fault::Fault;
use crate::reader::{Cells, Span};

/// What a file begins with.
pub(crate) const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// The signature, the flags and the length of the extension.
pub(crate) const HEADER: usize = 19;
/// A row of PostgreSQL's is shorter: memutils.h, MaxAllocSize, without its terminating zero.
const MOST_ROW_BYTES: usize = (1 << 30) - 2;

/// The length of the extension that follows a header.
pub(crate) fn extension(header: &[u8; HEADER]) -> Result<usize, Fault> {
    let (signature, rest) = header.split_first_chunk().expect("19 > 11");
    let words = rest.as_chunks::<4>().0;
    if signature != SIGNATURE {
        return Err(Fault::Signature);
    }
    let critical = i32::from_be_bytes(words[0]) >> 16;
    if critical & 1 == 1 {
        return Err(Fault::WithOids);
    }
    if critical != 0 {
        return Err(Fault::CriticalFlags);
    }
    usize::try_from(i32::from_be_bytes(words[1])).map_err(|_| Fault::MissingLength)
}

/// What the end of the bytes inside a header makes of it.
pub(crate) fn cut_header(begun: &[u8]) -> Fault {
    match begun.first_chunk::<11>() {
        Some(SIGNATURE) if begun.len() < 15 => Fault::MissingFlags,
        Some(SIGNATURE) => {
            let mut whole = [0; HEADER];
            whole[..begun.len()].copy_from_slice(begun);
            extension(&whole).err().unwrap_or(Fault::MissingLength)
        }
        _ => Fault::Signature,
    }
}

/// How far a row has been walked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    pub start: usize,
    pub at: usize,
    /// How many of its fields lie before `at`; None before the count of fields.
    pub fields: Option<usize>,
}

impl Progress {
    pub fn from(at: usize) -> Self {
        Self { start: at, at, fields: None }
    }
}

/// What a walk has come to.
pub(crate) enum Step {
    Row,
    Trailer,
    /// The bytes end; nothing goes on before there are so many.
    Need(usize),
}

/// The cells of a block, column by column.
pub(crate) struct Frame {
    spans: Vec<[Span; BLOCK]>,
}

impl Frame {
    pub fn new(columns: usize) -> Self {
        Self { spans: vec![[Span::NULL; BLOCK]; columns] }
    }

    /// One column's cells in the first `rows` of the block.
    pub fn cells<'a>(&'a self, column: usize, rows: usize, data: &'a [u8]) -> Cells<'a> {
        Cells { data, spans: &self.spans[column][..rows] }
    }

    /// Walks on in a row of `data`, which becomes row number `row` of the block.
    ///
    /// # Errors
    /// What is wrong behind the fields walked so far.
    #[inline(always)]
    pub fn walk(&mut self, data: &[u8], row: usize, go: &mut Progress) -> Result<Step, Fault> {
        let mut field = match go.fields {
            Some(fields) => fields,
            None => {
                let Some(count) = data[go.at..].first_chunk() else {
                    return Ok(Step::Need(go.at + 2));
                };
                match i16::from_be_bytes(*count) {
                    -1 => return Ok(Step::Trailer),
                    count if usize::try_from(count) != Ok(self.spans.len()) => {
                        return Err(Fault::FieldCount(count, self.spans.len()));
                    }
                    _ => go.at += 2,
                }
                go.fields = Some(0);
                0
            }
        };
        for spans in &mut self.spans[field..] {
            let Some(word) = data[go.at..].first_chunk() else {
                return Ok(Step::Need(go.at + 4));
            };
            let len = i32::from_be_bytes(*word);
            let start = go.at + 4;
            let end = start + len.max(0) as usize;
            if len < -1 {
                return Err(Fault::FieldSize);
            }
            if end - go.start > MOST_ROW_BYTES {
                return Err(Fault::RowTooLong);
            }
            if end > data.len() {
                return Ok(Step::Need(end));
            }
            spans[row] = Span { start: start as u32, len };
            field += 1;
            (go.at, go.fields) = (end, Some(field));
        }
        Ok(Step::Row)
    }
}
