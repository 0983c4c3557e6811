//! Writers of what is a string already: text, bytea, carriers, and whatever was made.

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteArrayType, ByteViewType};
use arrow_array::{Array, GenericByteArray, GenericByteViewArray, OffsetSizeTrait};
use arrow_schema::DataType;

use super::{Site, Writer};
use crate::carrier;
use crate::error::Reason;
use crate::isa::Isa;
use crate::made::{Failing, Made};
use crate::pg_type::{ColumnType, PgType};
use crate::style::Style;
use crate::types::bytes::{self, BytesText};
use crate::types::json;
use crate::types::string::{StringBinary, StringText};
use crate::types::textsend::StringConverted;
use crate::types::values::Values;

impl<'a, I: Isa + 'a> Site<'a, I> {
    /// A column of strings, text itself or PostgreSQL's own text of another type.
    pub(super) fn text_column(
        self,
        array: &'a dyn Array,
        arrow: &DataType,
        to: &'a ColumnType,
    ) -> Option<Writer<'a, I>> {
        Some(match arrow {
            DataType::Utf8 => self.carrier(values_of(array.as_string::<i32>()), array, to),
            DataType::LargeUtf8 => self.carrier(values_of(array.as_string::<i64>()), array, to),
            DataType::Utf8View => {
                let strings = self.keep.made(contiguous(array.as_string_view()));
                self.carrier(strings.values(), array, to)
            }
            _ => return None,
        })
    }

    fn carrier<O: OffsetSizeTrait>(
        self,
        values: Values<'a, O>,
        array: &'a dyn Array,
        to: &'a ColumnType,
    ) -> Writer<'a, I> {
        let binary = self.is_binary();
        let as_it_is = match to.pg_type {
            PgType::Text => true,
            PgType::Jsonb => false,
            PgType::Bpchar => to.length.is_none(),
            _ => !binary,
        };
        if as_it_is {
            return self.string(values, true);
        }
        let mut open = json::Open::default();
        let send = |text: &[u8], out: &mut Vec<u8>| self.send(text, out);
        let convert = self.encoding.map(|_| send);
        self.made(Made::each(array.len(), array.nulls(), |row, out| {
            let value = values.bytes(row);
            if binary {
                carrier::put_binary(value, to, &mut open, convert, out)
            } else {
                carrier::put_text(value, to, &mut open, out)
            }
        }))
    }

    /// Appends a text as BINARY's client reads it.
    pub(super) fn send(self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Reason> {
        match self.encoding {
            Some(encoding) => {
                let text = encoding.convert(self.isa, text).map_err(Reason::NoEquivalent)?;
                out.extend_from_slice(&text);
            }
            None => out.extend_from_slice(text),
        }
        Ok(())
    }

    /// A column of bytes.
    pub(super) fn binary_column(
        self,
        array: &'a dyn Array,
        arrow: &DataType,
    ) -> Option<Writer<'a, I>> {
        Some(match arrow {
            DataType::Binary => self.bytea(values_of(array.as_binary::<i32>())),
            DataType::LargeBinary => self.bytea(values_of(array.as_binary::<i64>())),
            DataType::BinaryView => {
                self.bytea(self.keep.made(contiguous(array.as_binary_view())).values())
            }
            DataType::FixedSizeBinary(_) => {
                let fixed = array.as_fixed_size_binary();
                let made = Made::each(array.len(), array.nulls(), |row, out| {
                    out.extend_from_slice(fixed.value(row));
                    Ok(())
                });
                self.bytea(self.keep.made(made).values())
            }
            _ => return None,
        })
    }

    /// Values that were made aside.
    pub(super) fn made(self, made: Made) -> Writer<'a, I> {
        let made = self.keep.made(made);
        let writer = self.string(made.values(), false);
        if made.failures.is_empty() {
            return writer;
        }
        self.boxed(Failing { writer, failures: &made.failures })
    }

    /// `is_text`: whether a byte 0 is an error in BINARY too.
    fn string<O: OffsetSizeTrait>(self, values: Values<'a, O>, is_text: bool) -> Writer<'a, I> {
        let separator = self.separator;
        match self.style {
            Style::Binary => match self.encoding.filter(|_| is_text) {
                Some(encoding) => self.boxed(StringConverted { values, encoding }),
                None => self.boxed(StringBinary { values, is_text }),
            },
            Style::Text(protect) => self.boxed(StringText { values, protect, separator }),
            Style::Csv(protect) => self.boxed(StringText { values, protect, separator }),
            Style::Nested(protect) => self.boxed(StringText { values, protect, separator }),
        }
    }

    fn bytea<O: OffsetSizeTrait>(self, values: Values<'a, O>) -> Writer<'a, I> {
        let separator = self.separator;
        if self.settings.bytea_escape && !self.is_binary() {
            let rows = values.offsets.len() - 1;
            return self.made(Made::each(rows, None, |row, out| {
                bytes::put_escaped(values.bytes(row), out);
                Ok(())
            }));
        }
        match self.style {
            Style::Binary => self.boxed(StringBinary { values, is_text: false }),
            Style::Text(_) => {
                self.text(BytesText { values, prefix: b"\\\\x", separator }, bytes::ALPHABET)
            }
            Style::Csv(_) | Style::Nested(_) => {
                self.text(BytesText { values, prefix: b"\\x", separator }, bytes::CSV_ALPHABET)
            }
        }
    }
}

fn values_of<O: ByteArrayType>(array: &GenericByteArray<O>) -> Values<'_, O::Offset> {
    Values { offsets: array.value_offsets(), data: array.value_data() }
}

/// The values of views, one behind the other.
fn contiguous<V: ByteViewType>(views: &GenericByteViewArray<V>) -> Made {
    Made::each(views.len(), views.nulls(), |row, out| {
        let value: &[u8] = views.value(row).as_ref();
        out.extend_from_slice(value);
        Ok(())
    })
}
