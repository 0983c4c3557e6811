"""Native against python against the server: random columns, layouts, options, zones and floats.

Bytes must be equal, and so must errors. The vectors hold what is known to be hard; this looks for
what is not known. HOLOFAST_FUZZ=thorough looks longer.
"""

from __future__ import annotations

import random
import struct
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from holofast.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

from tests.literals import array, copy_statement, select
from tests.postgres import copy_out
from tests.strategies import columns, layouts, options
from tests.vectors.cases import ZONES

ENGINES = ("native", "python")


def outcome(
    engine: str,
    batches: list[pa.RecordBatch],
    keywords: dict[str, Any],
    zone: str,
    batch_size: int,
    **settings: Any,
) -> bytes | tuple[str, ...]:
    """The bytes of all batches with header and trailer, or all that an error tells."""
    encoder = Encoder(
        batches[0].schema,
        CopyOptions(**keywords),
        settings=Settings(time_zone=zone, **settings),
        engine=engine,
        batch_size=batch_size,
    )
    try:
        return bytes(encoder.encode_run(batches, header=True, trailer=True))
    except EncodeError as error:
        return (error.reason, error.value, error.column, str(error.row), error.sqlstate, str(error))


BATCH_SIZES = st.sampled_from([1, 7, 64, 65_536])


@given(data=st.data(), keywords=options(), zone=st.sampled_from(ZONES), batch_size=BATCH_SIZES)
def test_engines_and_postgres_15_agree(
    session15: psycopg.Connection,
    data: st.DataObject,
    keywords: dict[str, Any],
    zone: str,
    batch_size: int,
) -> None:
    _agree(session15, data, keywords, zone, batch_size)


@given(data=st.data(), keywords=options())
def test_engines_and_postgres_18_agree(
    session18: psycopg.Connection, data: st.DataObject, keywords: dict[str, Any]
) -> None:
    _agree(session18, data, keywords, "UTC", 65_536)  # its zone data are its own


def _agree(
    session: psycopg.Connection,
    data: st.DataObject,
    keywords: dict[str, Any],
    zone: str,
    batch_size: int,
) -> None:
    named, rows = data.draw(columns())
    batches = data.draw(layouts(named, rows))
    session.execute("SELECT set_config('TimeZone', %s, false)", (zone,))
    expected = copy_out(session, copy_statement(select(named, rows), keywords))
    for engine in ENGINES:
        assert outcome(engine, batches, keywords, zone, batch_size) == expected, engine


@given(data=st.data(), keywords=options(), zone=st.sampled_from(ZONES), batch_size=BATCH_SIZES)
def test_engines_agree_on_values_that_postgres_refuses(
    data: st.DataObject, keywords: dict[str, Any], zone: str, batch_size: int
) -> None:
    named, rows = data.draw(columns(valid=False))
    batches = data.draw(layouts(named, rows))
    native, python = (outcome(e, batches, keywords, zone, batch_size) for e in ENGINES)
    assert native == python


def test_the_first_error_by_row_then_by_column_is_told(engine: str) -> None:
    good, bad = 0, 2**31 - 2
    late = array(pa.date32(), [good, good, bad, good, bad, None])
    early = array(pa.date32(), [None, good, bad, bad, good, bad])
    batch = pa.record_batch({"ok": pa.nulls(6), "late": late, "early": early})
    first = outcome(engine, [batch.slice(0, 2), batch.slice(2)], {}, "UTC", 65_536)
    assert first[:4] == ("date_out_of_range", "", "late", "2")
    second = outcome(engine, [batch.slice(3)], {}, "UTC", 2)
    assert second[:4] == ("date_out_of_range", "", "early", "0")


# A dictionary whose values are one again.
NESTED = pa.DictionaryArray.from_arrays(
    pa.array([0], pa.int8()),
    pa.array(["x"]).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.utf8())),
)


def test_a_batch_of_other_columns_is_a_type_error(engine: str) -> None:
    encoder = Encoder(pa.schema([("a", pa.int8())]), CopyOptions(), engine=engine)
    one = pa.array([1], pa.int8())
    with pytest.raises(TypeError, match="column 0 of the batch has Arrow type"):
        encoder.encode(pa.record_batch({"a": one.cast(pa.int16())}))
    with pytest.raises(TypeError, match="the batch has 2 columns, the encoder 1"):
        encoder.encode(pa.record_batch({"a": one, "b": one}))
    required = pa.schema([pa.field("other name", pa.int8(), nullable=False)])
    assert bytes(encoder.encode(pa.record_batch([one], required))) == b"1\n"
    assert bytes(encoder.encode_run([])) == b""


@pytest.mark.parametrize(
    ("arrow", "other"),
    [
        (pa.timestamp("us", "UTC"), pa.timestamp("us", "+00:00")),
        (pa.decimal128(9, 2), pa.decimal128(9, 3)),
        (pa.dictionary(pa.int8(), pa.utf8()), pa.dictionary(pa.int8(), pa.large_utf8())),
        (pa.dictionary(pa.int8(), pa.utf8()), pa.dictionary(pa.int16(), pa.utf8())),
        (pa.dictionary(pa.int8(), pa.utf8()), pa.int8()),
        (pa.int8(), pa.dictionary(pa.int8(), pa.utf8())),
        (pa.dictionary(pa.int8(), pa.int8()), NESTED.type),
        (pa.int8(), pa.list_(pa.int8())),
    ],
)
def test_a_batch_of_similar_types_is_a_type_error(
    engine: str, arrow: pa.DataType, other: pa.DataType
) -> None:
    encoder = Encoder(pa.schema([("a", arrow)]), CopyOptions(), engine=engine)
    column = NESTED if other == NESTED.type else pa.nulls(1, other)
    with pytest.raises(TypeError, match="column 0 of the batch has Arrow type"):
        encoder.encode(pa.record_batch({"a": column}))


def test_a_nul_byte_is_told_of_the_row_that_has_it(engine: str) -> None:
    for strings, row in ((["a", "\0b"], "1"), (["a\0", "b"], "0"), (["", None, "", "\0"], "3")):
        for arrow in (pa.utf8(), pa.large_utf8(), pa.dictionary(pa.int8(), pa.utf8())):
            batch = pa.record_batch({"s": pa.array(strings, arrow)})
            assert outcome(engine, [batch], {}, "UTC", 65_536)[:4] == ("nul_byte", "", "s", row)


@pytest.mark.parametrize(
    ("arrow", "value", "query"),
    [
        (pa.date32(), 2_145_042_906, "SELECT date '1970-01-01' + 2145042906"),
        (pa.date32(), -2_440_589, "SELECT date '1970-01-01' - 2440589"),
        (pa.timestamp("us"), -210_866_803_200_000_001, "SELECT timestamp '{0}' - interval '1us'"),
        (pa.timestamp("s"), 9_224_318_016_000, "SELECT timestamp '{1}' + interval '1us'"),
        (pa.time32("s"), 90_000, "SELECT time '25:00:00'"),
        (pa.time64("us"), 86_400_000_001, "SELECT time '24:00:00.000001'"),
        (pa.time64("us"), 360_000_500_000, "SELECT time '100:00:00.5'"),
        (pa.utf8(), "a\0b", "SELECT convert_from('\\x610062', 'UTF8')"),
    ],
)
def test_the_words_are_the_servers(
    engine: str, session15: psycopg.Connection, arrow: pa.DataType, value: Any, query: str
) -> None:
    query = query.format("4714-11-24 00:00:00 BC", "294276-12-31 23:59:59.999999")
    with pytest.raises(psycopg.Error) as refused:
        session15.execute(query.encode())
    batch = pa.record_batch({"c": array(arrow, [value])})
    for format_ in ("text", "csv", "binary"):
        encoder = Encoder(batch.schema, CopyOptions(format=format_), engine=engine)
        with pytest.raises(EncodeError) as raised:
            encoder.encode(batch)
        assert raised.value.sqlstate == refused.value.diag.sqlstate
        assert raised.value.message == refused.value.diag.message_primary


FLOATS = {"float8": (pa.float64(), "d", "Q", 52, 11), "float4": (pa.float32(), "f", "I", 23, 8)}


def _bit_patterns(mantissa: int, exponent: int, code: str) -> list[int]:
    """Powers of two and ten, their neighbours, subnormals, short decimals and random bits."""
    pick = random.Random(15)
    width = mantissa + exponent + 1
    bits = {e << mantissa for e in range(2**exponent)}
    largest = {"f": 39, "d": 309}[code]
    decimals = [10.0**e * m for e in range(-largest - 15, largest - 1) for m in (1, 2, 3, 5, 7)]
    decimals += [pick.randrange(10**9) / 10 ** pick.randrange(12) for _ in range(4000)]
    decimals += [float(pick.randrange(2**60) >> pick.randrange(60)) for _ in range(4000)]
    patterns = struct.Struct(f"<{code}"), struct.Struct(f"<{'IQ'[code == 'd']}")
    bits |= {patterns[1].unpack(patterns[0].pack(value))[0] for value in decimals}
    near = {b + d for b in bits for d in (-3, -2, -1, 1, 2, 3)}
    near |= {pick.randrange(2**mantissa) >> pick.randrange(mantissa) for _ in range(2000)}
    random_bits = {pick.randrange(2**width) for _ in range(20_000)}
    # From 2^53 on (float4: 2^24) whole decimals lie on the edges of intervals.
    top = (2 ** (exponent - 1) - 1 + mantissa) << mantissa
    edges = {top + pick.randrange(30 << mantissa) for _ in range(10_000)}
    return sorted(b % 2**width for b in bits | near | random_bits | edges)


@pytest.mark.parametrize("name", FLOATS)
def test_floats_have_the_servers_digits(
    engine: str, session15: psycopg.Connection, name: str
) -> None:
    arrow, code, bits_code, mantissa, exponent = FLOATS[name]
    patterns = _bit_patterns(mantissa, exponent, code)
    assert len(patterns) > 50_000
    data = struct.pack(f"<{len(patterns)}{bits_code}", *patterns)
    values = struct.unpack(f"<{len(patterns)}{code}", data)
    session15.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name}s (i int, v {name})".encode())
    if session15.execute(f"SELECT FROM {name}s LIMIT 1".encode()).fetchone() is None:
        session15.execute(
            f"INSERT INTO {name}s SELECT i, v::{name} "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS t(v, i)".encode(),
            ([f"{value:.17g}" for value in values],),
        )
    expected = copy_out(session15, f"COPY (SELECT v FROM {name}s ORDER BY i) TO STDOUT")
    batch = pa.record_batch(
        {"v": pa.Array.from_buffers(arrow, len(patterns), [None, pa.py_buffer(data)])}
    )
    encoder = Encoder(batch.schema, CopyOptions(), engine=engine)
    got, wanted = bytes(encoder.encode(batch)).split(b"\n"), expected.split(b"\n")
    differ = [(v, g, w) for v, g, w in zip(values, got, wanted, strict=False) if g != w]
    assert differ == []
    assert len(got) == len(wanted)
    binary = Encoder(batch.schema, CopyOptions(format="binary"), engine=engine)
    size = struct.calcsize(bits_code)
    rows = b"".join(struct.pack(f">hi{bits_code}", 1, size, bits) for bits in patterns)
    assert bytes(binary.encode(batch)) == rows
