//! CopyDecoder: what a COPY … (FORMAT binary) has sent, as record batches of a schema. Pieces may be
//! cut anywhere; memory is that of a batch and of one row.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};

use crate::block::BLOCK;
use crate::dispatch;
use crate::error::SchemaError;
use crate::fault::{DecodeError, Fault};
use crate::frame::{self, Frame, HEADER, Progress, Step};
use crate::pg_type::ColumnType;
use crate::reader::FieldReader;

/// A batch is taken when it has so many rows,
const MOST_ROWS: usize = 16_384;
/// or about so many bytes.
const MOST_BYTES: usize = 16 << 20;
/// A block is read when it has so many: its cells are still in the cache then.
const BLOCK_BYTES: usize = 256 << 10;

/// Decodes a stream of rows of one schema. See the crate's documentation.
pub struct CopyDecoder {
    schema: SchemaRef,
    readers: Vec<Box<dyn FieldReader>>,
    frame: Frame,
    stage: Stage,
    /// The header or the row that has begun.
    begun: Vec<u8>,
    /// How far the row that has begun is walked.
    progress: Progress,
    /// Rows read, and those of them in the batch that is not taken yet.
    rows: usize,
    in_batch: usize,
    most_rows: usize,
    failed: Option<DecodeError>,
}

/// What comes next in the stream.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Header,
    /// So many bytes of the header's extension.
    Extension(usize),
    Rows,
    End,
}

impl CopyDecoder {
    /// A decoder of rows of `schema` whose columns are `pg_types`.
    ///
    /// # Errors
    /// A type without a rule.
    pub fn try_new(schema: Schema, pg_types: &[ColumnType]) -> Result<Self, SchemaError> {
        let fields = schema.fields();
        if fields.len() != pg_types.len() {
            return Err(SchemaError::Mismatch(format!(
                "{} columns, but {} PostgreSQL types",
                fields.len(),
                pg_types.len()
            )));
        }
        let columns = fields.iter().zip(pg_types).enumerate();
        let readers = columns.map(|(column, (field, from))| {
            dispatch::reader(field, from).ok_or_else(|| SchemaError::Unsupported {
                column,
                arrow: field.data_type().to_string(),
                pg_type: from.pg_type.name(),
            })
        });
        let widths = fields.iter().map(|field| dispatch::width(field.data_type()));
        let width = widths.fold(0, usize::saturating_add);
        Ok(Self {
            readers: readers.collect::<Result<_, _>>()?,
            frame: Frame::new(pg_types.iter().map(dispatch::sent_width).collect()),
            stage: Stage::Header,
            begun: Vec::new(),
            progress: Progress::default(),
            rows: 0,
            in_batch: 0,
            // Of NULLs too there may be many in few bytes.
            most_rows: (MOST_BYTES / width.max(1)).clamp(1, MOST_ROWS),
            failed: None,
            schema: Arc::new(schema),
        })
    }

    /// Takes the next piece of the stream and appends the batches that are complete to `out`.
    ///
    /// # Errors
    /// The first fault by row, then by column; it is told again from then on.
    pub fn feed(&mut self, piece: &[u8], out: &mut Vec<RecordBatch>) -> Result<(), DecodeError> {
        self.unless_failed(|this| this.advance(piece, out))
    }

    /// The rows that are in no batch yet.
    ///
    /// # Errors
    /// As `feed`, and if the trailer has not come.
    pub fn finish(&mut self) -> Result<Option<RecordBatch>, DecodeError> {
        self.unless_failed(|this| match this.stage {
            Stage::End => Ok((this.in_batch > 0).then(|| this.batch())),
            Stage::Header => Err(this.fault(frame::cut_header(&this.begun))),
            Stage::Extension(_) => Err(this.fault(Fault::WrongLength)),
            Stage::Rows => {
                let begun = std::mem::take(&mut this.begun);
                let fields = this.walk_again(&begun)?;
                this.read(&begun, 0, fields)?;
                Err(this.fault(Fault::UnexpectedEof))
            }
        })
    }

    fn unless_failed<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let done = work(self);
        self.failed = done.as_ref().err().cloned();
        done
    }

    fn advance(&mut self, piece: &[u8], out: &mut Vec<RecordBatch>) -> Result<(), DecodeError> {
        let mut piece = self.skip_header(piece)?;
        if self.stage == Stage::Rows {
            piece = self.complete_row(piece, out)?;
        }
        while self.stage == Stage::Rows && !piece.is_empty() {
            piece = self.read_block(piece, out)?;
        }
        if self.stage == Stage::End && !piece.is_empty() {
            return Err(self.fault(Fault::AfterEof));
        }
        Ok(())
    }

    /// Takes the header off the stream; gives what follows.
    fn skip_header<'a>(&mut self, mut piece: &'a [u8]) -> Result<&'a [u8], DecodeError> {
        if self.stage == Stage::Header {
            piece = self.begin(piece, HEADER);
            // Wrong from here on, whatever comes.
            if self.begun.len() >= 11 && self.begun[..11] != *frame::SIGNATURE {
                return Err(self.fault(Fault::Signature));
            }
            let Some(header) = self.begun.first_chunk() else { return Ok(piece) };
            let extension = frame::extension(header).map_err(|fault| self.fault(fault))?;
            self.stage = Stage::Extension(extension);
            self.begun.clear();
        }
        if let Stage::Extension(left) = self.stage {
            let skipped = left.min(piece.len());
            piece = &piece[skipped..];
            self.stage = Stage::Extension(left - skipped);
            if left == skipped {
                self.stage = Stage::Rows;
            }
        }
        Ok(piece)
    }

    /// Moves bytes of the piece to what has begun until it has `need` ones; gives the rest.
    fn begin<'a>(&mut self, piece: &'a [u8], need: usize) -> &'a [u8] {
        let (head, rest) = piece.split_at(piece.len().min(need - self.begun.len()));
        self.begun.extend_from_slice(head);
        rest
    }

    /// Goes on with the row that has begun, if there is one; gives what follows it.
    fn complete_row<'a>(
        &mut self,
        mut piece: &'a [u8],
        out: &mut Vec<RecordBatch>,
    ) -> Result<&'a [u8], DecodeError> {
        while !self.begun.is_empty() {
            match self.frame.walk(&self.begun, 0, &mut self.progress) {
                Ok(Step::Need(need)) => {
                    piece = self.begin(piece, need);
                    if self.begun.len() < need {
                        break;
                    }
                }
                walked => {
                    let begun = std::mem::take(&mut self.begun);
                    self.settle(&begun, walked, out)?;
                    self.begun = begun;
                    self.begun.clear();
                }
            }
        }
        Ok(piece)
    }

    /// Reads the one row that was walked to its end.
    fn settle(
        &mut self,
        begun: &[u8],
        walked: Result<Step, Fault>,
        out: &mut Vec<RecordBatch>,
    ) -> Result<(), DecodeError> {
        match walked {
            Ok(Step::Trailer) => self.stage = Stage::End,
            Ok(_) => {
                self.read(begun, 1, 0)?;
                self.take_if_full(out);
            }
            Err(fault) => {
                let fields = self.progress.fields;
                self.read(begun, 0, fields.unwrap_or(0))?;
                return Err(self.fault_at(fields, fault));
            }
        }
        Ok(())
    }

    /// Reads as many whole rows as a block takes; gives what follows them. A row that does not end
    /// in the piece has begun.
    fn read_block<'a>(
        &mut self,
        piece: &'a [u8],
        out: &mut Vec<RecordBatch>,
    ) -> Result<&'a [u8], DecodeError> {
        let most = BLOCK.min(self.most_rows - self.in_batch);
        let (mut rows, mut end) = (0, 0);
        let mut stopped = None;
        while rows < most && end < BLOCK_BYTES {
            let mut go = Progress::from(end);
            match self.frame.walk(piece, rows, &mut go) {
                Ok(Step::Row) => {
                    rows += 1;
                    end = go.at;
                }
                other => {
                    stopped = Some((other, go.fields));
                    break;
                }
            }
        }
        let Some((walked, fields)) = stopped else {
            self.read(piece, rows, 0)?;
            self.take_if_full(out);
            return Ok(&piece[end..]);
        };
        // Of a row that ends too early, or goes wrong, the fields before that count.
        let whole = if walked.is_err() { fields.unwrap_or(0) } else { 0 };
        self.read(piece, rows, whole)?;
        self.take_if_full(out);
        match walked {
            Ok(Step::Trailer) => {
                self.stage = Stage::End;
                Ok(&piece[end + 2..])
            }
            Ok(_) => {
                self.begun.extend_from_slice(&piece[end..]);
                self.progress = Progress::default();
                Ok(&[])
            }
            Err(fault) => Err(self.fault_at(fields, fault)),
        }
    }

    /// How many whole fields a row has that ends too early.
    fn walk_again(&mut self, begun: &[u8]) -> Result<usize, DecodeError> {
        let mut go = Progress::default();
        match self.frame.walk(begun, 0, &mut go) {
            Ok(_) => Ok(go.fields.unwrap_or(0)),
            Err(fault) => Err(self.fault_at(go.fields, fault)),
        }
    }

    /// Reads a block of `rows`, and of the row behind them the first `more` fields.
    fn read(&mut self, data: &[u8], rows: usize, more: usize) -> Result<(), DecodeError> {
        let mut first: Option<DecodeError> = None;
        for (column, reader) in self.readers.iter_mut().enumerate() {
            let rows = rows + usize::from(column < more);
            let Err(bad) = reader.read(&self.frame.cells(column, rows, data)) else { continue };
            let row = self.rows + bad.index;
            if first.as_ref().is_none_or(|first| row < first.row) {
                first = Some(DecodeError { column: Some(column), row, fault: bad.fault });
            }
        }
        self.rows += rows;
        self.in_batch += rows;
        first.map_or(Ok(()), Err)
    }

    fn take_if_full(&mut self, out: &mut Vec<RecordBatch>) {
        let bytes = self.readers.iter().map(|reader| reader.size()).sum::<usize>();
        if self.in_batch > 0 && (self.in_batch >= self.most_rows || bytes >= MOST_BYTES) {
            out.push(self.batch());
        }
    }

    fn batch(&mut self) -> RecordBatch {
        let columns = self.readers.iter_mut().map(|reader| reader.take()).collect();
        let rows = std::mem::take(&mut self.in_batch);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .expect("readers of the schema's types")
    }

    /// A fault of no column, behind the rows read so far.
    fn fault(&self, fault: Fault) -> DecodeError {
        DecodeError { column: None, row: self.rows, fault }
    }

    /// A fault behind so many fields of a row; before them all it is in no column.
    fn fault_at(&self, fields: Option<usize>, fault: Fault) -> DecodeError {
        DecodeError { column: fields, ..self.fault(fault) }
    }
}
