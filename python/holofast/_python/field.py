"""What a type must do for the row loop, and how its values are read out of Arrow buffers.

NULL, quoting and framing are not here: a field only ever sees columns without nulls.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import Any, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

_Cell = TypeVar("_Cell")

NULL_LENGTH: Final = struct.pack(">i", -1)  # what BINARY has in the place of a NULL's length


class Field(Protocol):
    """One column's value → bytes."""

    @property
    def alphabet(self) -> str | None:
        """Every character its text can have; None for any."""

    def text(self, values: pa.Array) -> list[str]:
        """The values' text as byte strings; raises BadValue."""

    def binary(self, values: pa.Array) -> list[bytes]:
        """The values' binary form without its length; raises BadValue."""


class BadValue(Exception):  # noqa: N818 (not an error of ours before a column and a row are known)
    """The value at `index` of a column without nulls has no COPY form."""

    def __init__(self, reason: str, index: int, value: object = "") -> None:
        self.reason = reason
        self.index = index
        self.value = str(value)


def plain(values: pa.Array) -> pa.Array:
    """The values in a layout that the fields read: no extension, dictionary, runs or views."""
    arrow = values.type
    if isinstance(arrow, pa.BaseExtensionType):
        return plain(values.storage)
    if pa.types.is_dictionary(arrow):
        return taken(plain(values.dictionary), values.indices)
    if pa.types.is_run_end_encoded(arrow):
        return taken(plain(values.values), pa.array(_runs(values), pa.int64()))
    if arrow == pa.string_view():
        return values.cast(pa.large_utf8())
    if arrow == pa.binary_view() or pa.types.is_fixed_size_binary(arrow):
        return values.cast(pa.large_binary())
    return values.cast(pa.float32()) if pa.types.is_float16(arrow) else values


def _runs(values: pa.Array) -> list[int]:
    """The places of the rows' values, of a run-end encoded array."""
    ends = values.run_ends.to_pylist()
    rows = range(values.offset, values.offset + len(values))
    return [bisect_right(ends, row) for row in rows]


def taken(values: pa.Array, places: pa.Array) -> pa.Array:
    """The values at these places, NULL at NULL."""
    if not pa.types.is_nested(values.type):
        return values.take(places)
    # Of all that may be nested not everything can be taken; to put slices together always works.
    null = pa.nulls(1, values.type)
    pieces = [null if at is None else values.slice(at, 1) for at in places.to_pylist()]
    return pa.concat_arrays(pieces or [values.slice(0, 0)])


def split(values: pa.Array) -> tuple[pa.Array, list[int]]:
    """The values without NULLs, and the rows of the NULLs."""
    if values.null_count == 0:
        return values, []
    nulls = numbers(pc.indices_nonzero(values.is_null()), "Q")
    if not pa.types.is_nested(values.type):
        return values.drop_null(), nulls
    # As in `taken`, whole slices at a time.
    edges = zip([-1, *nulls], [*nulls, len(values)], strict=True)
    present = [values.slice(a + 1, b - a - 1) for a, b in edges if b > a + 1]
    return pa.concat_arrays(present or [values.slice(0, 0)]), nulls


def scatter(cells: list[_Cell], nulls: list[int], null: _Cell) -> list[_Cell]:
    """The cells in their rows, and `null` in the rows `nulls`: what `split` took apart."""
    if not nulls:
        return cells
    rows: list[_Cell] = []
    start = 0
    for before, row in enumerate(nulls):
        rows += cells[start : row - before]
        rows.append(null)
        start = row - before
    return rows + cells[start:]


def numbers(values: pa.Array, code: str, part: int = 0, parts: int = 1) -> list[Any]:
    """A fixed-width array's values as machine numbers of struct's `code`.

    Where a value is `parts` numbers one behind the other, those in place `part`.
    """
    if len(values) == 0:
        return []
    width = struct.calcsize(code) * parts
    view = memoryview(values.buffers()[1]).cast("B")
    start = values.offset * width
    return _typed(view[start : start + len(values) * width], code, part, parts)


def big_endian(code: str, values: list[int]) -> list[bytes]:
    """Each value as COPY BINARY holds it."""
    width = struct.calcsize(f">{code}")
    packed = struct.pack(f">{len(values)}{code}", *values)
    return [packed[at : at + width] for at in range(0, len(packed), width)]


def spans(values: pa.Array, large: bool) -> tuple[memoryview, list[int]]:
    """A variable-width array's data from its first value on, and the values' ends from 0."""
    if len(values) == 0:
        return memoryview(b""), [0]
    _, offsets, data = values.buffers()
    width = 8 if large else 4
    start = values.offset * width
    view = memoryview(offsets).cast("B")[start : start + (len(values) + 1) * width]
    ends = _typed(view, "q" if large else "i")
    first = ends[0]
    content = memoryview(data or b"").cast("B")[first : ends[-1]]
    return content, [end - first for end in ends] if first else ends


def _typed(view: memoryview, code: str, part: int = 0, parts: int = 1) -> list[Any]:
    numbers: list[Any] = view.cast(code)[part::parts].tolist()  # type: ignore[call-overload]
    return numbers
