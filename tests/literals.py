"""Typed values written once: as PostgreSQL literals and as Arrow arrays, neither from the other.

A value is what Arrow holds: an int for integers, decimals (unscaled), dates, times and timestamps
(in the type's unit), a str for text and floats ("NaN", "1e23"), hex digits for binary, or None.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

Value = bool | int | str | None

INT32_MAX = 2**31 - 1
INT64_MAX = 2**63 - 1
_MICROS = {"s": 1_000_000, "ms": 1_000, "us": 1}


@dataclass(frozen=True)
class Kind:
    """An Arrow type and the PostgreSQL type whose output its values must equal."""

    arrow: pa.DataType
    pg_type: str

    def field(self, name: str) -> pa.Field:
        """A column of this kind."""
        return pa.field(name, self.arrow)

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values in Arrow."""
        return array(self.arrow, values)

    def literal(self, value: Any) -> str:
        """`value` as a typed PostgreSQL expression."""
        return literal(self, value)


class Typed(Protocol):
    """What a column's values are: a Kind, or a Part of parts.py."""

    def field(self, name: str) -> pa.Field: ...
    def array(self, values: Sequence[Any]) -> pa.Array: ...
    def literal(self, value: Any) -> str: ...


_UNITS = ("s", "ms", "us", "ns")
KINDS: dict[str, Kind] = {
    str(kind.arrow): kind
    for kind in (
        Kind(pa.null(), "text"),
        Kind(pa.bool_(), "bool"),
        Kind(pa.int8(), "int2"),
        Kind(pa.int16(), "int2"),
        Kind(pa.int32(), "int4"),
        Kind(pa.int64(), "int8"),
        Kind(pa.uint8(), "int2"),
        Kind(pa.uint16(), "int4"),
        Kind(pa.uint32(), "int8"),
        Kind(pa.uint64(), "numeric"),
        Kind(pa.float32(), "float4"),
        Kind(pa.float64(), "float8"),
        *(
            Kind(pa.decimal128(precision, scale), "numeric")
            for precision, scale in ((38, 0), (38, 10), (38, 38), (18, 4), (5, 3), (5, -2), (1, 1))
        ),
        Kind(pa.utf8(), "text"),
        Kind(pa.large_utf8(), "text"),
        Kind(pa.binary(), "bytea"),
        Kind(pa.large_binary(), "bytea"),
        Kind(pa.date32(), "date"),
        Kind(pa.date64(), "date"),
        Kind(pa.time32("s"), "time"),
        Kind(pa.time32("ms"), "time"),
        Kind(pa.time64("us"), "time"),
        Kind(pa.time64("ns"), "time"),
        *(Kind(pa.timestamp(unit), "timestamp") for unit in _UNITS),
        *(Kind(pa.timestamp(unit, "Asia/Tokyo"), "timestamptz") for unit in _UNITS),
    )
}


def literal(kind: Kind, value: Value) -> str:
    """`value` as a typed PostgreSQL expression."""
    if value is None:
        return f"NULL::{kind.pg_type}"
    return f"{_expression(kind, value)}::{kind.pg_type}"


def _expression(kind: Kind, value: Any) -> str:
    arrow = kind.arrow
    match kind.pg_type:
        case "bool":
            return str(value)
        case "text":
            return string(value)
        case "bytea":
            return f"'\\x{value}'"
        case "float4":
            return f"'{_float32(value):.9g}'"
        case "float8":
            return f"'{float(value):.17g}'"
        case "numeric" if pa.types.is_decimal(arrow):
            return f"'{_decimal(value, arrow.scale)}'"
        case "date":
            if abs(value) >= INT32_MAX and pa.types.is_date32(arrow):
                return _infinity(value)
            days = value if pa.types.is_date32(arrow) else value // 86_400_000
            return f"(date '1970-01-01' + ({days}))"
        case "time":
            return f"'{_clock(_micros(value, arrow.unit))}'"
        case "timestamp" | "timestamptz":
            if abs(value) >= INT64_MAX:
                return _infinity(value)
            days, micros = divmod(_micros(value, arrow.unit), 86_400_000_000)
            at = f"(timestamp '1970-01-01' + interval '{days} days {micros} microseconds')"
            return at if kind.pg_type == "timestamp" else f"({at} AT TIME ZONE 'UTC')"
    return f"({value})"


def _infinity(value: int) -> str:
    return "'infinity'" if value > 0 else "'-infinity'"


def _micros(value: int, unit: str) -> int:
    return value // 1000 if unit == "ns" else value * _MICROS[unit]


def _clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


def _float32(text: str) -> float:
    number: float = struct.unpack("<f", struct.pack("<f", float(text)))[0]
    return number


def _decimal(unscaled: int, scale: int) -> str:
    digits = str(abs(unscaled))
    if scale <= 0:
        digits += "0" * -scale
    else:
        digits = digits.zfill(scale + 1)
        digits = f"{digits[:-scale]}.{digits[-scale:]}"
    return f"-{digits}" if unscaled < 0 else digits


def array(arrow: pa.DataType, values: Sequence[Value]) -> pa.Array:
    """The values as an Arrow array of that type."""
    if pa.types.is_binary(arrow) or pa.types.is_large_binary(arrow):
        return pa.array([None if v is None else bytes.fromhex(str(v)) for v in values], arrow)
    if pa.types.is_floating(arrow):
        return pa.array([None if v is None else float(v) for v in values], arrow)
    if pa.types.is_decimal(arrow):
        words = [None if v is None else int(v).to_bytes(16, "little", signed=True) for v in values]
        plain = pa.array(words, pa.binary(16))
        return pa.Array.from_buffers(arrow, len(plain), plain.buffers(), offset=plain.offset)
    if pa.types.is_temporal(arrow):
        return pa.array(values, pa.int32() if arrow.bit_width == 32 else pa.int64()).view(arrow)
    return pa.array(values, arrow)


_Typed = TypeVar("_Typed", bound=Typed, covariant=True)


@dataclass(frozen=True)
class Named(Generic[_Typed]):
    """A column: its name, its kind and its values."""

    name: str
    kind: _Typed
    values: Sequence[Any]


def record_batch(columns: Sequence[Named[Typed]], rows: int) -> pa.RecordBatch:
    """The columns as one batch; `rows` counts where there is no column."""
    if not columns:
        return pa.record_batch([pa.nulls(rows)], names=["x"]).select([])
    fields = [column.kind.field(column.name) for column in columns]
    arrays = [column.kind.array(column.values) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def select(columns: Sequence[Named[Typed]], rows: int) -> str:
    """A query that returns the same rows."""
    names = ", ".join('"' + column.name.replace('"', '""') + '"' for column in columns)
    if not columns:
        return f"SELECT FROM generate_series(1, {rows})"
    if rows == 0:
        nulls = ", ".join(column.kind.literal(None) for column in columns)
        return f"SELECT * FROM (SELECT {nulls}) AS t({names}) WHERE false"
    tuples = (
        "(" + ", ".join(column.kind.literal(column.values[row]) for column in columns) + ")"
        for row in range(rows)
    )
    return f"SELECT * FROM (VALUES {', '.join(tuples)}) AS t({names})"


def copy_statement(query: str, options: dict[str, Any]) -> str:
    """COPY (query) TO STDOUT with the keywords of CopyOptions."""
    return f"COPY ({query}) TO STDOUT ({', '.join(map(_option, options.items()))})"


def _option(item: tuple[str, Any]) -> str:
    name, value = item
    if name == "force_quote" and value != "*":
        quoted = ('"' + column.replace('"', '""') + '"' for column in value)
        return f"FORCE_QUOTE ({', '.join(quoted)})"
    if isinstance(value, bool) or (value == "*" and name == "force_quote"):
        return f"{name.upper()} {value}"
    return f"{name.upper()} {string(value)}"


def string(value: str) -> str:
    """A string as an E'' literal."""
    return "E'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
