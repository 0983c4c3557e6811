//! Dictionary arrays: each value that a batch uses is encoded once, whole cell and all, and every
//! row is a copy of its cell.

use std::ops::Range;

use arrow_array::{AnyDictionaryArray, Array};

use super::string::copy;
use crate::block::Block;
use crate::error::Reason;
use crate::escape::STEP;
use crate::field::{Extent, FieldWriter};

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
    pub fn new<I>(array: &dyn AnyDictionaryArray, writer: &dyn FieldWriter<I>) -> Self {
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
                this.add(*key, writer);
            }
        }
        this.keys = keys;
        this.cells.resize(this.cells.len() + STEP, 0);
        this
    }

    fn add<I>(&mut self, key: usize, writer: &dyn FieldWriter<I>) {
        let start = self.cells.len();
        let room = writer.extent(key..key + 1).cell;
        self.cells.resize(start + room, 0);
        let mut block = Block::new(&mut self.cells, start, 0, 1);
        writer.write(key..key + 1, &mut block);
        let len = match block.take_failure() {
            Some((_, reason)) => {
                self.failures.push((key, reason));
                0
            }
            None => block.row(0, start).len(),
        };
        self.cells.truncate(start + len);
        self.spans[key] = (start, len);
        self.longest = self.longest.max(len);
    }

    fn failure(&self, key: usize) -> Option<Reason> {
        self.failures.iter().find(|(failed, _)| *failed == key).map(|(_, reason)| reason.clone())
    }
}

impl<I> FieldWriter<I> for Dictionary {
    fn extent(&self, rows: Range<usize>) -> Extent {
        let total = self.keys[rows].iter().map(|key| self.spans[*key].1).sum();
        Extent { cell: self.longest + STEP, total: total + STEP, variable: total }
    }

    #[inline(always)]
    fn write(&self, rows: Range<usize>, block: &mut Block<'_, I>) {
        let keys = &self.keys[rows];
        block.each_row(|i, cell| {
            let (start, len) = self.spans[keys[i]];
            copy(&self.cells[start..], len, cell);
            // A cell is never empty: it has a separator or a length word.
            if len == 0 {
                return self.failure(keys[i]).map_or(Ok(0), Err);
            }
            Ok(len)
        });
    }
}
