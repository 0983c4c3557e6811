"""bytea: `\\x` and lower-case hex digits (bytea_output = hex); raw in BINARY (varlena.c)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from holofast._python.field import spans

if TYPE_CHECKING:
    import pyarrow as pa


class Bytes:
    """binary and large_binary."""

    alphabet = "\\x0123456789abcdef"

    def __init__(self, large: bool) -> None:
        self._large = large

    def text(self, values: pa.Array) -> list[str]:
        data, ends = spans(values, self._large)
        digits = data.hex()
        return [f"\\x{digits[2 * start : 2 * end]}" for start, end in pairwise(ends)]

    def binary(self, values: pa.Array) -> list[bytes]:
        data, ends = spans(values, self._large)
        content = bytes(data)
        return [content[start:end] for start, end in pairwise(ends)]
