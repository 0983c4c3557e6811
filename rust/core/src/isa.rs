//! The instruction sets that the inner loops are compiled for, the best one chosen when the program
//! runs: one build for any x86-64, and for other processors. The loops are plain Rust, of which the
//! compiler makes vector instructions. An instruction set is a type that all of them carry, so that
//! each is compiled, and inlined into what calls it, for every one of them.

use std::ops::Range;

use crate::block::Block;
use crate::field::{Extent, FieldWriter};

/// Work to be compiled for each instruction set; `run` is to be `#[inline(always)]`.
pub(crate) trait Task {
    type Output;
    fn run(self) -> Self::Output;
}

/// An instruction set that this processor has.
pub(crate) trait Isa: Copy {
    fn run<T: Task>(self, task: T) -> T::Output;
}

/// What every processor of the target has.
#[derive(Clone, Copy)]
pub(crate) struct Baseline;

impl Isa for Baseline {
    fn run<T: Task>(self, task: T) -> T::Output {
        task.run()
    }
}

/// AVX2 and the bit manipulation that came with it. A value of this type is the proof of them.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt");
        found.then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    #[allow(unsafe_code)]
    fn run<T: Task>(self, task: T) -> T::Output {
        #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
        fn compiled<T: Task>(task: T) -> T::Output {
            task.run()
        }
        // SAFETY: the processor has these features, for `detect` alone makes an Avx2.
        unsafe { compiled(task) }
    }
}

/// Asks for the values that the block after the next one will need: its loops are over sooner than
/// memory answers. `rows` are those of this block.
#[inline(always)]
pub(crate) fn prefetch<T>(values: &[T], rows: &Range<usize>) {
    let ahead = rows.start + 2 * rows.len()..rows.end + 2 * rows.len();
    #[cfg(target_arch = "x86_64")]
    if let Some(ahead) = values.get(ahead) {
        for at in (0..ahead.len()).step_by((64 / size_of::<T>()).max(1)) {
            prefetch_line(&ahead[at]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
fn prefetch_line<T>(value: &T) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: SSE is part of x86-64, and a prefetch has no effect that a program could see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast()) };
}

/// A writer whose loops are compiled for `I`.
pub(crate) struct Compiled<W, I> {
    pub writer: W,
    pub isa: I,
}

impl<W: FieldWriter<I>, I: Isa> FieldWriter<I> for Compiled<W, I> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        self.writer.extent(rows)
    }

    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        self.isa.run(Write { writer: &self.writer, rows, block });
    }
}

struct Write<'a, 'b, W, I> {
    writer: &'a W,
    rows: Range<usize>,
    block: &'a mut Block<'b, I>,
}

impl<W: FieldWriter<I>, I> Task for Write<'_, '_, W, I> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.writer.write(self.rows, self.block);
    }
}
