"""hstore from maps of strings: `"a"=>"1", "b"=>NULL` in text (hstore_out), counted pairs in BINARY
(hstore_send); the keys by length, then by bytes.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from holofast._python.field import BadValue

if TYPE_CHECKING:
    from collections.abc import Iterator

_Pairs = list[tuple[bytes, bytes | None]]


class Hstore:
    """A map of strings to strings."""

    alphabet = None

    def text(self, values: pa.Array) -> list[str]:
        return [_text(pairs) for pairs in _all_pairs(values)]

    def binary(self, values: pa.Array) -> list[bytes]:
        return [_send(pairs) for pairs in _all_pairs(values)]


def _all_pairs(values: pa.Array) -> Iterator[_Pairs]:
    for row, entries in enumerate(_entries(values)):
        pairs = sorted(entries, key=lambda pair: (len(pair[0]), pair[0]))
        if any(b"\0" in key or b"\0" in (value or b"") for key, value in pairs):
            raise BadValue("nul_byte", row)
        for (key, _), (following, _) in pairwise(pairs):
            if key == following:
                raise BadValue("duplicate_key", row, key.decode())
        yield pairs


def _entries(values: pa.Array) -> Iterator[_Pairs]:
    keys, items = values.keys, values.items  # without regard to an offset
    offsets = values.offsets.to_pylist()
    keys = [key.encode() for key in pc.cast(keys, pa.large_utf8()).to_pylist()]
    values_ = [
        None if item is None else item.encode()
        for item in pc.cast(items, pa.large_utf8()).to_pylist()
    ]
    for start, end in pairwise(offsets):
        yield list(zip(keys[start:end], values_[start:end], strict=True))


def _text(pairs: _Pairs) -> str:
    return ", ".join(f"{_quoted(key)}=>{_quoted(value)}" for key, value in pairs)


def _quoted(value: bytes | None) -> str:
    if value is None:
        return "NULL"
    text = value.decode("latin-1")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _send(pairs: _Pairs) -> bytes:
    parts = [part for pair in pairs for part in pair]
    sent = [struct.pack(">i", -1 if p is None else len(p)) + (p or b"") for p in parts]
    return struct.pack(">i", len(pairs)) + b"".join(sent)
