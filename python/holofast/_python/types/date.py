"""date: ISO style in text (EncodeDateOnly of datetime.c), days since 2000-01-01 in BINARY. The
table of dates serves timestamps too, and so do the words for infinity.

Infinity is a date32 of INT32_MAX; minus infinity is the type's minimum, and the negated maximum,
which is how DuckDB writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue, big_endian, numbers
from holofast._python.reader import Fault, signed
from holofast._python.types.time import Unit, converted, whole

if TYPE_CHECKING:
    import pyarrow as pa

_DAY_MILLIS: Final = 86_400_000
EPOCH_DAYS: Final = 10_957  # from 1970-01-01 to PostgreSQL's 2000-01-01
FIRST_DAY: Final = -2_440_588  # 4714-11-24 BC; the ranges are those of date.h
_END_DAY: Final = 2_145_042_906  # 5874898-01-01
FIRST_DAY_AD: Final = -719_162
INFINITY: Final = 2**31 - 1  # INT32_MAX
MINUS_INFINITY: Final = -INFINITY


class Date:
    """date32 (days), or date64 (milliseconds), which has no infinity."""

    alphabet = "- 0123456789BCinfty"

    def __init__(self, millis: bool) -> None:
        self._millis = millis

    def text(self, values: pa.Array) -> list[str]:
        days = self.days(values)
        texts = with_era([DATES[day] for day in days], days)
        return with_words(texts, days, INFINITY, MINUS_INFINITY)

    def binary(self, values: pa.Array) -> list[bytes]:
        sent = {INFINITY: INFINITY, MINUS_INFINITY: MINUS_INFINITY - 1}
        return big_endian("i", [sent.get(day, day - EPOCH_DAYS) for day in self.days(values)])

    def days(self, values: pa.Array) -> list[int]:
        """Valid days since 1970; INT32_MAX is infinity, its negation minus infinity."""
        given = numbers(values, "q" if self._millis else "i")
        days = converted(given, Unit(1, _DAY_MILLIS if self._millis else 1), FIRST_DAY, _END_DAY)
        return days or [self._day(value, i) for i, value in enumerate(given)]

    def _day(self, value: int, index: int) -> int:
        if self._millis:
            value = whole(value, _DAY_MILLIS, "date_not_whole_day", index)
        elif abs(value) >= INFINITY:
            return max(value, MINUS_INFINITY)
        if not FIRST_DAY <= value < _END_DAY:
            raise BadValue("date_out_of_range", index)
        return value


def with_words(texts: list[str], values: list[int], infinity: int, minus: int) -> list[str]:
    """`texts` with the words for the two values that stand for infinity."""
    words = {infinity: "infinity", minus: "-infinity"}
    if words.keys().isdisjoint(values):
        return texts
    return [words.get(value, text) for value, text in zip(values, texts, strict=True)]


def with_era(texts: list[str], days: list[int]) -> list[str]:
    """`texts` with BC behind those of days before the year 1."""
    if min(days, default=0) >= FIRST_DAY_AD:
        return texts
    return [f"{t} BC" if d < FIRST_DAY_AD else t for t, d in zip(texts, days, strict=True)]


class _Dates(dict[int, str]):
    """_year_month_day of a day, made once; all are forgotten when there are too many."""

    def __missing__(self, day: int) -> str:
        if len(self) >= 65_536:
            self.clear()
        self[day] = date = _year_month_day(day)
        return date


DATES: Final = _Dates()


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


def receive(data: bytes) -> int:
    """A date32 out of BINARY (date_recv)."""
    days = signed(data, 4)
    if days in (INFINITY, MINUS_INFINITY - 1):
        return days
    if not FIRST_DAY <= days + EPOCH_DAYS < _END_DAY:
        raise Fault("date_out_of_range")
    return days + EPOCH_DAYS


def receive_millis(data: bytes) -> int:
    """A date64 out of BINARY, which has no infinity."""
    days = receive(data)
    if abs(days) >= INFINITY:
        raise Fault("time_no_place", "infinity" if days > 0 else "-infinity")
    return days * _DAY_MILLIS
