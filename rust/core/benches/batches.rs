//! What the benches encode: a column for each type family, 5 % of it NULL, and a row of sixteen
//! columns without NULL, like TPC-H's lineitem. Every run has the same values.

use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, Int32Builder, ListBuilder, StringBuilder};
use arrow_array::types::{Int32Type, IntervalMonthDayNano};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, IntervalMonthDayNanoArray,
    RecordBatch, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use holofast_core::{
    Buffer, ColumnType, CopyEncoder, DateStyle, Format, Options, PgType, Settings,
};

/// The families, by name.
pub const NAMES: [&str; 26] = [
    "bool",
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "price",
    "numeric",
    "numeric_wide",
    "text",
    "text_long",
    "text_quoted",
    "dictionary",
    "bytea",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "date_styled",
    "timestamp_styled",
    "float8_rounded",
    "int4_array",
    "text_array",
    "jsonb",
    "mixed",
];

/// A batch and its encoder.
pub struct Cell {
    batch: RecordBatch,
    pub encoder: CopyEncoder,
}

impl Cell {
    /// `rows` rows of one of `NAMES`. Panics if they are not all there once encoded, or if a second
    /// encoding of them is not the same.
    pub fn checked(name: &str, format: Format, rows: usize) -> Self {
        let cell = Self::new(name, format, rows);
        let [first, second] = [(), ()].map(|()| {
            let mut out = Buffer::new();
            cell.encode(&mut out);
            out
        });
        assert_eq!(count_rows(first.as_slice(), format), rows, "rows of {name}");
        assert!(first.as_slice() == second.as_slice(), "{name} is not encoded the same again");
        cell
    }

    fn new(name: &str, format: Format, rows: usize) -> Self {
        let columns = columns(name, rows);
        let types = columns.iter().map(|(pg_type, array)| typed(*pg_type, array)).collect();
        let fields: Vec<_> = columns
            .iter()
            .map(|(_, array)| Field::new("c", array.data_type().clone(), true))
            .collect();
        let options = Options {
            format,
            delimiter: if format == Format::Csv { b',' } else { b'\t' },
            null: if format == Format::Csv { b"".to_vec() } else { b"\\N".to_vec() },
            header: false,
            quote: b'"',
            escape: b'"',
            force_quote: vec![false; columns.len()],
            most_row_bytes: usize::MAX,
            settings: settings(name),
            encoding: None,
        };
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
        let encoder = CopyEncoder::try_new(&batch.schema(), types, options, None, 65_536).unwrap();
        Self { batch, encoder }
    }

    /// Appends the batch's rows to `out`.
    pub fn encode(&self, out: &mut Buffer) {
        self.encoder.encode(&self.batch, out).unwrap();
    }
}

/// The columns of one of `NAMES`, and their types.
pub fn columns(name: &str, rows: usize) -> Vec<(PgType, ArrayRef)> {
    if name == "mixed" { mixed(rows) } else { vec![column(name, rows, 20)] }
}

/// No value here has a line break.
fn count_rows(mut bytes: &[u8], format: Format) -> usize {
    if format != Format::Binary {
        return bytes.iter().filter(|byte| **byte == b'\n').count();
    }
    let mut rows = 0;
    while let Some((columns, rest)) = bytes.split_first_chunk() {
        bytes = rest;
        for _ in 0..i16::from_be_bytes(*columns) {
            let (length, rest) = bytes.split_first_chunk().unwrap();
            bytes = &rest[i32::from_be_bytes(*length).max(0) as usize..];
        }
        rows += 1;
    }
    rows
}

fn mixed(rows: usize) -> Vec<(PgType, ArrayRef)> {
    let names = [
        ["int8", "int8", "int4", "int4"],
        ["numeric", "numeric", "numeric", "numeric"],
        ["dictionary", "dictionary", "date", "date"],
        ["date", "text", "timestamp", "text_quoted"],
    ];
    names.as_flattened().iter().map(|name| column(name, rows, u64::MAX)).collect()
}

/// The type, with that of an array's elements.
pub fn typed(pg_type: PgType, array: &ArrayRef) -> ColumnType {
    let element = |arrow: &DataType| match arrow {
        DataType::Int32 => ColumnType { oid: 23, ..PgType::Int4.into() },
        _ => ColumnType { oid: 25, ..PgType::Text.into() },
    };
    let children = match array.data_type() {
        DataType::List(item) => vec![element(item.data_type())],
        _ => Vec::new(),
    };
    ColumnType { children, ..pg_type.into() }
}

/// PostgreSQL's defaults, but where the name says otherwise.
fn settings(name: &str) -> Settings {
    match name {
        "date_styled" | "timestamp_styled" => {
            Settings { date_style: DateStyle::Postgres, ..Settings::default() }
        }
        "float8_rounded" => Settings { extra_float_digits: 0, ..Settings::default() },
        _ => Settings::default(),
    }
}

/// One column, about one of `null_every` values NULL.
fn column(name: &str, rows: usize, null_every: u64) -> (PgType, ArrayRef) {
    let rows = Rows { rows: rows as u64, null_every };
    match name {
        "bool" => (PgType::Bool, rows.fill::<BooleanArray, _>(|h| h % 2 == 0)),
        "int2" => (PgType::Int2, rows.fill::<Int16Array, _>(|h| h as i16)),
        "int4" => (PgType::Int4, rows.fill::<Int32Array, _>(|h| h as i32)),
        "int8" => (PgType::Int8, rows.fill::<Int64Array, _>(|h| (h >> (h % 64)) as i64)),
        "float4" => {
            (PgType::Float4, rows.fill::<Float32Array, _>(|h| (h % 10_000_000) as f32 / 1e3))
        }
        "float8" => (PgType::Float8, rows.fill::<Float64Array, _>(|h| h as f64 / u64::MAX as f64)),
        "price" => {
            (PgType::Float8, rows.fill::<Float64Array, _>(|h| (h % 10_000_000) as f64 / 1e2))
        }
        "numeric" => (PgType::Numeric, rows.decimals(18, |h| i128::from(h % 100_000_000) - 1000)),
        "numeric_wide" => (PgType::Numeric, rows.decimals(38, |h| i128::from(h) << (h % 62))),
        "text" => {
            (PgType::Text, rows.fill::<StringArray, _>(|h| "holo ".repeat(h as usize % 8 + 1)))
        }
        "text_long" => {
            (PgType::Text, rows.fill::<StringArray, _>(|h| "long ".repeat(h as usize % 200 + 1)))
        }
        "text_quoted" => {
            (PgType::Text, rows.fill::<StringArray, _>(|h| format!("a, \"{}\"\\", h % 100_000)))
        }
        "dictionary" => (PgType::Text, rows.dictionary(&["AIR", "TRUCK", "REG AIR", "a, b"])),
        "bytea" => {
            (PgType::Bytea, rows.fill::<BinaryArray, _>(|h| h.to_le_bytes().repeat(h as usize % 4)))
        }
        "date" => (PgType::Date, rows.fill::<Date32Array, _>(|h| 8035 + (h % 12_000) as i32)),
        "time" => {
            (PgType::Time, rows.fill::<Time64MicrosecondArray, _>(|h| (h % 86_400_000_000) as i64))
        }
        "timestamp" => (PgType::Timestamp, rows.instants(None)),
        "timestamptz" => (PgType::Timestamptz, rows.instants(Some("UTC"))),
        "interval" => (PgType::Interval, rows.fill::<IntervalMonthDayNanoArray, _>(span)),
        "int4_array" => (
            PgType::Array,
            rows.lists(Int32Builder::new(), |to, h| {
                to.append_option((h % 50 > 0).then_some((h >> (32 + h % 32)) as i32));
            }),
        ),
        "text_array" => (
            PgType::Array,
            rows.lists(StringBuilder::new(), |to, h| match h % 10 {
                0 => to.append_value(["a word", "say \"hi\"", "", "NULL"][h as usize / 10 % 4]),
                _ => to.append_value(&"abcdefghijklmno"[h as usize % 15..]),
            }),
        ),
        "jsonb" => (PgType::Jsonb, rows.fill::<StringArray, _>(document)),
        styled => {
            column(styled.split_once('_').expect("a known name").0, rows.rows as usize, null_every)
        }
    }
}

/// Up to three years, a month of days and a hundred hours, now and then below zero.
fn span(hash: u64) -> IntervalMonthDayNano {
    IntervalMonthDayNano {
        months: (hash % 40) as i32 - 2,
        days: (hash >> 8) as i32 % 31,
        nanoseconds: (hash >> 20) as i64 % 360_000_000_000 * 1000,
    }
}

/// A jsonb of five keys, some 120 characters long.
fn document(hash: u64) -> String {
    let (id, tag, price) = (hash % 1_000_000_000, hash % 100, hash % 10_000_000);
    format!(
        "{{\"id\": {id}, \"name\": \"name {tag}\", \"tags\": [\"tag{tag}\", \"new\"], \
         \"price\": {}.{:02}, \"address\": {{\"zip\": \"{id:09}\", \"city\": null}}}}",
        price / 100,
        price % 100
    )
}

/// How many values a column has, and how many of them are NULL.
struct Rows {
    rows: u64,
    null_every: u64,
}

impl Rows {
    /// The values made of each row's hash.
    fn values<T>(&self, value: impl Fn(u64) -> T) -> impl Iterator<Item = Option<T>> {
        let null_every = self.null_every;
        (0..self.rows).map(move |row| {
            let hash = hash(row);
            (!hash.rotate_left(32).is_multiple_of(null_every)).then(|| value(hash))
        })
    }

    fn fill<A, T>(&self, value: impl Fn(u64) -> T) -> ArrayRef
    where
        A: Array + FromIterator<Option<T>> + 'static,
    {
        Arc::new(self.values(value).collect::<A>())
    }

    fn decimals(&self, precision: u8, value: impl Fn(u64) -> i128) -> ArrayRef {
        let values: Decimal128Array = self.values(value).collect();
        Arc::new(values.with_precision_and_scale(precision, 2).unwrap())
    }

    fn instants(&self, zone: Option<&str>) -> ArrayRef {
        let micros = self.values(|h| (h % 2_000_000_000_000_000) as i64);
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone_opt(zone))
    }

    /// Lists of up to twenty items.
    fn lists<B: ArrayBuilder>(&self, items: B, append: impl Fn(&mut B, u64)) -> ArrayRef {
        let mut lists = ListBuilder::new(items);
        for value in self.values(|h| h) {
            for item in 0..value.map_or(0, |h| h % 21) {
                append(lists.values(), hash(value.unwrap_or_default() ^ item));
            }
            lists.append(value.is_some());
        }
        Arc::new(lists.finish())
    }

    fn dictionary(&self, words: &[&str]) -> ArrayRef {
        let values = self.values(|h| words[h as usize % words.len()]);
        Arc::new(values.collect::<DictionaryArray<Int32Type>>())
    }
}

/// SplitMix64.
fn hash(row: u64) -> u64 {
    let mut h = row.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    h = (h ^ h >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ h >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ h >> 31
}
