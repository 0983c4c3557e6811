"""numeric of any size out of PostgreSQL's own text, with a scale of its own or a word for it
(numeric_send), and out of BINARY (numeric_recv). Columns of one scale are decimal.py's.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from holofast._python.reader import Fault
from holofast._python.types.decimal import send

MOST_WHOLE: Final = 131_072  # digits before and behind the point that a numeric can have
MOST_DECIMALS: Final = 16_383

_WORDS: Final = {
    "NaN": struct.pack(">hhHH", 0, 0, 0xC000, 0),
    "Infinity": struct.pack(">hhHH", 0, 0, 0xD000, 0x20),
    "-Infinity": struct.pack(">hhHH", 0, 0, 0xF000, 0x20),
}
_NUMBER: Final = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?")


def parse(text: str) -> bytes | None:
    """The binary form of a numeric's text, None for what is none."""
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, decimals = found[1], found[2] or ""
    if len(whole) > MOST_WHOLE or len(decimals) > MOST_DECIMALS:
        return None
    digits = int_of(whole + decimals)
    return send(-digits if text.startswith("-") else digits, len(decimals))


def int_of(digits: str) -> int:
    """As int(), which takes no more than 4,300 digits at once."""
    value = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start : start + 4000]
        value = value * 10 ** len(piece) + int(piece)
    return value


_SIGNS: Final = {
    0: "", 0x4000: "-", 0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity",
}  # fmt: skip
_MOST_SCALE: Final = 0x3FFF  # NUMERIC_DSCALE_MASK of numeric.c


def _receive(data: bytes) -> tuple[str, str, str]:
    """The sign and the decimal digits before and behind the point; or a word in their stead."""
    if len(data) < 8:
        raise Fault("insufficient_data")
    count, weight, sign, scale = struct.unpack_from(">HhHH", data)
    if sign not in _SIGNS:
        raise Fault("numeric_sign")
    if scale > _MOST_SCALE:
        raise Fault("numeric_scale")
    rest = data[8:]
    digits = [
        digit for (digit,) in struct.iter_unpack(">H", rest[: min(len(rest) // 2, count) * 2])
    ]
    if max(digits, default=0) >= 10_000:
        raise Fault("numeric_digit")
    if len(rest) != 2 * count:
        raise Fault("insufficient_data" if len(digits) < count else "incorrect_format")
    decimals = "".join(f"{digit:04}" for digit in digits)
    point = 4 * (weight + 1)
    if point < 0:
        decimals, point = "0" * -point + decimals, 0
    whole = decimals[:point].ljust(point, "0").lstrip("0")
    return _SIGNS[sign], whole, decimals[point:][:scale].ljust(scale, "0")


def receive_text(data: bytes) -> str:
    """PostgreSQL's own text out of BINARY (numeric_out)."""
    sign, whole, decimals = _receive(data)
    if len(sign) > 1:
        return sign
    text = f"{whole or '0'}.{decimals}" if decimals else whole or "0"
    return sign + text if text.strip("0.") else text


def receive_decimal(data: bytes, precision: int, scale: int) -> int:
    """The unscaled value of a decimal of this precision and scale."""
    sign, whole, decimals = _receive(data)
    if len(sign) > 1:
        raise Fault("numeric_special", sign)
    digits = whole + decimals.ljust(max(scale, 0), "0")
    kept = len(whole) + scale
    if digits[max(kept, 0) :].strip("0"):
        raise Fault("numeric_inexact")
    value = int_of(digits[: max(kept, 0)])
    if value >= 10**precision:
        raise Fault("numeric_overflow")
    return -value if sign else value


def receive_uint64(data: bytes) -> int:
    """A whole number of 64 bits without a sign."""
    value = receive_decimal(data, 20, 0)
    if not 0 <= value < 2**64:
        raise Fault("numeric_overflow")
    return value
