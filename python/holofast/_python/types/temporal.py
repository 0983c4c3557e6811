"""date, time, timestamp and timestamptz in DateStyle ISO; days and microseconds in BINARY.

Rules: EncodeDateOnly, EncodeTimeOnly and EncodeDateTime of datetime.c, the ranges of date.h and
timestamp.h. Infinity is a date32 of INT32_MAX and a timestamp of INT64_MAX in whatever unit; minus
infinity is the type's minimum, and the negated maximum, which is how DuckDB writes it.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue, big_endian, numbers
from holofast.time_zone import CYCLE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from holofast.time_zone import Zone

_DAY: Final = 86_400
_DAY_MICROS: Final = _DAY * 1_000_000
_DAY_MILLIS: Final = _DAY * 1_000
_EPOCH_DAYS: Final = 10_957  # from 1970-01-01 to PostgreSQL's 2000-01-01
_EPOCH_MICROS: Final = _EPOCH_DAYS * _DAY_MICROS
_FIRST_DAY: Final = -2_440_588  # 4714-11-24 BC
_END_DAY: Final = 2_145_042_906  # 5874898-01-01
_FIRST_MICROS: Final = _FIRST_DAY * _DAY_MICROS
_END_MICROS: Final = 9_223_371_331_200_000_000 + _EPOCH_MICROS  # 294277-01-01
_INFINITY: Final = _END_MICROS  # PostgreSQL counts from 2000 and has the 64-bit ends for these
_MINUS_INFINITY: Final = _FIRST_MICROS - 1
_FIRST_DAY_AD: Final = -719_162
_INT32_MAX: Final = 2**31 - 1
_INT64_MAX: Final = 2**63 - 1
_MICROS: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}

_DIGITS: Final = "-:. 0123456789"


class Date:
    """date32 (days), or date64 (milliseconds), which has no infinity."""

    alphabet = _DIGITS + "BCinfty"

    def __init__(self, millis: bool) -> None:
        self._millis = millis

    def text(self, values: pa.Array) -> list[str]:
        words = {_INT32_MAX: "infinity", -_INT32_MAX: "-infinity"}
        return [words.get(day) or _date(day) for day in self._days(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {_INT32_MAX: _INT32_MAX, -_INT32_MAX: -_INT32_MAX - 1}
        return big_endian("i", [sent.get(day, day - _EPOCH_DAYS) for day in self._days(values)])

    def _days(self, values: pa.Array) -> list[int]:
        """Valid days since 1970; INT32_MAX is infinity, its negation minus infinity."""
        days = []
        for i, value in enumerate(numbers(values, "q" if self._millis else "i")):
            if self._millis:
                day = _whole(value, _DAY_MILLIS, "date_not_whole_day", i)
            elif abs(value) >= _INT32_MAX:
                days.append(max(value, -_INT32_MAX))
                continue
            else:
                day = value
            if not _FIRST_DAY <= day < _END_DAY:
                raise BadValue("date_out_of_range", i)
            days.append(day)
        return days


class Time:
    """time32 and time64 of any unit; 24:00:00 is a time."""

    alphabet = _DIGITS

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def text(self, values: pa.Array) -> list[str]:
        return [_clock(micros) for micros in self._micros(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian("q", self._micros(values))

    def _micros(self, values: pa.Array) -> list[int]:
        micros = []
        code = "i" if self._unit in ("s", "ms") else "q"
        for i, value in enumerate(numbers(values, code)):
            time = _to_micros(value, self._unit, i)
            if not 0 <= time <= _DAY_MICROS:
                sign = "-" if time < 0 else ""
                raise BadValue("time_out_of_range", i, sign + _clock(abs(time)))
            micros.append(time)
        return micros


class Timestamp:
    """timestamp of any unit, and timestamptz: both count from 1970 in UTC.

    The zone is the session's, whatever zone the Arrow type names; None is UTC. `with_zone` tells
    timestamptz, whose text ends in an offset.
    """

    alphabet = _DIGITS + "+BCinfty"

    def __init__(self, unit: str, *, with_zone: bool, zone: Zone | None) -> None:
        self._unit = unit
        self._print = _printer(zone) if with_zone else _timestamp

    def text(self, values: pa.Array) -> list[str]:
        words = {_INFINITY: "infinity", _MINUS_INFINITY: "-infinity"}
        return [words.get(micros) or self._print(micros) for micros in self._micros(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {_INFINITY: _INT64_MAX, _MINUS_INFINITY: -_INT64_MAX - 1}
        return big_endian("q", [sent.get(m, m - _EPOCH_MICROS) for m in self._micros(values)])

    def _micros(self, values: pa.Array) -> list[int]:
        """Valid microseconds since 1970, _INFINITY and _MINUS_INFINITY among them."""
        micros = []
        for i, value in enumerate(numbers(values, "q")):
            if abs(value) >= _INT64_MAX:
                micros.append(_INFINITY if value > 0 else _MINUS_INFINITY)
                continue
            time = _to_micros(value, self._unit, i)
            if not _FIRST_MICROS <= time < _END_MICROS:
                raise BadValue("timestamp_out_of_range", i)
            micros.append(time)
        return micros


def _to_micros(value: int, unit: str, index: int) -> int:
    if unit == "ns":
        return _whole(value, 1000, "nanoseconds", index)
    return value * _MICROS[unit]


def _whole(value: int, unit: int, reason: str, index: int) -> int:
    quotient, rest = divmod(value, unit)
    if rest:
        raise BadValue(reason, index, value)
    return quotient


def _timestamp(micros: int) -> str:
    return _date_and_time(micros, 0, "")


def _date_and_time(micros: int, offset: int, suffix: str) -> str:
    """UTC microseconds as they read `offset` seconds east, the suffix before the era."""
    seconds, fraction = divmod(micros, 1_000_000)
    day, second = divmod(seconds + offset, _DAY)
    return f"{_year_month_day(day)} {_hms(second)}{_fraction(fraction)}{suffix}{_era(day)}"


def _printer(zone: Zone | None) -> Callable[[int], str]:
    """timestamptz_out in `zone`."""
    if zone is None:
        return lambda micros: _with_offset(micros, 0)
    transitions, offsets, cycle_start = zone.transitions, zone.offsets, zone.cycle_start

    def show(micros: int) -> str:
        seconds = micros // 1_000_000
        if cycle_start is not None and seconds >= cycle_start:
            seconds = cycle_start + (seconds - cycle_start) % CYCLE_SECONDS
        return _with_offset(micros, offsets[bisect_right(transitions, seconds)])

    return show


def _with_offset(micros: int, offset: int) -> str:
    return _date_and_time(micros, offset, _offset(offset))


def _date(day: int) -> str:
    return _year_month_day(day) + _era(day)


def _era(day: int) -> str:
    return " BC" if day < _FIRST_DAY_AD else ""


@lru_cache(maxsize=65_536)
def _year_month_day(days: int) -> str:
    """YYYY-MM-DD of a day since 1970, at least four digits of year, the year 0 being 1 BC."""
    # Years are counted from March, so that a leap day is a year's last.
    era, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * era + (month >= 10)
    month += 3 if month < 10 else -9
    return f"{year if year > 0 else 1 - year:04}-{month:02}-{day + 1:02}"


def _clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    return _hms(seconds) + _fraction(fraction)


def _fraction(micros: int) -> str:
    """Up to six digits, without zeros at the end."""
    return f".{micros:06}".rstrip("0") if micros else ""


@lru_cache(maxsize=_DAY + 1)
def _hms(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@lru_cache(maxsize=1024)
def _offset(seconds: int) -> str:
    """+HH[:MM[:SS]] (EncodeTimezone)."""
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    if rest:
        return f"{sign}{hours:02}:{minutes:02}:{rest:02}"
    return f"{sign}{hours:02}:{minutes:02}" if minutes else f"{sign}{hours:02}"
