"""A session's TimeZone, as plain numbers that both engines can search: transitions and offsets.

One TZif file (RFC 8536) is read per zone: the system's, which Debian's PostgreSQL reads too, or the
tzdata package's where the system has none. What a string says by itself, as a file's last line
does, is `posix`'s; formatting belongs to the engines. Nothing here reads a clock.
"""

from __future__ import annotations

import importlib.util
import re
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from holofast.c_numbers import strtod
from holofast.errors import CopyError
from holofast.time_zone.posix import DAY, EPOCH_ORDINAL, Rule, parse

CYCLE_YEARS: Final = 400
CYCLE_SECONDS: Final = 12_622_780_800  # the Gregorian calendar repeats, weekdays included

_SYSTEM: Final = Path("/usr/share/zoneinfo")
_CYCLES_BEFORE_1970: Final = 17  # beyond PostgreSQL's first timestamp, in 4714 BC
_YEAR_2000: Final = 946_684_800
_MOST_SECONDS: Final = 168 * 3600  # pgtz.h: no POSIX offset reaches a week
_LONGEST_NAME: Final = 255  # pgtime.h, TZ_STRLEN_MAX, in bytes
# SET TIME ZONE INTERVAL: of all that interval_in reads, a clock.
_INTERVAL: Final = re.compile(
    r"interval[ \t-\r]*'([+-]?)([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?'", re.IGNORECASE
)
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


@dataclass(frozen=True)
class Zone:
    """Offsets from UTC: `offsets[place(t)]` seconds east at UTC second `t`.

    `transitions` are UTC seconds since 1970, ascending; `offsets` has one more entry than they, and
    `abbreviations`, such as CEST, as many as it. From `cycle_start` on, where it is not None, `t`
    is first reduced by whole 400-year cycles (12,622,780,800 s) into [cycle_start, cycle_start +
    400 years). `name` is what SHOW TimeZone says.
    """

    transitions: tuple[int, ...]
    offsets: tuple[int, ...]
    cycle_start: int | None
    abbreviations: tuple[str, ...] = field(compare=False)
    name: str = field(compare=False)

    def place(self, second: int) -> int:
        """The place among `offsets` of UTC second `second`."""
        start = self.cycle_start
        if start is not None and second >= start:
            second = start + (second - start) % CYCLE_SECONDS
        return bisect_right(self.transitions, second)


UTC: Final = Zone((), (0,), None, ("UTC",), "UTC")


@lru_cache(maxsize=16)
def load(name: str) -> Zone:
    """The zone that `SET TimeZone = name` means: a name in any case, hours east, or a POSIX rule;
    `interval '…'` is hours too, which here are a clock alone, such as +08:00.

    Raises CopyError 22023 for what PostgreSQL refuses (variable.c, check_timezone).
    """
    if name[:8].lower() == "interval":
        return _interval(name)
    hours, end, _ = strtod(name)
    if end == len(name) > 0:
        return _east(name, hours * 3600)
    zone = _load(name) if len(name.encode()) <= _LONGEST_NAME else None
    if zone is None:
        raise _invalid(name)
    if zone.offsets[zone.place(_YEAR_2000)] % 60:
        raise _leaping(name)  # so it seems to pg_tz_acceptable
    return zone


def _interval(name: str) -> Zone:
    match = _INTERVAL.fullmatch(name)
    if match is None:
        raise _invalid(name, hint="Of intervals only clocks are known here, such as '+08:00'.")
    sign, hours, minutes, seconds = match.groups()
    east = int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)
    return _east(name, -east if sign == "-" else east)


def _east(name: str, offset: float) -> Zone:
    """The zone that is always so many seconds east."""
    zone = None
    if abs(offset) < _MOST_SECONDS:
        seconds = int(offset)
        minutes, second = divmod(abs(seconds), 60)
        clock = f"{minutes // 60:02}" + (f":{minutes % 60:02}" if minutes % 60 or second else "")
        clock += f":{second:02}" if second else ""
        east, west = ("-", "+") if seconds < 0 else ("+", "-")
        zone = _by_rule(f"<{east}{clock}>{west}{clock}")
    if zone is None:
        raise _invalid(name, detail="UTC timezone offset is out of range.")
    return zone


def _load(name: str) -> Zone | None:
    """A zone's file, or else a POSIX rule; None where it is neither."""
    found = _find(name.removeprefix(":"))
    if found is None:
        return None if name.startswith(":") else _by_rule(name.translate(_UPPER))
    canonical, path = found
    data = path.read_bytes()
    return _parse(canonical, data) if data[:4] == b"TZif" else None


def _invalid(name: str, detail: str | None = None, hint: str | None = None) -> CopyError:
    message = f'invalid value for parameter "TimeZone": "{name}"'
    return CopyError("22023", message, detail=detail, hint=hint)


def _leaping(name: str) -> CopyError:
    return CopyError(
        "22023",
        f'time zone "{name}" appears to use leap seconds',
        detail="PostgreSQL does not support leap seconds.",
    )


def _find(name: str) -> tuple[str, Path] | None:
    """A zone's own name and its file."""
    package = importlib.util.find_spec("tzdata")
    roots = [_SYSTEM]
    if package is not None and package.origin is not None:
        roots.append(Path(package.origin).parent / "zoneinfo")
    for root in roots:
        path = _descend(root, name.split("/"))
        if path is not None and path.is_file():
            return str(path.relative_to(root)), path
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
        raise _leaping(name)
    at += 44
    transitions = struct.unpack_from(f">{times}q", data, at)
    indexes = data[at + times * 8 : at + times * 9]
    at += times * 9
    found = list(struct.iter_unpack(">lBB", data[at : at + 6 * types]))
    at += types * 6
    names = data[at : at + chars]
    kinds = [
        (offset, names[start:].partition(b"\0")[0].decode("ascii")) for offset, _, start in found
    ]
    at += chars + isstd + isut
    footer = data[at:].strip(b"\n").decode("ascii")
    return _extend(name, transitions, [kinds[0], *(kinds[i] for i in indexes)], footer)


def _extend(
    name: str, transitions: tuple[int, ...], kinds: list[tuple[int, str]], footer: str
) -> Zone:
    """The file's transitions, and the footer's for the 400 years that follow the last of them."""
    start = transitions[-1] if transitions else 0
    first_year = date.fromordinal(start // DAY + EPOCH_ORDINAL).year
    rule = parse(footer)
    changes = rule.changes(range(first_year - 1, first_year + CYCLE_YEARS + 2)) if rule else []
    changes = [change for change in changes if start < change[0] < start + CYCLE_SECONDS]
    if rule is None or not changes:
        return _zone(name, transitions, kinds, None)
    kinds = [*kinds, *(_kind(rule, daylight=daylight) for _, daylight in changes)]
    return _zone(name, (*transitions, *(at for at, _ in changes)), kinds, start)


def _by_rule(text: str) -> Zone | None:
    """A zone that is its rule, before 1970 too."""
    rule = parse(text)
    if rule is None:
        return None
    cycle = rule.changes(range(1970, 1970 + CYCLE_YEARS))
    if not cycle:
        return _zone(text, (), [_kind(rule, daylight=rule.start is not None)], None)
    shift = -_CYCLES_BEFORE_1970 * CYCLE_SECONDS
    transitions = tuple(at + shift for at, _ in cycle)
    kinds = [_kind(rule, daylight=daylight) for _, daylight in cycle]
    return _zone(text, transitions, [kinds[-1], *kinds], transitions[0])


def _kind(rule: Rule, *, daylight: bool) -> tuple[int, str]:
    if daylight:
        return rule.daylight_offset, rule.daylight_name
    return rule.offset, rule.name


def _zone(
    name: str, transitions: tuple[int, ...], kinds: list[tuple[int, str]], start: int | None
) -> Zone:
    offsets, abbreviations = zip(*kinds, strict=True)
    return Zone(transitions, offsets, start, abbreviations, name)
