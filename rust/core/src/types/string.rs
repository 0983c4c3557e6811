//! text and its kin: the bytes as they are, protected as the format asks.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use crate::block::{BLOCK, Block, MOST_GATHERED, Spans};
use crate::error::Reason;
use crate::escape::Protect;
use crate::field::{Extent, FieldWriter};
use crate::isa::{ByteSet, Isa, STEP, copy, prefetch};
use crate::long::{Frame, Long};

/// The variable-length values of an Arrow array: n + 1 offsets into the data.
pub(crate) struct Values<'a, O> {
    pub offsets: &'a [O],
    pub data: &'a [u8],
}

impl<'a, O: OffsetSizeTrait> Values<'a, O> {
    /// Start and end of a row's bytes.
    #[inline(always)]
    pub fn span(&self, row: usize) -> (usize, usize) {
        (self.offsets[row].as_usize(), self.offsets[row + 1].as_usize())
    }

    /// The data from a row's bytes on, and how many of them are the row's.
    #[inline(always)]
    pub fn onwards(&self, row: usize) -> (&'a [u8], usize) {
        let (start, end) = self.span(row);
        (&self.data[start..], end - start)
    }

    pub fn bytes(&self, row: usize) -> &'a [u8] {
        let (start, end) = self.span(row);
        &self.data[start..end]
    }

    /// Where the bytes of all `rows` lie.
    pub fn spans(&self, rows: &Range<usize>) -> Range<usize> {
        self.offsets[rows.start].as_usize()..self.offsets[rows.end].as_usize()
    }

    /// Notes where each of `rows` lies in the data from the first one on, which is returned.
    #[inline(always)]
    pub fn note(&self, rows: &Range<usize>, spans: &mut Spans) -> &'a [u8] {
        let offsets = &self.offsets[rows.start..=rows.end];
        let first = offsets[0];
        let own = spans.starts.iter_mut().zip(&mut spans.lens);
        for ((start, len), pair) in own.zip(offsets.windows(2)) {
            *start = (pair[0] - first).as_usize() as u32;
            *len = (pair[1] - pair[0]).as_usize().min(u32::MAX as usize) as u32;
        }
        &self.data[first.as_usize()..]
    }

    /// Which of at most 64 `rows` have bytes of the set: bit i for the one at i. They are looked at
    /// as they lie in the data, side by side.
    #[inline(always)]
    pub fn having<I: Isa>(&self, isa: I, rows: &Range<usize>, set: &ByteSet) -> u64 {
        let spans = self.spans(rows);
        let bytes = &self.data[spans.clone()];
        let (mut row, mut having) = (0, 0_u64);
        let mut note = |at: usize, mut members: u32| {
            while members != 0 {
                let place = spans.start + at + members.trailing_zeros() as usize;
                while self.offsets[rows.start + row + 1].as_usize() <= place {
                    row += 1;
                }
                having |= 1 << row;
                members &= members - 1;
            }
        };
        let (steps, rest) = bytes.as_chunks::<STEP>();
        for (i, step) in steps.iter().enumerate() {
            note(i * STEP, isa.members(step, set));
        }
        note(steps.len() * STEP, members_of_rest(isa, rest, set));
        having
    }

    /// The same of values that `gather` takes, without a branch for each that has some.
    #[inline(always)]
    fn short_having<I: Isa>(
        &self,
        isa: I,
        rows: &Range<usize>,
        spans: &Spans,
        set: &ByteSet,
    ) -> u64 {
        // A bit a byte, and sixteen bytes more to be read over.
        let mut members = [0; BLOCK * MOST_GATHERED / STEP + 5];
        let (steps, rest) = self.data[self.spans(rows)].as_chunks::<STEP>();
        let mut any = 0;
        for (members, step) in members.iter_mut().zip(steps) {
            *members = isa.members(step, set);
            any |= *members;
        }
        let last = members_of_rest(isa, rest, set);
        members[steps.len()] = last;
        if any | last == 0 {
            return 0;
        }
        let members = members.map(u32::to_le_bytes);
        let members = members.as_flattened();
        let mut having = 0;
        for (i, (start, len)) in spans.starts.iter().zip(&spans.lens).enumerate().take(rows.len()) {
            let start = *start as usize;
            let bits = members[start / 8..].first_chunk().expect("as many bits as bytes");
            let own = (u128::from_le_bytes(*bits) >> (start % 8)) as u64;
            let others = u64::MAX.checked_shl(*len).unwrap_or(0);
            having |= u64::from(own & !others != 0) << i;
        }
        having
    }

    /// Notes the values of `rows` as long cells' spans, if their data is not too long for that.
    #[inline(always)]
    fn look(&self, rows: &Range<usize>, long: &mut Long<'a>) -> bool {
        prefetch(self.offsets, rows);
        long.source = self.note(rows, &mut long.spans);
        long.span = self.spans(rows).len();
        u32::try_from(long.span).is_ok()
    }

    #[inline(always)]
    fn prefetch(&self, rows: &Range<usize>) {
        prefetch(self.offsets, rows);
        prefetch(self.data, &self.spans(rows));
    }

    pub fn longest(&self, rows: Range<usize>) -> usize {
        // Subtracted and compared as they are, so that it becomes vector instructions.
        let (starts, ends) =
            (&self.offsets[rows.clone()], &self.offsets[rows.start + 1..=rows.end]);
        let lengths = starts.iter().zip(ends).map(|(start, end)| *end - *start);
        lengths.fold(O::zero(), |longest, length| longest.max(length)).as_usize()
    }
}

/// The members of less than a step.
#[inline(always)]
fn members_of_rest<I: Isa>(isa: I, rest: &[u8], set: &ByteSet) -> u32 {
    let mut step = [0; STEP];
    step[..rest.len()].copy_from_slice(rest);
    isa.members(&step, set) & ((1 << rest.len()) - 1)
}

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
            let having = self.values.having(isa, rows, self.protect.specials());
            long.others = having | self.special(rows, &long.spans.lens);
        }
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
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
                if special_len(len) && self.protect.is_special_value(value()) {
                    special |= 1 << i;
                }
            }
        }
        special
    }

    /// Writes those values again that need protection, which are few.
    #[inline(always)]
    fn protect_gathered<I: Isa>(&self, rows: &Range<usize>, block: &mut Block<'_, I>) {
        let set = self.protect.specials();
        let having = self.values.short_having(block.isa, rows, &block.spans, set);
        // What a NULL has under it is not written, and would be taken for an empty string.
        let mut nulls = block.nulls();
        while nulls != 0 {
            block.spans.lens[nulls.trailing_zeros() as usize] = u32::MAX;
            nulls &= nulls - 1;
        }
        let special = (having | self.special(rows, &block.spans.lens)) & !block.nulls();
        if special != 0 {
            self.protect_again(special, rows.start, block);
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
}

/// Binary fields: the length and the bytes.
pub(crate) struct StringBinary<'a, O> {
    pub values: Values<'a, O>,
    /// Whether a byte 0 is an error.
    pub is_text: bool,
}

impl<O: OffsetSizeTrait> StringBinary<'_, O> {
    /// Which of at most 64 `rows` have a byte 0 where none may be: bit i for the one at i.
    #[inline(always)]
    fn nuls(&self, rows: &Range<usize>) -> u64 {
        let bytes = &self.values.data[self.values.spans(rows)];
        // To the end whatever it finds, so that it becomes vector instructions.
        if self.is_text && bytes.iter().fold(false, |any, byte| any | (*byte == 0)) {
            return self.nuls_by_row(rows);
        }
        0
    }

    #[cold]
    fn nuls_by_row(&self, rows: &Range<usize>) -> u64 {
        let has_nul = |row| u64::from(self.values.bytes(row).contains(&0));
        rows.clone().rev().fold(0, |nuls, row| nuls << 1 | has_nul(row))
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
        let mut nuls = self.nuls(&rows);
        while nuls != 0 {
            block.refuse(nuls.trailing_zeros() as usize, Reason::NulByte);
            nuls &= nuls - 1;
        }
    }

    #[inline(always)]
    fn look<'s>(&'s self, _: I, rows: &Range<usize>, long: &mut Long<'s>) {
        if self.values.look(rows, long) {
            long.frame = Frame::Length;
            long.others = self.nuls(rows);
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        if self.is_text && source[..len].contains(&0) {
            return Err(Reason::NulByte);
        }
        let (length, rest) = cell.split_first_chunk_mut().expect("extent() is too small");
        *length = (len as u32).to_be_bytes();
        copy(source, len, rest);
        Ok(4 + len)
    }
}
