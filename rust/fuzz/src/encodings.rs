//! Tables of encodings that are not in the tests' reach otherwise: few made up ones that have all
//! that PostgreSQL's have. Their codes mean nothing.

use std::array;
use std::sync::{Arc, OnceLock};

use holofast_core::Encoding;

use crate::source::Source;

/// UTF-8, or one of the tables.
pub fn any(source: &mut Source<'_>) -> Option<Arc<Encoding>> {
    static MADE: [OnceLock<Arc<Encoding>>; 4] = [const { OnceLock::new() }; 4];
    let which = source.below(12).checked_sub(8)?;
    let make = [latin, sparse, paired, folding][which];
    Some(MADE[which].get_or_init(|| Arc::new(make())).clone())
}

/// One byte for each of the first 256 characters, and no others.
fn latin() -> Encoding {
    table(0x100, |point| [point as u8, 0, 0, 0])
}

/// From one to four bytes a character, and some without any.
fn sparse() -> Encoding {
    table(0x11_0000, |point| match point {
        0..0x80 => [point as u8, 0, 0, 0],
        _ if point % 3 == 0 => [0; 4],
        _ => bytes(point, 1 + point.trailing_zeros().min(3) as usize),
    })
}

/// Two bytes for each character of the basic plane, and a code of its own for one pair of them.
fn paired() -> Encoding {
    let pairs = vec![(['か', '゚'], vec![0xa4, 0xf7])];
    Encoding::new(&codes(0x1_0000, two), pairs, vec![])
}

/// The same without pairs; two characters are those that ASCII has in the others' places.
fn folding() -> Encoding {
    let code = |point| match char::from_u32(point) {
        Some('¥') => [b'\\', 0, 0, 0],
        Some('‾') => [b'~', 0, 0, 0],
        _ => two(point),
    };
    Encoding::new(&codes(0x1_0000, code), vec![], vec![('¥', b'\\'), ('‾', b'~')])
}

fn two(point: u32) -> [u8; 4] {
    if point < 0x80 { [point as u8, 0, 0, 0] } else { bytes(point, 2) }
}

/// As many bytes of a code, of which the first one is beyond ASCII.
fn bytes(point: u32, len: usize) -> [u8; 4] {
    let all = [point & 0x7f | 0x80, point >> 7 & 0x7f | 1, point >> 14 | 0x40, 1];
    array::from_fn(|i| if i < len { all[i] as u8 } else { 0 })
}

fn codes(count: u32, code: impl Fn(u32) -> [u8; 4]) -> Vec<u8> {
    (0..count).flat_map(code).collect()
}

fn table(count: u32, code: impl Fn(u32) -> [u8; 4]) -> Encoding {
    Encoding::new(&codes(count, code), vec![], vec![])
}
