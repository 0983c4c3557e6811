"""interval from durations and Arrow's month-day-nano: each IntervalStyle in text (EncodeInterval of
datetime.c), microseconds, days and months in BINARY (interval_send).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from holofast._python.field import BadValue, numbers
from holofast._python.reader import Fault, exactly
from holofast._python.types.time import no_place, of_unit, to_micros, to_microseconds

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

_INT64: Final = range(-(2**63), 2**63)
_INT32_MAX: Final = 2**31 - 1
_INT64_MAX: Final = 2**63 - 1
# PostgreSQL's infinities, from 17 on: months, days and microseconds, of which Arrow has nanoseconds
# (INTERVAL_NOEND and INTERVAL_NOBEGIN of timestamp.h).
_WORDS: Final = {
    (_INT32_MAX, _INT32_MAX, _INT64_MAX): "infinity",
    (-_INT32_MAX - 1, -_INT32_MAX - 1, -_INT64_MAX - 1): "-infinity",
}


class Parts(NamedTuple):
    """The fields that are written; those of the months are of one sign, and those of the time."""

    years: int
    months: int
    days: int
    hours: int
    minutes: int
    seconds: int
    micros: int


class Interval:
    """duration of a unit, or month-day-nano where `unit` is None; `style` is IntervalStyle, and
    `floor` forgets parts of microseconds.
    """

    alphabet = "@ +-:.0123456789PTYMDHSadefghimnorstuy"

    def __init__(self, unit: str | None, style: str, *, floor: bool) -> None:
        self._is_duration = unit is not None
        self._unit = to_microseconds(unit or "ns", floor=floor)
        self._put = _STYLES[style]

    def text(self, values: pa.Array) -> list[str]:
        intervals = self._intervals(values)
        return [_WORDS.get(interval) or self._put(_parts(*interval)) for interval in intervals]

    def binary(self, values: pa.Array) -> list[bytes]:
        pairs = self._intervals(values)
        return [struct.pack(">qii", micros, days, months) for months, days, micros in pairs]

    def _intervals(self, values: pa.Array) -> list[tuple[int, int, int]]:
        """Months, days and microseconds of each."""
        if not self._is_duration:
            parts = zip(*(numbers(values, "i", part, 4) for part in (0, 1)), strict=True)
            nanos = numbers(values, "q", 1, 2)
            return [
                span if span in _WORDS else (*span[:2], to_micros(span[2], self._unit, i))
                for i, span in enumerate(
                    (*part, nano) for part, nano in zip(parts, nanos, strict=True)
                )
            ]
        return [(0, 0, self._micros(value, i)) for i, value in enumerate(numbers(values, "q"))]

    def _micros(self, value: int, index: int) -> int:
        micros = to_micros(value, self._unit, index)
        if micros not in _INT64:
            raise BadValue("interval_out_of_range", index)
        return micros


def _parts(months: int, days: int, micros: int) -> Parts:
    sign, size = (-1, -micros) if micros < 0 else (1, micros)
    seconds, fraction = divmod(size, 1_000_000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    time = (sign * part for part in (hours, minutes, seconds % 60, fraction))
    month_sign = -1 if months < 0 else 1
    years, rest = divmod(abs(months), 12)
    return Parts(month_sign * years, month_sign * rest, days, *time)


def _fraction(micros: int) -> str:
    return f".{abs(micros):06}".rstrip("0") if micros else ""


def _clock(parts: Parts, *, padded: bool) -> str:
    hours, minutes, seconds = (abs(part) for part in parts[3:6])
    shown = f"{hours:02}" if padded else str(hours)
    return f"{shown}:{minutes:02}:{seconds:02}{_fraction(parts.micros)}"


def _postgres(parts: Parts) -> str:
    words: list[str] = []
    before = False
    for value, unit in zip(parts, ("year", "mon", "day"), strict=False):
        if value:
            plus = "+" if before and value > 0 else ""
            words.append(f"{plus}{value} {unit}{'s' if value != 1 else ''}")
            before = value < 0
    if not words or any(parts[3:]):
        sign = "-" if min(parts[3:]) < 0 else "+" if before else ""
        words.append(sign + _clock(parts, padded=True))
    return " ".join(words)


def _verbose(parts: Parts) -> str:
    words = ["@"]
    ago = False
    for value, unit in zip(parts, ("year", "mon", "day", "hour", "min"), strict=False):
        if value:
            ago = value < 0 if len(words) == 1 else ago
            shown = -value if ago else value
            words.append(f"{shown} {unit}{'s' if shown != 1 else ''}")
    if parts.seconds or parts.micros:
        negative = min(parts.seconds, parts.micros) < 0
        if len(words) == 1:
            ago = negative
        sign = "-" if negative != ago else ""
        one = abs(parts.seconds) == 1 and not parts.micros
        seconds = f"{sign}{abs(parts.seconds)}{_fraction(parts.micros)}"
        words.append(f"{seconds} sec{'' if one else 's'}")
    if len(words) == 1:
        words.append("0")
    return " ".join([*words, "ago"] if ago else words)


def _sql(parts: Parts) -> str:
    negative, positive = min(parts) < 0, max(parts) > 0
    months, time = any(parts[:2]), any(parts[3:])
    years = f"{abs(parts.years)}-{abs(parts.months)}"
    clock = _clock(parts, padded=False)
    if not negative and not positive:
        return "0"
    if (negative and positive) or (months and (parts.days or time)):
        signs = ["-" if min(part) < 0 else "+" for part in (parts[:2], parts[2:3], parts[3:])]
        return f"{signs[0]}{years} {signs[1]}{abs(parts.days)} {signs[2]}{clock}"
    sign = "-" if negative else ""
    if months:
        return sign + years
    return f"{sign}{abs(parts.days)} {clock}" if parts.days else sign + clock


def _iso(parts: Parts) -> str:
    date = "".join(f"{v}{u}" for v, u in zip(parts, "YMD", strict=False) if v)
    time = "".join(f"{v}{u}" for v, u in zip(parts[3:5], "HM", strict=True) if v)
    if parts.seconds or parts.micros:
        sign = "-" if min(parts.seconds, parts.micros) < 0 else ""
        time += f"{sign}{abs(parts.seconds)}{_fraction(parts.micros)}S"
    if not date and not time:
        return "PT0S"
    return f"P{date}{'T' if time else ''}{time}"


_STYLES: Final[dict[str, Callable[[Parts], str]]] = {
    "postgres": _postgres,
    "postgres_verbose": _verbose,
    "sql_standard": _sql,
    "iso_8601": _iso,
}


def _receive(data: bytes) -> tuple[int, int, int]:
    """Months, days and microseconds out of BINARY (interval_recv)."""
    micros, days, months = struct.unpack(">qii", exactly(data, 16))
    return months, days, micros


def receive_nanos(data: bytes) -> tuple[int, int, int]:
    """A month-day-nano out of BINARY."""
    span = months, days, micros = _receive(data)
    if span in _WORDS:
        return span
    if micros * 1000 not in _INT64:
        raise no_place(micros)
    return months, days, micros * 1000


def receive_duration(data: bytes, unit: str) -> int:
    """A duration of a unit out of BINARY: an interval without months and days."""
    months, days, micros = _receive(data)
    if months or days:
        raise Fault("time_no_place", f"{months} mons {days} days {micros} us")
    return of_unit(micros, unit)
