"""Kinds with parts: arrays of any list layout, composites, hstores; and kinds that metadata makes.

As in literals.py a value is written twice, as an expression and as an Arrow array. A list is a
Python list, a composite a tuple, a hstore a dict.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from tests import literals
from tests.literals import KINDS, string

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Part:
    """A field: its Arrow type and metadata, and the PostgreSQL type of its values.

    `children` are the kinds of its parts; `layout` is that of a list.
    """

    arrow: pa.DataType
    pg_type: str
    metadata: dict[str, str] = field(default_factory=dict)
    children: tuple[Part, ...] = ()
    layout: str = ""

    def field(self, name: str) -> pa.Field:
        """A column of this kind."""
        return pa.field(name, self.arrow, metadata=self.metadata or None)

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values in Arrow."""
        return array(self, list(values))

    def literal(self, value: Any) -> str:
        """`value` as a typed PostgreSQL expression."""
        return literal(self, value)


BASE: Final = {name: Part(kind.arrow, kind.pg_type) for name, kind in KINDS.items()}


def declared(pg_type: str, arrow: pa.DataType | None = None) -> Part:
    """Strings, or what else is given, whose metadata says that they are of another type."""
    return Part(arrow or pa.utf8(), pg_type, {"pg_type": pg_type})


LAYOUTS: Final = ("list", "large", "view", "large view", "fixed")


def array_of(element: Part, layout: str = "list", size: int = 2) -> Part:
    """Lists of `element`; those of fixed size have `size` items."""
    item = element.field("item")
    arrow = {
        "list": pa.list_(item),
        "large": pa.large_list(item),
        "view": pa.list_view(item),
        "large view": pa.large_list_view(item),
        "fixed": pa.list_(item, size),
    }[layout]
    pg_type = element.pg_type if element.pg_type.endswith("[]") else f"{element.pg_type}[]"
    return Part(arrow, pg_type, {}, (element,), layout)


def record_of(*fields: Part) -> Part:
    """A struct of these fields."""
    arrow = pa.struct([part.field(f"f{i}") for i, part in enumerate(fields)])
    return Part(arrow, "record", {}, fields)


HSTORE: Final = Part(pa.map_(pa.utf8(), pa.utf8()), "hstore", {"pg_type": "hstore"})


def literal(part: Part, value: Any) -> str:
    """`value` as a typed PostgreSQL expression."""
    if value is None:
        return f"NULL::{part.pg_type}"
    if part.layout:
        items = ", ".join(literal(part.children[0], item) for item in value)
        return f"ARRAY[{items}]::{part.pg_type}"
    if pa.types.is_struct(part.arrow):
        fields = (literal(child, item) for child, item in zip(part.children, value, strict=True))
        row = f"ROW({', '.join(fields)})"
        return row if part.pg_type == "record" else f"{row}::{part.pg_type}"
    if part.pg_type == "hstore":
        keys = ", ".join(map(string, value))
        values = ", ".join("NULL" if v is None else string(v) for v in value.values())
        return f"hstore(ARRAY[{keys}]::text[], ARRAY[{values}]::text[])"
    if part.metadata or part.arrow not in _OWN:
        return f"{string(_said(part, value))}::{part.pg_type}"
    return literals.literal(literals.Kind(part.arrow, part.pg_type), value)


_OWN: Final = {kind.arrow for kind in KINDS.values()} | {pa.string_view()}


def _said(part: Part, value: Any) -> str:
    """What the server is to read; a number goes through the Arrow type's own precision."""
    if pa.types.is_float16(part.arrow):
        return str(pa.scalar(float(value), pa.float16()).cast(pa.float32()).as_py())
    return value.hex() if isinstance(value, bytes) else str(value)


def array(part: Part, values: list[Any]) -> pa.Array:
    """The values as an Arrow array."""
    if part.layout:
        return _lists(part, values)
    mask = pa.array([value is None for value in values], pa.bool_())
    if part.pg_type == "record":
        rows = [value or (None,) * len(part.children) for value in values]
        columns = [array(child, [row[i] for row in rows]) for i, child in enumerate(part.children)]
        if not columns:
            return pa.array([None if v is None else {} for v in values], part.arrow)
        return pa.StructArray.from_arrays(columns, fields=list(part.arrow), mask=mask)
    if part.pg_type == "hstore":
        return pa.array([None if v is None else list(v.items()) for v in values], part.arrow)
    if part.arrow in _OWN and not part.metadata:
        return literals.array(part.arrow, values)
    if pa.types.is_decimal(part.arrow):
        return pa.array([None if v is None else decimal.Decimal(v) for v in values], part.arrow)
    if pa.types.is_float16(part.arrow):
        return pa.array([None if v is None else float(v) for v in values], pa.float32()).cast(
            part.arrow
        )
    if isinstance(part.arrow, pa.BaseExtensionType):
        return part.arrow.wrap_array(pa.array(values, part.arrow.storage_type))
    return pa.array(values, part.arrow)


def _lists(part: Part, values: list[Any]) -> pa.Array:
    (child,) = part.children
    mask = pa.array([value is None for value in values], pa.bool_())
    if part.layout == "fixed":
        size = part.arrow.list_size
        flat = [item for value in values for item in (value or [None] * size)]
        return pa.FixedSizeListArray.from_arrays(array(child, flat), type=part.arrow, mask=mask)
    lengths = [len(value or ()) for value in values]
    flat = [item for value in values for item in (value or ())]
    index = pa.int64() if part.layout.startswith("large") else pa.int32()
    ends = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    if "view" not in part.layout:
        of = pa.LargeListArray if index == pa.int64() else pa.ListArray
        return of.from_arrays(pa.array(ends, index), array(child, flat), type=part.arrow, mask=mask)
    # The items stand the other way round, before one that no list has.
    backwards: list[Any] = []
    starts: list[int] = []
    for end, length in reversed(list(zip(ends, lengths, strict=False))):
        starts.insert(0, len(backwards))
        backwards += flat[end : end + length]
    view = pa.LargeListViewArray if index == pa.int64() else pa.ListViewArray
    return view.from_arrays(
        pa.array(starts, index), pa.array(lengths, index), array(child, [*backwards, *flat[:1]]),
        type=part.arrow, mask=mask,
    )  # fmt: skip
