"""int2, int4, int8, oid and "char": decimal digits, of "char" the byte; 1 to 8 bytes in BINARY
(int.c, int8.c, oid.c, char.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue, big_endian, numbers
from holofast._python.reader import Fault, exactly

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

# struct's code, the least and the greatest value, and what PostgreSQL's message calls the type.
_TYPES: Final = {
    "int2": ("h", -(2**15), 2**15 - 1, "smallint"),
    "int4": ("i", -(2**31), 2**31 - 1, "integer"),
    "int8": ("q", -(2**63), 2**63 - 1, "bigint"),
    "oid": ("I", 0, 2**32 - 1, "OID"),
    "char": ("B", -128, 255, '"char"'),
}


class Int:
    """Any Arrow integer as `pg_type`; `code` is struct's code of the Arrow type."""

    def __init__(self, code: str, pg_type: str) -> None:
        self._code = code
        self._pg_code, self._least, self._most, self._words = _TYPES[pg_type]
        self._is_char = pg_type == "char"
        self.alphabet = None if self._is_char else "-0123456789"

    def text(self, values: pa.Array) -> list[str]:
        integers = self._fitting(values)
        return list(map(_charout if self._is_char else str, integers))

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian(self._pg_code, self._fitting(values))

    def _fitting(self, values: pa.Array) -> list[int]:
        integers: list[int] = numbers(values, self._code)
        if min(integers, default=0) < self._least or max(integers, default=0) > self._most:
            inside = [self._least <= value <= self._most for value in integers]
            raise BadValue("int_out_of_range", inside.index(False), self._words)
        return [value % 256 for value in integers] if self._is_char else integers


def _charout(byte: int) -> str:
    """The byte, nothing for 0, three octal digits for what is no ASCII."""
    if byte >= 128:
        return f"\\{byte:03o}"
    return chr(byte) if byte else ""


def receive(name: str, arrow: pa.DataType) -> Callable[[bytes], int]:
    """Out of BINARY (int2recv, int4recv, int8recv, oidrecv, charrecv): as one of Arrow's."""
    code, least = str(arrow), -(2 ** (arrow.bit_width - 1))
    is_signed = code.startswith("i")
    inside = range(least if is_signed else 0, -least if is_signed else -2 * least)
    width = {"int2": 2, "int4": 4, "int8": 8, "oid": 4, "char": 1}[name]
    sent_signed = name.startswith("int") or (name == "char" and code == "int8")

    def integer(data: bytes) -> int:
        value = int.from_bytes(exactly(data, width), "big", signed=sent_signed)
        if value not in inside:
            raise Fault("int_no_place", value, code)
        return value

    return integer
