"""A session's TimeZone, as plain numbers that both engines can search: transitions and offsets.

One TZif file (RFC 8536) is read per zone: the system's, which Debian's PostgreSQL reads too, or the
tzdata package's where the system has none. Formatting an offset belongs to the engines, the rule
at a file's end (its POSIX footer) to `posix_rule`'s callers here. Nothing here reads a clock.
"""

from __future__ import annotations

import importlib.util
import re
import struct
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from holofast.errors import CopyError

CYCLE_YEARS: Final = 400
CYCLE_SECONDS: Final = 12_622_780_800  # the Gregorian calendar repeats, weekdays included

_SYSTEM: Final = Path("/usr/share/zoneinfo")
_DAY: Final = 86_400
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MAX_OFFSET: Final = 168 * 3600  # pgtz.h: no POSIX offset reaches a week


@dataclass(frozen=True)
class Zone:
    """Offsets from UTC: `offsets[bisect_right(transitions, t)]` seconds east at UTC second `t`.

    `transitions` are UTC seconds since 1970, ascending; `offsets` has one more entry than they.
    From `cycle_start` on, where it is not None, `t` is first reduced by whole 400-year cycles
    (12,622,780,800 s) into [cycle_start, cycle_start + 400 years).
    """

    transitions: tuple[int, ...]
    offsets: tuple[int, ...]
    cycle_start: int | None
    abbreviations: tuple[str, ...] = field(compare=False)


UTC: Final = Zone((), (0,), None, ("UTC",))


@lru_cache(maxsize=16)
def load(name: str) -> Zone:
    """The zone that `SET TimeZone = name` means: a name in any case, hours east, or a POSIX zone.

    Raises CopyError 22023 for what PostgreSQL refuses (variable.c, check_timezone).
    """
    if re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)", name):
        seconds = int(float(name) * 3600)
        if abs(seconds) >= _MAX_OFFSET:
            raise _invalid(name)
        return Zone((), (seconds,), None, (_numeric_name(seconds),))
    path = _find(name)
    if path is None:
        return _posix_zone(name)
    data = path.read_bytes()
    if data[:4] != b"TZif":
        raise _invalid(name)
    return _parse(name, data)


def _numeric_name(seconds: int) -> str:
    """What pg_tzset_offset calls a zone so many seconds east of UTC."""
    minutes, rest = divmod(abs(seconds), 60)
    tail = f":{rest:02}" if rest else ""
    tail = f":{minutes % 60:02}{tail}" if minutes % 60 or rest else ""
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{tail}"


def _invalid(name: str) -> CopyError:
    return CopyError("22023", f'invalid value for parameter "TimeZone": "{name}"')


def _find(name: str) -> Path | None:
    package = importlib.util.find_spec("tzdata")
    roots = [_SYSTEM]
    if package is not None and package.origin is not None:
        roots.append(Path(package.origin).parent / "zoneinfo")
    for root in roots:
        path = _descend(root, name.split("/"))
        if path is not None and path.is_file():
            return path
    return None


def _descend(root: Path, parts: list[str]) -> Path | None:
    """The file that matches without regard to case, as pgtz.c's scan_directory_ci walks."""
    path = root
    for part in parts:
        if part.startswith(".") or not path.is_dir():
            return None
        if part and (path / part).exists():
            path /= part
            continue
        matches = (e for e in sorted(path.iterdir()) if e.name.lower() == part.lower())
        found = next(matches, None)
        if found is None:
            return None
        path = found
    return path


def _parse(name: str, data: bytes) -> Zone:
    """A TZif file of version 2 or later; version 1's 32-bit block is passed over."""
    isut, isstd, leaps, times, types, chars = struct.unpack_from(">6l", data, 20)
    at = 44 + times * 5 + types * 6 + chars + leaps * 8 + isstd + isut
    isut, isstd, leaps, times, types, chars = struct.unpack_from(">6l", data, at + 20)
    if leaps:
        raise CopyError(
            "22023",
            f'time zone "{name}" appears to use leap seconds',
            detail="PostgreSQL does not support leap seconds.",
        )
    at += 44
    transitions = struct.unpack_from(f">{times}q", data, at)
    indexes = data[at + times * 8 : at + times * 9]
    at += times * 9
    offsets = [struct.unpack_from(">l", data, at + 6 * i)[0] for i in range(types)]
    letters = data[at + types * 6 :]
    starts = [data[at + 6 * i + 5] for i in range(types)]
    names = [letters[n : letters.index(b"\0", n)].decode("ascii") for n in starts]
    at += types * 6 + chars + isstd + isut
    footer = data[at:].strip(b"\n").decode("ascii")
    first = Zone(
        transitions,
        (offsets[0], *(offsets[i] for i in indexes)),
        None,
        (names[0], *(names[i] for i in indexes)),
    )
    return _extend(first, footer)


def _extend(zone: Zone, footer: str) -> Zone:
    """The file's transitions, and the footer's for the 400 years that follow the last of them."""
    rule = _POSIX.fullmatch(footer)
    if rule is None or rule["start"] is None:
        return zone
    start = zone.transitions[-1] if zone.transitions else 0
    first_year = date.fromordinal(start // _DAY + _EPOCH_ORDINAL).year
    standard = -_seconds(rule["offset"])
    daylight = -_seconds(rule["dst_offset"]) if rule["dst_offset"] else standard + 3600
    summer, winter = rule["dst"].strip("<>"), rule["std"].strip("<>")
    changes = sorted(
        change
        for year in range(first_year - 1, first_year + CYCLE_YEARS + 2)
        for change in (
            (_when(rule["start"], year) - standard, daylight, summer),
            (_when(rule["end"], year) - daylight, standard, winter),
        )
        if start < change[0] < start + CYCLE_SECONDS
    )
    more, their_offsets, their_names = zip(*changes, strict=True)
    return Zone(
        (*zone.transitions, *more),
        (*zone.offsets, *their_offsets),
        start,
        (*zone.abbreviations, *their_names),
    )


_NAME: Final = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)"
_TIME: Final = r"[+-]?\d+(?::\d+(?::\d+)?)?"
_DATE: Final = rf"(?:M\d+\.\d+\.\d+|J\d+|\d+)(?:/{_TIME})?"
# RFC 8536 §3.3 and POSIX.1 §8.3: std offset [dst [offset] , start [/time] , end [/time]]
_POSIX: Final = re.compile(
    rf"(?P<std>{_NAME})(?P<offset>{_TIME})"
    rf"((?P<dst>{_NAME})(?P<dst_offset>{_TIME})?,(?P<start>{_DATE}),(?P<end>{_DATE}))?"
)


_DEFAULT_RULE: Final = ",M3.2.0,M11.1.0"  # TZDEFRULESTRING of localtime.c
_CYCLES_BEFORE: Final = 17


def _posix_zone(name: str) -> Zone:
    """A zone given as `NAME+3:30`: seconds *west* of UTC, as POSIX has it."""
    fixed = re.fullmatch(r"(?P<name>[^\W\d]*|<[^>]*>)(?P<offset>[+-]?\d{1,3}(?::[0-5]?\d)?)", name)
    if fixed is not None and abs(_seconds(fixed["offset"])) < _MAX_OFFSET:
        return Zone((), (-_seconds(fixed["offset"]),), None, (fixed["name"].strip("<>"),))
    rule = name if "," in name else name + _DEFAULT_RULE
    found = _POSIX.fullmatch(rule)
    if found is None or found["start"] is None:
        raise _invalid(name)
    return _always(rule)


def _always(rule: str) -> Zone:
    """A POSIX rule with daylight saving, as tzparse has it: for all times."""
    cycle = _extend(Zone((), (0,), None, ("",)), rule)
    # From a whole number of cycles before PostgreSQL's first timestamp on; what is in force there
    # is what was at the end of the cycle before.
    start = -_CYCLES_BEFORE * CYCLE_SECONDS
    return Zone(
        tuple(start + change for change in cycle.transitions),
        (cycle.offsets[-1], *cycle.offsets[1:]),
        start,
        (cycle.abbreviations[-1], *cycle.abbreviations[1:]),
    )


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = (*map(int, text.lstrip("+-").split(":")), 0, 0)[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)


def _when(rule: str, year: int) -> int:
    """Local wall-clock seconds since 1970 of one of a footer's two dates in `year`."""
    day, _, time = rule.partition("/")
    january_1 = date(year, 1, 1)
    ordinal = january_1.toordinal()
    if day.startswith("M"):
        month, week, weekday = map(int, day[1:].split("."))
        first = date(year, month, 1)
        ordinal = first.toordinal() + (weekday - first.isoweekday()) % 7 + 7 * (week - 1)
        while date.fromordinal(ordinal).month != month:  # week 5 means the last
            ordinal -= 7
    elif day.startswith("J"):  # 1 to 365, February 29 never counted
        number = int(day[1:])
        ordinal = date(2001, 1, 1).toordinal() + number - 1
        ordinal = date.fromordinal(ordinal).replace(year=year).toordinal()
    else:
        ordinal += int(day)
    return (ordinal - _EPOCH_ORDINAL) * _DAY + (_seconds(time) if time else 7200)
