//! Encodes each type family in each format once, for callgrind to count the instructions: `make
//! guard` builds and runs it, and says what the counts are compared with. Nothing is timed.

mod batches;

use std::hint::black_box;

use batches::{Cell, NAMES};
use holofast_core::{Buffer, Format};

/// Enough for a batch's set-up to weigh little, few enough for an emulated processor.
const ROWS: usize = 8192;

const FORMATS: [(&str, Format); 3] =
    [("text", Format::Text), ("csv", Format::Csv), ("binary", Format::Binary)];

fn main() {
    println!("machine\t{}", machine());
    println!("rows\t{ROWS}");
    for name in NAMES {
        for (format_name, format) in FORMATS {
            let cell = Cell::checked(name, format, ROWS);
            let mut out = Buffer::new();
            cell.encode(&mut out); // so that the buffer has its memory
            out.clear();
            counted(&cell, &mut out);
            black_box(out.as_slice());
            println!("{name}\t{format_name}");
        }
    }
}

/// What callgrind collects, found by this name; the counts are dumped each time it returns.
#[unsafe(no_mangle)]
#[inline(never)]
fn counted(cell: &Cell, out: &mut Buffer) {
    cell.encode(out);
}

/// Counts of another processor are not comparable, nor are those of other instructions.
fn machine() -> String {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        return "x86_64 with AVX2".to_owned();
    }
    std::env::consts::ARCH.to_owned()
}
