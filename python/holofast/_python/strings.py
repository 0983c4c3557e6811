"""Readers of values of any length: text, bytes, and text that is made of another binary form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holofast._python import utf8
from holofast._python.field import BadValue
from holofast._python.reader import Fault, exactly

if TYPE_CHECKING:
    from collections.abc import Callable


def text(data: bytes) -> str:
    """Text as it is."""
    try:
        utf8.check(data, [0, len(data)])
    except BadValue as error:
        raise Fault(error.reason, error.value) from None
    return data.decode()


def raw(data: bytes) -> bytes:
    """Bytes as they are."""
    return data


def of_width(width: int) -> Callable[[bytes], bytes]:
    """Bytes that are all of one width."""

    def receive(data: bytes) -> bytes:
        if len(data) != width:
            raise Fault("byte_width", len(data), width)
        return data

    return receive


def uuid(data: bytes) -> bytes:
    """The sixteen bytes of a uuid (uuid_recv)."""
    return exactly(data, 16)
