"""COPY BINARY's frame: the header, the words before rows and fields, the trailer. What is in a cell
belongs to its reader.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from holofast._python.reader import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
_MOST_ROW_BYTES: Final = 2**30 - 2  # memutils.h, MaxAllocSize, with a terminating zero


class Short(Exception):  # noqa: N818 (of a stream that goes on it is no error)
    """The bytes end before what is read does."""


def header(data: bytes | bytearray) -> int:
    """How long the header is, the extension included; raises Short, or Fault as soon as known."""
    if len(data) >= len(SIGNATURE) and not data.startswith(SIGNATURE):
        raise Fault("signature")
    if len(data) < 19:
        raise Short
    _check_flags(data)
    (extension,) = struct.unpack_from(">i", data, 15)
    if extension < 0:
        raise Fault("missing_length")
    return 19 + int(extension)


def cut_header(data: bytes | bytearray) -> Fault:
    """What the end of the bytes inside a header makes of it."""
    if len(data) < len(SIGNATURE):
        return Fault("signature")
    if len(data) < 15:
        return Fault("missing_flags")
    try:
        _check_flags(data)
    except Fault as fault:
        return fault
    return Fault("missing_length" if len(data) < 19 else "wrong_length")


def _check_flags(data: bytes | bytearray) -> None:
    (flags,) = struct.unpack_from(">I", data, 11)
    if flags >> 16 & 1:
        raise Fault("with_oids")
    if flags >> 16:
        raise Fault("critical_flags")


def is_trailer(data: bytes | bytearray, at: int) -> bool:
    """Whether the trailer stands at `at`; raises Short."""
    return _int16(data, at) == -1


def cells(data: bytes | bytearray, at: int, columns: int) -> Iterator[bytes | None]:
    """The cells of the row at `at`, None for NULL, one after the other.

    Raises Short where the data end, and Fault for words that are none of such a row.
    """
    start, at = at, at + 2
    count = _int16(data, start)
    if count != columns:
        raise Fault("field_count", count, columns)
    for _ in range(columns):
        if at + 4 > len(data):
            raise Short
        (length,) = struct.unpack_from(">i", data, at)
        at += 4
        if length < -1:
            raise Fault("field_size")
        if at + max(length, 0) - start > _MOST_ROW_BYTES:
            raise Fault("row_too_long")
        if length == -1:
            yield None
            continue
        if at + length > len(data):
            raise Short
        yield bytes(data[at : at + length])
        at += length


def _int16(data: bytes | bytearray, at: int) -> int:
    if at + 2 > len(data):
        raise Short
    value: int = struct.unpack_from(">h", data, at)[0]
    return value
