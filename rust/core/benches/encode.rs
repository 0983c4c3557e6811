//! The encoder alone, by type family and format, into a reused buffer on one thread:
//! `cargo bench -p holofast-core`, or `… -- csv` or `… -- int8` for some of it. Peers and whole
//! tables are compared by the Python benches.

mod batches;

use batches::{Cell, NAMES};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use holofast_core::{Buffer, Format};

const ROWS: usize = 65_536;

fn main() {
    divan::main();
}

#[divan::bench(args = NAMES)]
fn text(bencher: Bencher, name: &str) {
    encode(bencher, name, Format::Text);
}

#[divan::bench(args = NAMES)]
fn csv(bencher: Bencher, name: &str) {
    encode(bencher, name, Format::Csv);
}

#[divan::bench(args = NAMES)]
fn binary(bencher: Bencher, name: &str) {
    encode(bencher, name, Format::Binary);
}

fn encode(bencher: Bencher, name: &str, format: Format) {
    let cell = Cell::checked(name, format, ROWS);
    let mut out = Buffer::new();
    cell.encode(&mut out);
    let size = out.len();
    bencher.counter(BytesCount::new(size)).counter(ItemsCount::new(ROWS)).bench_local(|| {
        out.clear();
        cell.encode(&mut out);
    });
    assert_eq!(out.len(), size);
}
