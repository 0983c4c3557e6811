"""jsonb: JSON text of any form, written as PostgreSQL writes a jsonb (JsonbToCString): keys by
length and then by bytes, the last of equal ones, `": "` and `", "` between, numbers as numeric
prints them, strings with no escapes but the needed ones. json itself is text as it is.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from holofast._python.reader import Fault
from holofast._python.strings import text
from holofast._python.types.numeric import MOST_DECIMALS, MOST_WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_DEPTH: Final = 500  # PostgreSQL's own limit depends on its stack
_NUMBER: Final = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")
_TOKEN: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"?|-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?', re.DOTALL
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
_ESCAPES: Final = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip
_ESCAPED: Final = str.maketrans({chr(n): f"\\u{n:04x}" for n in range(32)} | _ESCAPES)


class Invalid(Exception):  # noqa: N818 (the row makes an error of it)
    """What is no JSON; or is, and has no jsonb."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Number(str):
    """A number's own text."""

    __slots__ = ()


class _Object(list[tuple[str, Any]]):
    """An object's pairs as they stand."""


def jsonb(text: bytes) -> bytes:
    """The jsonb text of a JSON text; raises Invalid."""
    try:
        characters = text.decode()
        _check_depth(characters)
        fault = next(_faults(characters), None)
        if fault is not None:
            raise _first(characters, *fault)
        value = json.loads(
            characters,
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_refuse,
            object_pairs_hook=_Object,
        )
    except (ValueError, RecursionError):
        raise Invalid("json_invalid") from None
    return _canonical(value).encode()


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _check_depth(text: str) -> None:
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL)
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", bare):
        depth += 1 if bracket in "[{" else -1
        if depth > _MOST_DEPTH:
            raise Invalid("json_invalid")


def _faults(text: str) -> Iterator[tuple[int, str]]:
    """What strings and numbers there are that jsonb has not: where that is seen, and why."""
    for token in _TOKEN.finditer(text):
        if token[0].startswith('"'):
            yield from _escape_faults(token)
        elif _NUMBER.fullmatch(token[0]) and _number(token[0]) is None:
            yield token.end(), "json_number"


def _escape_faults(string: re.Match[str]) -> Iterator[tuple[int, str]]:
    """A `\\u0000`, and half a surrogate pair."""
    high_end = -1  # of the high one that was before
    for escape in _ESCAPE.finditer(string[0]):
        start, code = string.start() + escape.start(), int(escape[1] or "20", 16)
        low = 0xDC00 <= code < 0xE000
        if low != (start == high_end) or (high_end >= 0 and not low):
            yield start, "json_invalid"
        if code == 0:
            yield start, "json_nul"
        high_end = string.start() + escape.end() if 0xD800 <= code < 0xDC00 else -1
    if high_end >= 0:
        yield string.end(), "json_invalid"


def _first(text: str, end: int, reason: str) -> Invalid:
    """The fault that ends at `end`, unless the text before it has another one."""
    try:
        json.loads(text[:end] + " ", parse_constant=_refuse)  # else it wants more of an escape
    except json.JSONDecodeError as error:
        # What is only cut off has no other fault.
        if error.pos < end and not error.msg.startswith("Unterminated string"):
            return Invalid("json_invalid")
    return Invalid(reason)


def _canonical(value: Any) -> str:
    if isinstance(value, _Object):
        pairs = sorted(dict(value).items(), key=lambda pair: _order(pair[0]))
        inner = ", ".join(f"{_string(key)}: {_canonical(item)}" for key, item in pairs)
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_canonical, value))}]"
    if isinstance(value, _Number):
        return str(_number(value))
    if isinstance(value, str):
        return _string(value)
    return {None: "null", True: "true", False: "false"}[value]


def _order(key: str) -> tuple[int, bytes]:
    encoded = key.encode()
    return len(encoded), encoded


def _string(value: str) -> str:
    return f'"{value.translate(_ESCAPED)}"'


def _number(text: str) -> str | None:
    """A number as numeric_out prints it, None if no numeric holds it."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    sign, whole, fraction, power = found[1], found[2], found[3] or "", found[4] or "0"
    size = power.lstrip("+-").lstrip("0")
    exponent = int(size or "0") if len(size) <= 9 else 1 << 30
    exponent = -exponent if power.startswith("-") else exponent
    decimals = max(len(fraction) - exponent, 0)
    digits = whole + fraction
    point = len(whole) + exponent
    significant = digits.lstrip("0")
    before = point - (len(digits) - len(significant))
    if abs(exponent) >= 1 << 30 or decimals > MOST_DECIMALS:
        return None
    if not significant:
        return f"0.{'0' * decimals}" if decimals else "0"
    if before > MOST_WHOLE:
        return None
    if before <= 0:
        return f"{sign}0.{'0' * -before}{significant}"
    padded = significant.ljust(before, "0")
    tail = padded[before:]
    return f"{sign}{padded[:before]}" + (f".{tail}" if tail else "")


def receive(data: bytes) -> str:
    """jsonb out of BINARY (jsonb_recv): a version, then the text."""
    if not data:
        raise Fault("no_data_left")
    if data[0] != 1:
        raise Fault("jsonb_version", data[0])
    return text(data[1:])
