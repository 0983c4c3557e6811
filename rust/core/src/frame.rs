//! COPY BINARY's frame: the header, the words before rows and fields, the trailer. Where each cell
//! of a block lies is found here; what is in it belongs to the readers.

use std::hint;

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
    /// How long each column's values are, if all are.
    widths: Vec<i32>,
}

impl Frame {
    /// Of values of these widths, which are below zero where they differ.
    pub fn new(widths: Vec<i32>) -> Self {
        Self { spans: vec![[Span::NULL; BLOCK]; widths.len()], widths }
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
        let (mut at, most) = (go.at, go.start.saturating_add(MOST_ROW_BYTES));
        let limit = most.min(data.len());
        let mut stopped = Ok(Step::Row);
        for (spans, width) in self.spans[field..].iter_mut().zip(&self.widths[field..]) {
            let Some(word) = data[at..].first_chunk() else {
                stopped = Ok(Step::Need(at + 4));
                break;
            };
            let len = i32::from_be_bytes(*word);
            let start = at + 4;
            // Where the length is the one foretold, the next field's place does not wait for it.
            let foretold = hint::black_box(*width);
            let end = start + if len == foretold { foretold } else { len } as u32 as usize;
            spans[row] = Span { start: start as u32, len };
            if end <= limit {
                at = end;
            } else if len == -1 && start <= most {
                at = start;
            } else {
                stopped = match len {
                    ..-1 => Err(Fault::FieldSize),
                    _ if start > most || end > most => Err(Fault::RowTooLong),
                    _ => Ok(Step::Need(end)),
                };
                break;
            }
            field += 1;
        }
        (go.at, go.fields) = (at, Some(field));
        stopped
    }
}
