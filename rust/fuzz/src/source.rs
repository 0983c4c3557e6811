//! Source: a string of bytes as a row of choices. Behind its end all of them are the first one, so
//! that every string stands for a case. What is chosen is for others to know.

use arbitrary::Unstructured;
use arrow_buffer::{BooleanBuffer, NullBuffer};

/// Choices, and what the whole case has in common.
pub struct Source<'a> {
    left: Unstructured<'a>,
    /// Whether all values are to have a COPY form, but for malformed ones: one that has none ends
    /// the encoding.
    pub tame: bool,
    /// Whether strings may be other than UTF-8, as a C producer's may.
    pub malformed: bool,
    /// How many more cells may be made up, so that nesting comes to an end.
    pub cells: usize,
    /// How long a string may be: the longer, the fewer rows there are.
    pub longest: usize,
}

impl<'a> Source<'a> {
    /// The choices that `bytes` stand for.
    pub fn new(bytes: &'a [u8]) -> Self {
        let left = Unstructured::new(bytes);
        let mut this = Self { left, tame: true, malformed: false, cells: 1500, longest: 0 };
        this.tame = !this.one_in(3);
        this.malformed = this.one_in(5);
        this
    }

    pub fn byte(&mut self) -> u8 {
        self.left.arbitrary().unwrap_or(0)
    }

    /// A number below `count`, which is from 1 to 256.
    pub fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    /// Never behind the end.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub fn bits(&mut self) -> u128 {
        self.left.arbitrary().unwrap_or(0)
    }

    /// A number of some size: small ones, those next to a power of ten, ends of types, any.
    pub fn number(&mut self) -> i128 {
        match self.below(8) {
            0 | 1 => i128::from(self.byte() as i8),
            2 => i128::from(self.bits() as i16),
            3 => {
                let power = 10_i128.pow(self.below(39) as u32);
                let near = power + self.below(3) as i128 - 1;
                if self.one_in(2) { -near } else { near }
            }
            4 => {
                let end = 1_i128 << self.pick(&[7, 8, 15, 16, 31, 32, 53, 63, 64, 126]);
                let near = end + self.below(3) as i128 - 1;
                if self.one_in(2) { -near } else { near }
            }
            5 => i128::from(self.bits() as i32),
            6 => i128::from(self.bits() as i64),
            _ => self.bits() as i128,
        }
    }

    /// For each of `len` rows, which one of `count` values it has.
    pub fn spread(&mut self, len: usize, count: usize) -> Vec<usize> {
        let how = self.byte();
        let mut state = u64::from(self.byte());
        let rows = 0..len;
        match how % 4 {
            0 => rows.map(|row| row % count).collect(),
            1 => rows.map(|row| row / (2 + usize::from(how) / 16) % count).collect(),
            _ => rows.map(|_| next(&mut state) as usize % count).collect(),
        }
    }

    /// Which of `len` rows are not NULL; None where there is no bitmap.
    pub fn nulls(&mut self, len: usize) -> Option<NullBuffer> {
        let in_256 = match self.below(8) {
            0..=2 => return None,
            3 => 0,
            4 => 256,
            5 => 128,
            6 => 250,
            _ => 12,
        };
        let offset = self.below(70);
        let mut state = u64::from(self.byte());
        let valid = |_| (next(&mut state) & 0xff) >= in_256;
        let bits: BooleanBuffer = (0..offset + len).map(valid).collect();
        Some(NullBuffer::new(bits.slice(offset, len)))
    }

    /// How many rows to make up before those that are left once they are sliced off.
    pub fn pad(&mut self) -> usize {
        match self.below(4) {
            0 | 1 => 0,
            2 => 1 + self.below(9),
            _ => 57 + self.below(16),
        }
    }

    /// Takes so many cells of those that there may be.
    pub fn spend(&mut self, cells: usize) {
        self.cells = self.cells.saturating_sub(cells);
    }
}

/// The next of a row of numbers that look random (splitmix64).
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
