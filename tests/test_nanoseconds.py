"""Times of parts of microseconds, which PostgreSQL cannot hold: refused, or floored if asked for.

What a floored one looks like is what the microsecond before looks like, which other tests compare
with a server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import holofast
import pyarrow as pa
import pytest
from holofast.errors import EncodeError
from hypothesis import given
from hypothesis import strategies as st

from tests.test_twins import ENGINES

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = 86_400_000_000_000
INT64 = st.integers(-(2**63), 2**63 - 1)


def month_day_nano(value: int) -> pa.Array:
    return pa.array([(-3, 5, value)], pa.month_day_nano_interval())


def of_type(arrow: pa.DataType) -> Callable[[int], pa.Array]:
    return lambda value: pa.array([value], pa.int64()).cast(arrow)


# Each in nanoseconds, and in what holds the same in microseconds.
KINDS = [
    (of_type(pa.timestamp("ns")), of_type(pa.timestamp("us")), INT64),
    (of_type(pa.timestamp("ns", "UTC")), of_type(pa.timestamp("us", "UTC")), INT64),
    (of_type(pa.time64("ns")), of_type(pa.time64("us")), st.integers(-DAY, 2 * DAY)),
    (of_type(pa.duration("ns")), of_type(pa.duration("us")), INT64),
    (month_day_nano, lambda micros: month_day_nano(micros * 1000), st.integers(-(2**62), 2**62)),
]
WORDS = (2**63 - 1, -(2**63) + 1, -(2**63))  # the infinities of timestamps


def outcome(values: pa.Array, engine: str, format_: str, **settings: Any) -> object:
    table = pa.table({"a": values, "b": pa.array([[values[0]]], pa.list_(values.type))})
    try:
        return holofast.encode(table, format=format_, engine=engine, **settings)
    except EncodeError as error:
        return error.reason, error.column


@given(
    kind=st.sampled_from(KINDS),
    data=st.data(),
    format_=st.sampled_from(["text", "csv", "binary"]),
    style=st.sampled_from(["ISO, MDY", "SQL, DMY"]),
)
def test_a_floored_time_is_the_microsecond_before(
    kind: Any, data: st.DataObject, format_: str, style: str
) -> None:
    nanos, micros, values = kind
    value = data.draw(values | st.integers(-2000, 2000))
    is_word = value in WORDS and pa.types.is_timestamp(nanos(0).type)
    before = value if is_word else value // 1000
    for engine in ENGINES:
        floored = outcome(nanos(value), engine, format_, floor_nanoseconds=True, date_style=style)
        assert floored == outcome(micros(before), engine, format_, date_style=style)
        refused = outcome(nanos(value), engine, format_, date_style=style)
        if value % 1000 and not is_word:
            assert refused == ("nanoseconds", "a")
        else:
            assert refused == floored


def test_below_zero_it_is_the_one_before_too(engine: str) -> None:
    table = pa.table(
        {"a": pa.array([-1, 1], pa.timestamp("ns")), "b": month_day_nano(-1).take([0, 0])}
    )
    text = holofast.encode(table, engine=engine, floor_nanoseconds=True, delimiter="|")
    assert text.splitlines()[0].startswith(b"1969-12-31 23:59:59.999999|")
    assert text.splitlines()[0].endswith(b" -00:00:00.000001")
    assert text.splitlines()[1].startswith(b"1970-01-01 00:00:00|")


def test_it_is_a_choice_of_true_and_false() -> None:
    with pytest.raises(TypeError, match="floor_nanoseconds must be a bool, not str"):
        holofast.Settings(floor_nanoseconds="no")  # type: ignore[arg-type]
