//! hstore from maps of strings: `"a"=>"1", "b"=>NULL` in text (hstore_out), counted pairs in BINARY
//! (hstore_send); the keys by length, then by bytes.

use crate::error::Reason;
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
