"""What PostgreSQL 15 and 18 send today in BINARY: decoded and written again it is their TEXT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holofast
import pyarrow as pa
import pytest
from holofast.decoder import decode
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from holofast.settings import Settings

from tests.postgres import copy_out
from tests.test_styles import INTERVAL_STYLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg


def said(name: str, arrow: pa.DataType | None = None) -> pa.Field:
    """A field whose metadata says its type."""
    return pa.field("x", arrow or pa.utf8(), metadata={"pg_type": name})


NUMERICS = [
    "0", "0.00", "1", "-1", "NaN", "Infinity", "-Infinity", "10000", "9999.9999", "0.0001",
    "-0.00001234", "1e20", "1e-20", "123456789012345678901234567890.123456789", "1e130000",
    "-1e-16000", "100000000.00000000", "0.1000", "12345678.12345678", "1234567890123456.5",
    "99999999999999999999", "-0.05", "10.000000000", "40000", "4000.0000000000000000",
]  # fmt: skip
MOMENTS = [
    "1970-01-01", "2000-01-01", "1999-12-31 23:59:59.999999", "0001-01-01", "4713-01-01 BC",
    "infinity", "-infinity", "2024-02-29 12:34:56.5", "290000-01-01", "0044-03-15 BC",
]  # fmt: skip
INTERVALS = [
    "0", "1 year 2 mons 3 days 04:05:06.789", "-1 day", "-00:00:00.000001", "178956970 years",
    "-178956970 years", "1 mon -1 day 00:00:01", "106751991 days",
]  # fmt: skip
COLUMNS: list[tuple[pa.Field | pa.DataType, str, Sequence[str]]] = [
    (pa.bool_(), "bool", ["t", "f"]),
    (pa.int16(), "int2", ["-32768", "0", "32767"]),
    (pa.int32(), "int4", ["-2147483648", "0", "2147483647"]),
    (pa.int64(), "int8", ["-9223372036854775808", "0", "9223372036854775807"]),
    (said("bigint", pa.int8()), "int8", ["-128", "127"]),
    (said("oid", pa.uint32()), "oid", ["0", "4294967295"]),
    (pa.float32(), "float4", ["NaN", "Infinity", "-Infinity", "-0", "1e-45", "0.1"]),
    (pa.float64(), "float8", ["NaN", "Infinity", "-Infinity", "-0", "5e-324", "0.1", "1e23"]),
    (said("float8"), "float8", ["NaN", "Infinity", "-0", "5e-324", "0.1", "1e23", "-12.5"]),
    (said("numeric"), "numeric", NUMERICS),
    (said("numeric", pa.large_utf8()), "numeric", NUMERICS),
    (said("numeric", pa.string_view()), "numeric", NUMERICS),
    (pa.decimal128(38, 4), "numeric(38,4)", ["0", "-1.5", "9999999999.0001", "1e33"]),
    (pa.decimal256(76, 20), "numeric(76,20)", ["0", "-1e-20", "1e55", "10000.0001"]),
    (pa.decimal64(18, 0), "numeric(18,0)", ["0", "-99999999", "100000000000000000"]),
    (pa.uint64(), "numeric(20,0)", ["0", "18446744073709551615"]),
    (pa.utf8(), "text", ["", "a", "é日本😀", "x" * 300, "\\N"]),
    (said("character(5)"), "character(5)", ["", "a", "é日"]),
    (said("json"), "json", ["{}", '{ "a" : 1 }']),
    (said("jsonb"), "jsonb", ["{}", '{"b":1e5,"a":[null]}']),
    (said('"char"'), '"char"', ["", "a", "\\377"]),
    (pa.binary(), "bytea", ["", "\\x00ff", "\\x" + "ab" * 100]),
    (pa.date32(), "date", ["infinity", "-infinity", "4714-11-24 BC", "5874897-12-31"]),
    (pa.date64(), "date", ["4714-11-24 BC", "5874897-12-31"]),
    (pa.time64("us"), "time", ["00:00", "24:00", "23:59:59.999999"]),
    (pa.time64("ns"), "time", ["00:00", "24:00", "23:59:59.999999"]),
    (said("timetz"), "timetz", ["00:00+00", "24:00-15:59:59", "12:34:56.5+05:30", "1:02+14:59:59"]),
    (pa.timestamp("us"), "timestamp", MOMENTS),
    (pa.timestamp("us", "UTC"), "timestamptz", MOMENTS),
    (pa.timestamp("s"), "timestamp", ["4714-11-24 BC", "294276-12-31 23:59:59", "infinity"]),
    (pa.timestamp("ns"), "timestamp", ["1970-01-01 00:00:00.000001", "2262-04-11", "-infinity"]),
    (pa.month_day_nano_interval(), "interval", INTERVALS),
    (pa.duration("us"), "interval", ["0", "00:00:01.5", "-2562047788:00:54.775807"]),
    (pa.uuid(), "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    (said("uuid"), "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    (said("money"), "money", ["0", "-1.5", "92233720368547758.07", "-92233720368547758.08"]),
    (
        said("inet"),
        "inet",
        ["1.2.3.4", "10.0.0.0/8", "::", "::1", "1::", "::1.2.3.4", "::ffff:1.2.3.4/96",
         "1:0:0:2::3", "0:0:1::", "1:2:3:4:5:6:7:0", "fe80::1:0:0:1",
         "::1:2", "0:1:0:1:0:1:0:1", "::ffff:0:0"],
    ),
    (said("cidr"), "cidr", ["10.0.0.0/8", "1.2.3.4/32", "::/0", "2001:db8::/32"]),
    (said("macaddr"), "macaddr", ["08:00:2b:01:02:03"]),
    (said("macaddr8"), "macaddr8", ["08:00:2b:01:02:03:04:05"]),
    (said("bit(9)"), "bit(9)", ["101010101"]),
    (said("bit varying"), "varbit", ["", "1", "0110", "111111111"]),
    (said("point"), "point", ["(0,-0)", "(1.5,NaN)", "(1e300,-Infinity)"]),
    (said("int4range"), "int4range", ["empty", "[1,5)", "(,)", "[1,)", "(,-3)"]),
    (said("int8range"), "int8range", ["[-9223372036854775808,9223372036854775807)"]),
    (said("numrange"), "numrange", ["(1.50,2]", "[NaN,NaN]", "(,0.000]", "[-Infinity,0)"]),
    (pa.list_(pa.int32()), "int4[]", ["{}", "{1,NULL,3}"]),
    (pa.large_list(pa.utf8()), "text[]", ["{}", '{NULL,"NULL","",a b}']),
    (pa.list_(pa.list_(pa.int64())), "int8[]", ["{}", "{{1,2},{3,NULL}}"]),
    (pa.list_view(pa.list_(pa.float64(), 2)), "float8[]", ["{}", "{{1,2},{3,NULL},{NaN,0}}"]),
    (said("numeric[]", pa.list_(pa.utf8())), "numeric[]", ["{1.50,NaN,NULL}"]),
]  # fmt: skip


def query(pg_type: str, literals: Sequence[str]) -> str:
    """The literals, and a NULL, as rows."""
    rows = ", ".join(
        "(E'" + each.replace("\\", "\\\\").replace("'", "''") + "')" for each in literals
    )
    return f"SELECT x::{pg_type} FROM (VALUES {rows}, (NULL)) AS t(x)"


@pytest.mark.parametrize("major", [15, 18])
def test_what_is_decoded_is_written_as_the_servers_text(
    engine: str, major: int, request: pytest.FixtureRequest
) -> None:
    session: psycopg.Connection = request.getfixturevalue(f"session{major}")
    for kind, pg_type, literals in COLUMNS:
        asked = query(pg_type, literals)
        schema = pa.schema([kind if isinstance(kind, pa.Field) else pa.field("x", kind)])
        sent = copy_out(session, f"COPY ({asked}) TO STDOUT (FORMAT binary)")
        table = decode(sent, schema, engine=engine)
        text = copy_out(session, f"COPY ({asked}) TO STDOUT")
        assert holofast.encode(table, engine="native") == text, (kind, pg_type)
        assert holofast.encode(table, format="binary", engine="native") == sent, (kind, pg_type)


def test_composites_and_hstores(engine: str, session15: psycopg.Connection) -> None:
    session15.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    record = pa.struct([pa.field("i", pa.int32()), pa.field("t", pa.utf8())])
    hstore = pa.field("h", pa.map_(pa.utf8(), pa.utf8()), metadata={"pg_type": "hstore"})
    schema = pa.schema([pa.field("r", record), hstore])
    asked = (
        "SELECT ROW(1, 'a b'::text), 'b=>2, a=>NULL'::hstore "
        "UNION ALL SELECT NULL::record, '' UNION ALL SELECT ROW(NULL::int4, ''::text), NULL"
    )
    sent = copy_out(session15, f"COPY ({asked}) TO STDOUT (FORMAT binary)")
    table = decode(sent, schema, engine=engine)
    assert holofast.encode(table) == copy_out(session15, f"COPY ({asked}) TO STDOUT")


INFINITE = ["infinity", "-infinity", "1 day"]


@pytest.mark.parametrize("style", INTERVAL_STYLES)
def test_infinite_intervals_are_those_of_18(
    engine: str, session18: psycopg.Connection, style: str
) -> None:
    schema = pa.schema([pa.field("x", pa.month_day_nano_interval())])
    asked = query("interval", INFINITE)
    sent = copy_out(session18, f"COPY ({asked}) TO STDOUT (FORMAT binary)")
    table = decode(sent, schema, engine=engine)
    first, second = table["x"].to_pylist()[:2]
    assert tuple(first) == (2**31 - 1, 2**31 - 1, 2**63 - 1)
    assert tuple(second) == (-(2**31), -(2**31), -(2**63))
    session18.execute("SELECT set_config('IntervalStyle', %s, false)", (style,))
    for format_ in ("text", "csv", "binary"):
        expected = copy_out(session18, f"COPY ({asked}) TO STDOUT (FORMAT {format_})")
        encoded = holofast.encode(table, format=format_, interval_style=style, engine=engine)
        assert encoded == expected
    session18.execute("RESET IntervalStyle")


def test_infinity_has_a_delimiters_letters(engine: str) -> None:
    """What is infinite is protected where a delimiter is one of its letters."""
    table = pa.table(
        {"x": pa.array([(2**31 - 1, 2**31 - 1, 2**63 - 1)], pa.month_day_nano_interval())}
    )
    assert holofast.encode(table, format="csv", delimiter="f", engine=engine) == b'"infinity"\n'


def test_nearly_infinite_is_not_infinite(engine: str) -> None:
    spans: list[Any] = [(2**31 - 1, 2**31 - 1, 2**63 - 2)]
    batch = pa.record_batch({"x": pa.array(spans, pa.month_day_nano_interval())})
    encoder = Encoder(batch.schema, CopyOptions(), settings=Settings(), engine=engine)
    with pytest.raises(EncodeError, match="nanoseconds"):
        encoder.encode(batch)


def test_raw_bytes_come_from_a_server_and_go_there(
    engine: str, session15: psycopg.Connection
) -> None:
    session15.execute("DROP TABLE IF EXISTS boxes")
    session15.execute("CREATE TEMP TABLE boxes (b box, r tsrange, a int4[])")
    asked = "SELECT '(1,2),(3,4)'::box, '[2020-01-01,)'::tsrange, '[0:1]={1,2}'::int4[]"
    sent = copy_out(session15, f"COPY ({asked}) TO STDOUT (FORMAT binary)")
    named = {"b": "box", "r": "tsrange", "a": "int4[]"}
    fields = [pa.field(n, pa.binary(), metadata={"pg_type": t}) for n, t in named.items()]
    table = decode(sent, pa.schema(fields), engine=engine)
    back = holofast.encode(table, format="binary", engine=engine)
    assert back == sent
    with session15.cursor().copy("COPY boxes FROM STDIN (FORMAT binary)") as copy:
        copy.write(back)
    found = session15.execute("SELECT b::text, r::text, a::text FROM boxes").fetchone()
    assert found == ("(3,4),(1,2)", '["2020-01-01 00:00:00",)', "[0:1]={1,2}")
