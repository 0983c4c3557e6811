//! What must hold of decoding: what was encoded is read and encoded again as it was, in pieces of any
//! length; whatever bytes are changed in it, nothing panics.

use arrow_array::RecordBatch;
use holofast_core::{Buffer, CopyDecoder, CopyEncoder, DecodeError, Format};

use crate::case::Case;
use crate::source::Source;

/// Panics if a property does not hold of the case's rows in BINARY; others are no matter.
pub fn check(case: &Case, encoder: &CopyEncoder, rows: &[u8], source: &mut Source<'_>) {
    if case.options.format != Format::Binary {
        return;
    }
    let mut file = [encoder.header(), rows, encoder.trailer()].concat();
    let Some(decoded) = decode(case, &file, source) else { return };
    if let (Ok(batches), None) = (decoded, &case.options.encoding) {
        let mut out = Buffer::new();
        for batch in &batches {
            encoder.encode(batch, &mut out).expect("what was decoded can be encoded");
        }
        assert!(out.as_slice() == rows, "other bytes than those decoded");
    }
    for _ in 0..4 {
        let at = source.bits() as usize % file.len();
        file[at] ^= 1 << source.below(8);
        let first = decode(case, &file, source).expect("as before").err();
        let second = decode(case, &file, source).expect("as before").err();
        assert!(first == second, "{first:?} in other pieces: {second:?}");
    }
}

/// The batches of a file that comes in pieces; None if there is no rule for its columns.
fn decode(
    case: &Case,
    file: &[u8],
    source: &mut Source<'_>,
) -> Option<Result<Vec<RecordBatch>, DecodeError>> {
    let mut decoder = CopyDecoder::try_new(case.schema.clone(), &case.types).ok()?;
    let (mut batches, mut rest) = (Vec::new(), file);
    while !rest.is_empty() {
        let most = if source.one_in(2) { rest.len() } else { rest.len().min(300) };
        let (piece, behind) = rest.split_at(1 + source.below(most));
        rest = behind;
        if let Err(error) = decoder.feed(piece, &mut batches) {
            return Some(Err(error));
        }
    }
    let last = decoder.finish();
    Some(last.map(|last| batches.into_iter().chain(last).collect()))
}
