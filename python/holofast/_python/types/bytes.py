"""bytea: `\\x` and lower-case hex digits, or by bytea_output escapes; raw in BINARY (varlena.c)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from holofast._python.field import spans

if TYPE_CHECKING:
    import pyarrow as pa


# byteaout: a backslash doubled, and what is no printable ASCII as three octal digits.
_ESCAPES: Final = {byte: f"\\{byte:03o}" for byte in range(256) if not 32 <= byte < 127} | {
    ord("\\"): "\\\\"
}


class Bytes:
    """binary and large_binary."""

    alphabet: str | None = "\\x0123456789abcdef"

    def __init__(self, large: bool, *, escape: bool = False) -> None:
        self._large = large
        self._escape = escape
        if escape:
            self.alphabet = None

    def text(self, values: pa.Array) -> list[str]:
        if self._escape:
            return [value.decode("latin-1").translate(_ESCAPES) for value in self.binary(values)]
        data, ends = spans(values, self._large)
        digits = data.hex()
        return [f"\\x{digits[2 * start : 2 * end]}" for start, end in pairwise(ends)]

    def binary(self, values: pa.Array) -> list[bytes]:
        data, ends = spans(values, self._large)
        content = bytes(data)
        return [content[start:end] for start, end in pairwise(ends)]
