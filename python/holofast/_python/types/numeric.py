"""numeric of any size out of PostgreSQL's own text, with a scale of its own or a word for it
(numeric_send). Columns of one scale are decimal.py's.
"""

from __future__ import annotations

import re
import struct
from typing import Final

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
