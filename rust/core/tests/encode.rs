//! What holds for every batch whatever its bytes are: those are compared with PostgreSQL's in the
//! Python tests, where a server is at hand.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::types::{Int32Type, IntervalDayTime};
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array,
    IntervalDayTimeArray, IntervalYearMonthArray, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use batches::{Cell, NAMES};
use holofast_core::{
    Buffer, CopyEncoder, Format, InstructionSet, Options, PgType, Reason, Settings, Zone,
};

#[path = "../benches/batches.rs"]
mod batches;

const FORMATS: [Format; 3] = [Format::Text, Format::Csv, Format::Binary];

fn options(format: Format, columns: usize) -> Options {
    Options {
        format,
        delimiter: b',',
        null: Vec::new(),
        header: false,
        quote: b'"',
        escape: b'"',
        force_quote: vec![false; columns],
        most_row_bytes: usize::MAX,
        settings: Settings::default(),
        encoding: None,
    }
}

fn encoder(
    batch: &RecordBatch,
    types: &[PgType],
    format: Format,
    batch_size: usize,
) -> CopyEncoder {
    let options = options(format, batch.num_columns());
    CopyEncoder::try_new(
        &batch.schema(),
        types.iter().map(|of| (*of).into()).collect(),
        options,
        None,
        batch_size,
    )
    .unwrap()
}

fn encode(batch: &RecordBatch, types: &[PgType], format: Format, batch_size: usize) -> Vec<u8> {
    let mut out = Buffer::new();
    encoder(batch, types, format, batch_size).encode(batch, &mut out).unwrap();
    out.as_slice().to_vec()
}

const TYPES: &[PgType] = &[
    PgType::Int8,
    PgType::Text,
    PgType::Float8,
    PgType::Float4,
    PgType::Timestamp,
    PgType::Numeric,
    PgType::Date,
    PgType::Text,
];

/// Rows with NULLs, values that need quotes, and now and then one long enough to leave the blocks.
fn mixed(rows: usize) -> RecordBatch {
    let mut ints = Int64Builder::new();
    let mut strings = StringBuilder::new();
    for row in 0..rows {
        ints.append_option((row % 7 != 3).then_some(row as i64 * 104_729 - 50_000));
        match row % 13 {
            0 => strings.append_null(),
            1 => strings.append_value("say \"hi\", twice\n"),
            2 => strings.append_value(""),
            3 if row % 5 == 0 => strings.append_value("long, ".repeat(row % 4000)),
            more => strings.append_value("é".repeat(more)),
        }
    }
    let floats: Float64Array = (0..rows).map(|row| Some(row as f64 / 7.0)).collect();
    let instants: TimestampMicrosecondArray =
        (0..rows as i64).map(|row| Some(row * 2_000_000_123_457 - 9_000_000_000_000_000)).collect();
    let singles: Float32Array = (0..rows).map(|row| Some(1e10 / row as f32)).collect();
    let decimals: Decimal128Array = (0..rows).map(|row| Some(row as i128 * 31 - 1000)).collect();
    let dates: Date32Array = (0..rows).map(|row| Some(row as i32 * 97 - 100_000)).collect();
    let words: DictionaryArray<Int32Type> =
        (0..rows).map(|row| ["a", "b,c", ""].get(row % 4).copied()).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(ints.finish()),
        Arc::new(strings.finish()),
        Arc::new(floats),
        Arc::new(singles),
        Arc::new(instants),
        Arc::new(decimals.with_precision_and_scale(20, 2).unwrap()),
        Arc::new(dates),
        Arc::new(words),
    ];
    let field = |(i, column): (usize, &ArrayRef)| {
        Field::new(format!("c{i}"), column.data_type().clone(), true)
    };
    let fields: Vec<_> = columns.iter().enumerate().map(field).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn the_cut_of_a_batch_changes_nothing() {
    let batch = mixed(3000);
    for format in FORMATS {
        let whole = encode(&batch, TYPES, format, 65_536);
        for batch_size in [1, 63, 64, 1000, 1024, 2999] {
            assert_eq!(encode(&batch, TYPES, format, batch_size), whole, "BatchSize {batch_size}");
        }
        for cut in [1, 64, 65, 1500, 2999] {
            let halves = [batch.slice(0, cut), batch.slice(cut, 3000 - cut)];
            let joined: Vec<_> =
                halves.iter().flat_map(|half| encode(half, TYPES, format, 65_536)).collect();
            assert_eq!(joined, whole, "cut at {cut}");
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bytes() {
    for (name, format) in NAMES.iter().flat_map(|name| FORMATS.map(|format| (name, format))) {
        let mut cell = Cell::checked(name, format, 3000);
        let [mut best, mut other] = [Buffer::new(), Buffer::new()];
        cell.encode(&mut best);
        for set in InstructionSet::available() {
            cell.encoder = cell.encoder.with_instructions(set);
            other.clear();
            cell.encode(&mut other);
            assert!(other.as_slice() == best.as_slice(), "{name} as {format:?} by {set:?}");
        }
    }
}

#[test]
fn a_reused_buffer_holds_nothing_of_before() {
    let (first, second) = (mixed(500), mixed(2000));
    let encoder = encoder(&first, TYPES, Format::Csv, 65_536);
    let mut reused = Buffer::new();
    encoder.encode(&second, &mut reused).unwrap();
    reused.clear();
    encoder.encode(&first, &mut reused).unwrap();
    assert_eq!(reused.as_slice(), encode(&first, TYPES, Format::Csv, 65_536));
}

#[test]
fn the_first_error_is_the_first_by_row_then_by_column() {
    let rows = 200;
    let date = |bad: usize| -> ArrayRef {
        Arc::new(
            (0..rows)
                .map(|row| Some(if row == bad { -9_999_999 } else { 0 }))
                .collect::<Date32Array>(),
        )
    };
    let text = |bad: usize| -> ArrayRef {
        Arc::new(
            (0..rows).map(|row| Some(if row == bad { "\0" } else { "x" })).collect::<StringArray>(),
        )
    };
    for (columns, expected) in [
        (vec![date(150), text(149)], (1, 149, Reason::NulByte)),
        (vec![date(149), text(149)], (0, 149, Reason::DateOutOfRange)),
        (vec![date(3), text(199)], (0, 3, Reason::DateOutOfRange)),
    ] {
        let fields =
            vec![Field::new("d", DataType::Date32, true), Field::new("t", DataType::Utf8, true)];
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        for format in FORMATS {
            let encoder = encoder(&batch, &[PgType::Date, PgType::Text], format, 65_536);
            let error = encoder.encode(&batch, &mut Buffer::new()).unwrap_err();
            assert_eq!((error.column, error.row, error.reason), expected);
        }
    }
}

#[test]
fn on_an_error_there_are_whole_rows_before_it_and_no_others() {
    let long = "x".repeat(100);
    for other in ["x", &long] {
        let texts: StringArray =
            (0..200).map(|row| Some(if row == 150 { "\0" } else { other })).collect();
        let batch = RecordBatch::try_from_iter([("t", Arc::new(texts) as ArrayRef)]).unwrap();
        for (format, batch_size, rows) in
            FORMATS.iter().flat_map(|format| [(format, 65_536, 0), (format, 70, 140)])
        {
            let mut out = Buffer::new();
            out.extend(b"before");
            encoder(&batch, &[PgType::Text], *format, batch_size)
                .encode(&batch, &mut out)
                .unwrap_err();
            let whole = encode(&batch.slice(0, rows), &[PgType::Text], *format, 65_536);
            assert!(out.as_slice() == [b"before", &*whole].concat());
        }
    }
}

#[test]
fn a_value_under_a_null_is_no_error() {
    let dates =
        Date32Array::new(vec![0, i32::MIN + 5, 1].into(), Some(vec![true, false, true].into()));
    let schema = Arc::new(Schema::new(vec![Field::new("d", DataType::Date32, true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(dates)]).unwrap();
    assert_eq!(encode(&batch, &[PgType::Date], Format::Csv, 1), b"1970-01-01\n\n1970-01-02\n");
}

#[test]
fn memory_follows_the_output_not_the_longest_value() {
    let long = "x".repeat(1 << 20);
    let strings: StringArray =
        (0..1000).map(|row| Some(if row == 500 { long.as_str() } else { "y" })).collect();
    let schema = Arc::new(Schema::new(vec![Field::new("t", DataType::Utf8, true)]));
    let batch = RecordBatch::try_new(schema, vec![Arc::new(strings)]).unwrap();
    let mut out = Buffer::new();
    encoder(&batch, &[PgType::Text], Format::Csv, 65_536).encode(&batch, &mut out).unwrap();
    assert_eq!(out.len(), (1 << 20) + 1 + 999 * 2);
    assert!(out.capacity() < 8 << 20, "{} bytes held", out.capacity());
}

#[test]
fn a_type_without_a_rule_is_refused_when_the_encoder_is_built() {
    let schema = Schema::new(vec![Field::new("f", DataType::Float32, true)]);
    let options = options(Format::Csv, 1);
    let error =
        CopyEncoder::try_new(&schema, vec![PgType::Date.into()], options, None, 1).err().unwrap();
    assert_eq!(error.to_string(), "column 0: no rule to encode Arrow type Float32 as date");
}

/// Arrow's intervals that pyarrow has no arrays of.
#[test]
fn intervals_of_months_and_of_days() {
    let months = IntervalYearMonthArray::from(vec![14, -13]);
    let days = IntervalDayTimeArray::from(vec![
        IntervalDayTime { days: 3, milliseconds: 5 },
        IntervalDayTime { days: -1, milliseconds: -250 },
    ]);
    let batch = RecordBatch::try_from_iter([
        ("months", Arc::new(months) as ArrayRef),
        ("days", Arc::new(days) as ArrayRef),
    ])
    .unwrap();
    let encoded = encode(&batch, &[PgType::Interval; 2], Format::Text, 65_536);
    let expected = "1 year 2 mons,3 days 00:00:00.005\n-1 years -1 mons,-1 days -00:00:00.25\n";
    assert_eq!(String::from_utf8(encoded).unwrap(), expected);
}

#[test]
fn options_that_the_loop_cannot_work_with_are_refused() {
    let schema = Schema::new(vec![Field::new("t", DataType::Utf8, true)]);
    let good = options(Format::Csv, 1);
    for bad in [
        Options { delimiter: b'\n', ..good.clone() },
        Options { delimiter: b'"', ..good.clone() },
        Options { null: b"a\r".to_vec(), ..good.clone() },
        Options { force_quote: vec![], ..good.clone() },
    ] {
        assert!(CopyEncoder::try_new(&schema, vec![PgType::Text.into()], bad, None, 1).is_err());
    }
    assert!(CopyEncoder::try_new(&schema, vec![PgType::Text.into()], good, None, 1).is_ok());
}

#[test]
fn crc64_is_xz_and_combines() {
    assert_eq!(holofast_core::crc64(b"123456789"), 0x995d_c9bb_df19_39fa);
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    for cut in [0, 1, 4096, 99_999, 100_000] {
        let (first, second) = bytes.split_at(cut);
        let (first, len) = (holofast_core::crc64(first), second.len() as u64);
        assert_eq!(
            holofast_core::crc64_combine(first, holofast_core::crc64(second), len),
            holofast_core::crc64(&bytes)
        );
    }
}

#[test]
fn a_zone_changes_its_offset_at_the_second() {
    let days = |days: i64| days * 86_400;
    // Before 1970, at its start, twice within 24 days, at their end, and beyond 2038.
    let mut transitions = vec![days(-9000), 0, days(400), days(410), (1 << 21) * 40 - 1];
    transitions.extend((1..400).map(|i| days(1000 + 177 * i) + i));
    let offsets: Vec<i32> = (0..=transitions.len() as i32).map(|i| i * 900 - 10_000).collect();
    let zone = Zone::new(transitions.clone(), offsets.clone(), None);
    for (i, transition) in transitions.iter().enumerate() {
        assert_eq!(zone.offset(transition - 1), offsets[i], "before {transition}");
        assert_eq!(zone.offset(*transition), offsets[i + 1], "at {transition}");
    }
}

/// A POSIX rule reaches a week, and an hour more with daylight saving (pgtz.h).
#[test]
fn an_offset_may_have_hours_of_three_digits() {
    for (offset, expected) in [
        (100 * 3600, "1970-01-05 04:00:00+100"),
        (-(100 * 3600 + 1800), "1969-12-27 19:30:00-100:30"),
        (168 * 3600 + 3599, "1970-01-08 00:59:59+168:59:59"),
    ] {
        let instants = TimestampMicrosecondArray::from(vec![0]).with_timezone_utc();
        let batch = RecordBatch::try_from_iter([("t", Arc::new(instants) as ArrayRef)]).unwrap();
        let (types, zone) =
            (vec![PgType::Timestamptz.into()], Zone::new(vec![], vec![offset], None));
        let encoder =
            CopyEncoder::try_new(&batch.schema(), types, options(Format::Csv, 1), Some(zone), 1);
        let mut out = Buffer::new();
        encoder.unwrap().encode(&batch, &mut out).unwrap();
        assert_eq!(String::from_utf8_lossy(out.as_slice()), format!("{expected}\n"));
    }
}
