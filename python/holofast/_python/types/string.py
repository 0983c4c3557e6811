"""text: the bytes as they are; in BINARY already in the client's encoding."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from holofast._python.encoding import converted
from holofast._python.field import BadValue, spans
from holofast._python.utf8 import check

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast.conversions import Encoding


class String:
    """utf8 and large_utf8; `encoding` is what BINARY converts to."""

    alphabet = None

    def __init__(self, large: bool, encoding: Encoding | None) -> None:
        self._large = large
        self._encoding = encoding

    def text(self, values: pa.Array) -> list[str]:
        return [value.decode("latin-1") for value in self._utf8(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        if self._encoding is None:
            return self._utf8(values)
        try:
            content = self._utf8(values)
        except BadValue as error:
            self.binary(values.slice(0, error.index))  # what is wrong before it goes first
            raise
        return converted(content, self._encoding)

    def _utf8(self, values: pa.Array) -> list[bytes]:
        view, ends = spans(values, self._large)
        data = bytes(view)
        check(data, ends)
        return [data[start:end] for start, end in pairwise(ends)]
