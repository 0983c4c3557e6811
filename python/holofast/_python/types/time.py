"""time: ISO style in text (EncodeTimeOnly of datetime.c), microseconds since midnight in BINARY;
and how Arrow's units count. Clocks serve timestamps too, units dates as well.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from holofast._python.field import BadValue, big_endian, numbers
from holofast._python.reader import Fault, exactly, signed

if TYPE_CHECKING:
    import pyarrow as pa

DAY_MICROS: Final = 86_400_000_000


class Unit(NamedTuple):
    """What values are multiplied with and divided by, and whether they may leave a rest then."""

    multiplier: int
    divisor: int
    floors: bool = False


_MICROS: Final = {"s": Unit(1_000_000, 1), "ms": Unit(1_000, 1), "us": Unit(1, 1)}


def to_microseconds(unit: str, *, floor: bool) -> Unit:
    """What makes microseconds of one of Arrow's units; `floor` forgets parts of them."""
    return _MICROS.get(unit) or Unit(1, 1_000, floor)


_MINUTES: Final = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60 + 1))
_SECONDS: Final = tuple(f"{second:02}" for second in range(60))


class Time:
    """time32 and time64 of any unit; 24:00:00 is a time."""

    alphabet = ":.0123456789"

    def __init__(self, unit: str, *, floor: bool) -> None:
        self._code = "i" if unit in ("s", "ms") else "q"
        self._unit = to_microseconds(unit, floor=floor)

    def text(self, values: pa.Array) -> list[str]:
        return clocks(*split(self._micros(values)))

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian("q", self._micros(values))

    def _micros(self, values: pa.Array) -> list[int]:
        given = numbers(values, self._code)
        micros = converted(given, self._unit, 0, DAY_MICROS + 1)
        return micros or [self._time(value, i) for i, value in enumerate(given)]

    def _time(self, value: int, index: int) -> int:
        time = to_micros(value, self._unit, index)
        if not 0 <= time <= DAY_MICROS:
            sign = "-" if time < 0 else ""
            hours, rest = divmod(abs(time), 3_600_000_000)
            (clock,) = clocks(*split([rest]))
            raise BadValue("time_out_of_range", index, f"{sign}{hours:02}{clock[2:]}")
        return time


def converted(given: list[int], unit: Unit, first: int, end: int) -> list[int]:
    """The numbers in the unit wanted; none if one of them takes a closer look than all at once:
    it is not whole, or not between `first` and `end`.
    """
    multiplier, divisor, floors = unit
    values = given
    if divisor > 1:
        rest = not floors and any(v % divisor for v in given)
        values = [] if rest else [v // divisor for v in given]
    elif multiplier > 1:
        values = [v * multiplier for v in given]
    return values if values and first <= min(values) and max(values) < end else []


def to_micros(value: int, unit: Unit, index: int) -> int:
    """One value in microseconds, which must be whole if the unit does not floor."""
    if unit.floors:
        return value // unit.divisor
    return unit.multiplier * whole(value, unit.divisor, "nanoseconds", index)


def whole(value: int, unit: int, reason: str, index: int) -> int:
    """How many units `value` is; raises BadValue for `reason` if something is left."""
    quotient, rest = divmod(value, unit)
    if rest:
        raise BadValue(reason, index, value)
    return quotient


def split(micros: list[int]) -> tuple[list[int], list[int]]:
    """Whole seconds, and the microseconds that are left."""
    return [value // 1_000_000 for value in micros], [value % 1_000_000 for value in micros]


def clocks(seconds: list[int], micros: list[int]) -> list[str]:
    """HH:MM:SS of a day's seconds, with up to six digits behind, without zeros at the end."""
    minutes = [_MINUTES[second // 60] for second in seconds]
    rest = [_SECONDS[second % 60] for second in seconds]
    if not any(micros):
        return [f"{hm}:{s}" for hm, s in zip(minutes, rest, strict=True)]
    parts = zip(minutes, rest, map("%06d".__mod__, micros), strict=True)
    return [f"{hm}:{s}.{fraction}".rstrip("0").rstrip(".") for hm, s, fraction in parts]


_TIMETZ: Final = re.compile(
    r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?"
    r"([+-])([0-9]{2})(?::([0-5][0-9])(?::([0-5][0-9]))?)?"
)


def parse_timetz(text: str) -> bytes | None:
    """timetz out of PostgreSQL's own text, which Arrow carries it as (timetz_send): microseconds
    since midnight, and seconds west of UTC; None for what is none.
    """
    found = _TIMETZ.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds = map(int, found.group(1, 2, 3))
    micros = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000
    micros += int((found[4] or "").ljust(6, "0"))
    east, east_minutes, east_seconds = (int(part or 0) for part in found.group(6, 7, 8))
    offset = (east * 60 + east_minutes) * 60 + east_seconds
    if micros > DAY_MICROS:
        return None
    return struct.pack(">qi", micros, -offset if found[5] == "+" else offset)


def receive(data: bytes) -> int:
    """Microseconds since midnight out of BINARY (time_recv)."""
    micros = signed(data, 8)
    if not 0 <= micros <= DAY_MICROS:
        raise Fault("received_time")
    return micros


def in_unit(micros: int, unit: str) -> int | None:
    """Microseconds in one of Arrow's units; None where they are not whole ones that it holds."""
    multiplier, divisor, _ = to_microseconds(unit, floor=False)
    value, rest = divmod(micros * divisor, multiplier)
    return None if rest or not -(2**63) <= value < 2**63 else value


def receive_in(data: bytes, unit: str) -> int:
    """A time of a unit out of BINARY."""
    return of_unit(receive(data), unit)


def of_unit(micros: int, unit: str) -> int:
    """Microseconds in one of Arrow's units; raises Fault."""
    value = in_unit(micros, unit)
    if value is None:
        raise no_place(micros)
    return value


def no_place(micros: int) -> Fault:
    """What is told of microseconds that are none of Arrow's."""
    return Fault("time_no_place", f"{micros} us")


_MOST_ZONE: Final = 16 * 3600  # TZDISP_LIMIT of timestamp.h, in seconds


def receive_timetz(data: bytes) -> str:
    """PostgreSQL's own text of a timetz out of BINARY (timetz_recv)."""
    exactly(data, 12)
    (clock,) = clocks(*split([receive(data[:8])]))
    west = signed(data[8:], 4)
    if abs(west) >= _MOST_ZONE:
        raise Fault("received_zone")
    minutes, seconds = divmod(abs(west), 60)
    parts = [f"{minutes // 60:02}", f"{minutes % 60:02}", f"{seconds:02}"]
    while len(parts) > 1 and parts[-1] == "00":
        parts.pop()
    return f"{clock}{'-' if west > 0 else '+'}{':'.join(parts)}"
