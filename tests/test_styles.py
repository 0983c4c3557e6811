"""What the session's settings make of dates, intervals, floats and bytea: both engines against the
servers.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from holofast.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

from tests.literals import KINDS, Named, Typed, copy_statement, record_batch, select
from tests.parts import BASE, Part, array_of, record_of
from tests.postgres import Postgres, copy_out, set_session
from tests.strategies import columns, layouts, options
from tests.test_twins import ENGINES, outcome
from tests.vectors.cases import SETTINGS as NAMES
from tests.vectors.cases import ZONES, settings_of
from tests.vectors.values import values_of

if TYPE_CHECKING:
    import psycopg

FORMATS = ("text", "csv", "binary")
DATE_STYLES = [
    f"{style}, {order}"
    for style in ("ISO", "SQL", "Postgres", "German")
    for order in ("MDY", "DMY", "YMD")
]
INTERVAL_STYLES = ["postgres", "postgres_verbose", "sql_standard", "iso_8601"]


def compare(
    connection: psycopg.Connection,
    settings: dict[str, Any],
    named: list[Named[Any]],
    rows: int,
    keywords: dict[str, Any],
) -> None:
    set_session(connection, settings)
    expected = copy_out(connection, copy_statement(select(named, rows), keywords))
    batch = record_batch(named, rows)
    for engine in ENGINES:
        encoder = Encoder(
            batch.schema, CopyOptions(**keywords), settings=settings_of(settings), engine=engine
        )
        assert bytes(encoder.encode_run([batch], header=True, trailer=True)) == expected, engine


def near_ties(digits: int, pick: random.Random) -> list[float]:
    """Doubles at and beside halves of a last digit, and those that round up to a power of ten."""
    found = [float(10**digits) - 0.5, float("9" * digits + ".4999")]
    for _ in range(100):
        decimal = pick.randrange(10 ** (digits - 1), 10**digits) * 10 + 5
        value = float(f"{decimal}e{pick.randrange(-330, 290)}")
        found += [value, math.nextafter(value, math.inf), math.nextafter(value, 0)]
        found += [decimal / 2 ** pick.randrange(12), -float(f"{decimal}e-{digits}")]
    return found


def test_rounded_floats_have_the_servers_digits(session15: psycopg.Connection, engine: str) -> None:
    pick = random.Random(15)
    values = [value for digits in range(1, 16) for value in near_ties(digits, pick)]
    batch = pa.record_batch({"v": pa.array(values, pa.float64())})
    session15.execute("SET extra_float_digits = 3")
    session15.execute("DROP TABLE IF EXISTS near_ties")
    session15.execute("CREATE TEMP TABLE near_ties (i int, v float8)")
    session15.execute(
        "INSERT INTO near_ties SELECT i, v::float8 "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS t(v, i)",
        ([f"{value:.17g}" for value in values],),
    )
    for extra in range(-15, 1):
        set_session(session15, {"extra_float_digits": extra})
        expected = copy_out(session15, "COPY (SELECT v FROM near_ties ORDER BY i) TO STDOUT")
        settings = Settings(extra_float_digits=extra)
        encoder = Encoder(batch.schema, CopyOptions(), settings=settings, engine=engine)
        assert bytes(encoder.encode(batch)) == expected, extra


DATED = (
    "date32[day]",
    "date64[ms]",
    "timestamp[us]",
    "timestamp[s]",
    "timestamp[us, tz=Asia/Tokyo]",
)


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Berlin",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "-7",
        "+03:30",
        "FOO5:30",
        "<+08>-8",
        "GMT",
        "5.5",
        "America/New_York",
    ],
)
@pytest.mark.parametrize("date_style", DATE_STYLES)
def test_dates_in_every_style(session15: psycopg.Connection, date_style: str, zone: str) -> None:
    settings = {"DateStyle": date_style, "TimeZone": zone}
    for name in DATED:
        values = values_of(name)
        part = BASE[name]
        nested: list[Named[Typed]] = [
            Named("a", KINDS[name], values),
            Named("b", array_of(part), [[value, None] for value in values]),
            Named("c", record_of(part), [(value,) for value in values]),
        ]
        for keywords in (
            {"format": "text"},
            {"format": "csv", "delimiter": "/"},
            {"format": "binary"},
        ):
            compare(session15, settings, nested, len(values), keywords)


INTERVALS = [
    (0, 0, 0), (12, 0, 0), (-12, 0, 0), (1, 1, 1_000_000), (-1, 1, -1), (14, -3, 4_000_005),
    (-14, 3, -4_000_005), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1), (0, 0, 1_000_000),
    (0, 0, -1_000_000), (0, 0, 3_600_000_000), (0, 0, 60_000_000), (0, 0, 61_500_000),
    (0, 0, 360_000_000_000), (0, 2, -86_399_999_999), (11, 30, 86_399_999_999), (25, 0, 5),
    (2**31 - 1, 2**31 - 1, 2**63 // 1000 - 1), (-(2**31), -(2**31), -(2**63 // 1000)),
    (0, 5, -1), (-13, 0, 1), (13, 0, -1),
    (0, -5, 1_000_000), (1, 0, 0), (-1, 0, 0), (2, 0, 0), (24, 0, 0), (0, 0, 1_100_000),
]  # fmt: skip


def as_interval(months: int, days: int, micros: int) -> str:
    """An expression that no IntervalStyle bears on."""
    parts = f"interval '{months} mon' + interval '{days} day'"
    return f"{parts} + interval '{micros} microseconds'"


@pytest.mark.parametrize("style", INTERVAL_STYLES)
def test_intervals_in_every_style(
    session15: psycopg.Connection, postgres18: Postgres, style: str
) -> None:
    values = [(months, days, micros * 1000) for months, days, micros in INTERVALS]
    kind = pa.month_day_nano_interval()
    batch = pa.record_batch({"i": pa.array([*values, None], kind)})
    listed = pa.record_batch(
        {"i": pa.array([[value, None] for value in values], pa.list_(pa.month_day_nano_interval()))}
    )
    rows = ", ".join(f"({n}, {as_interval(*parts)})" for n, parts in enumerate(INTERVALS))
    query = f"SELECT i FROM (VALUES {rows}, (99, NULL)) AS t(n, i) ORDER BY n"
    arrays = f"SELECT ARRAY[i, NULL] FROM (VALUES {rows}) AS t(n, i) ORDER BY n"
    with postgres18() as session18:
        for session in (session15, session18):
            set_session(session, {"IntervalStyle": style})
            for format_ in FORMATS:
                for text, data in ((query, batch), (arrays, listed)):
                    expected = copy_out(session, f"COPY ({text}) TO STDOUT (FORMAT {format_})")
                    for engine in ENGINES:
                        encoder = Encoder(
                            data.schema, CopyOptions(format=format_),
                            settings=Settings(interval_style=style), engine=engine,
                        )  # fmt: skip
                        got = bytes(encoder.encode_run([data], header=True, trailer=True))
                        assert got == expected, engine


@given(
    parts=st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31 - 1) | st.integers(-30, 30),
            st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3),
            st.integers(-(2**62) // 1000, 2**62 // 1000) | st.integers(-70_000_000, 70_000_000),
        ),
        max_size=20,
    ),
    style=st.sampled_from(INTERVAL_STYLES),
)
def test_any_interval(
    session15: psycopg.Connection, parts: list[tuple[int, int, int]], style: str
) -> None:
    set_session(session15, {"IntervalStyle": style})
    rows = ", ".join(f"({n}, {as_interval(*each)})" for n, each in enumerate(parts))
    query = f"SELECT i FROM (VALUES (-1, NULL::interval), {rows}) AS t(n, i) ORDER BY n"
    expected = (
        copy_out(session15, f"COPY ({query.replace(', )', ')')}) TO STDOUT") if parts else b""
    )
    values = [(months, days, micros * 1000) for months, days, micros in parts]
    batch = pa.record_batch({"i": pa.array([None, *values], pa.month_day_nano_interval())})
    for engine in ENGINES:
        encoder = Encoder(
            batch.schema, CopyOptions(), settings=Settings(interval_style=style), engine=engine
        )
        assert not parts or bytes(encoder.encode(batch)) == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_durations(session15: psycopg.Connection, engine: str, unit: str) -> None:
    set_session(session15, {})
    values = [0, 1000, -1000, 90_061_000, -(10**9) * 1000, None]
    factor = {"s": 10**6, "ms": 10**3, "us": 1, "ns": 0}[unit]
    micros = [None if v is None else v * factor if factor else v // 1000 for v in values]
    shown = ", ".join("NULL" if m is None else f"{m} * interval '1us'" for m in micros)
    for format_ in FORMATS:
        query = f"SELECT unnest(ARRAY[{shown}])"
        expected = copy_out(session15, f"COPY ({query}) TO STDOUT (FORMAT {format_})")
        batch = pa.record_batch({"d": pa.array(values, pa.duration(unit))})
        encoder = Encoder(batch.schema, CopyOptions(format=format_), engine=engine)
        assert bytes(encoder.encode_run([batch], header=True, trailer=True)) == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pa.array([2**62], pa.duration("s")), "interval_out_of_range"),
        (pa.array([-(2**60)], pa.duration("ms")), "interval_out_of_range"),
        (pa.array([1], pa.duration("ns")), "nanoseconds"),
        (pa.array([(0, 0, 999)], pa.month_day_nano_interval()), "nanoseconds"),
    ],
)
def test_intervals_that_postgres_cannot_hold(engine: str, values: pa.Array, reason: str) -> None:
    batch = pa.record_batch({"i": values})
    for format_ in FORMATS:
        with pytest.raises(EncodeError) as raised:
            Encoder(batch.schema, CopyOptions(format=format_), engine=engine).encode(batch)
        assert (raised.value.reason, raised.value.sqlstate) == (reason, "22008")


@pytest.mark.parametrize("digits", range(-15, 4))
def test_floats_of_so_many_digits(session15: psycopg.Connection, digits: int) -> None:
    for name in ("float", "double"):
        values = values_of(name)
        named: list[Named[Typed]] = [
            Named("f", KINDS[name], values),
            Named("a", array_of(BASE[name]), [values] * len(values)),
        ]
        for format_ in FORMATS:
            settings = {"extra_float_digits": digits}
            compare(session15, settings, named, len(values), {"format": format_})
    halves = [
        "0",
        "-0",
        "1.5",
        "65504",
        "6e-8",
        "1e-4",
        "0.1",
        "NaN",
        "Infinity",
        "-Infinity",
        None,
    ]
    named = [Named("h", Part(pa.float16(), "float4"), halves)]
    compare(session15, {"extra_float_digits": digits}, named, len(halves), {"format": "csv"})


@given(values=st.lists(st.floats(width=64), min_size=1, max_size=30), digits=st.integers(-15, 0))
def test_any_float_of_so_many_digits(
    session15: psycopg.Connection, values: list[float], digits: int
) -> None:
    named = [Named("f", KINDS["double"], [repr(value) for value in values])]
    compare(session15, {"extra_float_digits": digits}, named, len(values), {"format": "text"})


@pytest.mark.parametrize("format_", FORMATS)
def test_bytes_escaped(session15: psycopg.Connection, format_: str) -> None:
    values = ["", bytes(range(256)).hex(), "5c", "2c22", "00ff", None, "61" * 100]
    for name in ("binary", "large_binary"):
        nested: list[Named[Typed]] = [
            Named("b", KINDS[name], values),
            Named("a", array_of(BASE[name]), [[value, None] for value in values]),
            Named("r", record_of(BASE[name]), [(value,) for value in values]),
        ]
        compare(session15, {"bytea_output": "escape"}, nested, len(values), {"format": format_})


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "TimeZone": st.sampled_from(ZONES),
        "DateStyle": st.sampled_from(DATE_STYLES),
        "extra_float_digits": st.integers(-15, 3),
        "bytea_output": st.sampled_from(["hex", "escape"]),
    },
)


@given(data=st.data(), keywords=options(), settings=SETTINGS)
def test_engines_and_postgres_15_agree(
    session15: psycopg.Connection,
    data: st.DataObject,
    keywords: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    named, rows = data.draw(columns())
    batches = data.draw(layouts(named, rows))
    set_session(session15, settings)
    expected = copy_out(session15, copy_statement(select(named, rows), keywords))
    others = {NAMES[name]: value for name, value in settings.items() if name != "TimeZone"}
    zone = settings.get("TimeZone", "UTC")
    for engine in ENGINES:
        assert outcome(engine, batches, keywords, zone, 65_536, **others) == expected, engine
