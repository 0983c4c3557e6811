//! AVX2 and AVX-512. Where the plain loops do not become the best of their instructions, these are
//! named here.

use std::arch::x86_64::*;

use super::{ByteSet, Isa, STEP, Task};
use crate::block::BLOCK;

/// AVX2 and the bit manipulation that came with it. A value of this type is the proof of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx2(());

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
        // SAFETY: as for `members`.
        unsafe { _mm256_movemask_epi8(_mm256_loadu_si256(bytes.as_ptr().cast())) as u32 }
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    fn spread(self, bytes: &[u8; STEP], bits: u32, before: &[u8; STEP], to: &mut [u8; 2 * STEP]) {
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Avx512(Avx2);

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

impl ByteSet {
    /// Not zero for each byte that is a member.
    ///
    /// # Safety
    /// The processor must have AVX2.
    #[inline(always)]
    #[allow(unsafe_code)]
    unsafe fn look_up(&self, bytes: __m256i) -> __m256i {
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
