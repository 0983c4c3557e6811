//! text and its kin: the bytes as they are, protected as the format asks.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use super::values::Values;
use crate::block::{BLOCK, Block, MOST_GATHERED};
use crate::error::Reason;
use crate::escape::{Protect, step_at};
use crate::field::{Extent, FieldWriter};
use crate::isa::{Isa, STEP, copy};
use crate::long::{Frame, Long};
use crate::utf8;

/// Text cells: the protected value, then the delimiter or the line's end.
pub(crate) struct StringText<'a, O, P> {
    pub values: Values<'a, O>,
    pub protect: P,
    pub separator: u8,
}

impl<O: OffsetSizeTrait, P: Protect, I: Isa> FieldWriter<I> for StringText<'_, O, P> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        let longest = self.values.longest(rows.clone());
        Extent {
            cell: 2 * longest + 3,
            total: 2 * variable + 3 * rows.len(),
            long: longest > MOST_GATHERED,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        self.values.prefetch(&rows);
        let source = self.values.note(&rows, &mut block.spans);
        block.gather(source, self.separator.into());
        self.protect_gathered(&rows, block);
    }

    #[inline(always)]
    fn look<'s>(&'s self, isa: I, rows: &Range<usize>, long: &mut Long<'s>) {
        if self.values.look(rows, long) {
            long.frame = Frame::Separator(self.separator);
            let (having, beyond_ascii) = self.values.having(isa, rows, self.protect.specials());
            long.others = having | self.special(rows, &long.spans.lens);
            if beyond_ascii {
                long.others |= self.values.malformed(rows) | self.foldable(rows);
            }
        }
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        if let (Some(step), Some(place)) = (source.first_chunk(), cell.first_chunk_mut())
            && len <= STEP
        {
            let within = ((1_u64 << len) - 1) as u32;
            let others = isa.members(step, self.protect.specials()) | isa.tops(step);
            if others & within == 0 && !self.protect.is_special_len(len) {
                *place = *step;
                cell[len] = self.separator;
                return Ok(len + 1);
            }
        }
        let len = self.protect.put(isa, source, len, cell)?;
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

impl<O: OffsetSizeTrait, P: Protect> StringText<'_, O, P> {
    /// Which rows, of these lengths, are special as a whole.
    #[inline(always)]
    fn special(&self, rows: &Range<usize>, lens: &[u32; BLOCK]) -> u64 {
        let mut special = 0;
        let lens = &lens[..rows.len()];
        let special_len = |len: &u32| self.protect.is_special_len(*len as usize);
        if lens.iter().fold(false, |any, len| any | special_len(len)) {
            for (i, len) in lens.iter().enumerate() {
                let value = || self.values.bytes(rows.start + i);
                if special_len(len) && self.protect.is_special_value(value(), value()) {
                    special |= 1 << i;
                }
            }
        }
        special
    }

    /// Which rows have characters to be folded.
    fn foldable(&self, rows: &Range<usize>) -> u64 {
        let folds = self.protect.folds();
        if folds.is_empty() { 0 } else { self.values.which(rows, |value| folds.are_in(value)) }
    }

    /// Writes those values again that need protection, which are few.
    #[inline(always)]
    fn protect_gathered<I: Isa>(&self, rows: &Range<usize>, block: &mut Block<'_, I>) {
        let set = self.protect.specials();
        let (having, beyond_ascii) = self.values.short_having(block.isa, rows, &block.spans, set);
        let mut folds = 0;
        if beyond_ascii {
            self.values.refuse(rows, self.values.malformed(rows), block);
            folds = self.foldable(rows);
        }
        // What a NULL has under it is not written, and would be taken for an empty string.
        let mut nulls = block.nulls();
        while nulls != 0 {
            block.spans.lens[nulls.trailing_zeros() as usize] = u32::MAX;
            nulls &= nulls - 1;
        }
        let special = (having | self.special(rows, &block.spans.lens)) & !block.nulls();
        if special & !folds != 0 {
            self.protect_again(special & !folds, rows.start, block);
        }
        if folds & !block.nulls() != 0 {
            self.fold_again(folds & !block.nulls(), rows.start, block);
        }
    }

    #[cold]
    fn protect_again<I: Isa>(&self, mut special: u64, first: usize, block: &mut Block<'_, I>) {
        let isa = block.isa;
        while special != 0 {
            let i = special.trailing_zeros() as usize;
            let (source, len) = self.values.onwards(first + i);
            block.rewrite(i, len + 1, |cell| {
                let len = self.protect.put_protected(isa, source, len, cell)?;
                cell[len] = self.separator;
                Ok(len + 1)
            });
            special &= special - 1;
        }
    }
    /// Writes those values again that have characters to be folded.
    #[cold]
    fn fold_again<I: Isa>(&self, mut folds: u64, first: usize, block: &mut Block<'_, I>) {
        let isa = block.isa;
        while folds != 0 {
            let i = folds.trailing_zeros() as usize;
            let value = self.values.bytes(first + i);
            block.rewrite(i, value.len() + 1, |cell| {
                let len = self.protect.put_folded(isa, value, cell)?;
                cell[len] = self.separator;
                Ok(len + 1)
            });
            folds &= folds - 1;
        }
    }
}

/// Whether `source[..len]` is ASCII without a byte 0.
#[inline(always)]
fn is_plain<I: Isa>(isa: I, source: &[u8], len: usize) -> bool {
    let others = |step: &[u8; STEP]| isa.tops(&step.map(|byte| byte | byte.wrapping_sub(1)));
    // Both 0, less one, and what is beyond ASCII have the top bit.
    if let (Some(step), true) = (source.first_chunk(), len <= STEP) {
        return others(step) & ((1_u64 << len) - 1) as u32 == 0;
    }
    let mut found = 0;
    for at in (0..len).step_by(STEP) {
        let (step, within) = step_at(source, len, at);
        found |= others(&step) & within;
    }
    found == 0
}

/// Binary fields: the length and the bytes.
pub(crate) struct StringBinary<'a, O> {
    pub values: Values<'a, O>,
    /// Whether a byte 0, and what is not UTF-8, is an error.
    pub is_text: bool,
}

impl<O: OffsetSizeTrait> StringBinary<'_, O> {
    /// Which of at most 64 `rows` have what is no text where text must be: bit i for the one at i.
    #[inline(always)]
    fn faulty(&self, rows: &Range<usize>) -> u64 {
        if !self.is_text {
            return 0;
        }
        let bytes = &self.values.data[self.values.spans(rows)];
        // Neither 0 nor beyond ASCII: above zero as a signed number, which is one comparison.
        if bytes.iter().fold(true, |all, byte| all & (*byte as i8 > 0)) {
            return 0;
        }
        if bytes.contains(&0) {
            return self.values.which(rows, |value| utf8::find_fault(value).is_err());
        }
        self.values.malformed(rows)
    }
}

impl<O: OffsetSizeTrait, I: Isa> FieldWriter<I> for StringBinary<'_, O> {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let variable = self.values.spans(&rows).len();
        let longest = self.values.longest(rows.clone());
        Extent {
            cell: longest + 4,
            total: variable + 4 * rows.len(),
            long: longest > MOST_GATHERED,
        }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        self.values.prefetch(&rows);
        let source = self.values.note(&rows, &mut block.spans);
        block.gather_prefixed(source);
        let faulty = self.faulty(&rows);
        if faulty != 0 {
            self.values.refuse(&rows, faulty, block);
        }
    }

    #[inline(always)]
    fn look<'s>(&'s self, _: I, rows: &Range<usize>, long: &mut Long<'s>) {
        if self.values.look(rows, long) {
            long.frame = Frame::Length;
            long.others = self.faulty(rows);
        }
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        if self.is_text && !is_plain(isa, source, len) {
            utf8::find_fault(&source[..len])?;
        }
        let (length, rest) = cell.split_first_chunk_mut().expect("extent() is too small");
        *length = (len as u32).to_be_bytes();
        if let (Some(step), Some(place)) = (source.first_chunk::<STEP>(), rest.first_chunk_mut())
            && len <= STEP
        {
            *place = *step;
        } else {
            copy(source, len, rest);
        }
        Ok(4 + len)
    }
}
