"""text: the bytes as they are, in both formats; 0x00 is no character in PostgreSQL."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from holofast._python.field import BadValue, spans

if TYPE_CHECKING:
    import pyarrow as pa


class String:
    """utf8 and large_utf8."""

    alphabet = None

    def __init__(self, large: bool) -> None:
        self._large = large

    def text(self, values: pa.Array) -> list[str]:
        data, ends = spans(values, self._large)
        characters = str(data, "latin-1")
        _refuse_nul(characters, ends)
        return [characters[start:end] for start, end in pairwise(ends)]

    def binary(self, values: pa.Array) -> list[bytes]:
        data, ends = spans(values, self._large)
        content = bytes(data)
        _refuse_nul(content.decode("latin-1"), ends)
        return [content[start:end] for start, end in pairwise(ends)]


def _refuse_nul(characters: str, ends: list[int]) -> None:
    at = characters.find("\0")
    if at >= 0:
        index = next(i for i, end in enumerate(ends[1:]) if at < end)
        raise BadValue("nul_byte", index)
