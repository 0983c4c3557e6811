"""COPY FROM of our bytes gives the rows again: the vectors, and random rows under random options.

What COPY itself does not give back is told apart by round_trips.py. That our bytes are those of
COPY TO is test_vectors's, test_twins's, test_parts's and test_styles's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.literals import Named, record_batch
from tests.parts import HSTORE
from tests.round_trips import Trip, round_trip
from tests.strategies import filled, options, values
from tests.test_styles import DATE_STYLES, INTERVAL_STYLES, as_interval
from tests.test_twins import ENGINES
from tests.vectors.cases import FORMATS, ZONES, cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

MOST_COLUMNS = 1600  # of a table

SETTINGS = st.fixed_dictionaries(
    {
        "TimeZone": st.just("UTC") | st.sampled_from(ZONES),
        "DateStyle": st.just("ISO, MDY") | st.sampled_from(DATE_STYLES),
        "IntervalStyle": st.sampled_from(INTERVAL_STYLES),
        "extra_float_digits": st.integers(1, 3) | st.integers(-15, 3),
        "bytea_output": st.sampled_from(["hex", "escape"]),
    },
)
ENCODINGS = st.none() | st.sampled_from(["GB18030", "LATIN1", "SJIS", "EUC_KR", "BIG5"])
Manner = tuple[dict[str, Any], dict[str, Any], str | None]


def manners(format_: str) -> st.SearchStrategy[Manner]:
    """Options of that format, the session's settings and an encoding."""
    return st.tuples(options([format_]), SETTINGS, ENCODINGS)


@st.composite
def trips(draw: st.DrawFn, format_: str) -> Trip:
    """Columns with parts or without, laid out, under options and settings; none is empty."""
    manner: Manner = draw(manners(format_))
    return Trip(*draw(filled()), *manner)


class Interval:
    """The kind of intervals of (months, days, microseconds)."""

    pg_type = "interval"

    def field(self, name: str) -> pa.Field:
        """A column of this kind."""
        return pa.field(name, pa.month_day_nano_interval())

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values in Arrow."""
        spans = [value and (*value[:2], value[2] * 1000) for value in values]
        return pa.array(spans, pa.month_day_nano_interval())

    def literal(self, value: Any) -> str:
        """`value` as a typed PostgreSQL expression."""
        return f"({as_interval(*value)})" if value else "NULL::interval"


SPANS = st.tuples(
    st.integers(-(2**31), 2**31 - 1) | st.integers(-30, 30),
    st.integers(-(2**31), 2**31 - 1) | st.integers(-3, 3),
    st.integers(-(2**62) // 1000, 2**62 // 1000) | st.integers(-70_000_000, 70_000_000),
)
PAIRS = st.dictionaries(values("string"), st.none() | values("string"), max_size=4)


@st.composite
def trips_of_more(draw: st.DrawFn, format_: str) -> Trip:
    """Intervals and hstores."""
    manner: Manner = draw(manners(format_))
    row = st.tuples(st.none() | SPANS, st.none() | PAIRS)
    found = draw(st.lists(row, min_size=1, max_size=20))
    spans, pairs = zip(*found, strict=True)
    named: list[Named[Any]] = [Named("i", Interval(), spans), Named("h", HSTORE, pairs)]
    return Trip(named, len(found), [record_batch(named, len(found))], *manner)


def travel(session: psycopg.Connection, drawn: st.SearchStrategy[Trip], examples: int) -> None:
    """So many trips; of enough of them the rows are to come back."""
    came: list[bool] = []

    @settings(max_examples=examples)
    @given(trip=drawn)
    def each(trip: Trip) -> None:
        lost = round_trip(session, trip, ENGINES)
        came.append(not lost)
        event(lost or "came back")

    each()
    assert sum(came) >= examples // 2


@pytest.mark.parametrize("format_", FORMATS)
def test_postgres_15_reads_the_rows_back(session15: psycopg.Connection, format_: str) -> None:
    travel(session15, trips(format_), settings().max_examples // 4)


@pytest.mark.parametrize("format_", FORMATS)
def test_postgres_18_reads_the_rows_back(session18: psycopg.Connection, format_: str) -> None:
    travel(session18, trips(format_), settings().max_examples // 10)


@pytest.mark.parametrize("format_", FORMATS)
def test_postgres_15_reads_intervals_and_hstores_back(
    session15: psycopg.Connection, format_: str
) -> None:
    session15.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    travel(session15, trips_of_more(format_), settings().max_examples // 10)


def test_postgres_15_reads_the_vectors_back(session15: psycopg.Connection) -> None:
    session15.execute("CREATE EXTENSION IF NOT EXISTS hstore")
    lost: Counter[str] = Counter()
    for case in cases():
        names = {column.name for column in case.columns}
        if len(names) < len(case.columns) or len(names) > MOST_COLUMNS:
            continue  # no table has such columns
        keywords = dict(case.options)
        encoding = keywords.pop("encoding", None)
        if keywords.pop("force_quote", None):
            keywords["force_quote"] = "*"
        batches = [record_batch(case.columns, case.rows)]
        trip = Trip(case.columns, case.rows, batches, keywords, dict(case.settings), encoding)
        lost[round_trip(session15, trip, ["native"])] += 1
    assert lost[""] > 1300
