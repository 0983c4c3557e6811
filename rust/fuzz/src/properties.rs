//! What must hold of every case. Panics where it does not, as tests do.

use arrow_array::RecordBatch;
use holofast_core::{Buffer, CopyEncoder, EncodeError, InstructionSet};

use crate::case::Case;
use crate::decoding;
use crate::framing;
use crate::source::Source;

/// What there was in the buffer before.
const BEFORE: &[u8] = b"before";
/// More rows than any case has.
const WHOLE: usize = 65_536;
/// A case of more rows is encoded in small batches by one instruction set only.
const FEW: usize = 66;
/// One of more rows is not cut into single ones: what is made for a slice may be made of all rows.
const MANY: usize = 330;

/// What an encoding gave.
#[derive(PartialEq)]
struct Outcome {
    bytes: Vec<u8>,
    error: Option<EncodeError>,
}

/// What any encoding of the batch may give: all rows, or before an error as many as it likes.
struct Expected {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    error: Option<EncodeError>,
}

impl Expected {
    fn check(&self, found: &Outcome, of: &str) {
        assert!(found.error == self.error, "{of}: {:?}, not {:?}", found.error, self.error);
        assert!(self.bytes.starts_with(&found.bytes), "{of}: other bytes");
        assert!(self.ends.contains(&found.bytes.len()), "{of}: a part of a row");
    }
}

/// Encodes batches of a case, one after the other into the same memory.
struct Encodings<'a> {
    case: &'a Case,
    out: Buffer,
}

/// Panics if a property does not hold; false if there is no rule for the case's columns.
pub fn hold(case: &Case, source: &mut Source<'_>) -> bool {
    let Ok(encoder) = case.encoder(WHOLE) else { return false };
    encoder.accepts(&case.schema).expect("its own schema");
    let mut encodings = Encodings { case, out: Buffer::new() };
    let whole = encodings.one(&encoder, &case.batch);
    let expected = match &whole.error {
        None => {
            framing::check(case, &whole.bytes);
            decoding::check(case, &encoder, &whole.bytes, source);
            encodings.slices(&encoder, source)
        }
        Some(error) => encodings.rows_before(&encoder, error),
    };
    expected.check(&whole, "the whole");
    encodings.instructions_agree(encoder, &whole);
    let few = case.batch.num_rows() < MANY;
    for batch_size in if few { [1, 7] } else { [71, 710] } {
        let encoder = case.encoder(batch_size).expect("as before");
        let parts = encodings.one(&encoder, &case.batch);
        expected.check(&parts, &format!("batch size {batch_size}"));
        if case.batch.num_rows() < FEW {
            encodings.instructions_agree(encoder, &parts);
        }
    }
    true
}

impl Encodings<'_> {
    fn one(&mut self, encoder: &CopyEncoder, batch: &RecordBatch) -> Outcome {
        self.out.clear();
        self.out.extend(BEFORE);
        let error = encoder.encode(batch, &mut self.out).err();
        let bytes = self.out.as_slice().strip_prefix(BEFORE).expect("what was there stays");
        Outcome { bytes: bytes.to_vec(), error }
    }

    /// Each instruction set gives the same bytes and the same error.
    fn instructions_agree(&mut self, mut encoder: CopyEncoder, expected: &Outcome) {
        // The best one has given what is expected.
        for set in InstructionSet::available().skip(1) {
            encoder = encoder.with_instructions(set);
            let found = self.one(&encoder, &self.case.batch);
            assert!(found.error == expected.error, "{set:?}: {:?}", found.error);
            assert!(found.bytes == expected.bytes, "{set:?}: other bytes");
        }
    }

    /// Slices that are encoded one by one are together the whole.
    fn slices(&mut self, encoder: &CopyEncoder, source: &mut Source<'_>) -> Expected {
        let rows = self.case.batch.num_rows();
        let first = source.below(rows.min(255) + 1);
        let second = first + source.below((rows - first).min(255) + 1);
        let mut bytes = Vec::new();
        for part in [0..first, first..second, second..rows] {
            let slice = self.case.batch.slice(part.start, part.len());
            let outcome = self.one(encoder, &slice);
            assert!(outcome.error.is_none(), "rows {part:?}: {:?}", outcome.error);
            bytes.extend(outcome.bytes);
        }
        Expected { ends: vec![bytes.len()], bytes, error: None }
    }

    /// The rows before an error, each of which can be encoded alone; the row itself is refused.
    fn rows_before(&mut self, encoder: &CopyEncoder, error: &EncodeError) -> Expected {
        let alone = self.one(encoder, &self.case.batch.slice(error.row, 1)).error;
        assert!(alone == Some(EncodeError { row: 0, ..error.clone() }), "{error:?}, not {alone:?}");
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        let step = if error.row < MANY { 1 } else { 71 };
        for row in (0..error.row).step_by(step) {
            let rows = step.min(error.row - row);
            let one = self.one(encoder, &self.case.batch.slice(row, rows));
            assert!(one.error.is_none(), "row {row} before {error:?}: {:?}", one.error);
            bytes.extend(one.bytes);
            ends.push(bytes.len());
        }
        Expected { bytes, ends, error: Some(error.clone()) }
    }
}
