"""Arrays from lists of any layout: array_out's braces in text, array_send's head in BINARY.

Lists of lists are arrays of more dimensions. NULL elements, and which texts are quoted, are
nested.py's.
"""

from __future__ import annotations

import struct
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from holofast._python.field import BadValue, plain, taken
from holofast._python.nested import array_rule, nested_binary, nested_text
from holofast.arrow_types import is_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holofast._python.field import Field
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
