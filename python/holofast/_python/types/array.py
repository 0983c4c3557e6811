"""Arrays from lists of any layout: array_out's braces in text, array_send's head in BINARY.

Lists of lists are arrays of more dimensions. NULL elements, and which texts are quoted, are
nested.py's.
"""

from __future__ import annotations

import struct
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from holofast._python.field import BadValue, plain, taken
from holofast._python.nested import array_rule, nested_binary, nested_text
from holofast._python.reader import Cursor, Fault, nulls
from holofast.arrow_types import is_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holofast._python.field import Field
    from holofast._python.reader import Column
    from holofast.pg_types import PgType

_MAX_DIMENSIONS: Final = 6  # MAXDIM of c.h

_Nested = list["_Nested"] | int  # the place of an element, or lists of such


class Array:
    """A list of any layout, its innermost values written by `element`."""

    alphabet = None

    def __init__(self, element: Field, to: PgType) -> None:
        self._element = element
        self._delimiter = chr(to.delimiter)
        self._rule = array_rule(self._delimiter, element.alphabet)
        self._oid = to.children[0].oid

    def text(self, values: pa.Array) -> list[str]:
        shapes, leaves, owners = _shapes(values)
        texts = nested_text(self._element, leaves, self._rule, "NULL")
        return [self._braces(shape, texts) for shape in _checked(shapes, texts, owners)]

    def binary(self, values: pa.Array) -> list[bytes]:
        shapes, leaves, owners = _shapes(values)
        fields = nested_binary(self._element, leaves)
        nulls = [not there for there in leaves.is_valid().to_pylist()]
        return [self._send(shape, fields, nulls) for shape in _checked(shapes, fields, owners)]

    def _braces(self, shape: _Nested, texts: list[str | BadValue]) -> str:
        if isinstance(shape, int):
            return str(texts[shape])
        return "{" + self._delimiter.join(self._braces(item, texts) for item in shape) + "}"

    def _send(self, shape: _Nested, fields: list[bytes | BadValue], nulls: list[bool]) -> bytes:
        places = list(_places(shape))
        lengths = _lengths(shape)
        has_null = any(nulls[place] for place in places)
        head = struct.pack(">iiI", len(lengths), has_null, self._oid)
        dimensions = b"".join(struct.pack(">ii", length, 1) for length in lengths)
        return head + dimensions + b"".join(bytes(fields[place]) for place in places)  # type: ignore[arg-type]


def _checked(
    shapes: list[_Nested | BadValue],
    made: list[str | BadValue] | list[bytes | BadValue],
    owners: list[int],
) -> list[_Nested]:
    """The shapes; raises the first row's BadValue, be it of its shape or of an element."""
    bad = [(shape.index, shape) for shape in shapes if isinstance(shape, BadValue)]
    wrong = ((owners[i], e) for i, e in enumerate(made) if isinstance(e, BadValue))
    first = min([*bad, *wrong], key=lambda pair: pair[0], default=None)
    if first is not None:
        raise BadValue(first[1].reason, first[0], first[1].value)
    return [shape for shape in shapes if not isinstance(shape, BadValue)]


def _shapes(values: pa.Array) -> tuple[list[_Nested | BadValue], pa.Array, list[int]]:
    """Each row's shape, the innermost values, whose places the shapes tell, and their rows."""
    shapes: list[_Nested | BadValue] = []
    lists, leaves = _levels(values)
    kept: list[int] = []
    owners: list[int] = []
    for row in range(len(values)):
        before = len(kept)
        try:
            shapes.append(_shape(lists, row, kept))
        except BadValue as error:
            del kept[before:]
            shapes.append(BadValue(error.reason, row))
        owners += [row] * (len(kept) - before)
    return shapes, taken(leaves, pa.array(kept, pa.int64())), owners


def _levels(values: pa.Array) -> tuple[list[list[range]], pa.Array]:
    """The items of each list on each level, as places in the next one; none for NULL."""
    levels = []
    while is_list(values.type):
        lengths = pc.fill_null(pc.list_value_length(values), 0).to_pylist()
        ends = list(accumulate(lengths))
        levels.append([range(end - n, end) for end, n in zip(ends, lengths, strict=True)])
        values = plain(values.flatten())
    return levels, values


def _shape(levels: list[list[range]], row: int, kept: list[int]) -> _Nested:
    """The list's places. Lists of nothing but empty ones are empty; beside others there may be
    none such (ExecEvalArrayExpr), and all must be of one shape.
    """
    items, *rest = levels
    if not rest:
        first = len(kept)
        kept += items[row]
        return list(range(first, len(kept)))
    shapes = [_shape(rest, item, kept) for item in items[row]]
    lengths = [_lengths(shape) for shape in shapes]
    if any(length != lengths[0] for length in lengths):
        raise BadValue("ragged", row)
    if not lengths or not lengths[0]:
        return []
    if len(lengths[0]) == _MAX_DIMENSIONS:
        raise BadValue("dimensions", row)
    return shapes


def _lengths(shape: _Nested) -> list[int]:
    return [len(shape), *_lengths(shape[0])] if isinstance(shape, list) and shape else []


def _places(shape: _Nested) -> Iterator[int]:
    if isinstance(shape, int):
        yield shape
    else:
        for item in shape:
            yield from _places(item)


_MOST_ELEMENTS: Final = 134_217_727  # MaxArraySize of arrayutils.c


class Lists:
    """Lists of any layout out of arrays (array_recv); a value is lists of lists of elements."""

    def __init__(self, arrow: pa.DataType, element: Column, oid: int) -> None:
        self._levels = [arrow]
        while is_list(inner := self._levels[-1].value_type):
            self._levels.append(inner)
        self._element = element
        self._oid = oid

    def read(self, data: bytes) -> list[Any]:
        array = Cursor(data)
        count, flags, oid = array.int32(), array.int32(), array.oid()
        if count not in (0, len(self._levels)):
            raise Fault("array_dimensions", count, len(self._levels))
        if flags not in (0, 1):
            raise Fault("incorrect_format")
        if self._oid and oid != self._oid:
            raise Fault("wrong_type", oid, self._oid)
        lengths = self._lengths(array, count)
        # Of an empty array there are no inner lists.
        levels = self._levels if prod(lengths) else self._levels[:1]
        for level, length in zip(levels, lengths, strict=True):
            if pa.types.is_fixed_size_list(level) and level.list_size != length:
                raise Fault("list_size", length, level.list_size)
        elements = [self._element.read(array.field()) for _ in range(prod(lengths))]
        array.end()
        for length in reversed(lengths[1:]):
            elements = [elements[i : i + length] for i in range(0, len(elements), length)]
        return elements

    def _lengths(self, array: Cursor, count: int) -> list[int]:
        lengths, bounds = [], []
        for _ in range(count):
            lengths.append(array.int32())
            if lengths[-1] < 0:
                raise Fault("incorrect_format")
            bounds.append(array.int32())
        if not count or not prod(lengths):
            return [0]
        wrong = [bound for bound in bounds if bound != 1]
        if wrong:
            raise Fault("array_bound", wrong[0])
        if prod(lengths) > _MOST_ELEMENTS:
            raise Fault("row_too_long")
        return lengths

    def array(self, values: Sequence[Any]) -> pa.Array:
        return self._built(self._levels, values)

    def _built(self, levels: Sequence[pa.DataType], values: Sequence[Any]) -> pa.Array:
        level, *rest = levels
        size = level.list_size if pa.types.is_fixed_size_list(level) else 0
        # Behind a NULL too there are items, where all lists are of one size.
        lists = [[None] * size if value is None else value for value in values]
        items = [item for value in lists for item in value]
        inner = self._built(rest, items) if rest else self._element.array(items)
        return _lists(level, [len(value) for value in lists], inner, nulls(values))


def _lists(
    arrow: pa.DataType, lengths: list[int], items: pa.Array, mask: pa.Array | None
) -> pa.Array:
    """The items in lists of these lengths."""
    if pa.types.is_fixed_size_list(arrow):
        return pa.FixedSizeListArray.from_arrays(items, type=arrow, mask=mask)
    large = pa.types.is_large_list(arrow) or pa.types.is_large_list_view(arrow)
    code = pa.int64() if large else pa.int32()
    ends = [0, *accumulate(lengths)]
    if pa.types.is_list(arrow):
        return pa.ListArray.from_arrays(pa.array(ends, code), items, type=arrow, mask=mask)
    if pa.types.is_large_list(arrow):
        return pa.LargeListArray.from_arrays(pa.array(ends, code), items, type=arrow, mask=mask)
    kind = pa.LargeListViewArray if large else pa.ListViewArray
    starts, sizes = pa.array(ends[:-1], code), pa.array(lengths, code)
    return kind.from_arrays(starts, sizes, items, type=arrow, mask=mask)
