//! Dictionary arrays: each value that a batch uses is encoded once, whole cell and all, and every
//! row is a copy of its cell.

use std::ops::Range;

use arrow_array::{AnyDictionaryArray, Array};

use crate::block::{Block, MOST_GATHERED, Tail};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, OVERRUN};
use crate::isa::copy;

/// The keys of a batch and the cells of the values they name.
pub(crate) struct Dictionary {
    keys: Vec<usize>,
    /// Start and length of each value's cell; a value without one is unused or failed.
    spans: Vec<(usize, usize)>,
    cells: Vec<u8>,
    failures: Vec<(usize, Reason)>,
    longest: usize,
}

impl Dictionary {
    /// `writer` writes the dictionary's values, of which there is at least one.
    pub fn new<I: Copy>(
        isa: I,
        array: &dyn AnyDictionaryArray,
        writer: &dyn FieldWriter<I>,
    ) -> Self {
        let keys = array.normalized_keys();
        let mut this = Self {
            spans: vec![(0, 0); array.values().len()],
            cells: Vec::new(),
            failures: Vec::new(),
            longest: 0,
            keys: Vec::new(),
        };
        let nulls = array.logical_nulls();
        let mut seen = vec![false; array.values().len()];
        for (row, key) in keys.iter().enumerate() {
            if !seen[*key] && nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                seen[*key] = true;
                this.add(isa, *key, writer);
            }
        }
        this.keys = keys;
        this.cells.resize(this.cells.len() + OVERRUN, 0);
        this
    }

    fn add<I: Copy>(&mut self, isa: I, key: usize, writer: &dyn FieldWriter<I>) {
        let start = self.cells.len();
        let extent = writer.extent(key..key + 1);
        let room = extent.cell + OVERRUN;
        self.cells.resize(start + room, 0);
        let cell = &mut self.cells[start..];
        let written = if extent.long {
            writer.put(isa, key, cell)
        } else {
            let mut block = Block::new(isa, cell, room, 1, Tail::NONE);
            writer.write(key..key + 1, &mut block);
            block.take_failure().map_or(Ok(block.cursors()[0]), |(_, reason)| Err(reason))
        };
        let len = written.unwrap_or_else(|reason| {
            self.failures.push((key, reason));
            0
        });
        self.cells.truncate(start + len);
        self.spans[key] = (start, len);
        self.longest = self.longest.max(len);
    }

    fn failure(&self, key: usize) -> Option<Reason> {
        self.failures.iter().find(|(failed, _)| *failed == key).map(|(_, reason)| reason.clone())
    }
}

impl<I: Copy> FieldWriter<I> for Dictionary {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let total = self.keys[rows].iter().map(|key| self.spans[*key].1).sum();
        let long = self.longest > MOST_GATHERED || u32::try_from(self.cells.len()).is_err();
        Extent { cell: self.longest, total, long }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let (keys, mut failed) = (&self.keys[rows], false);
        let own = block.spans.starts.iter_mut().zip(&mut block.spans.lens);
        for ((start, len), key) in own.zip(keys) {
            let (from, count) = self.spans[*key];
            (*start, *len) = (from as u32, count as u32);
            // A cell is never empty: it has a separator or a length word.
            failed |= count == 0;
        }
        block.gather(&self.cells, Tail::NONE);
        if failed {
            for (i, key) in keys.iter().enumerate() {
                if let Some(reason) = self.failure(*key) {
                    block.refuse(i, reason);
                }
            }
        }
    }

    #[inline(always)]
    fn put(&self, _: I, row: usize, cell: &mut [u8]) -> Result<usize, Reason> {
        let key = self.keys[row];
        let (start, len) = self.spans[key];
        copy(&self.cells[start..], len, cell);
        if len == 0 { self.failure(key).map_or(Ok(0), Err) } else { Ok(len) }
    }
}
