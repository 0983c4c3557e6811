//! The decoder alone, by type family, out of pieces of a megabyte on one thread: `cargo bench -p
//! holofast-core --bench decode`. Numerics are read as text, dictionaries as their values.

mod batches;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use batches::{Cell, NAMES, columns, typed};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use holofast_core::{Buffer, ColumnType, CopyDecoder, Format};

const ROWS: usize = 65_536;
const PIECE: usize = 1 << 20;

fn main() {
    divan::main();
}

#[divan::bench(args = NAMES)]
fn binary(bencher: Bencher, name: &str) {
    let cell = Cell::checked(name, Format::Binary, ROWS);
    let mut out = Buffer::new();
    out.extend(cell.encoder.header());
    cell.encode(&mut out);
    out.extend(cell.encoder.trailer());
    let (schema, types) = received(name);
    let decode = || {
        let mut decoder = CopyDecoder::try_new(schema.clone(), &types).unwrap();
        let (mut batches, mut rows) = (Vec::new(), 0);
        for piece in out.as_slice().chunks(PIECE) {
            decoder.feed(piece, &mut batches).unwrap();
            rows += batches.drain(..).map(|batch: RecordBatch| batch.num_rows()).sum::<usize>();
        }
        rows + decoder.finish().unwrap().map_or(0, |batch| batch.num_rows())
    };
    assert_eq!(decode(), ROWS);
    let size = BytesCount::new(out.len());
    bencher.counter(size).counter(ItemsCount::new(ROWS)).bench_local(decode);
}

/// The fields that the columns are read as, and their types.
fn received(name: &str) -> (Schema, Vec<ColumnType>) {
    let columns = columns(name, 0);
    let field = |(_, array): &(_, ArrayRef)| match array.data_type() {
        DataType::Decimal128(..) | DataType::Dictionary(..) => {
            Field::new("c", DataType::Utf8, true)
        }
        other => Field::new("c", other.clone(), true),
    };
    let fields: Vec<_> = columns.iter().map(field).collect();
    let types = columns.iter().map(|(pg_type, array)| typed(*pg_type, array)).collect();
    (Schema::new(fields), types)
}
