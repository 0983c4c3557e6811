//! Dictionary and run-end encoded arrays: each value that a batch uses is encoded once, whole cell
//! and all, and every row is a copy of its cell.

use std::ops::Range;

use arrow_array::RunArray;
use arrow_array::types::RunEndIndexType;
use arrow_buffer::NullBuffer;

use crate::block::{Block, MOST_GATHERED, Tail};
use crate::error::Reason;
use crate::field::{Extent, FieldWriter, OVERRUN};
use crate::isa::copy;
use crate::made::is_null;

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
    /// `keys` are the places of the rows' values among the `values`, of which there is at least one
    /// and which `writer` writes; those under `nulls` are not used.
    pub fn new<I: Copy>(
        isa: I,
        keys: Vec<usize>,
        nulls: Option<&NullBuffer>,
        values: usize,
        writer: &dyn FieldWriter<I>,
    ) -> Self {
        let mut this = Self {
            spans: vec![(0, 0); values],
            cells: Vec::new(),
            failures: Vec::new(),
            longest: 0,
            keys: Vec::new(),
        };
        let mut seen = vec![false; values];
        for (row, key) in keys.iter().enumerate() {
            if !seen[*key] && !is_null(nulls, row) {
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
        let room = writer.extent(key..key + 1).cell + OVERRUN;
        self.cells.resize(start + room, 0);
        let cell = &mut self.cells[start..];
        let len = writer.put(isa, key, cell).unwrap_or_else(|reason| {
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

/// The places of a run-end encoded array's rows among the values of its runs.
pub(crate) fn run_keys<R: RunEndIndexType>(array: &RunArray<R>) -> Vec<usize> {
    let ends = array.run_ends();
    let mut keys = Vec::with_capacity(ends.len());
    let first = ends.get_start_physical_index();
    let mut run = first;
    for row in ends.offset()..ends.offset() + ends.len() {
        while arrow_buffer::ArrowNativeType::as_usize(ends.values()[run]) <= row {
            run += 1;
        }
        keys.push(run - first);
    }
    keys
}
