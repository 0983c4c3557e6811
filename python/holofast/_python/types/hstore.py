"""hstore from maps of strings: `"a"=>"1", "b"=>NULL` in text (hstore_out), counted pairs in BINARY
(hstore_send); the keys by length, then by bytes.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from holofast._python.encoding import converted
from holofast._python.field import BadValue
from holofast._python.reader import Cursor, Fault, nulls
from holofast._python.utf8 import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holofast._python.reader import Column
    from holofast.conversions import Encoding

_Pairs = list[tuple[bytes, bytes | None]]


class Hstore:
    """A map of strings to strings."""

    alphabet = None

    def __init__(self, encoding: Encoding | None) -> None:
        self._encoding = encoding

    def text(self, values: pa.Array) -> list[str]:
        return [_text(pairs) for pairs in _all_pairs(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        return [self._send(pairs, row) for row, pairs in enumerate(_all_pairs(values))]

    def _send(self, pairs: _Pairs, row: int) -> bytes:
        parts = [part for pair in pairs for part in pair]
        if self._encoding is not None:
            with _in_row(row):
                parts = [part and converted([part], self._encoding)[0] for part in parts]
        sent = [struct.pack(">i", -1 if p is None else len(p)) + (p or b"") for p in parts]
        return struct.pack(">i", len(pairs)) + b"".join(sent)


@contextmanager
def _in_row(row: int) -> Iterator[None]:
    """Tells of a bad part as the row's."""
    try:
        yield
    except BadValue as error:
        raise BadValue(error.reason, row, error.value) from None


def _all_pairs(values: pa.Array) -> Iterator[_Pairs]:
    for row, entries in enumerate(_entries(values)):
        pairs = sorted(entries, key=lambda pair: (len(pair[0]), pair[0]))
        with _in_row(row):
            for part in [part for pair in pairs for part in pair if part]:
                check(part, [0, len(part)])
        for (key, _), (following, _) in pairwise(pairs):
            if key == following:
                raise BadValue("duplicate_key", row, key.decode())
        yield pairs


def _entries(values: pa.Array) -> Iterator[_Pairs]:
    # Keys and items come without regard to an offset; as bytes, for they may be no UTF-8.
    keys = values.keys.cast(pa.large_binary()).to_pylist()
    items = values.items.cast(pa.large_binary()).to_pylist()
    for start, end in pairwise(values.offsets.to_pylist()):
        yield list(zip(keys[start:end], items[start:end], strict=True))


def _text(pairs: _Pairs) -> str:
    return ", ".join(f"{_quoted(key)}=>{_quoted(value)}" for key, value in pairs)


def _quoted(value: bytes | None) -> str:
    if value is None:
        return "NULL"
    text = value.decode("latin-1")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Maps:
    """Maps out of BINARY (hstore_recv); a value is a list of pairs."""

    def __init__(self, arrow: pa.DataType, key: Column, item: Column) -> None:
        self._arrow = arrow
        self._key = key
        self._item = item

    def read(self, data: bytes) -> list[tuple[Any, Any]]:
        map_ = Cursor(data)
        count = map_.int32()
        if count < 0:
            raise Fault("incorrect_format")
        pairs = [self._pair(map_) for _ in range(count)]
        map_.end()
        return pairs

    def _pair(self, map_: Cursor) -> tuple[Any, Any]:
        key = map_.field()
        if key is None:
            raise Fault("null_key")
        return self._key.read(key), self._item.read(map_.field())

    def array(self, values: Sequence[Any]) -> pa.Array:
        offsets = [0]
        for value in values:
            offsets.append(offsets[-1] + len(value or ()))
        pairs = [pair for value in values for pair in value or ()]
        keys = self._key.array([key for key, _ in pairs])
        items = self._item.array([item for _, item in pairs])
        places = pa.array(offsets, pa.int32())
        return pa.MapArray.from_arrays(places, keys, items, type=self._arrow, mask=nulls(values))
