"""Ranges of numbers out of PostgreSQL's own text, which Arrow carries them as (range_send)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from holofast._python.reader import Cursor, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from holofast.pg_types import PgType

# RANGE_EMPTY, RANGE_LB_INC, RANGE_UB_INC, RANGE_LB_INF and RANGE_UB_INF of rangetypes.h.
_EMPTY: Final = 1
_INCLUSIVE: Final = (2, 4)
_INFINITE: Final = (8, 16)


def parse(
    text: str, bound: PgType, parse_bound: Callable[[PgType, str], bytes | None]
) -> bytes | None:
    """The flags, and each bound that there is behind its length; None for what is no range."""
    if text == "empty":
        return bytes([_EMPTY])
    if len(text) < 2 or text[0] not in "[(" or text[-1] not in ")]" or "," not in text:
        return None
    flags, sent = 0, b""
    inclusive = (text[0] == "[", text[-1] == "]")
    for i, part in enumerate(text[1:-1].split(",", 1)):
        if not part:
            flags |= _INFINITE[i]
            continue
        flags |= _INCLUSIVE[i] if inclusive[i] else 0
        value = parse_bound(bound, part)
        if value is None:
            return None
        sent += struct.pack(">i", len(value)) + value
    return bytes([flags]) + sent


def receive(data: bytes, bound: PgType, receive_bound: Callable[[PgType, bytes], str]) -> str:
    """PostgreSQL's own text of a range (range_recv, range_out)."""
    if not data:
        raise Fault("no_data_left")
    flags, rest = data[0], Cursor(data[1:])
    if flags & _EMPTY:
        rest.end()
        return "empty"
    bounds = []
    for infinite in _INFINITE:
        value = b"" if flags & infinite else rest.field()
        if value is None:
            raise Fault("incorrect_format")
        bounds.append("" if flags & infinite else receive_bound(bound, value))
    rest.end()
    ends = ["[" if flags & _INCLUSIVE[0] else "(", "]" if flags & _INCLUSIVE[1] else ")"]
    return f"{ends[0]}{','.join(bounds)}{ends[1]}"
