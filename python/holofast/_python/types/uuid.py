"""uuid: lower-case hex digits in five groups (uuid_out), sixteen bytes in BINARY."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from holofast._python.types.bytes import Bytes

if TYPE_CHECKING:
    import pyarrow as pa

_TEXT: Final = re.compile("-".join(f"[0-9a-fA-F]{{{n}}}" for n in (8, 4, 4, 4, 12)))


class Uuid:
    """Sixteen bytes of fixed-size binary."""

    alphabet = "-0123456789abcdef"

    def __init__(self) -> None:
        self._bytes = Bytes(large=True)

    def text(self, values: pa.Array) -> list[str]:
        digits = [value.hex() for value in self.binary(values)]
        return [f"{d[:8]}-{d[8:12]}-{d[12:16]}-{d[16:20]}-{d[20:]}" for d in digits]

    def binary(self, values: pa.Array) -> list[bytes]:
        return self._bytes.binary(values)


def parse(text: str) -> bytes | None:
    """The bytes of a uuid's own text, None for what is none."""
    return bytes.fromhex(text.replace("-", "")) if _TEXT.fullmatch(text) else None
