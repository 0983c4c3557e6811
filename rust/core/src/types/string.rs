//! text and its kin: the bytes as they are, protected as the format asks.

use std::ops::Range;

use arrow_array::OffsetSizeTrait;

use crate::block::{Block, MOST_GATHERED, Spans};
use crate::error::Reason;
use crate::escape::Protect;
use crate::field::{Extent, FieldWriter};
use crate::isa::{Isa, STEP, copy, prefetch, prefetch_bytes};

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
        self.protect_gathered(source, rows, block);
    }

    #[inline(always)]
    fn put(&self, isa: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        prefetch_ahead(source, len);
        let len = self.protect.put(isa, source, len, cell)?;
        cell[len] = self.separator;
        Ok(len + 1)
    }
}

impl<O: OffsetSizeTrait, P: Protect> StringText<'_, O, P> {
    /// Writes those values again that need protection, which are few.
    #[inline(always)]
    fn protect_gathered<I: Isa>(
        &self,
        source: &[u8],
        rows: Range<usize>,
        block: &mut Block<'_, I>,
    ) {
        let bytes = &source[..self.values.spans(&rows).len()];
        let mut care = self.specials(block.isa, bytes, &block.spans);
        // What a NULL has under it is not written, and would be taken for an empty string.
        let mut nulls = block.nulls();
        while nulls != 0 {
            block.spans.lens[nulls.trailing_zeros() as usize] = u32::MAX;
            nulls &= nulls - 1;
        }
        let lens = &block.spans.lens[..rows.len()];
        let special = |len: &u32| self.protect.is_special_len(*len as usize);
        if lens.iter().fold(false, |any, len| any | special(len)) {
            for (i, len) in lens.iter().enumerate() {
                let value = || self.values.bytes(rows.start + i);
                if special(len) && self.protect.is_special_value(value()) {
                    care |= 1 << i;
                }
            }
        }
        if care != 0 {
            self.protect_again(care & !block.nulls(), rows.start, block);
        }
    }

    /// Bit i: row i has a special byte.
    #[inline(always)]
    fn specials<I: Isa>(&self, isa: I, bytes: &[u8], spans: &Spans) -> u64 {
        let set = self.protect.specials();
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let mut last = [0; STEP];
        last[..rest.len()].copy_from_slice(rest);
        let (mut row, mut care) = (0, 0_u64);
        let mut note = |at: usize, mut members: u32| {
            while members != 0 {
                let place = (at + members.trailing_zeros() as usize) as u32;
                while spans.starts[row] + spans.lens[row] <= place {
                    row += 1;
                }
                care |= 1 << row;
                members &= members - 1;
            }
        };
        for (i, step) in steps.iter().enumerate() {
            note(i * STEP, isa.members(step, set));
        }
        if !rest.is_empty() {
            note(steps.len() * STEP, isa.members(&last, set) & ((1 << rest.len()) - 1));
        }
        care
    }

    #[cold]
    fn protect_again<I: Isa>(&self, mut care: u64, first: usize, block: &mut Block<'_, I>) {
        let isa = block.isa;
        while care != 0 {
            let i = care.trailing_zeros() as usize;
            let value = self.values.bytes(first + i);
            block.rewrite(i, value.len() + 1, |cell| {
                let len = self.protect.put_protected(isa, value, cell)?;
                cell[len] = self.separator;
                Ok(len + 1)
            });
            care &= care - 1;
        }
    }
}

/// Binary fields: the length and the bytes; `no_nul` for text, where the byte 0 is an error.
pub(crate) struct StringBinary<'a, O> {
    pub values: Values<'a, O>,
    pub no_nul: bool,
}

impl<O: OffsetSizeTrait, I: Copy> FieldWriter<I> for StringBinary<'_, O> {
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
        // One look over all the rows' bytes, which lie side by side, before one at each row's.
        if self.no_nul && has_nul(&source[..self.values.spans(&rows).len()]) {
            for row in rows.clone().filter(|row| has_nul(self.values.bytes(*row))) {
                block.refuse(row - rows.start, Reason::NulByte);
            }
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let (source, len) = self.values.onwards(row);
        if self.no_nul && has_nul(&source[..len]) {
            return Err(Reason::NulByte);
        }
        let (length, rest) = cell.split_first_chunk_mut().expect("extent() is too small");
        *length = (len as u32).to_be_bytes();
        copy(source, len, rest);
        Ok(4 + len)
    }
}

/// Asks for as many bytes as are being read, some way ahead.
#[inline(always)]
fn prefetch_ahead(source: &[u8], len: usize) {
    const AHEAD: usize = 2048;
    if let Some(ahead) = source.get(AHEAD..AHEAD + len) {
        prefetch_bytes(ahead);
    }
}

fn has_nul(bytes: &[u8]) -> bool {
    let (steps, tail) = bytes.as_chunks::<64>();
    let nul = |bytes: &[u8]| bytes.iter().fold(0, |found, byte| found | u8::from(*byte == 0)) != 0;
    steps.iter().any(|step| nul(step)) || nul(tail)
}
