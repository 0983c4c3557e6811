"""Hypothesis strategies: typed columns, the many ways Arrow can lay one out, and COPY's options."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from holofast.errors import CopyError
from holofast.options import CopyOptions
from hypothesis import strategies as st

from tests.literals import KINDS, Kind, Named, Value, array
from tests.parts import BASE, LAYOUTS, Part, array_of, record_of
from tests.vectors.parts import DECLARED
from tests.vectors.values import values_of

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROWS = 140  # past two of the native engine's blocks of 64 rows

_SPECIAL = "\\,\"'\t\n\r\b\f\v;|N.é日😀 at05x"
_CHARACTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
_TEXT = st.text(st.sampled_from(_SPECIAL) | _CHARACTERS, max_size=80)


def values(name: str, *, valid: bool = True) -> st.SearchStrategy[Value]:
    """Values of a kind, None only for null: PostgreSQL's or, not `valid`, all that Arrow holds."""
    arrow = KINDS[name].arrow
    if pa.types.is_null(arrow):
        return st.none()
    nasty = st.sampled_from([value for value in values_of(name) if value is not None])
    if pa.types.is_boolean(arrow):
        return nasty
    if pa.types.is_floating(arrow):
        return nasty | st.floats(width=arrow.bit_width).map(repr)
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow):
        return nasty | (_TEXT if valid else st.text("\0a,", max_size=70))
    if pa.types.is_binary(arrow) or pa.types.is_large_binary(arrow):
        return nasty | st.binary(max_size=80).map(bytes.hex)
    if pa.types.is_decimal(arrow):
        top = 10**arrow.precision - 1
        return nasty | st.integers(-top, top)
    if not pa.types.is_temporal(arrow):
        known = [int(value) for value in values_of(name) if value is not None]
        return nasty | st.integers(min(known), max(known))
    if not valid:
        top = 2 ** (arrow.bit_width - 1) - 1
        return nasty | st.integers(-top - 1, top) | st.integers(-100_000, 100_000)
    known = [int(v) for v in values_of(name) if v is not None and abs(int(v)) < 2**63 - 1]
    if pa.types.is_date32(arrow):
        known = [day for day in known if abs(day) < 2**31 - 1]
    unit = 86_400_000 if pa.types.is_date64(arrow) else 1
    unit = 1000 if getattr(arrow, "unit", "") == "ns" else unit
    whole = st.integers(min(known) // unit + 1, max(known) // unit)
    return nasty | whole.map(lambda value: value * unit)


@st.composite
def columns(draw: st.DrawFn, *, valid: bool = True) -> tuple[list[Named[Kind]], int]:
    """Up to six columns of a few distinct values each, and the number of their rows."""
    rows = draw(st.integers(0, MAX_ROWS) | st.integers(0, 5))
    names = draw(st.lists(st.sampled_from(list(KINDS)), max_size=6))
    drawn = []
    for i, name in enumerate(names):
        present = values(name, valid=valid)
        nullable = st.none() | present if draw(st.booleans()) else present
        pool = draw(st.lists(nullable, min_size=1, max_size=6))
        pick = random.Random(draw(st.integers(0, 9)))
        title = draw(st.sampled_from([f"c{i}", f"c{i},", f'c"{i}', f"é{i}\t"]))
        drawn.append(Named(title, KINDS[name], [pick.choice(pool) for _ in range(rows)]))
    return drawn, rows


_INDEX_TYPES = [
    pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64()
]  # fmt: skip


@st.composite
def layouts(draw: st.DrawFn, named: list[Named[Kind]], rows: int) -> list[pa.RecordBatch]:
    """The columns as record batches: cut anywhere, sliced out of more, over junk under NULLs."""
    columns = [draw(_layout(column)) for column in named]
    fields = [pa.field(c.name, a.type) for c, a in zip(named, columns, strict=True)]
    if not columns:
        whole = pa.record_batch([pa.nulls(rows)], names=["x"]).select([])
    else:
        whole = pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))
    cuts = sorted(draw(st.lists(st.integers(0, rows), max_size=4)))
    edges = [0, *cuts, rows]
    return [whole.slice(a, b - a) for a, b in pairwise(edges)]


@st.composite
def _layout(draw: st.DrawFn, column: Named[Kind]) -> pa.Array:
    before, after = draw(st.integers(0, 70)), draw(st.integers(0, 3))
    junk = _junk(column.kind)
    padded = replace(column, values=[*[junk] * before, *column.values, *[junk] * after])
    whole = (
        _over_junk(padded, junk) if draw(st.booleans()) else array(column.kind.arrow, padded.values)
    )
    if draw(st.integers(0, 3)) == 0 and not pa.types.is_null(whole.type):
        top = len(whole) - 1
        index_type = draw(
            st.sampled_from([t for t in _INDEX_TYPES if top < 2 ** (t.bit_width - 1)])
        )
        null_index = draw(st.booleans())  # else NULLs stand in the dictionary alone
        wanted = enumerate(column.values, before)
        indices = [None if value is None and null_index else i for i, value in wanted]
        return pa.DictionaryArray.from_arrays(pa.array(indices, index_type), whole)
    return whole.slice(before, len(column.values))


def _junk(kind: Kind) -> Value:
    """A value that no engine may look at: one without a COPY form, where the type has any."""
    arrow = kind.arrow
    if pa.types.is_null(arrow):
        return None
    if pa.types.is_string(arrow) or pa.types.is_large_string(arrow):
        return "\0junk"
    if pa.types.is_temporal(arrow):
        return (1 << (int(arrow.bit_width) - 1)) - 2
    return values_of(str(arrow))[0]


def _over_junk(column: Named[Kind], junk: Value) -> pa.Array:
    """The column with junk in the slots that its bitmap calls NULL."""
    if junk is None or None not in column.values:
        return array(column.kind.arrow, column.values)
    full = array(column.kind.arrow, [junk if v is None else v for v in column.values])
    present = pa.array([v is not None for v in column.values])
    buffers = [present.buffers()[1], *full.buffers()[1:]]
    return pa.Array.from_buffers(full.type, len(full), buffers)


_ONE_BYTE = st.sampled_from("\t,;|'\"\\^ a0tN-.:x\x01\x7f\n")
_CHOICES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "text": {
        "delimiter": _ONE_BYTE,
        "null": st.sampled_from(["", "\\N", "NULL", "0", "t", "é", "a\\"]),
        "header": st.booleans(),
    },
    "csv": {
        "delimiter": _ONE_BYTE,
        "null": st.sampled_from(["", "\\N", "NULL", "0", "t", "\\.", "1970-01-01"]),
        "header": st.booleans(),
        "quote": _ONE_BYTE,
        "escape": _ONE_BYTE,
        "force_quote": st.just("*"),
    },
    "binary": {},
}


@st.composite
def options(draw: st.DrawFn, formats: Sequence[str] = tuple(_CHOICES)) -> dict[str, Any]:
    """Keywords that CopyOptions takes, of one of these formats."""
    format_ = draw(st.sampled_from(formats))
    chosen = draw(
        st.fixed_dictionaries({}, optional=_CHOICES[format_]).filter(
            lambda chosen: _accepted({"format": format_, **chosen})
        )
    )
    return {"format": format_, **chosen}


def _accepted(keywords: dict[str, Any]) -> bool:
    try:
        CopyOptions(**keywords)
    except CopyError:
        return False
    return True


@st.composite
def parts(draw: st.DrawFn, depth: int = 2) -> Part:
    """A type with parts, to a depth; at depth 0 one without."""
    kind = draw(st.sampled_from(["array", "record", "base", "declared"])) if depth else "base"
    if kind == "base":
        return BASE[draw(st.sampled_from(list(BASE)))]
    if kind == "declared":
        return DECLARED[draw(st.sampled_from(list(DECLARED)))][0]
    if kind == "record":
        return record_of(*draw(st.lists(parts(depth - 1), max_size=4)))
    return array_of(draw(parts(depth - 1)), draw(st.sampled_from(LAYOUTS)))


def part_values(part: Part, *, valid: bool = True) -> st.SearchStrategy[Any]:
    """Values of such a type, NULLs included; lists of lists are not always rectangular."""
    if part.pg_type == "record":
        fields = [part_values(child, valid=valid) for child in part.children]
        return st.none() | st.tuples(*fields)
    if part.layout:
        least, most = (2, 2) if part.layout == "fixed" else (0, 3)
        items = part_values(part.children[0], valid=valid)
        return st.none() | st.lists(items, min_size=least, max_size=most)
    for known, found in DECLARED.values():
        if known == part:
            return st.sampled_from(found)
    name = next(name for name, base in BASE.items() if base == part)
    return st.none() | values(name, valid=valid)


def rectangular(part: Part, value: Any) -> bool:
    """Whether PostgreSQL has an array for it: each of its parts of one shape."""
    return _shape(part, value) is not None


def _shape(part: Part, value: Any) -> tuple[int, ...] | None:
    """The dimensions of an array, () of what is none or is empty; None if there are none."""
    if value is None:
        return ()
    if part.pg_type == "record":
        fine = all(map(rectangular, part.children, value))
        return () if fine else None
    if not part.layout:
        return ()
    (child,) = part.children
    shapes = {_shape(child, item) for item in value}
    if None in shapes or (child.layout and len(shapes) > 1):
        return None
    inner = next(iter(shapes), ()) or ()
    return (len(value), *inner) if value and (inner or not child.layout) else ()


@st.composite
def part_columns(draw: st.DrawFn, *, valid: bool = True) -> tuple[list[Named[Part]], int]:
    """One to three columns with parts, and the number of their rows."""
    rows = draw(st.integers(0, 6) | st.integers(60, MAX_ROWS))
    drawn = []
    for i, part in enumerate(draw(st.lists(parts(), min_size=1, max_size=3))):
        fine = part_values(part, valid=valid)
        if valid:
            fine = fine.filter(partial(rectangular, part))
        pool = draw(st.lists(fine, min_size=1, max_size=5))
        pick = random.Random(draw(st.integers(0, 9)))
        drawn.append(Named(f"c{i}", part, [pick.choice(pool) for _ in range(rows)]))
    return drawn, rows


@st.composite
def part_layouts(draw: st.DrawFn, named: list[Named[Part]], rows: int) -> list[pa.RecordBatch]:
    """The columns as record batches: sliced out of more, cut anywhere, as dictionaries or runs."""
    arrays = [draw(_part_layout(column)) for column in named]
    fields = [
        column.kind.field(column.name).with_type(made.type)
        for column, made in zip(named, arrays, strict=True)
    ]
    whole = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
    edges = [0, *sorted(draw(st.lists(st.integers(0, rows), max_size=3))), rows]
    return [whole.slice(a, b - a) for a, b in pairwise(edges)]


@st.composite
def _part_layout(draw: st.DrawFn, column: Named[Part]) -> pa.Array:
    before, after = draw(st.integers(0, 5)), draw(st.integers(0, 3))
    content = list(column.values)
    padded = [*content[:before], *content, *content[:after]]
    before = min(before, len(content))
    how = draw(st.sampled_from(["plain", "plain", "dictionary", "runs"]))
    made = column.kind.array(padded)
    if how == "plain" or not content or pa.types.is_null(made.type):
        return made.slice(before, len(content))
    places = pa.array(range(before, before + len(content)), pa.int32())
    if how == "dictionary":
        return pa.DictionaryArray.from_arrays(places, made)
    try:  # pyarrow looks at the values of these alone
        made.validate(full=True)
    except pa.ArrowInvalid:
        return made.slice(before, len(content))
    ends = pa.array(range(1, len(padded) + 1), draw(st.sampled_from([pa.int16(), pa.int64()])))
    return pa.RunEndEncodedArray.from_arrays(ends, made).slice(before, len(content))


@st.composite
def filled(draw: st.DrawFn) -> tuple[list[Named[Any]], int, list[pa.RecordBatch]]:
    """Columns with parts or without, and their batches; there are rows and columns."""
    if draw(st.booleans()):
        plain, rows = draw(columns().filter(all))
        return [*plain], rows, draw(layouts(plain, rows))
    nested, rows = draw(part_columns().filter(all))
    return [*nested], rows, draw(part_layouts(nested, rows))
