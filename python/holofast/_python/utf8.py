"""What Arrow calls a string and PostgreSQL does not: bytes that are not UTF-8, and U+0000."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from holofast._python.field import BadValue

if TYPE_CHECKING:
    from collections.abc import Sequence


def check(data: bytes, ends: Sequence[int]) -> None:
    """Raise BadValue for the first of the values in `data` that PostgreSQL could not hold."""
    if not _is_text(data, ends):
        for index, (start, end) in enumerate(pairwise(ends)):
            _check_value(data[start:end], index)


def _is_text(data: bytes, ends: Sequence[int]) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    # Halves of a character, in two values, are one in the data.
    whole = data.isascii() or not any(data[end] & 0xC0 == 0x80 for end in ends if end < len(data))
    return whole and b"\0" not in data


def _check_value(value: bytes, index: int) -> None:
    """The first fault of a value is told, as pg_verifymbstr finds it."""
    try:
        value.decode()
        valid = len(value)
    except UnicodeDecodeError as error:
        valid = error.start
    if b"\0" in value[:valid]:
        raise BadValue("nul_byte", index)
    if valid < len(value):
        shown = value[valid : valid + _expected_length(value[valid])]
        raise BadValue("invalid_bytes", index, " ".join(f"0x{byte:02x}" for byte in shown))


def _expected_length(lead: int) -> int:
    """How long a character is that begins with this byte (pg_utf_mblen), legal or not."""
    if lead < 0xC0 or lead >= 0xF8:
        return 1
    return 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
