"""What a type must do to be read out of BINARY, and the columns of values of one width.

NULL is not here: a reader only ever sees bytes; a column knows whether it may be NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from holofast.arrow_types import storage_type

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Fault(Exception):  # noqa: N818 (not an error of ours before a column and a row are known)
    """Bytes that are no value of their column."""

    def __init__(self, reason: str, *values: object) -> None:
        self.reason = reason
        self.value = "; ".join(map(str, values))


class Reader(Protocol):
    """One column's bytes → values, and values → Arrow."""

    def read(self, data: bytes) -> Any:
        """The value; raises Fault."""

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values, None for NULL, in the storage type of the schema."""


@dataclass(frozen=True)
class Column:
    """A field of the schema, and what reads its values."""

    type: pa.DataType
    nullable: bool
    reader: Reader

    def read(self, cell: bytes | None) -> Any:
        """The value of a cell, None for NULL."""
        if cell is not None:
            return self.reader.read(cell)
        if not self.nullable and not pa.types.is_null(self.type):
            raise Fault("null_value")
        return None

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values in the type of the schema."""
        array = self.reader.array(values)
        if isinstance(self.type, pa.BaseExtensionType):
            return pa.ExtensionArray.from_storage(self.type, array)
        return array


class Fixed:
    """Values that `receive` makes integers of, which lie in memory as a type of their width."""

    def __init__(self, arrow: pa.DataType, receive: Callable[[bytes], int]) -> None:
        self._arrow = storage_type(arrow)
        self.read = receive

    def array(self, values: Sequence[Any]) -> pa.Array:
        width = self._arrow.bit_width // 8
        words = [
            None if value is None else value.to_bytes(width, "little", signed=value < 0)
            for value in values
        ]
        return laid_out(self._arrow, pa.array(words, pa.binary(width)))


class Plain:
    """Values that pyarrow takes as `receive` makes them."""

    def __init__(self, arrow: pa.DataType, receive: Callable[[bytes], Any]) -> None:
        self._arrow = storage_type(arrow)
        self.read = receive

    def array(self, values: Sequence[Any]) -> pa.Array:
        return pa.array(values, self._arrow)


class Nothing:
    """Arrow's null type, in which no value may be."""

    def read(self, data: bytes) -> Any:
        raise Fault("not_null")

    def array(self, values: Sequence[Any]) -> pa.Array:
        return pa.nulls(len(values))


def laid_out(arrow: pa.DataType, values: pa.Array) -> pa.Array:
    """Bytes of fixed-size binary as a type of their width."""
    return pa.Array.from_buffers(arrow, len(values), values.buffers(), offset=values.offset)


def exactly(data: bytes, width: int) -> bytes:
    """A value of so many bytes."""
    if len(data) == width:
        return data
    if not data and width == 1:
        raise Fault("no_data_left")
    raise Fault("insufficient_data" if len(data) < width else "incorrect_format")


def signed(data: bytes, width: int) -> int:
    """A big-endian integer of so many bytes."""
    return int.from_bytes(exactly(data, width), "big", signed=True)


class Cursor:
    """A place in a value that has others in it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def int32(self) -> int:
        """The next word."""
        self._at += 4
        if self._at > len(self._data):
            raise Fault("insufficient_data")
        return int.from_bytes(self._data[self._at - 4 : self._at], "big", signed=True)

    def oid(self) -> int:
        """The next word, without a sign."""
        return self.int32() % 2**32

    def field(self) -> bytes | None:
        """A length and so many bytes; None for NULL."""
        length = self.int32()
        if length == -1:
            return None
        if not 0 <= length <= len(self._data) - self._at:
            raise Fault("insufficient_data")
        self._at += length
        return self._data[self._at - length : self._at]

    def end(self) -> None:
        """Nothing may be left."""
        if self._at < len(self._data):
            raise Fault("incorrect_format")


def nulls(values: Sequence[Any]) -> pa.Array | None:
    """The mask of what is NULL among them, None where nothing is."""
    mask = [value is None for value in values]
    return pa.array(mask) if any(mask) else None
