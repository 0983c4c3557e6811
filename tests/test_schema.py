"""The type table and the spec: what is accepted, what is refused by name, in the server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from holofast.errors import CopyError
from holofast.options import CopyOptions
from holofast.schema import columns, resolve
from holofast.settings import Settings

from tests.literals import KINDS, copy_statement
from tests.postgres import copy_out

if TYPE_CHECKING:
    from tests.postgres import Postgres


def schema_of(arrow: pa.DataType, **metadata: str) -> pa.Schema:
    return pa.schema([pa.field("x", arrow, metadata=metadata or None)])


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_dictionary_is_its_value_type(kind: Any) -> None:
    (plain,) = columns(schema_of(kind.arrow))
    (encoded,) = columns(schema_of(pa.dictionary(pa.int8(), kind.arrow)))
    assert plain.pg_type == encoded.pg_type
    assert plain.pg_type.name == kind.pg_type
    assert encoded.name == "x"


@pytest.mark.parametrize(
    "arrow",
    [
        pa.dense_union([pa.field("a", pa.int8())]),
        pa.sparse_union([pa.field("a", pa.int8())]),
        pa.decimal128(38, 200),
        pa.dictionary(pa.int8(), pa.decimal128(38, 200)),
    ],
    ids=str,
)
def test_a_type_without_a_rule_is_refused_by_the_columns_name(arrow: pa.DataType) -> None:
    with pytest.raises(CopyError) as raised:
        columns(schema_of(arrow))
    assert raised.value.sqlstate == "0A000"
    assert raised.value.message == (
        f'column "x" has Arrow type {arrow}, for which there is no COPY rule'
    )
    assert raised.value.hint


@pytest.mark.parametrize(
    ("arrow", "declared", "name", "oid"),
    [
        (pa.int16(), "smallint", "int2", 21),
        (pa.int16(), "int2", "int2", 21),
        (pa.int32(), "bigint", "int8", 20),
        (pa.uint64(), "bigint", "int8", 20),
        (pa.uint32(), "oid", "oid", 26),
        (pa.int8(), '"char"', "char", 18),
        (pa.int8(), "boolean", "bool", 16),
        (pa.float64(), "double precision", "float8", 701),
        (pa.decimal128(18, 4), "numeric(18,4)", "numeric", 1700),
        (pa.decimal128(18, 4), "numeric", "numeric", 1700),
        (pa.decimal128(5, 0), "numeric(5)", "numeric", 1700),
        (pa.uint64(), "numeric(20,0)", "numeric", 1700),
        (pa.utf8(), "text", "text", 25),
        (pa.utf8(), "character varying(10)", "text", 1043),
        (pa.utf8(), "character(5)", "bpchar", 1042),
        (pa.large_utf8(), "json", "text", 114),
        (pa.string_view(), "jsonb", "jsonb", 3802),
        (pa.utf8(), "uuid", "uuid", 2950),
        (pa.binary(16), "uuid", "uuid", 2950),
        (pa.utf8(), "int4range", "range", 3904),
        (pa.timestamp("us"), "timestamp(3) without time zone", "timestamp", 1114),
        (pa.timestamp("us", "UTC"), "timestamp with time zone", "timestamptz", 1184),
        (pa.dictionary(pa.int8(), pa.utf8()), "varchar", "text", 1043),
        (pa.list_(pa.int32()), "bigint[]", "array", 1016),
        (pa.list_(pa.list_(pa.utf8())), "character varying(3)[]", "array", 1015),
        (pa.struct([("a", pa.int8())]), "record", "record", 2249),
    ],
    ids=str,
)
def test_metadata_names_the_type(arrow: pa.DataType, declared: str, name: str, oid: int) -> None:
    (column,) = columns(schema_of(arrow, pg_type=declared))
    assert (column.pg_type.name, column.pg_type.oid) == (name, oid)


@pytest.mark.parametrize(
    ("arrow", "declared"),
    [
        (pa.int32(), "json"),
        (pa.decimal128(18, 4), "numeric(18,2)"),
        (pa.decimal128(18, 4), "money"),
        (pa.timestamp("us"), "timestamp with time zone"),
        (pa.time64("us"), "time with time zone"),
        (pa.int32(), "integer[]"),
        (pa.list_(pa.int32()), "integer"),
        (pa.list_(pa.int32()), "text[]"),
        (pa.struct([("a", pa.int8())]), "text"),
        (pa.float32(), "double precision"),
    ],
    ids=str,
)
def test_metadata_that_names_another_type_is_refused(arrow: pa.DataType, declared: str) -> None:
    with pytest.raises(CopyError, match='column "x') as raised:
        columns(schema_of(arrow, pg_type=declared))
    assert raised.value.sqlstate == "0A000"
    assert declared.removesuffix("[]") in raised.value.message


def test_an_oid_names_the_type_too() -> None:
    for oid, name in (("1043", "text"), ("3802", "jsonb"), ("1007", "array")):
        arrow = pa.list_(pa.int32()) if name == "array" else pa.utf8()
        assert columns(schema_of(arrow, pg_oid=oid))[0].pg_type.name == name
    with pytest.raises(CopyError, match="no number"):
        columns(schema_of(pa.utf8(), pg_oid="x"))
    (padded,) = columns(schema_of(pa.utf8(), pg_oid="1042", pg_typmod="9"))
    assert padded.pg_type.length == 5
    with pytest.raises(CopyError, match="numeric"):
        columns(schema_of(pa.decimal128(9, 2), pg_oid="1700", pg_typmod=str((9 << 16 | 3) + 4)))


@pytest.mark.parametrize("declared", ["tsvector", "mood", "int4[]", "daterange"])
def test_text_whose_binary_form_nobody_knows(declared: str) -> None:
    schema = schema_of(pa.utf8(), pg_type=declared)
    assert resolve(schema, CopyOptions(), Settings(), 1).types[0].name == "text"
    with pytest.raises(CopyError, match=r"has no BINARY form here") as raised:
        resolve(schema, CopyOptions(format="binary"), Settings(), 1)
    assert declared in raised.value.message


def test_an_enum_is_a_dictionary_and_parts_need_their_oid() -> None:
    mood = pa.field("m", pa.dictionary(pa.int8(), pa.utf8()), metadata={"pg_type": "mood"})
    binary = CopyOptions(format="binary")
    assert resolve(pa.schema([mood]), binary, Settings(), 1).types[0].name == "text"
    nested = pa.schema([pa.field("x", pa.struct([mood]))])
    with pytest.raises(CopyError, match="type mood, whose OID is not known"):
        resolve(nested, binary, Settings(), 1)
    known = mood.with_metadata({"pg_type": "mood", "pg_oid": "16385"})
    spec = resolve(pa.schema([pa.field("x", pa.struct([known]))]), binary, Settings(), 1)
    assert spec.types[0].children[0].oid == 16385


def test_as_many_columns_as_the_server_has(postgres15: Postgres) -> None:
    most = pa.schema([(f"c{i}", pa.int8()) for i in range(1664)])
    assert len(columns(most)) == 1664
    with postgres15() as connection, pytest.raises(psycopg.Error) as refused:
        copy_out(connection, copy_statement("SELECT " + "1," * 1664 + "1", {"format": "text"}))
    with pytest.raises(CopyError) as raised:
        columns(most.append(pa.field("last", pa.int8())))
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary


@pytest.mark.parametrize("names", [["zz"], ["a", "a"], ["a", "zz", "zz"], ["zz", "a", "a"], ["A"]])
def test_force_quote_names_in_the_servers_words(postgres15: Postgres, names: list[str]) -> None:
    options: dict[str, Any] = {"format": "csv", "force_quote": names}
    with postgres15() as connection, pytest.raises(psycopg.Error) as refused:
        copy_out(connection, copy_statement("SELECT 1 AS a, 2 AS b", options))
    schema = pa.schema([("a", pa.int8()), ("b", pa.int8())])
    with pytest.raises(CopyError) as raised:
        resolve(schema, CopyOptions(format="csv", force_quote=tuple(names)), Settings(), 1)
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary


@pytest.mark.parametrize("encoding", ["SJIS", "MULE_INTERNAL"])
@pytest.mark.parametrize("name", ["a", "zz"])
def test_force_quote_is_looked_at_before_anything_is_converted(
    postgres15: Postgres, encoding: str, name: str
) -> None:
    options: dict[str, Any] = {"format": "csv", "null": "é", "encoding": encoding}
    statement = copy_statement("SELECT 1 AS a", {**options, "force_quote": [name]})
    with postgres15() as connection, pytest.raises(psycopg.Error) as refused:
        copy_out(connection, statement)
    schema = pa.schema([("a", pa.int8())])
    with pytest.raises(CopyError) as raised:
        resolve(schema, CopyOptions(**options, force_quote=(name,)), Settings(), 1)
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary


def test_the_spec_holds_bytes_and_flags() -> None:
    schema = pa.schema([("a", pa.int8()), ("é", pa.timestamp("s", "UTC")), ("a", pa.utf8())])
    options = CopyOptions(format="csv", delimiter="|", null="é", escape="\\", force_quote=("a",))
    spec = resolve(schema, options, Settings(time_zone="Asia/Tokyo"), 1000)
    assert (spec.delimiter, spec.quote, spec.escape) == (0x7C, 0x22, 0x5C)
    assert (spec.null, spec.header, spec.batch_size) == ("é".encode(), False, 1000)
    assert spec.names == ("a", "é", "a")
    assert [to.name for to in spec.types] == ["int2", "timestamptz", "text"]
    assert spec.force_quote == (True, False, False)
    assert spec.zone is not None
    binary = resolve(schema, CopyOptions(format="binary"), Settings(time_zone="Asia/Tokyo"), 1)
    assert (binary.delimiter, binary.quote, binary.escape, binary.null) == (0, 0, 0, b"")
    assert binary.zone is None


def test_a_zone_is_carried_only_where_it_is_printed_but_always_checked() -> None:
    plain = schema_of(pa.timestamp("us"))
    assert resolve(plain, CopyOptions(), Settings(time_zone="Asia/Tokyo"), 1).zone is None
    zoned = schema_of(pa.timestamp("us", "Asia/Tokyo"))
    assert resolve(zoned, CopyOptions(), Settings(time_zone="utc"), 1).zone is None
    with pytest.raises(CopyError, match='invalid value for parameter "TimeZone": "Nowhere"'):
        resolve(plain, CopyOptions(), Settings(time_zone="Nowhere"), 1)


@pytest.mark.parametrize(
    ("format_", "encoding", "client", "found"),
    [
        ("text", None, "UTF8", None),
        ("csv", None, "latin-1", "LATIN1"),
        ("text", "gbk", "latin1", "GBK"),
        ("csv", "utf8", "latin1", None),
        ("text", "sql_ascii", "latin1", None),
        ("text", None, "sql_ascii", None),
        ("binary", "gbk", "latin1", "LATIN1"),
        ("binary", "gbk", "utf8", None),
        ("binary", "mule_internal", "utf8", None),
    ],
)
def test_encoding_rules_text_and_the_clients_rules_binary(
    format_: str, encoding: str | None, client: str, found: str | None
) -> None:
    options = CopyOptions(format=format_, encoding=encoding)
    spec = resolve(schema_of(pa.utf8()), options, Settings(client_encoding=client), 1)
    assert (spec.encoding.name if spec.encoding else None) == found


def test_a_nul_in_a_column_name_and_no_rows_at_a_time_are_refused() -> None:
    with pytest.raises(CopyError, match="0x00"):
        columns(pa.schema([("a\0b", pa.int8())]))
    with pytest.raises(ValueError, match="batch_size is 0"):
        resolve(schema_of(pa.int8()), CopyOptions(), Settings(), 0)
