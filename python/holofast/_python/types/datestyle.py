"""Dates and timestamps in the DateStyles SQL, Postgres and German (EncodeDateOnly, EncodeDateTime).

ISO, the default, is date.py's and timestamp.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast._python.types.date import DATES, FIRST_DAY_AD, INFINITY, MINUS_INFINITY
from holofast._python.types.time import clocks, split

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast._python.types.date import Date
    from holofast._python.types.timestamp import Timestamp

_WEEKDAYS: Final = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")
_MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_MARKS: Final = {"SQL": "/", "Postgres": "-", "German": "."}
_MOST_LETTERS: Final = 10  # MAXTZLEN, in bytes


class _Styled:
    """A DateStyle: its notation and the order of day and month."""

    alphabet = None

    def __init__(self, date_style: str) -> None:
        self._style, self._order = date_style.split(", ")

    def _numbers(self, day: int) -> str:
        year, month, number = DATES[day].rsplit("-", 2)
        first = self._style == "German" or self._order == "DMY"
        parts = (number, month, year) if first else (month, number, year)
        return _MARKS[self._style].join(parts)

    def _both(self, day: int, clock: str) -> str:
        if self._style != "Postgres":
            return f"{self._numbers(day)} {clock}"
        year, month, number = DATES[day].rsplit("-", 2)
        name = _MONTHS[int(month) - 1]
        date = f"{number} {name}" if self._order == "DMY" else f"{name} {number}"
        return f"{_WEEKDAYS[day % 7]} {date} {clock} {year}"


def _era(day: int) -> str:
    return " BC" if day < FIRST_DAY_AD else ""


class StyledDate(_Styled):
    """`dates` in another style than ISO; in BINARY as they are."""

    def __init__(self, dates: Date, date_style: str) -> None:
        super().__init__(date_style)
        self._days = dates.days
        self.binary = dates.binary

    def text(self, values: pa.Array) -> list[str]:
        return [self._text(day) for day in self._days(values)]

    def _text(self, day: int) -> str:
        words = {INFINITY: "infinity", MINUS_INFINITY: "-infinity"}
        return words.get(day) or self._numbers(day) + _era(day)


class StyledTimestamp(_Styled):
    """`timestamps` in another style than ISO; in BINARY as they are."""

    def __init__(self, timestamps: Timestamp, date_style: str) -> None:
        super().__init__(date_style)
        self._timestamps = timestamps
        self.binary = timestamps.binary

    def text(self, values: pa.Array) -> list[str]:
        return [self._text(micros) for micros in self._timestamps.micros(values)]

    def _text(self, micros: int) -> str:
        word = self._timestamps.word(micros)
        if word is not None:
            return word
        (second,), fraction = split([micros])
        zone, name = self._timestamps.shown_zone, ""
        if zone is not None:
            at = zone.place(second)
            second += zone.offsets[at]
            letters = zone.abbreviations[at].encode()[:_MOST_LETTERS]
            name = f" {letters.decode('latin-1')}"
        day = second // 86_400
        (clock,) = clocks([second % 86_400], fraction)
        return self._both(day, clock) + name + _era(day)
