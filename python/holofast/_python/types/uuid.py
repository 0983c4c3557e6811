"""uuid: lower-case hex digits in five groups (uuid_out), sixteen bytes in BINARY."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from holofast._python.reader import exactly
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
        return list(map(_hyphened, self.binary(values)))

    def binary(self, values: pa.Array) -> list[bytes]:
        return self._bytes.binary(values)


def parse(text: str) -> bytes | None:
    """The bytes of a uuid's own text, None for what is none."""
    return bytes.fromhex(text.replace("-", "")) if _TEXT.fullmatch(text) else None


def receive_text(data: bytes) -> str:
    """PostgreSQL's own text of a uuid out of BINARY (uuid_recv)."""
    return _hyphened(exactly(data, 16))


def _hyphened(value: bytes) -> str:
    digits = value.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
