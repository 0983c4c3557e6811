//! Case: one batch, the types its columns become, and how. What its columns are is `arrays`'s.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use holofast_core::{ColumnType, CopyEncoder, Options, SchemaError, Zone};

use crate::arrays::{Column, any};
use crate::options;
use crate::source::Source;

const ROWS: [usize; 16] = [1, 0, 2, 3, 5, 17, 63, 64, 65, 127, 128, 129, 200, 321, 1030, 2100];
const NAMES: [&str; 6] = ["c", "a,b", "é\"", "\\.", "", "x\ny"];

/// One case, to be encoded again and again.
#[derive(Debug)]
pub struct Case {
    /// What the encoder is told of the batch; what the columns lie in memory as may be another type.
    pub schema: Schema,
    pub types: Vec<ColumnType>,
    pub options: Options,
    pub zone: Option<Zone>,
    pub batch: RecordBatch,
}

impl Case {
    pub fn new(source: &mut Source<'_>) -> Self {
        // Seldom many rows, for they take time.
        let kinds = if source.one_in(8) { ROWS.len() } else { 13 };
        let rows = source.pick(&ROWS[..kinds]);
        source.cells += 4 * rows;
        let count = if source.one_in(16) { 0 } else { 1 + source.below(4) };
        let (options, zone) = (options::any(source, count), options::zone(source));
        let columns: Vec<_> = (0..count).map(|_| any(source, rows)).collect();
        Self {
            schema: Schema::new(
                columns.iter().map(|column| named(source, column)).collect::<Vec<_>>(),
            ),
            types: columns.iter().map(|column| column.to.clone()).collect(),
            options,
            zone,
            batch: batch(columns, rows),
        }
    }

    /// An encoder for the batch.
    pub fn encoder(&self, batch_size: usize) -> Result<CopyEncoder, SchemaError> {
        let (types, options) = (self.types.clone(), self.options.clone());
        CopyEncoder::try_new(&self.schema, types, options, self.zone.clone(), batch_size)
    }
}

fn named(source: &mut Source<'_>, column: &Column) -> Field {
    Field::new(source.pick(&NAMES), column.arrow.clone(), true)
}

fn batch(columns: Vec<Column>, rows: usize) -> RecordBatch {
    let field = |column: &Column| Field::new("c", column.array.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    let arrays = columns.into_iter().map(|column| column.array).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(schema), arrays, &options).expect("valid columns")
}
