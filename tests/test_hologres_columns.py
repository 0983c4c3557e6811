"""The columns of Hologres' Arrow COPY against what a real PostgreSQL prints of the same values.

Each kind is written twice: as PostgreSQL's literals, and as the Arrow that Hologres makes of them,
by its connector's source.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import SourceError
from holofast.options import CopyOptions
from holofast.sources.postgres.hologres.columns import Column, Columns
from holofast.sources.postgres.hologres.envelope import read_batches

from tests.hologres_copies import arrow_copy
from tests.postgres import copy_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg


@dataclass(frozen=True)
class Kind:
    """Values of a type: literals, and what Hologres sends of them."""

    label: str
    literals: Sequence[str | None]
    sent: pa.Array


def timetz(micros: int, west: int) -> bytes:
    return struct.pack("<qi", micros, west)


def milliseconds(*values: int | None) -> pa.Array:
    return pa.array(values, pa.int64()).view(pa.date64())


DAY = 86_400_000_000
TIMETZ = {
    "00:00:00+00": timetz(0, 0),
    "12:34:56.789012-08": timetz(45_296_789_012, 8 * 3600),
    "12:34:56.7+05:30": timetz(45_296_700_000, -19_800),
    "23:59:59.999999+15:59:59": timetz(DAY - 1, -57_599),
    "24:00:00-15:59:59": timetz(DAY, 57_599),
    "01:02:03-00:00:01": timetz(3_723_000_000, 1),
    "01:02:03+00:30": timetz(3_723_000_000, -1800),
}
NOT_NULL = pa.list_(pa.field("element", pa.int32(), nullable=False))
KINDS = [
    Kind("boolean", ["t", "f", None], pa.array([1, 0, None], pa.uint8())),
    Kind("smallint", ["-32768", None, "7"], pa.array([-(2**15), None, 7], pa.int16())),
    Kind("integer", ["-2147483648", None], pa.array([-(2**31), None], pa.int32())),
    Kind("bigint", ["9223372036854775807", None], pa.array([2**63 - 1, None], pa.int64())),
    Kind("real", ["1.1", "NaN", None], pa.array([1.1, float("nan"), None], pa.float32())),
    Kind("double precision", ["1e23", "-0", None], pa.array([1e23, -0.0, None])),
    Kind(
        "numeric(18,4)",
        ["1.5", "-12345678901234.5678", None],
        pa.array([Decimal("1.5"), Decimal("-12345678901234.5678"), None], pa.decimal128(18, 4)),
    ),
    Kind("numeric(9,0)", ["12", None], pa.array([12, None], pa.decimal128(9, 0))),
    Kind("numeric(10,4)", ["1.5", None], pa.array([Decimal("1.5"), None], pa.decimal128(38, 2))),
    Kind("numeric(10,2)", ["1.5", None], pa.array([Decimal("1.5"), None], pa.decimal128(38, 18))),
    Kind(
        "numeric(76,10)",
        ["1" * 60, None],
        pa.array([Decimal("1" * 60), None], pa.decimal256(76, 10)),
    ),
    Kind("numeric", ["1.50", "1e-9", "NaN"], pa.array(["1.50", "0.000000001", "NaN"])),
    Kind("text", ["a\tb", "", "üñ", None], pa.array(["a\tb", "", "üñ", None])),
    Kind("character varying(10)", ["a ", "", None], pa.array(["a ", "", None])),
    Kind("character(5)", ["ab", "abcde", "", None], pa.array(["ab", "abcde", "     ", None])),
    Kind('"char"', ["x", None], pa.array(["x", None])),
    Kind("json", ['{"b":  1}', None], pa.array(['{"b":  1}', None])),
    Kind("jsonb", ['{"b":  1e2, "a": 2}', None], pa.array(['{"a": 2, "b": 100}', None])),
    Kind("bytea", [r"\x00ff5c", r"\x", None], pa.array([b"\x00\xff\\", b"", None])),
    Kind("date", ["1970-01-02", "0044-03-15 BC", None], pa.array([1, -735_160, None], pa.date32())),
    Kind(
        "time without time zone",
        ["00:00:00.000001", "24:00:00", None],
        pa.array([1, DAY, None], pa.time64("us")),
    ),
    Kind("time with time zone", [*TIMETZ, None], pa.array([*TIMETZ.values(), None], pa.binary(12))),
    Kind(
        "time(3) with time zone",
        ["12:00:00.5+00"],
        pa.array([timetz(43_200_500_000, 0)], pa.binary(12)),
    ),
    Kind(
        "timestamp without time zone",
        ["1970-01-01 00:00:00.000001", "1969-12-31 23:59:59", None],
        pa.array([1, -1_000_000, None], pa.timestamp("us")),
    ),
    Kind(
        "timestamp with time zone",
        ["1970-01-01 00:00:00.001+00", "2024-02-29 12:00:00+08", "1969-12-31 23:59:59.5Z", None],
        milliseconds(1, 1_709_179_200_000, -500, None),
    ),
    Kind(
        "timestamp(3) with time zone",
        ["294276-12-31 23:59:59.999Z", "4713-01-01 00:00:00 BC Z"],
        milliseconds(9_224_318_015_999_999, -210_863_520_000_000),
    ),
    Kind(
        "boolean[]",
        ["{t,f,NULL}", "{}", None],
        pa.array([[1, 0, None], [], None], pa.list_(pa.uint8())),
    ),
    Kind("smallint[]", ["{1}", None], pa.array([[1], None], pa.list_(pa.int16()))),
    Kind("integer[]", ["{1,2}", "{}", None], pa.array([[1, 2], [], None], NOT_NULL)),
    Kind("bigint[]", ["{1,NULL}", None], pa.array([[1, None], None], pa.list_(pa.int64()))),
    Kind("real[]", ["{1.1}", None], pa.array([[1.1], None], pa.list_(pa.float32()))),
    Kind("double precision[]", ["{1e23}", None], pa.array([[1e23], None])),
    Kind("text[]", ['{a,"",NULL,"NULL"}', None], pa.array([["a", "", None, "NULL"], None])),
    Kind("character varying(9)[]", ['{"a b"}', None], pa.array([["a b"], None])),
    Kind("character(3)[]", ["{a}", None], pa.array([["a"], None])),
]


def described(session: psycopg.Connection, label: str, name: str = "c") -> Column:
    """The column as a real server describes it."""
    row = session.execute("SELECT %s::regtype::oid::int8", (label,)).fetchone()
    assert row is not None
    return Column(name, label, row[0])


def encoded(
    columns: Sequence[Column], sent: Sequence[pa.Array], engine: str, copy_format: str
) -> bytes:
    """What comes of a COPY of such columns, from the wire to our encoder."""
    batch = pa.RecordBatch.from_arrays(list(sent), names=["jsonb_out"] * len(sent))
    reader = Columns(columns)
    encoder = Encoder(reader.schema, CopyOptions(format=copy_format), engine=engine)
    batches = read_batches(arrow_copy([batch, batch.slice(0, 0)], lz4=True), lz4=True)
    blocks = [bytes(encoder.encode(reader.fit(batch))) for batch in batches]
    return encoder.header() + b"".join(blocks) + encoder.trailer()


@pytest.mark.parametrize("copy_format", ["text", "csv", "binary"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.label)
def test_values_are_written_as_postgresql_writes_them(
    session15: psycopg.Connection, kind: Kind, engine: str, copy_format: str
) -> None:
    values = ["NULL" if literal is None else f"'{literal}'" for literal in kind.literals]
    rows = ", ".join(f"({value}::{kind.label})" for value in values)
    statement = f"COPY (VALUES {rows}) TO STDOUT (FORMAT {copy_format})"
    column = described(session15, kind.label)
    ours = encoded([column], [kind.sent], engine, copy_format)
    assert ours == copy_out(session15, statement)


def test_timetz_is_as_the_server_holds_it(session15: psycopg.Connection) -> None:
    for literal, sent in TIMETZ.items():
        row = session15.execute("SELECT timetz_send(%s::timetz)", (literal,)).fetchone()
        assert row == (struct.pack(">qi", *struct.unpack("<qi", sent)),)


def test_timetz_may_have_the_sixteen_bytes_that_the_connector_writes() -> None:
    column = Column("t", "time with time zone", 1266)
    array = pa.array([value + bytes(4) for value in TIMETZ.values()], pa.binary(16))
    assert encoded([column], [array], "native", "text").decode().split() == list(TIMETZ)


def test_a_roaringbitmap_is_its_bytes() -> None:
    column = Column("r", "roaringbitmap", 12345)
    assert encoded([column], [pa.array([b":0\0", None])], "native", "text") == b"\\\\x3a3000\n\\N\n"


def test_columns_go_by_position_and_may_share_a_name(session15: psycopg.Connection) -> None:
    columns = [described(session15, label, "x") for label in ("jsonb", "bigint", "jsonb")]
    sent = [pa.array(["1"]), pa.array([2]), pa.array(["[3]"])]
    assert encoded(columns, sent, "native", "text") == b"1\t2\t[3]\n"
    assert Columns(columns).schema.names == ["x", "x", "x"]


@pytest.mark.parametrize(
    ("label", "sent"),
    [
        ("integer", pa.array([1], pa.int64())),
        ("boolean", pa.array([1], pa.int8())),
        ("text", pa.array([bytes(12)], pa.binary(12))),
        ("jsonb", pa.array([b"1"])),
        ("numeric(9,2)", pa.array(["1.00"])),
        ("timestamp with time zone", pa.array([0], pa.timestamp("us"))),
        ("timestamp without time zone", pa.array([0], pa.timestamp("us", "UTC"))),
        ("time with time zone", pa.array([bytes(8)], pa.binary(8))),
        ("integer[]", pa.array([[[1]]], pa.list_(pa.list_(pa.int32())))),
        ("integer[]", pa.array([1], pa.int32())),
        ("integer", pa.array(["1"]).dictionary_encode()),
    ],
)  # fmt: skip
def test_other_arrow_than_is_known_is_refused(label: str, sent: pa.Array) -> None:
    with pytest.raises(SourceError) as caught:
        encoded([Column("c", label, 0)], [sent], "native", "text")
    words = f'column "c" of type {label} cannot be read from Arrow COPY: Hologres sent it as'
    assert caught.value.message == f"{words} {sent.type}"
    assert caught.value.sqlstate == "0A000"


def test_a_type_that_does_not_come_as_arrow_has_no_reader() -> None:
    with pytest.raises(SourceError, match='column "c" of type uuid cannot be read from Arrow COPY'):
        Columns([Column("c", "uuid", 2950)])


def test_another_number_of_columns_is_refused() -> None:
    reader = Columns([Column("c", "integer", 23)])
    with pytest.raises(SourceError, match="Hologres sent 2 columns, but described 1"):
        reader.fit(pa.record_batch({"a": [1], "b": [2]}))


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("time with time zone", timetz(-1, 0), "-1 microseconds of a day"),
        ("time with time zone", timetz(DAY + 1, 0), "86400000001 microseconds of a day"),
        ("time with time zone", timetz(0, 57_600), "57600 seconds west of UTC"),
        ("time with time zone", timetz(0, -57_600), "-57600 seconds west of UTC"),
        ("numeric(9,2)", Decimal("1.234"), ""),
        ("numeric(9,2)", Decimal("12345678.000"), ""),
    ],
)
def test_values_that_are_none_of_the_type_are_refused(label: str, value: Any, words: str) -> None:
    kind = pa.binary(12) if isinstance(value, bytes) else pa.decimal128(38, 3)
    with pytest.raises(SourceError) as caught:
        encoded([Column("c", label, 0)], [pa.array([value], kind)], "native", "text")
    assert caught.value.message.startswith(
        f'Hologres sent a value in column "c" that is no {label}: '
    )
    assert words in caught.value.message
    assert caught.value.sqlstate == "22023"
