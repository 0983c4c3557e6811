"""The type table and the spec: what is accepted, what is refused by name, in the server's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from holofast.errors import CopyError
from holofast.options import CopyOptions, Settings
from holofast.schema import columns, resolve

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
    assert plain.pg_type == encoded.pg_type == kind.pg_type
    assert encoded.name == "x"


@pytest.mark.parametrize(
    "arrow",
    [
        pa.list_(pa.int64()),
        pa.struct([("a", pa.int8())]),
        pa.map_(pa.utf8(), pa.int8()),
        pa.float16(),
        pa.decimal256(50, 2),
        pa.decimal128(38, 200),
        pa.duration("s"),
        pa.month_day_nano_interval(),
        pa.binary(16),
        pa.string_view(),
        pa.uuid(),
        pa.json_(),
        pa.run_end_encoded(pa.int32(), pa.int8()),
        pa.dictionary(pa.int8(), pa.duration("s")),
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
    ("arrow", "declared"),
    [
        (pa.int16(), "smallint"),
        (pa.int16(), "int2"),
        (pa.int64(), "bigint"),
        (pa.float64(), "double precision"),
        (pa.decimal128(18, 4), "numeric(18,4)"),
        (pa.decimal128(18, 4), "numeric"),
        (pa.decimal128(5, 0), "numeric(5)"),
        (pa.uint64(), "numeric(20,0)"),
        (pa.utf8(), "text"),
        (pa.utf8(), "character varying(10)"),
        (pa.utf8(), "character(5)"),
        (pa.large_utf8(), "json"),
        (pa.utf8(), "bpchar"),
        (pa.timestamp("us"), "timestamp(3) without time zone"),
        (pa.timestamp("us", "UTC"), "timestamp with time zone"),
        (pa.dictionary(pa.int8(), pa.utf8()), "varchar"),
    ],
)
def test_metadata_that_names_what_is_written_anyway(arrow: pa.DataType, declared: str) -> None:
    assert (
        columns(schema_of(arrow, pg_type=declared))[0].pg_type
        == columns(schema_of(arrow))[0].pg_type
    )


@pytest.mark.parametrize(
    ("arrow", "declared"),
    [
        (pa.utf8(), "jsonb"),
        (pa.utf8(), "uuid"),
        (pa.utf8(), "text[]"),
        (pa.int32(), "bigint"),
        (pa.int32(), "json"),
        (pa.uint64(), "bigint"),
        (pa.decimal128(18, 4), "numeric(18,2)"),
        (pa.decimal128(18, 4), "money"),
        (pa.timestamp("us"), "timestamp with time zone"),
        (pa.time64("us"), "time with time zone"),
    ],
)
def test_metadata_that_names_another_type_is_refused(arrow: pa.DataType, declared: str) -> None:
    with pytest.raises(CopyError, match='column "x"') as raised:
        columns(schema_of(arrow, pg_type=declared))
    assert raised.value.sqlstate == "0A000"
    assert declared in raised.value.message


def test_an_oid_is_held_to_the_same_rule() -> None:
    assert columns(schema_of(pa.utf8(), pg_oid="1043"))[0].pg_type == "text"
    for oid, words in (("3802", "a type with OID 3802"), ("20", "int8"), ("x", "OID x")):
        with pytest.raises(CopyError, match=words):
            columns(schema_of(pa.utf8(), pg_oid=oid))


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


def test_the_spec_holds_bytes_and_flags() -> None:
    schema = pa.schema([("a", pa.int8()), ("é", pa.timestamp("s", "UTC")), ("a", pa.utf8())])
    options = CopyOptions(format="csv", delimiter="|", null="é", escape="\\", force_quote=("a",))
    spec = resolve(schema, options, Settings(time_zone="Asia/Tokyo"), 1000)
    assert (spec.delimiter, spec.quote, spec.escape) == (0x7C, 0x22, 0x5C)
    assert (spec.null, spec.header, spec.batch_size) == ("é".encode(), False, 1000)
    assert (spec.names, spec.pg_types) == (("a", "é", "a"), ("int2", "timestamptz", "text"))
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
