//! The instruction sets that the inner loops are compiled for, the best one chosen when the program
//! runs: one build for any x86-64, and for other processors. The loops are plain Rust, of which the
//! compiler makes vector instructions. An instruction set is a type that all of them carry, so that
//! each is compiled, and inlined into what calls it, for every one of them.

use std::array;
use std::ops::Range;

use crate::block::BLOCK;

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

/// AVX2 and the bit manipulation that came with it. A value of this type is the proof of them.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    #[allow(unsafe_code)]
    fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
        fn compiled<T: Task>(task: T) -> T::Output {
            task.run()
        }
        // SAFETY: the processor has these features, for `detect` alone makes an Avx2.
        unsafe { compiled(task) }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn members(self, bytes: &[u8; STEP], set: &ByteSet) -> u32 {
        use std::arch::x86_64::*;
        // SAFETY: the processor has AVX2, for `detect` alone makes an Avx2, and the load is of as
        // many bytes as the array has.
        unsafe {
            let found = set.look_up(_mm256_loadu_si256(bytes.as_ptr().cast()));
            let none = _mm256_cmpeq_epi8(found, _mm256_setzero_si256());
            !(_mm256_movemask_epi8(none) as u32)
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn tops(self, bytes: &[u8; STEP]) -> u32 {
        use std::arch::x86_64::*;
        // SAFETY: as for `members`.
        unsafe { _mm256_movemask_epi8(_mm256_loadu_si256(bytes.as_ptr().cast())) as u32 }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn spread(self, bytes: &[u8; STEP], bits: u32, before: &[u8; STEP], to: &mut [u8; 2 * STEP]) {
        use std::arch::x86_64::*;
        let mut at = 0;
        let halves = bytes.as_chunks::<16>().0.iter().zip(before.as_chunks::<16>().0);
        for (half, (bytes, before)) in halves.enumerate() {
            // SAFETY: the processor has AVX2, for `detect` alone makes an Avx2; the loads are of as
            // many bytes as the arrays have, and so are the stores, of which each is of sixteen
            // bytes and no more come before it than for the ones before it.
            unsafe {
                let bytes = _mm_loadu_si128(bytes.as_ptr().cast());
                let before = _mm_loadu_si128(before.as_ptr().cast());
                let eights = [_mm_unpacklo_epi64(bytes, before), _mm_unpackhi_epi64(bytes, before)];
                for (i, eight) in eights.into_iter().enumerate() {
                    let bits = bits >> (16 * half + 8 * i) & 0xff;
                    let places = _mm_loadu_si128(SPREAD[bits as usize].as_ptr().cast());
                    let spread = _mm_shuffle_epi8(eight, places);
                    _mm_storeu_si128(to.as_mut_ptr().add(at).cast(), spread);
                    at += 8 + bits.count_ones() as usize;
                }
            }
        }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn digits(self, values: &[u64; BLOCK]) -> [u64; BLOCK] {
        use std::arch::x86_64::*;
        let mut words = [0; BLOCK];
        let fours = values.as_chunks::<4>().0.iter().zip(words.as_chunks_mut::<4>().0);
        for (values, words) in fours {
            // SAFETY: the processor has AVX2, for `detect` alone makes an Avx2, and load and store
            // are of as many bytes as the arrays have. Quotients are products with the reciprocal:
            // of 32 bits by 10⁴, then of 16 bits by 100 and by 10.
            unsafe {
                let value = _mm256_loadu_si256(values.as_ptr().cast());
                let reciprocal = _mm256_set1_epi64x(3_518_437_209);
                let high = _mm256_srli_epi64::<45>(_mm256_mul_epu32(value, reciprocal));
                let low = _mm256_mul_epu32(high, _mm256_set1_epi64x(10_000));
                let low = _mm256_sub_epi64(value, low);
                let fours = _mm256_or_si256(high, _mm256_slli_epi64::<32>(low));
                let high = _mm256_mulhi_epu16(fours, _mm256_set1_epi16(5243));
                let high = _mm256_srli_epi16::<3>(high);
                let low = _mm256_mullo_epi16(high, _mm256_set1_epi16(100));
                let low = _mm256_sub_epi16(fours, low);
                let twos = _mm256_or_si256(high, _mm256_slli_epi32::<16>(low));
                let high = _mm256_mulhi_epu16(twos, _mm256_set1_epi16(6554));
                let low = _mm256_mullo_epi16(high, _mm256_set1_epi16(10));
                let low = _mm256_sub_epi16(twos, low);
                let ones = _mm256_or_si256(high, _mm256_slli_epi16::<8>(low));
                _mm256_storeu_si256(words.as_mut_ptr().cast(), ones);
            }
        }
        words
    }
}

/// For eight bytes and the eight that may stand before them, by which of these do: where in the
/// sixteen each byte of what is written comes from.
#[cfg(target_arch = "x86_64")]
static SPREAD: [[u8; 16]; 256] = {
    let mut table = [[0; 16]; 256];
    let mut bits = 0;
    while bits < 256 {
        let (mut i, mut at) = (0, 0);
        while i < 8 {
            if bits >> i & 1 == 1 {
                table[bits][at] = 8 + i;
                at += 1;
            }
            table[bits][at] = i;
            at += 1;
            i += 1;
        }
        bits += 1;
    }
    table
};

/// AVX-512 as servers have it since 2019, on top of AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(Avx2);

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if found { Avx2::detect().map(Self) } else { None }
    }
}

#[cfg(target_arch = "x86_64")]
impl Isa for Avx512 {
    #[allow(unsafe_code)]
    fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(
            enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512cd,avx512dq,avx512vl"
        )]
        fn compiled<T: Task>(task: T) -> T::Output {
            task.run()
        }
        // SAFETY: the processor has these features, for `detect` alone makes an Avx512.
        unsafe { compiled(task) }
    }

    #[inline(always)]
    fn members(self, bytes: &[u8; STEP], set: &ByteSet) -> u32 {
        self.0.members(bytes, set)
    }

    #[inline(always)]
    fn tops(self, bytes: &[u8; STEP]) -> u32 {
        self.0.tops(bytes)
    }

    #[inline(always)]
    fn spread(self, bytes: &[u8; STEP], bits: u32, before: &[u8; STEP], to: &mut [u8; 2 * STEP]) {
        self.0.spread(bytes, bits, before, to);
    }

    #[inline(always)]
    fn digits(self, values: &[u64; BLOCK]) -> [u64; BLOCK] {
        self.0.digits(values)
    }
}

#[cfg(target_arch = "x86_64")]
impl ByteSet {
    /// Not zero for each byte that is a member.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn look_up(&self, bytes: std::arch::x86_64::__m256i) -> std::arch::x86_64::__m256i {
        use std::arch::x86_64::*;
        // SAFETY: the caller's; the loads are of as many bytes as the arrays have.
        unsafe {
            let lower = _mm256_broadcastsi128_si256(_mm_loadu_si128(self.lower.as_ptr().cast()));
            let upper = _mm256_broadcastsi128_si256(_mm_loadu_si128(self.upper.as_ptr().cast()));
            let halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(15));
            // A look-up by a byte above 127 gives zero.
            let lower = _mm256_shuffle_epi8(lower, bytes);
            _mm256_and_si256(lower, _mm256_shuffle_epi8(upper, halves))
        }
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
