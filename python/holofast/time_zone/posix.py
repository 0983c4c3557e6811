"""A time zone's rule in a string: POSIX's TZ, as `SET TimeZone` and the ends of TZif files have it.

    NAME offset [NAME [offset] [, start [/time] , end [/time]]]

Offsets are hours[:minutes[:seconds]] *west* of UTC. What is accepted is what tzparse of
PostgreSQL's localtime.c accepts, which is more than POSIX. Files of zones are not known here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY: Final = 86_400
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()

_DEFAULT_DATES: Final = ",M3.2.0,M11.1.0"  # TZDEFRULESTRING: those of the United States
# As in localtime.c, what has been read as one thing is not read again as another.
_OFFSET: Final = r"([+-]?[0-9]++(?::[0-9]++(?::[0-9]++|(?!:))|(?!:)))"
_DATE: Final = rf"(M[0-9]+\.[0-9]+\.[0-9]+|J[0-9]+|[0-9]+)(?:/{_OFFSET})?"
_NAME: Final = r"(?:<([^>]*)>|((?!<)[^-+,0-9]*+))"
_RULE: Final = re.compile(
    rf"{_NAME}{_OFFSET}(?:(?=[^-+,0-9]){_NAME}{_OFFSET}?([,;].*)?)?", re.DOTALL
)
_DATES: Final = re.compile(rf"[,;]{_DATE},{_DATE}", re.DOTALL)
_MOST_OF_OFFSET: Final = (167, 59, 60)


@dataclass(frozen=True)
class Change:
    """A date of every year, and the seconds from its midnight to when the clocks change."""

    date: str
    seconds: int


@dataclass(frozen=True)
class Rule:
    """Standard time, and where there is one, daylight saving time; offsets are seconds east.

    `start` and `end` are those of daylight saving time.
    """

    name: str
    offset: int
    daylight_name: str = ""
    daylight_offset: int = 0
    start: Change | None = None
    end: Change | None = None

    def changes(self, years: Iterable[int]) -> list[tuple[int, bool]]:
        """UTC seconds since 1970 at which clocks change, and whether to daylight saving time.

        A year that would be daylight saving time throughout has none.
        """
        found: list[tuple[int, bool]] = []
        if self.start is None or self.end is None:
            return found
        for year in years:
            start = _when(self.start, year) - self.offset
            end = _when(self.end, year) - self.daylight_offset
            length = (date(year + 1, 1, 1) - date(year, 1, 1)).days * DAY
            if end < start:
                found += [(end, False), (start, True)]
            elif start < end < start + length + self.daylight_offset - self.offset:
                found += [(start, True), (end, False)]
        return found


def parse(text: str) -> Rule | None:
    """The rule that `text` is, None where it is none."""
    match = _RULE.fullmatch(text)
    if match is None:
        return None
    quoted, plain, offset, daylight_quoted, daylight_plain, daylight, dates = match.groups()
    standard = _seconds(offset)
    if standard is None:
        return None
    name = plain if quoted is None else quoted
    daylight_name = daylight_quoted or daylight_plain
    if not daylight_name:
        # A second name that is empty is none.
        return Rule(name, -standard) if match.end(3) == len(text) else None
    saving = standard - 3600 if daylight is None else _seconds(daylight)
    start, end = _changes(dates or _DEFAULT_DATES)
    if saving is None or start is None or end is None:
        return None
    return Rule(name, -standard, daylight_name, -saving, start, end)


def _changes(text: str) -> tuple[Change | None, Change | None]:
    match = _DATES.fullmatch(text)
    if match is None:
        return None, None
    return _change(match[1], match[2]), _change(match[3], match[4])


def _change(day: str, time: str | None) -> Change | None:
    seconds = 7200 if time is None else _seconds(time)
    if day.startswith("M"):
        month, week, weekday = map(int, day[1:].split("."))
        valid = 1 <= month <= 12 and 1 <= week <= 5 and weekday <= 6
    elif day.startswith("J"):
        valid = 1 <= int(day[1:]) <= 365
    else:
        valid = int(day) <= 365
    return Change(day, seconds) if valid and seconds is not None else None


def _seconds(text: str) -> int | None:
    """Signed seconds of an offset; None where one of its numbers is too large."""
    parts = [int(part) for part in text.lstrip("+-").split(":")]
    if any(part > most for part, most in zip(parts, _MOST_OF_OFFSET, strict=False)):
        return None
    hours, minutes, seconds = (*parts, 0, 0)[:3]
    return (-1 if text.startswith("-") else 1) * (hours * 3600 + minutes * 60 + seconds)


def _when(change: Change, year: int) -> int:
    """Seconds since 1970 of a change in `year`, as the clocks before it show them."""
    day = change.date
    ordinal = date(year, 1, 1).toordinal()
    if day.startswith("M"):
        month, week, weekday = map(int, day[1:].split("."))
        first = date(year, month, 1)
        ordinal = first.toordinal() + (weekday - first.isoweekday()) % 7 + 7 * (week - 1)
        while date.fromordinal(ordinal).month != month:  # week 5 means the last
            ordinal -= 7
    elif day.startswith("J"):  # 1 to 365, February 29 never counted
        leap = (date(year + 1, 1, 1) - date(year, 1, 1)).days == 366
        ordinal += int(day[1:]) - 1 + (leap and int(day[1:]) >= 60)
    else:
        ordinal += int(day)
    return (ordinal - EPOCH_ORDINAL) * DAY + change.seconds
