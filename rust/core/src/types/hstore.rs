//! hstore from maps of strings: `"a"=>"1", "b"=>NULL` in text (hstore_out), counted pairs in BINARY
//! (hstore_send); the keys by length, then by bytes.

use std::sync::Arc;

use arrow_array::{ArrayRef, MapArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, FieldRef};

use crate::error::Reason;
use crate::fault::Fault;
use crate::reader::{Bad, Cells, Cursor, FieldReader, Nulls, Span};
use crate::utf8;

/// A key and its value, None for NULL.
pub(crate) type Pair<'a> = (&'a [u8], Option<&'a [u8]>);

/// Sorts the pairs of one hstore as PostgreSQL holds them.
///
/// # Errors
/// A key that is there twice: which of them stays is not told by PostgreSQL. What is no text.
pub(crate) fn sort(pairs: &mut [Pair<'_>]) -> Result<(), Reason> {
    pairs.sort_by_key(|(key, _)| (key.len(), *key));
    for part in pairs.iter().flat_map(|(key, value)| [Some(*key), *value]).flatten() {
        utf8::check(part)?;
    }
    match pairs.windows(2).find(|two| two[0].0 == two[1].0) {
        Some(two) => Err(Reason::DuplicateKey(String::from_utf8_lossy(two[0].0).into_owned())),
        None => Ok(()),
    }
}

/// Appends the text of sorted pairs.
pub(crate) fn put_text(pairs: &[Pair<'_>], out: &mut Vec<u8>) {
    for (i, (key, value)) in pairs.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        put_quoted(key, out);
        out.extend_from_slice(b"=>");
        match value {
            Some(value) => put_quoted(value, out),
            None => out.extend_from_slice(b"NULL"),
        }
    }
}

fn put_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Appends the number of sorted pairs, and each one's parts behind their lengths.
///
/// # Errors
/// Those of `send`, which writes a text as the client reads it.
pub(crate) fn put_binary(
    pairs: &[Pair<'_>],
    send: impl Fn(&[u8], &mut Vec<u8>) -> Result<(), Reason>,
    out: &mut Vec<u8>,
) -> Result<(), Reason> {
    out.extend_from_slice(&(pairs.len() as u32).to_be_bytes());
    for (key, value) in pairs {
        for part in [Some(*key), *value] {
            let start = out.len();
            out.extend_from_slice(&(-1_i32).to_be_bytes());
            if let Some(part) = part {
                send(part, out)?;
                let len = (out.len() - start - 4) as u32;
                out[start..start + 4].copy_from_slice(&len.to_be_bytes());
            }
        }
    }
    Ok(())
}

/// Maps out of BINARY (hstore_recv).
pub(crate) struct Maps {
    entries: FieldRef,
    sorted: bool,
    /// What reads keys and values, and a block's cells of them.
    parts: [(Box<dyn FieldReader>, Vec<Span>); 2],
    /// Pairs at the end of each map; and of each of a block's rows, counted from its first one.
    offsets: Vec<i32>,
    ends: Vec<usize>,
    nulls: Nulls,
}

impl Maps {
    /// `part` makes the reader of a field.
    pub fn boxed(
        entries: &FieldRef,
        sorted: bool,
        part: impl Fn(&FieldRef) -> Option<Box<dyn FieldReader>>,
    ) -> Option<Box<dyn FieldReader>> {
        let DataType::Struct(fields) = entries.data_type() else { return None };
        let [key, value] = fields.as_ref() else { return None };
        Some(Box::new(Self {
            entries: Arc::clone(entries),
            sorted,
            parts: [(part(key)?, Vec::new()), (part(value)?, Vec::new())],
            offsets: vec![0],
            ends: Vec::new(),
            nulls: Nulls::new(),
        }))
    }

    fn map(&mut self, mut map: Cursor<'_>) -> Result<(), Fault> {
        let count = u32::try_from(map.int32()?).map_err(|_| Fault::IncorrectFormat)?;
        let [(_, keys), (_, values)] = &mut self.parts;
        for _ in 0..count {
            let key = map.field()?;
            if key.len < 0 {
                return Err(Fault::NullKey);
            }
            keys.push(key);
            values.push(map.field()?);
        }
        map.end()
    }

    fn walk(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        for (index, span) in cells.spans.iter().enumerate() {
            if let Some(map) = cells.cursor(*span) {
                self.map(map).map_err(|fault| Bad { index, fault })?;
            }
            self.ends.push(self.parts[1].1.len());
        }
        Ok(())
    }
}

impl FieldReader for Maps {
    fn read(&mut self, cells: &Cells<'_>) -> Result<(), Bad> {
        self.ends.clear();
        self.parts.iter_mut().for_each(|(_, spans)| spans.clear());
        let walked = self.walk(cells);
        let mut first: Option<Bad> = None;
        for (reader, spans) in &mut self.parts {
            let Err(bad) = reader.read(&Cells { spans, ..*cells }) else { continue };
            if first.as_ref().is_none_or(|first| bad.index < first.index) {
                first = Some(bad);
            }
        }
        if let Some(bad) = first {
            let index = self.ends.partition_point(|end| *end <= bad.index);
            return Err(Bad { index, ..bad });
        }
        let before = self.offsets[self.offsets.len() - 1];
        self.offsets.extend(self.ends.iter().map(|end| before + *end as i32));
        self.nulls.append(cells);
        walked
    }

    fn size(&self) -> usize {
        let parts = self.parts.iter().map(|(reader, _)| reader.size());
        parts.sum::<usize>() + size_of_val(self.offsets.as_slice())
    }

    fn take(&mut self) -> ArrayRef {
        let arrays = self.parts.iter_mut().map(|(reader, _)| reader.take()).collect();
        let DataType::Struct(fields) = self.entries.data_type() else {
            unreachable!("checked when it was built")
        };
        let entries = StructArray::new(fields.clone(), arrays, None);
        let offsets = OffsetBuffer::new(std::mem::replace(&mut self.offsets, vec![0]).into());
        let field = Arc::clone(&self.entries);
        Arc::new(MapArray::new(field, offsets, entries, self.nulls.take(), self.sorted))
    }
}
