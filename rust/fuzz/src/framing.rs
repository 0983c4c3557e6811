//! What the output looks like: read back into cells as COPY FROM would. There must be as many as
//! in the batch, NULLs where it has them, and strings must be what they were.

use std::iter::Peekable;
use std::slice::Iter;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use holofast_core::{Format, Options, PgType};

use crate::case::Case;

/// One cell: what stands there, and whether that is what a NULL is.
struct Cell {
    value: Vec<u8>,
    is_null: bool,
}

/// Panics if the bytes of all of a case's rows are not what they must look like.
pub fn check(case: &Case, bytes: &[u8]) {
    if !can_be_read(&case.options) {
        return;
    }
    let mut bytes = bytes;
    let nulls: Vec<_> = case.batch.columns().iter().map(|array| array.logical_nulls()).collect();
    for row in 0..case.batch.num_rows() {
        let (cells, rest) = match case.options.format {
            Format::Binary => binary(bytes, case.types.len()),
            _ => lines(bytes, case.types.len(), &case.options),
        };
        bytes = rest;
        for (column, (cell, nulls)) in cells.iter().zip(&nulls).enumerate() {
            let is_null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
            assert!(cell.is_null || !is_null, "row {row}, column {column}: no NULL");
            if tells_nulls(&case.options) {
                assert!(is_null || !cell.is_null, "row {row}, column {column}: a NULL");
            }
            if !is_null {
                check_string(case, row, column, &cell.value);
            }
        }
    }
    assert!(bytes.is_empty(), "{} bytes behind the last row", bytes.len());
}

/// Other encodings have ASCII's bytes in their characters, and some NULL strings and quotes let
/// nobody tell where a cell ends.
fn can_be_read(options: &Options) -> bool {
    let breaks = [options.quote, options.escape].iter().any(|byte| b"\r\n".contains(byte));
    match options.format {
        Format::Binary => true,
        Format::Text => options.encoding.is_none() && options.null != b"\\",
        Format::Csv => options.encoding.is_none() && !breaks,
    }
}

/// TEXT's values are not protected against what is not `\N`.
fn tells_nulls(options: &Options) -> bool {
    options.format != Format::Text || options.null == b"\\N"
}

fn check_string(case: &Case, row: usize, column: usize, value: &[u8]) {
    if case.types[column].pg_type != PgType::Text || case.options.encoding.is_some() {
        return;
    }
    let array = case.batch.column(column);
    let expected = match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row),
        DataType::Utf8View => array.as_string_view().value(row),
        _ => return,
    };
    let expected = expected.as_bytes();
    assert!(value == expected, "row {row}, column {column}: {value:?}, not {expected:?}");
    let is_text = std::str::from_utf8(value).is_ok_and(|text| !text.contains('\0'));
    assert!(is_text, "row {row}, column {column}: {value:?} is no text");
}

/// The cells of the first row of BINARY, and what lies behind it.
fn binary(bytes: &[u8], columns: usize) -> (Vec<Cell>, &[u8]) {
    let (count, mut bytes) = bytes.split_first_chunk().expect("a count");
    assert_eq!(usize::from(u16::from_be_bytes(*count)), columns);
    let mut cells = Vec::new();
    for _ in 0..columns {
        let (len, rest) = bytes.split_first_chunk().expect("a length");
        let len = i32::from_be_bytes(*len);
        assert!(len >= -1, "a length of {len}");
        let (value, rest) = rest.split_at(len.max(0) as usize);
        bytes = rest;
        cells.push(Cell { value: value.to_vec(), is_null: len == -1 });
    }
    (cells, bytes)
}

/// The cells of the first row of TEXT or CSV, and what lies behind it.
fn lines<'a>(bytes: &'a [u8], columns: usize, options: &Options) -> (Vec<Cell>, &'a [u8]) {
    if columns == 0 {
        return (vec![], bytes.strip_prefix(b"\n").expect("an empty line"));
    }
    let mut left = bytes.iter().peekable();
    let cells = (0..columns)
        .map(|column| {
            let cell = if options.format == Format::Csv {
                csv(&mut left, options)
            } else {
                text(&mut left, options)
            };
            let end = if column + 1 == columns { b'\n' } else { options.delimiter };
            assert_eq!(left.next(), Some(&end), "the end of column {column}");
            cell
        })
        .collect();
    (cells, &bytes[bytes.len() - left.len()..])
}

fn is_end(byte: u8, options: &Options) -> bool {
    byte == b'\n' || byte == options.delimiter
}

fn text(left: &mut Peekable<Iter<'_, u8>>, options: &Options) -> Cell {
    let (mut raw, mut value) = (Vec::new(), Vec::new());
    while let Some(byte) = left.next_if(|byte| !is_end(**byte, options)) {
        raw.push(*byte);
        if *byte != b'\\' {
            assert!(!b"\r\0".contains(byte), "a bare {byte}");
            value.push(*byte);
            continue;
        }
        let escaped = left.next().expect("a byte behind the backslash");
        raw.push(*escaped);
        let control = b"btnvfr".iter().position(|letter| letter == escaped);
        value.push(control.map_or(*escaped, |control| 8 + control as u8));
    }
    Cell { is_null: raw == options.null, value }
}

fn csv(left: &mut Peekable<Iter<'_, u8>>, options: &Options) -> Cell {
    let mut value = Vec::new();
    if left.next_if_eq(&&options.quote).is_none() {
        while let Some(byte) = left.next_if(|byte| !is_end(**byte, options)) {
            assert!(![b'\r', 0, options.quote].contains(byte), "a bare {byte}");
            value.push(*byte);
        }
        return Cell { is_null: value == options.null, value };
    }
    while let Some(byte) = left.next() {
        let is_escaped = |next: &&u8| [options.quote, options.escape].contains(*next);
        if *byte == options.escape
            && let Some(escaped) = left.next_if(is_escaped)
        {
            value.push(*escaped);
        } else if *byte == options.quote {
            return Cell { value, is_null: false };
        } else {
            value.push(*byte);
        }
    }
    panic!("a quote without its end");
}
