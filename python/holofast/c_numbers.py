"""Numbers at the start of a text as C's library reads them, and so the server its settings.

What a setting then takes is its own module's.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Final

_INTEGER: Final = re.compile(
    r"[ \t-\r]*([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))", re.IGNORECASE
)
_DECIMAL: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_HEXADECIMAL: Final = r"0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)(?:p[+-]?[0-9]+)?"
_WORD: Final = r"inf(?:inity)?|(nan)(?:\([0-9a-z_]*\))?"
_FLOAT: Final = re.compile(
    rf"[ \t-\r]*([+-]?(?:({_HEXADECIMAL})|{_DECIMAL}|{_WORD}))", re.IGNORECASE
)


def strtol(text: str) -> tuple[int, int]:
    """An integer of base 8, 10 or 16 by its prefix, of any size, and where it ends; 0 if none."""
    match = _INTEGER.match(text)
    if match is None:
        return 0, 0
    sign, hexadecimal, octal, decimal = match.groups()
    size = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    return -size if sign == "-" else size, match.end()


def strtod(text: str) -> tuple[float, int, bool]:
    """A number, where it ends (0 if there is none), and whether it is without ERANGE."""
    match = _FLOAT.match(text)
    if match is None:
        return 0.0, 0, True
    number, hexadecimal, nan = match.groups()
    if nan:
        return math.nan, match.end(), True
    try:
        value = float.fromhex(number) if hexadecimal else float(number)
    except OverflowError:  # of fromhex alone
        value = -math.inf if number.startswith("-") else math.inf
    mantissa = number.lower().replace("0x", "").split("p" if hexadecimal else "e")[0]
    infinite = math.isinf(value) and "inf" not in mantissa
    tiny = abs(value) < sys.float_info.min and re.search("[1-9a-f]", mantissa)
    return value, match.end(), not infinite and not tiny
