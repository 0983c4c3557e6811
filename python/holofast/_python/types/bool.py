"""bool: `t` and `f`, one byte in BINARY (boolout, boolsend of bool.c)."""

from __future__ import annotations

import pyarrow as pa

from holofast._python.field import numbers
from holofast._python.reader import exactly


class Bool:
    """bool from Arrow's bitmap, or from bytes that are not zero."""

    alphabet = "tf"

    def text(self, values: pa.Array) -> list[str]:
        return ["t" if bit else "f" for bit in _bits(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        return [b"\1" if bit else b"\0" for bit in _bits(values)]


def _bits(values: pa.Array) -> list[int]:
    return numbers(values if values.type == pa.int8() else values.cast(pa.uint8()), "B")


def receive(data: bytes) -> bool:
    """Out of BINARY (boolrecv)."""
    return exactly(data, 1) != b"\0"
