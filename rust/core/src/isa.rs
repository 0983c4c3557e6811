//! The instruction sets that the inner loops are compiled for, the best one chosen when the program
//! runs: one build for any x86-64, and for other processors. The loops are plain Rust, of which the
//! compiler makes vector instructions. An instruction set is a type that all of them carry, so that
//! each is compiled, and inlined into what calls it, for every one of them.

#[cfg(target_arch = "x86_64")]
mod x86;

use std::array;
use std::ops::Range;

use crate::block::BLOCK;
#[cfg(target_arch = "x86_64")]
use x86::{Avx2, Avx512};

/// Work to be compiled for each instruction set; `run` is to be `#[inline(always)]`.
pub(crate) trait Task {
    type Output;
    fn run(self) -> Self::Output;
}

/// An instruction set that this processor has, chosen when the program runs.
#[derive(Debug, Clone, Copy)]
pub struct InstructionSet(pub(crate) Set);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Set {
    Baseline(Baseline),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

impl InstructionSet {
    /// Those of this processor, the best one first.
    pub fn available() -> impl Iterator<Item = Self> {
        let sets = [
            #[cfg(target_arch = "x86_64")]
            Avx512::detect().map(Set::Avx512),
            #[cfg(target_arch = "x86_64")]
            Avx2::detect().map(Set::Avx2),
            Some(Set::Baseline(Baseline)),
        ];
        sets.into_iter().flatten().map(Self)
    }
}

/// An instruction set that this processor has, as a type.
pub(crate) trait Isa: Copy {
    fn run<T: Task>(self, task: T) -> T::Output;

    /// Bit i: byte i is of the set. This and what follows is to be called inside of `run`.
    fn members(self, bytes: &[u8; STEP], set: &ByteSet) -> u32;

    /// Bit i: byte i has its top bit.
    fn tops(self, bytes: &[u8; STEP]) -> u32;

    /// Copies the bytes, before each one whose bit is set the one of `before` in its place.
    #[inline(always)]
    fn spread(self, bytes: &[u8; STEP], bits: u32, before: &[u8; STEP], to: &mut [u8; 2 * STEP]) {
        let mut at = 0;
        for (i, (byte, before)) in bytes.iter().zip(before).enumerate() {
            to[at & (2 * STEP - 1)] = *before;
            at += (bits >> i & 1) as usize;
            to[at & (2 * STEP - 1)] = *byte;
            at += 1;
        }
    }

    /// The eight decimal digits of each value, which is below 10⁸: numbers from 0 to 9, the first
    /// one in the lowest byte.
    fn digits(self, values: &[u64; BLOCK]) -> [u64; BLOCK];
}

/// Bytes are looked at in steps of this many.
pub(crate) const STEP: usize = 32;

/// A set of ASCII bytes, at least one, as its members are found: by comparison with each, or by two
/// look-ups of four bits, in which each upper half has a bit of its own.
#[derive(Debug, Clone)]
pub(crate) struct ByteSet {
    /// In fours, the last one filled up with members again: loops of no fixed length are slower.
    members: Vec<[u8; 4]>,
    lower: [u8; 16],
    upper: [u8; 16],
}

impl ByteSet {
    pub fn new(is_member: impl Fn(u8) -> bool) -> Self {
        let members: Vec<_> = (0..128).filter(|byte| is_member(*byte)).collect();
        let (mut lower, mut upper) = ([0; 16], [0; 16]);
        for byte in &members {
            lower[usize::from(byte & 15)] |= 1 << (byte >> 4);
            upper[usize::from(byte >> 4)] = 1 << (byte >> 4);
        }
        let fours = members.chunks(4).map(|four| array::from_fn(|i| four[i % four.len()]));
        Self { members: fours.collect(), lower, upper }
    }

    pub fn has(&self, byte: u8) -> bool {
        self.members.as_flattened().contains(&byte)
    }

    /// 0xff for each byte that is a member.
    #[inline(always)]
    fn compare(&self, bytes: &[u8; STEP]) -> [u8; STEP] {
        let mut found = [0; STEP];
        for [a, b, c, d] in &self.members {
            for (found, byte) in found.iter_mut().zip(bytes) {
                let any = (byte == a) | (byte == b) | (byte == c) | (byte == d);
                *found |= if any { 0xff } else { 0 };
            }
        }
        found
    }
}

/// What every processor of the target has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Baseline;

impl Isa for Baseline {
    fn run<T: Task>(self, task: T) -> T::Output {
        task.run()
    }

    #[inline(always)]
    fn members(self, bytes: &[u8; STEP], set: &ByteSet) -> u32 {
        self.tops(&set.compare(bytes))
    }

    #[inline(always)]
    fn tops(self, bytes: &[u8; STEP]) -> u32 {
        let mut mask = 0;
        for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
            // Each top bit moved to the top byte, that of byte i to bit i; no two bits meet.
            let bits = u64::from_le_bytes(*eight) >> 7 & 0x0101_0101_0101_0101;
            mask |= ((bits.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i)) as u32;
        }
        mask
    }

    #[inline(always)]
    fn digits(self, values: &[u64; BLOCK]) -> [u64; BLOCK] {
        let mut words = [0; BLOCK];
        for (word, value) in words.iter_mut().zip(values) {
            // Two numbers in one, then four, then eight: quotients are products with the reciprocal.
            let high = (*value * 109_951_163) >> 40;
            let fours = high | (*value - high * 10_000) << 32;
            let high = ((fours * 5243) >> 19) & 0x7f_0000_007f;
            let twos = high | (fours - high * 100) << 16;
            let high = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
            *word = high | (twos - high * 10) << 8;
        }
        words
    }
}

/// Asks for the values that the block after the next one will need: its loops are over sooner than
/// memory answers. `rows` are those of this block.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T], rows: &Range<usize>) {
    let ahead = rows.start + 2 * rows.len()..rows.end + 2 * rows.len();
    #[cfg(target_arch = "x86_64")]
    if let Some(ahead) = values.get(ahead) {
        for line in ahead.chunks((64 / size_of::<T>()).max(1)) {
            prefetch_line::<{ std::arch::x86_64::_MM_HINT_T0 }, _>(line.as_ptr());
        }
    }
}

/// Asks for `len` bytes that lie `ahead` of the first of these, if there are so many.
#[inline(always)]
pub(crate) fn prefetch_ahead(bytes: &[u8], len: usize, ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    for at in (0..len).step_by(64) {
        prefetch_line::<{ std::arch::x86_64::_MM_HINT_T0 }, _>(
            bytes.as_ptr().wrapping_add(ahead + at),
        );
    }
}

/// Asks for bytes that are soon to be written, into a cache that has room for them.
#[inline(always)]
pub(crate) fn prefetch_bytes(bytes: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    for line in bytes.chunks(64) {
        prefetch_line::<{ std::arch::x86_64::_MM_HINT_T1 }, _>(&line[0]);
    }
}

/// Copies in whole steps where source and room allow it: no call for a short value.
#[inline(always)]
pub(crate) fn copy(source: &[u8], len: usize, cell: &mut [u8]) {
    let whole = len.next_multiple_of(STEP);
    if source.len() < whole || cell.len() < whole {
        return cell[..len].copy_from_slice(&source[..len]);
    }
    let (from, to) = (source[..whole].as_chunks::<STEP>().0, cell[..whole].as_chunks_mut().0);
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
fn prefetch_line<const HINT: i32, T>(value: *const T) {
    use std::arch::x86_64::_mm_prefetch;
    // SAFETY: SSE is part of x86-64, and a prefetch has no effect that a program could see.
    unsafe { _mm_prefetch::<HINT>(value.cast()) };
}
