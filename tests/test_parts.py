"""Arrays, composites, and types that metadata makes: random trees of them, native against python
against the server, bytes and errors. What is known to be hard stands in the vectors.
"""

from __future__ import annotations

from typing import Any, cast

import psycopg
import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import CopyError, EncodeError
from holofast.options import CopyOptions
from hypothesis import given
from hypothesis import strategies as st

from tests.encodings.client import ServerError, copy_as_client
from tests.literals import copy_statement, select
from tests.parts import BASE, array, array_of, declared
from tests.postgres import copy_out
from tests.strategies import options, part_columns, part_layouts
from tests.test_twins import ENGINES, outcome

BATCH_SIZES = st.sampled_from([1, 7, 65_536])


@given(data=st.data(), keywords=options(), batch_size=BATCH_SIZES)
def test_engines_and_postgres_15_agree(
    session15: psycopg.Connection, data: st.DataObject, keywords: dict[str, Any], batch_size: int
) -> None:
    named, rows = data.draw(part_columns())
    batches = data.draw(part_layouts(named, rows))
    expected = copy_out(session15, copy_statement(select(named, rows), keywords))
    for engine in ENGINES:
        assert outcome(engine, batches, keywords, "UTC", batch_size) == expected, engine


ENCODINGS = st.sampled_from(["LATIN1", "GBK", "SJIS", "GB18030", "EUC_KR", "UHC"])


@given(data=st.data(), keywords=options(), encoding=ENCODINGS)
def test_engines_and_postgres_15_agree_in_other_encodings(
    session15: psycopg.Connection, data: st.DataObject, keywords: dict[str, Any], encoding: str
) -> None:
    """The client's encoding is what COPY's is by default, and what BINARY's strings are sent in."""
    named, rows = data.draw(part_columns())
    batches = data.draw(part_layouts(named, rows))
    query = copy_statement(select(named, rows), keywords)
    # All that is not ASCII stands in E'' strings.
    ascii_query = "".join(c if c.isascii() else f"\\U{ord(c):08x}" for c in query)
    session15.execute("SET backslash_quote = on")  # the statement is ASCII
    expected: bytes | str
    try:
        expected = copy_as_client(session15, encoding, ascii_query)
    except ServerError as error:
        expected = error.told[0]
    for engine in ENGINES:
        try:
            got = outcome(engine, batches, keywords, "UTC", 65_536, client_encoding=encoding)
        except CopyError as error:  # the NULL string is converted before all else
            got = ("", "", "", "", error.sqlstate)
        assert (got if isinstance(got, bytes) else got[4]) == expected, engine


@given(data=st.data(), keywords=options(), batch_size=BATCH_SIZES)
def test_engines_agree_on_what_postgres_refuses(
    data: st.DataObject, keywords: dict[str, Any], batch_size: int
) -> None:
    named, rows = data.draw(part_columns(valid=False))
    batches = data.draw(part_layouts(named, rows))
    native, python = (outcome(e, batches, keywords, "UTC", batch_size) for e in ENGINES)
    assert native == python


def encode(engine: str, values: pa.Array, **metadata: str) -> bytes:
    field = pa.field("x", values.type, metadata=metadata)
    batch = pa.record_batch([values], schema=pa.schema([field]))
    encoder = Encoder(batch.schema, CopyOptions(format="binary"), engine=engine)
    return bytes(encoder.encode(batch))


def seven_dimensions() -> pa.Array:
    part, value = BASE["int32"], cast("Any", 1)
    for _ in range(7):
        part, value = array_of(part), [value]
    return array(part, [value])


@pytest.mark.parametrize(
    ("values", "pg_type", "query"),
    [
        (pa.array([[[1, 2], [3]]]), "integer[]", "SELECT ARRAY[ARRAY[1, 2], ARRAY[3]]"),
        (pa.array([[[1], []]]), "integer[]", "SELECT ARRAY[ARRAY[1], ARRAY[]::int[]]"),
        (pa.array([[[1], None]]), "integer[]", "SELECT ARRAY[ARRAY[1], NULL::int[]]"),
        (seven_dimensions(), "integer[]", f"SELECT {'ARRAY[' * 7}1{']' * 7}"),
        (pa.array([32768]), "smallint", "SELECT 32768::int::smallint"),
        (pa.array([2**31]), "integer", "SELECT 2147483648::int"),
        (pa.array([2**63], pa.uint64()), "bigint", "SELECT 9223372036854775808::numeric::bigint"),
        (pa.array([2**32]), "oid", "SELECT 4294967296::bigint::oid"),
        (pa.array(["abcdef"]), "character(5)", "SELECT insert_it('abcdef')"),
        (pa.array(["x"]), "uuid", "SELECT 'x'::uuid"),
        (pa.array(["1.2.3.400"]), "inet", "SELECT '1.2.3.400'::inet"),
        (pa.array(["zz"]), "macaddr", "SELECT 'zz'::macaddr"),
        (pa.array(["1.."]), "numeric", "SELECT '1..'::numeric"),
        (pa.array(["("]), "point", "SELECT '('::point"),
        (pa.array(["dear"]), "money", "SELECT 'dear'::money"),
        (pa.array(["{"]), "jsonb", "SELECT '{'::jsonb"),
        (pa.array(['"\\ud800"']), "jsonb", "SELECT '\"\\ud800\"'::jsonb"),
        (pa.array(['"\\u0000"']), "jsonb", "SELECT '\"\\u0000\"'::jsonb"),
        (pa.array(["1e200000"]), "jsonb", "SELECT '1e200000'::jsonb"),
    ],
    ids=str,
)  # fmt: skip
def test_the_words_are_the_servers(
    engine: str, session15: psycopg.Connection, values: pa.Array, pg_type: str, query: str
) -> None:
    if query == "SELECT insert_it('abcdef')":
        session15.execute("CREATE TEMP TABLE IF NOT EXISTS fives (x character(5))")
        query = "INSERT INTO fives VALUES ('abcdef')"
    with pytest.raises(psycopg.Error) as refused:
        session15.execute(query.encode())
    with pytest.raises(EncodeError) as raised:
        encode(engine, values, pg_type=pg_type)
    assert raised.value.sqlstate in (refused.value.diag.sqlstate, "22P02")
    assert raised.value.message == refused.value.diag.message_primary


@pytest.mark.parametrize(
    ("pg_type", "good", "bad"),
    [
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b-4ef8-bb6d-6bb9bd380a11-"),
        ("inet", "1.2.3.4/32", "1.2.3.4/33"),
        ("inet", "::1", "::1%lo"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/+8"),
        ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02-03"),
        ("bit varying", "0101", "012"),
        ("money", "-$1,000.00", "$1000.00"),
        ("point", "(1,2)", "(1,2,3)"),
        ("time with time zone", "01:02:03+00", "01:02:03.+00"),
        ("time with time zone", "24:00:00+00", "24:00:01+00"),
        ("numeric", "0.5", ".5"),
        ("numeric", "-1", "+1"),
        ("int4range", "[1,2)", "[1,x)"),
        ("int4range", "empty", "[1;2)"),
        ("smallint", "32767", "32768"),
        ("bigint", "-5", "+5"),
        ("boolean", "t", "true"),
        ('"char"', "\\377", "\\400"),
        ("double precision", "1e+20", "1e"),
    ],
)
def test_text_that_is_none_of_its_type_is_told(pg_type: str, good: str, bad: str) -> None:
    part = declared(pg_type)
    fine = [encode(engine, part.array([good, None]), pg_type=pg_type) for engine in ENGINES]
    assert fine[0] == fine[1]
    told = []
    for engine in ENGINES:
        with pytest.raises(EncodeError) as raised:
            encode(engine, part.array([good, None, bad, bad]), pg_type=pg_type)
        told.append((raised.value.reason, raised.value.value, raised.value.row))
    assert told[0] == told[1]
    assert told[0][2] == 2


def test_what_lies_under_a_null_is_not_looked_at(engine: str) -> None:
    junk = pa.array([2**31 - 2, 0], pa.int32()).view(pa.date32())
    mask = pa.array([True, False])
    for hidden in (
        pa.StructArray.from_arrays([junk], names=["d"], mask=mask),
        pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), junk, mask=mask),
    ):
        assert encode(engine, hidden)[:6] == b"\0\1\xff\xff\xff\xff"


def test_a_map_is_refused_until_it_is_declared(engine: str) -> None:
    pairs = pa.array([[("a", "1"), ("a", "2")]], pa.map_(pa.utf8(), pa.utf8()))
    with pytest.raises(EncodeError, match='hstore key "a" is there twice'):
        encode(engine, pairs, pg_type="hstore")
