"""date, time, timestamp and timestamptz in DateStyle ISO; days and microseconds in BINARY.

Rules: EncodeDateOnly, EncodeTimeOnly and EncodeDateTime of datetime.c, the ranges of date.h and
timestamp.h. Infinity is a date32 of INT32_MAX and a timestamp of INT64_MAX in whatever unit; minus
infinity is the type's minimum, and the negated maximum, which is how DuckDB writes it.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from operator import add
from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue, big_endian, numbers
from holofast.time_zone import CYCLE_SECONDS

if TYPE_CHECKING:
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

# What values of a unit are multiplied with and divided by to be microseconds.
_MICROS: Final = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}

_MINUTES: Final = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60 + 1))
_SECONDS: Final = tuple(f"{second:02}" for second in range(60))
_DIGITS: Final = "-:. 0123456789"


class Date:
    """date32 (days), or date64 (milliseconds), which has no infinity."""

    alphabet = _DIGITS + "BCinfty"

    def __init__(self, millis: bool) -> None:
        self._millis = millis

    def text(self, values: pa.Array) -> list[str]:
        days = self._days(values)
        texts = _with_era([_DATES[day] for day in days], days)
        return _with_words(texts, days, _INT32_MAX, -_INT32_MAX)

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {_INT32_MAX: _INT32_MAX, -_INT32_MAX: -_INT32_MAX - 1}
        return big_endian("i", [sent.get(day, day - _EPOCH_DAYS) for day in self._days(values)])

    def _days(self, values: pa.Array) -> list[int]:
        """Valid days since 1970; INT32_MAX is infinity, its negation minus infinity."""
        given = numbers(values, "q" if self._millis else "i")
        days = _converted(given, (1, _DAY_MILLIS if self._millis else 1), _FIRST_DAY, _END_DAY)
        return days or [self._day(value, i) for i, value in enumerate(given)]

    def _day(self, value: int, index: int) -> int:
        if self._millis:
            value = _whole(value, _DAY_MILLIS, "date_not_whole_day", index)
        elif abs(value) >= _INT32_MAX:
            return max(value, -_INT32_MAX)
        if not _FIRST_DAY <= value < _END_DAY:
            raise BadValue("date_out_of_range", index)
        return value


class Time:
    """time32 and time64 of any unit; 24:00:00 is a time."""

    alphabet = _DIGITS

    def __init__(self, unit: str) -> None:
        self._code = "i" if unit in ("s", "ms") else "q"
        self._factors = _MICROS[unit]

    def text(self, values: pa.Array) -> list[str]:
        return _clocks(*_seconds(self._micros(values)))

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian("q", self._micros(values))

    def _micros(self, values: pa.Array) -> list[int]:
        given = numbers(values, self._code)
        micros = _converted(given, self._factors, 0, _DAY_MICROS + 1)
        return micros or [self._time(value, i) for i, value in enumerate(given)]

    def _time(self, value: int, index: int) -> int:
        time = _to_micros(value, self._factors, index)
        if not 0 <= time <= _DAY_MICROS:
            sign = "-" if time < 0 else ""
            hours, rest = divmod(abs(time), 3_600_000_000)
            (clock,) = _clocks(*_seconds([rest]))
            raise BadValue("time_out_of_range", index, f"{sign}{hours:02}{clock[2:]}")
        return time


class Timestamp:
    """timestamp of any unit, and timestamptz: both count from 1970 in UTC.

    The zone is the session's, whatever zone the Arrow type names; None is UTC. `with_zone` tells
    timestamptz, whose text ends in an offset.
    """

    alphabet = _DIGITS + "+BCinfty"

    def __init__(self, unit: str, *, with_zone: bool, zone: Zone | None) -> None:
        self._factors = _MICROS[unit]
        self._utc = "+00" if with_zone else ""
        self._zone = zone if with_zone else None

    def text(self, values: pa.Array) -> list[str]:
        micros = self._micros(values)
        seconds, fractions = _seconds(micros)
        suffixes = [self._utc] * len(micros)
        if self._zone is not None:
            offsets = _offsets(seconds, self._zone)
            suffixes = list(map(_offset, offsets))
            seconds = list(map(add, seconds, offsets))
        days = [second // _DAY for second in seconds]
        clocks = _clocks([second % _DAY for second in seconds], fractions)
        parts = zip(days, clocks, suffixes, strict=True)
        texts = [f"{_DATES[day]} {clock}{suffix}" for day, clock, suffix in parts]
        texts = _with_era(texts, days)
        return _with_words(texts, micros, _INFINITY, _MINUS_INFINITY)

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {_INFINITY: _INT64_MAX, _MINUS_INFINITY: -_INT64_MAX - 1}
        return big_endian("q", [sent.get(m, m - _EPOCH_MICROS) for m in self._micros(values)])

    def _micros(self, values: pa.Array) -> list[int]:
        """Valid microseconds since 1970, _INFINITY and _MINUS_INFINITY among them."""
        given = numbers(values, "q")
        multiplier, divisor = self._factors
        end = min(_END_MICROS, _INT64_MAX * multiplier // divisor)  # short of infinity in any unit
        micros = _converted(given, self._factors, _FIRST_MICROS, end)
        return micros or [self._instant(value, i) for i, value in enumerate(given)]

    def _instant(self, value: int, index: int) -> int:
        if abs(value) >= _INT64_MAX:
            return _INFINITY if value > 0 else _MINUS_INFINITY
        time = _to_micros(value, self._factors, index)
        if not _FIRST_MICROS <= time < _END_MICROS:
            raise BadValue("timestamp_out_of_range", index)
        return time


def _converted(given: list[int], factors: tuple[int, int], first: int, end: int) -> list[int]:
    """The numbers in the unit wanted; none if one of them takes a closer look than all at once:
    it is not whole, or not between `first` and `end`.
    """
    multiplier, divisor = factors
    values = given
    if divisor > 1:
        values = [] if any(v % divisor for v in given) else [v // divisor for v in given]
    elif multiplier > 1:
        values = [v * multiplier for v in given]
    return values if values and first <= min(values) and max(values) < end else []


def _to_micros(value: int, factors: tuple[int, int], index: int) -> int:
    multiplier, divisor = factors
    return multiplier * _whole(value, divisor, "nanoseconds", index)


def _whole(value: int, unit: int, reason: str, index: int) -> int:
    quotient, rest = divmod(value, unit)
    if rest:
        raise BadValue(reason, index, value)
    return quotient


def _seconds(micros: list[int]) -> tuple[list[int], list[int]]:
    """Whole seconds, and the microseconds that are left."""
    return [value // 1_000_000 for value in micros], [value % 1_000_000 for value in micros]


def _offsets(seconds: list[int], zone: Zone) -> list[int]:
    """The zone's seconds east of UTC at each instant."""
    start = zone.cycle_start
    if start is not None:
        seconds = [s if s < start else start + (s - start) % CYCLE_SECONDS for s in seconds]
    return [zone.offsets[bisect_right(zone.transitions, s)] for s in seconds]


def _with_words(texts: list[str], values: list[int], infinity: int, minus: int) -> list[str]:
    """`texts` with the words for the two values that stand for infinity."""
    words = {infinity: "infinity", minus: "-infinity"}
    if words.keys().isdisjoint(values):
        return texts
    return [words.get(value, text) for value, text in zip(values, texts, strict=True)]


def _with_era(texts: list[str], days: list[int]) -> list[str]:
    if min(days, default=0) >= _FIRST_DAY_AD:
        return texts
    return [f"{t} BC" if d < _FIRST_DAY_AD else t for t, d in zip(texts, days, strict=True)]


class _Dates(dict[int, str]):
    """_year_month_day of a day, made once; all are forgotten when there are too many."""

    def __missing__(self, day: int) -> str:
        if len(self) >= 65_536:
            self.clear()
        self[day] = date = _year_month_day(day)
        return date


_DATES: Final = _Dates()


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


def _clocks(seconds: list[int], micros: list[int]) -> list[str]:
    """HH:MM:SS of a day's seconds, with up to six digits behind, without zeros at the end."""
    minutes = [_MINUTES[second // 60] for second in seconds]
    rest = [_SECONDS[second % 60] for second in seconds]
    if not any(micros):
        return [f"{hm}:{s}" for hm, s in zip(minutes, rest, strict=True)]
    parts = zip(minutes, rest, map("%06d".__mod__, micros), strict=True)
    return [f"{hm}:{s}.{fraction}".rstrip("0").rstrip(".") for hm, s, fraction in parts]


@lru_cache(maxsize=1024)
def _offset(seconds: int) -> str:
    """+HH[:MM[:SS]] (EncodeTimezone)."""
    sign = "-" if seconds < 0 else "+"
    hours, rest = divmod(abs(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    if rest:
        return f"{sign}{hours:02}:{minutes:02}:{rest:02}"
    return f"{sign}{hours:02}:{minutes:02}" if minutes else f"{sign}{hours:02}"
