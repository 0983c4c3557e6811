"""timestamp and timestamptz: ISO style in text (EncodeDateTime of datetime.c), microseconds since
2000-01-01 in BINARY. The zone's transitions are time_zone's.

Infinity is a timestamp of INT64_MAX in whatever unit; minus infinity is INT64_MIN, and the negated
maximum, which is how DuckDB writes it.
"""

from __future__ import annotations

from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue, big_endian, numbers
from holofast._python.reader import Fault, signed
from holofast._python.types.date import DATES, EPOCH_DAYS, FIRST_DAY, with_era, with_words
from holofast._python.types.time import (
    DAY_MICROS,
    clocks,
    converted,
    in_unit,
    no_place,
    split,
    to_micros,
    to_microseconds,
)
from holofast.time_zone import UTC

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast.time_zone import Zone

_DAY: Final = 86_400
_EPOCH_MICROS: Final = EPOCH_DAYS * DAY_MICROS
_FIRST_MICROS: Final = FIRST_DAY * DAY_MICROS  # the range is that of timestamp.h
_END_MICROS: Final = 9_223_371_331_200_000_000 + _EPOCH_MICROS  # 294277-01-01
_INFINITY: Final = _END_MICROS  # PostgreSQL counts from 2000 and has the 64-bit ends for these
_MINUS_INFINITY: Final = _FIRST_MICROS - 1
_INT64_MAX: Final = 2**63 - 1


class Timestamp:
    """timestamp of any unit, and timestamptz: both count from 1970 in UTC.

    The zone is the session's, whatever zone the Arrow type names; None is UTC. `with_zone` tells
    timestamptz, whose text ends in an offset; `floor` forgets parts of microseconds.
    """

    alphabet = "-+:. 0123456789BCinfty"

    def __init__(self, unit: str, *, with_zone: bool, zone: Zone | None, floor: bool) -> None:
        self._unit = to_microseconds(unit, floor=floor)
        self._utc = "+00" if with_zone else ""
        self._zone = zone if with_zone else None

    @property
    def shown_zone(self) -> Zone | None:
        """The zone that a timestamptz shows, None for timestamp."""
        return (self._zone or UTC) if self._utc else None

    def word(self, micros: int) -> str | None:
        """The word for what is no instant."""
        return {_INFINITY: "infinity", _MINUS_INFINITY: "-infinity"}.get(micros)

    def text(self, values: pa.Array) -> list[str]:
        micros = self.micros(values)
        seconds, fractions = split(micros)
        suffixes = [self._utc] * len(micros)
        if self._zone is not None:
            offsets = _offsets(seconds, self._zone)
            suffixes = list(map(_offset, offsets))
            seconds = list(map(add, seconds, offsets))
        days = [second // _DAY for second in seconds]
        times = clocks([second % _DAY for second in seconds], fractions)
        parts = zip(days, times, suffixes, strict=True)
        texts = [f"{DATES[day]} {time}{suffix}" for day, time, suffix in parts]
        texts = with_era(texts, days)
        return with_words(texts, micros, _INFINITY, _MINUS_INFINITY)

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {_INFINITY: _INT64_MAX, _MINUS_INFINITY: -_INT64_MAX - 1}
        return big_endian("q", [sent.get(m, m - _EPOCH_MICROS) for m in self.micros(values)])

    def micros(self, values: pa.Array) -> list[int]:
        """Valid microseconds since 1970, _INFINITY and _MINUS_INFINITY among them."""
        given = numbers(values, "q")
        multiplier, divisor, floors = self._unit
        end = min(_END_MICROS, _INT64_MAX * multiplier // divisor)  # short of infinity in any unit
        words = floors and any(abs(value) >= _INT64_MAX for value in given)
        micros = [] if words else converted(given, self._unit, _FIRST_MICROS, end)
        return micros or [self._instant(value, i) for i, value in enumerate(given)]

    def _instant(self, value: int, index: int) -> int:
        if abs(value) >= _INT64_MAX:
            return _INFINITY if value > 0 else _MINUS_INFINITY
        time = to_micros(value, self._unit, index)
        if not _FIRST_MICROS <= time < _END_MICROS:
            raise BadValue("timestamp_out_of_range", index)
        return time


def _offsets(seconds: list[int], zone: Zone) -> list[int]:
    """The zone's seconds east of UTC at each instant."""
    return [zone.offsets[zone.place(second)] for second in seconds]


@lru_cache(maxsize=1024)
def _offset(seconds: int) -> str:
    """+HH[:MM[:SS]] (EncodeTimezone)."""
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    if rest:
        return f"{sign}{hours:02}:{minutes:02}:{rest:02}"
    return f"{sign}{hours:02}:{minutes:02}" if minutes else f"{sign}{hours:02}"


def receive(data: bytes, unit: str) -> int:
    """A timestamp of a unit out of BINARY (timestamp_recv, timestamptz_recv)."""
    micros = signed(data, 8)
    if micros in (_INT64_MAX, -_INT64_MAX - 1):
        return micros
    if not _FIRST_MICROS <= micros + _EPOCH_MICROS < _END_MICROS:
        raise Fault("timestamp_out_of_range")
    value = in_unit(micros + _EPOCH_MICROS, unit)
    if value is None or abs(value) >= _INT64_MAX:  # what Arrow has for infinity is no instant
        raise no_place(micros)
    return value
