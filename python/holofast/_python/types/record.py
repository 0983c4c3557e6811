"""Composites from structs: record_out's parentheses in text, record_send's count and
OIDs in BINARY.

NULL fields, and which texts are quoted, are nested.py's.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from holofast._python.field import BadValue
from holofast._python.nested import nested_binary, nested_text, record_rule
from holofast._python.reader import Cursor, Fault, nulls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holofast._python.field import Field
    from holofast._python.reader import Column
    from holofast.pg_types import PgType


class Record:
    """A struct, whose fields are written by `fields`."""

    alphabet = None

    def __init__(self, fields: Sequence[Field], to: PgType) -> None:
        self._fields = fields
        self._rules = [record_rule(field.alphabet) for field in fields]
        self._oids = [struct.pack(">I", child.oid) for child in to.children]

    def text(self, values: pa.Array) -> list[str]:
        pairs = zip(self._fields, self._rules, values.flatten(), strict=True)
        columns = [nested_text(field, part, rule, "") for field, rule, part in pairs]
        rows = _rows(columns, len(values))
        return [f"({','.join(map(str, row))})" for row in rows]

    def binary(self, values: pa.Array) -> list[bytes]:
        pairs = zip(self._fields, values.flatten(), strict=True)
        columns = [nested_binary(field, part) for field, part in pairs]
        count = struct.pack(">i", len(columns))
        return [
            count + b"".join(oid + bytes(part) for oid, part in zip(self._oids, row, strict=True))  # type: ignore[arg-type]
            for row in _rows(columns, len(values))
        ]


def _rows(
    columns: Sequence[Sequence[str | BadValue] | Sequence[bytes | BadValue]], count: int
) -> list[tuple[str | bytes | BadValue, ...]]:
    """The fields row by row; raises the first bad one by row, then by field."""
    rows: list[tuple[str | bytes | BadValue, ...]] = [()] * count
    if columns:
        rows = list(zip(*columns, strict=True))
    for i, row in enumerate(rows):
        for part in row:
            if isinstance(part, BadValue):
                raise BadValue(part.reason, i, part.value)
    return rows


class Records:
    """Structs out of BINARY (record_recv); a value is a tuple of the fields'."""

    def __init__(self, arrow: pa.DataType, columns: Sequence[Column], oids: Sequence[int]) -> None:
        self._arrow = arrow
        self._columns = columns
        self._oids = oids

    def read(self, data: bytes) -> tuple[Any, ...]:
        record = Cursor(data)
        count = record.int32()
        if count != len(self._columns):
            raise Fault("column_count", count, len(self._columns))
        values = []
        for column, expected in zip(self._columns, self._oids, strict=True):
            oid = record.oid()
            if expected and oid != expected:
                raise Fault("wrong_type", oid, expected)
            values.append(column.read(record.field()))
        record.end()
        return tuple(values)

    def array(self, values: Sequence[Any]) -> pa.Array:
        arrays = [
            column.array([value and value[i] for value in values])
            for i, column in enumerate(self._columns)
        ]
        mask = nulls(values)
        if not arrays:
            return pa.array([None if value is None else {} for value in values], self._arrow)
        return pa.StructArray.from_arrays(arrays, fields=list(self._arrow), mask=mask)
