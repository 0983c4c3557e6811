"""int2, int4, int8: decimal digits; 2, 4 or 8 bytes in BINARY (int.c, int8.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast._python.field import big_endian, numbers

if TYPE_CHECKING:
    import pyarrow as pa

_CODES: Final = {"int2": "h", "int4": "i", "int8": "q"}


class Int:
    """Any Arrow integer that fits `pg_type`; `code` is struct's code of the Arrow type."""

    alphabet = "-0123456789"

    def __init__(self, code: str, pg_type: str) -> None:
        self._code = code
        self._pg_code = _CODES[pg_type]

    def text(self, values: pa.Array) -> list[str]:
        return list(map(str, numbers(values, self._code)))

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian(self._pg_code, numbers(values, self._code))
