"""What is wrong with bytes, in PostgreSQL's words where it has them; damaged files in both engines.

What is right is test_decode's.
"""

from __future__ import annotations

import pickle
import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.decoder import Decoder, decode
from holofast.errors import DecodeError
from hypothesis import event, given
from hypothesis import strategies as st

from tests.strategies import filled
from tests.test_decode import _values, binary, same
from tests.test_twins import ENGINES

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"


def row(*cells: bytes | None) -> bytes:
    """A row of these cells."""
    parts = [b"\xff" * 4 if c is None else struct.pack(">i", len(c)) + c for c in cells]
    return struct.pack(">h", len(cells)) + b"".join(parts)


def _run(decoder: Decoder, pieces: Sequence[bytes]) -> list[pa.RecordBatch]:
    fed = [batch for piece in pieces for batch in decoder.feed(piece)]
    return fed + decoder.finish()


def fault(
    data: bytes, schema: pa.Schema, engine: str, size: int = 0
) -> tuple[str, str, str, str | None, int]:
    """The SQLSTATE, the words, and where."""
    decoder = Decoder(schema, engine=engine)
    step = size or len(data) or 1
    with pytest.raises(DecodeError) as raised:
        _run(decoder, [data[at : at + step] for at in range(0, len(data), step)])
    error = raised.value
    for again in (decoder.finish, lambda: decoder.feed(b"")):
        with pytest.raises(DecodeError) as told:
            again()
        assert str(told.value) == str(error)
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.args, copied.row, copied.column) == (error.args, error.row, error.column)
    return error.sqlstate, error.message, error.reason, error.column, error.row


TWO = pa.schema([("a", pa.int32()), ("b", pa.utf8())])
ONE = row(b"\0\0\0\1", b"x")
FRAMES: list[tuple[bytes, str, str, str | None, int]] = [
    (b"", "22P04", "COPY file signature not recognized", None, 0),
    (b"PGCOPY\n", "22P04", "COPY file signature not recognized", None, 0),
    (b"1\tx\n2\ty\n....", "22P04", "COPY file signature not recognized", None, 0),
    (HEADER[:13], "22P04", "invalid COPY file header (missing flags)", None, 0),
    (HEADER[:17], "22P04", "invalid COPY file header (missing length)", None, 0),
    (HEADER[:15] + b"\xff" * 4, "22P04", "invalid COPY file header (missing length)", None, 0),
    (HEADER[:15] + b"\0\0\0\5abc", "22P04", "invalid COPY file header (wrong length)", None, 0),
    (
        HEADER[:11] + b"\0\1\0\0" + bytes(4),
        *("22P04", "invalid COPY file header (WITH OIDS)", None, 0),
    ),
    (
        HEADER[:11] + b"\x80\0\0\0" + bytes(4),
        *("22P04", "unrecognized critical flags in COPY file header", None, 0),
    ),
    (HEADER, "22P04", "unexpected EOF in COPY data", None, 0),
    (HEADER + ONE, "22P04", "unexpected EOF in COPY data", None, 1),
    (HEADER + ONE + ONE[:9], "22P04", "unexpected EOF in COPY data", None, 1),
    (HEADER + ONE + b"\0", "22P04", "unexpected EOF in COPY data", None, 1),
    (HEADER + ONE + row(b"1"), "22P04", "row field count is 1, expected 2", None, 1),
    (HEADER + b"\xff\xfe", "22P04", "row field count is -2, expected 2", None, 0),
    (HEADER + b"\0\2\xff\xff\xff\xfe", "22P04", "invalid field size", "a", 0),
    (HEADER + b"\0\2" + b"\xff" * 4 + b"\x80\0\0\0", "22P04", "invalid field size", "b", 0),
    (HEADER + b"\0\2" + b"\x7f\xff\xff\xff", "54000", "out of memory", "a", 0),
    (HEADER + ONE + END + b"\0", "22P04", "received copy data after EOF marker", None, 1),
    (HEADER + row(b"1", b"x"), "08P01", "insufficient data left in message", "a", 0),
    (HEADER + row(b"12345", b"x") + END, "22P03", "incorrect binary data format", "a", 0),
    (
        HEADER + row(None, b"\xc3") + row(b"", b""),
        *("22021", 'invalid byte sequence for encoding "UTF8": 0xc3', "b", 0),
    ),
    (
        HEADER + row(None, b"a\0b"),
        *("22021", 'invalid byte sequence for encoding "UTF8": 0x00', "b", 0),
    ),
    (
        HEADER + ONE * 100 + row(None, b"\xe4") + row(None, b"\xb8\xad"),
        *("22021", 'invalid byte sequence for encoding "UTF8": 0xe4', "b", 100),
    ),
    # What is wrong in a field that came whole goes before the end of the bytes.
    (HEADER + b"\0\2\0\0\0\1xxx", "08P01", "insufficient data left in message", "a", 0),
]


@pytest.mark.parametrize(("data", "sqlstate", "words", "column", "number"), FRAMES)
def test_the_words_are_those_of_copy_from(
    engine: str, data: bytes, sqlstate: str, words: str, column: str | None, number: int
) -> None:
    for size in (0, 1, 7):
        found = fault(data, TWO, engine, size)
        assert (*found[:2], *found[3:]) == (sqlstate, words, column, number)


def numeric(*words: int) -> bytes:
    """A numeric's words."""
    return b"".join(struct.pack(">H", word % 2**16) for word in words)


def array(dimensions: int, flags: int, oid: int, *rest: int | bytes) -> bytes:
    """An array's words and fields."""
    tail = b"".join(r if isinstance(r, bytes) else struct.pack(">i", r) for r in rest)
    return struct.pack(">iiI", dimensions, flags, oid) + tail


def said(name: str) -> pa.Field:
    """A string that is a type's text."""
    return pa.field("x", pa.utf8(), metadata={"pg_type": name})


INT4 = b"\0\0\0\4\0\0\0\1"
VALUES: list[tuple[pa.Field | pa.DataType, bytes | None, str, str]] = [
    (pa.bool_(), b"", "08P01", "no data left in message"),
    (pa.int8(), b"\1\0", "22003", 'value "256" is out of range for Arrow type int8'),
    (pa.uint8(), b"\xff\xff", "22003", 'value "-1" is out of range for Arrow type uint8'),
    (pa.uint64(), numeric(1, 0, 0x4000, 0, 1), "22003", "numeric field overflow"),
    (pa.float16(), struct.pack(">f", 1e9), "22003", "float4 value has no place in Arrow type"),
    (pa.date32(), b"\x7f\xff\xff\xfe", "22008", "date out of range"),
    (pa.date64(), b"\x7f\xff\xff\xff", "22008", "value infinity has no place"),
    (pa.time64("us"), b"\xff" * 8, "22008", "time out of range"),
    (pa.time32("s"), (1).to_bytes(8, "big"), "22008", "value 1 us has no place"),
    (pa.timestamp("us"), b"\x7f" + b"\xff" * 6 + b"\xfe", "22008", "timestamp out of range"),
    (pa.timestamp("s"), (1).to_bytes(8, "big"), "22008", "value 1 us has no place"),
    (pa.timestamp("ns", "UTC"), b"\x7f" + bytes(7), "22008", "has no place in the Arrow type"),
    (pa.duration("us"), bytes(11) + b"\1" + bytes(4), "22008", "value 0 mons 1 days 0 us"),
    (pa.month_day_nano_interval(), b"\x7f" + bytes(15), "22008", "has no place"),
    (pa.uuid(), bytes(17), "22P03", "incorrect binary data format"),
    (pa.binary(3), bytes(4), "22026", "value has 4 bytes, but the Arrow type 3"),
    (pa.decimal128(4, 2), numeric(1, 0, 0, 0, 100), "22003", "numeric field overflow"),
    (pa.decimal128(9, 2), numeric(2, 0, 0, 3, 1, 10), "22003", "numeric value has more decimals"),
    (pa.decimal256(76, 0), numeric(0, 0, 0xC000, 0), "22003", "numeric value NaN has no place"),
    (pa.decimal64(9, 2), numeric(1, 0x7FFF, 0, 0, 1), "22003", "numeric field overflow"),
    (said("numeric"), numeric(1, 0, 0, 0, 10_000), "22P03", 'invalid digit in external "numeric"'),
    (said("numeric"), numeric(0, 0, 1, 0), "22P03", 'invalid sign in external "numeric"'),
    (said("numeric"), numeric(0, 0, 0, 0x4000), "22P03", 'invalid scale in external "numeric"'),
    (said("numeric"), numeric(2, 0, 0, 0, 1), "08P01", "insufficient data left in message"),
    (said("numeric"), numeric(1, 0, 0, 0, 1, 1), "22P03", "incorrect binary data format"),
    (said("jsonb"), b"\2{}", "XX000", "unsupported jsonb version number 2"),
    (said("jsonb"), b"\1\xff", "22021", "invalid byte sequence"),
    (said("timetz"), bytes(8) + b"\0\1\0\0", "22009", "time zone displacement out of range"),
    (said("inet"), b"\4\x20\0\4\1\2\3\4", "22P03", "incorrect binary data format"),
    (said("bit(3)"), b"\0\0\0\3", "08P01", "insufficient data left in message"),
    (said("int4range"), b"\0" + INT4, "08P01", "insufficient data left in message"),
    (pa.field("x", pa.int32(), nullable=False), None, "23502", "null value in a field"),
    (pa.null(), b"", "22000", "value in a column of Arrow type null"),
    (pa.list_(pa.int32()), array(2, 0, 23), "22000", "array has 2 dimensions, but the schema 1"),
    (pa.list_(pa.int32()), array(1, 2, 23, 1, 1, INT4), "22P03", "incorrect binary data format"),
    (pa.list_(pa.int32()), array(1, 0, 20, 1, 1, INT4), "42804", "binary data has type 20"),
    (pa.list_(pa.int32()), array(1, 0, 23, 1, 0, INT4), "0A000", "array has the lower bound 0"),
    (pa.list_(pa.int32()), array(1, 0, 23, 10**6, 1, INT4), "08P01", "insufficient data left"),
    (pa.list_(pa.int32()), array(1, 0, 23, 2**31 - 1, 1, INT4), "54000", "out of memory"),
    (pa.list_(pa.int32()), array(1, 0, 23, -1, 1), "22P03", "incorrect binary data format"),
    (pa.list_(pa.int32(), 2), array(1, 0, 23, 1, 1, INT4), "22000", "array has 1 elements, but"),
    (pa.list_(pa.int8()), array(1, 0, 21, 1, 1, b"\0\0\0\2\1\0"), "22003", 'value "256" is out of'),
    (pa.struct([("f", pa.int32())]), struct.pack(">i", 2), "42804", "wrong number of columns: 2"),
    (
        pa.struct([("f", pa.int32())]),
        struct.pack(">ii", 1, 25) + INT4,
        *("42804", "binary data has type 25 instead of expected 23"),
    ),
    (
        pa.field("x", pa.map_(pa.utf8(), pa.utf8()), metadata={"pg_type": "hstore"}),
        struct.pack(">ii", 1, -1),
        *("22004", "null value not allowed for hstore key"),
    ),
]


@pytest.mark.parametrize(("kind", "value", "sqlstate", "words"), VALUES)
def test_values_that_have_no_place(
    engine: str, kind: pa.Field | pa.DataType, value: bytes | None, sqlstate: str, words: str
) -> None:
    field = kind if isinstance(kind, pa.Field) else pa.field("x", kind)
    found = fault(
        HEADER + row(None) * (value is not None) + row(value) + END, pa.schema([field]), engine
    )
    assert (found[0], found[3], found[4]) == (sqlstate, "x", int(value is not None))
    assert words in found[1]


def test_the_first_fault_by_row_then_by_column_is_told(engine: str) -> None:
    schema = pa.schema([("a", pa.int32()), ("b", pa.utf8()), ("c", pa.int32())])
    good = row(b"\0\0\0\1", b"x", None)
    late = HEADER + good * 3 + row(b"", b"x", None) + good + END
    assert fault(late, schema, engine)[3:] == ("a", 3)
    early = HEADER + good * 3 + row(None, b"\xff", b"") + row(b"", None, None) + END
    assert fault(early, schema, engine)[3:] == ("b", 3)


DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert"]), st.integers(0, 2**20), st.integers(0, 255)
    ),
    min_size=1,
    max_size=3,
)


def outcome(data: bytes, schema: pa.Schema, engine: str, size: int) -> pa.Table | tuple[Any, ...]:
    """The table, or all that an error tells."""
    decoder = Decoder(schema, engine=engine)
    try:
        batches = _run(decoder, [data[at : at + size] for at in range(0, len(data), size)])
    except DecodeError as error:
        return (error.reason, error.value, error.column, error.row, str(error))
    return pa.Table.from_batches(batches, schema)


def damaged(data: bytes, damage: Sequence[tuple[str, int, int]]) -> bytes:
    """The file with some of its bytes changed."""
    changed = bytearray(data)
    for how, place, byte in damage:
        at = place % (len(changed) or 1)
        if how == "cut":
            del changed[at : at + byte]
        elif how == "insert":
            changed[at:at] = bytes([byte])
        elif changed:
            changed[at] ^= byte or 1
    return bytes(changed)


@given(data=st.data(), damage=DAMAGE, size=st.sampled_from([1 << 20, 1 << 20, 100, 7]))
def test_damaged_files_have_one_outcome(
    data: st.DataObject, damage: list[tuple[str, int, int]], size: int
) -> None:
    _, _, batches = data.draw(filled())
    schema = pa.schema([f.with_type(_values(f.type)) for f in batches[0].schema])
    sent = damaged(binary(batches, batches[0].schema), damage)
    native, python = (outcome(sent, schema, engine, size) for engine in ENGINES)
    whole = outcome(sent, schema, "native", len(sent) or 1)
    if isinstance(native, tuple) or isinstance(python, tuple):
        event(f"{native[0] if isinstance(native, tuple) else 'decoded'}")
        assert native == python == whole
    else:
        event("decoded")
        assert same(native, python)
        assert isinstance(whole, pa.Table)


def test_data_that_is_no_bytes_is_a_type_error(engine: str) -> None:
    with pytest.raises(TypeError):
        decode("text", TWO, engine=engine)
