"""The only choice by type: (Arrow type, PostgreSQL type) → field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast._python.types.bool import Bool
from holofast._python.types.bytes import Bytes
from holofast._python.types.date import Date
from holofast._python.types.decimal import Decimal
from holofast._python.types.float import Float4, Float8
from holofast._python.types.int import Int
from holofast._python.types.null import Null
from holofast._python.types.string import String
from holofast._python.types.time import Time
from holofast._python.types.timestamp import Timestamp

if TYPE_CHECKING:
    from holofast._python.field import Field
    from holofast.conversions import Encoding
    from holofast.time_zone import Zone

_INT_CODES: Final = {
    pa.int8(): "b",
    pa.int16(): "h",
    pa.int32(): "i",
    pa.int64(): "q",
    pa.uint8(): "B",
    pa.uint16(): "H",
    pa.uint32(): "I",
}


def field(arrow: pa.DataType, pg_type: str, zone: Zone | None, encoding: Encoding | None) -> Field:
    """The field of one of `schema.columns`' pairs; a dictionary is its value type."""
    if pa.types.is_dictionary(arrow):
        arrow = arrow.value_type
    match pg_type:
        case "bool":
            return Bool()
        case "int2" | "int4" | "int8":
            return Int(_INT_CODES[arrow], pg_type)
        case "float4":
            return Float4()
        case "float8":
            return Float8()
        case "numeric" if pa.types.is_uint64(arrow):
            return Decimal(0, unsigned=True)
        case "numeric":
            return Decimal(arrow.scale)
        case "text" if pa.types.is_null(arrow):
            return Null()
        case "text":
            return String(large=pa.types.is_large_string(arrow), encoding=encoding)
        case "bytea":
            return Bytes(large=pa.types.is_large_binary(arrow))
        case "date":
            return Date(millis=pa.types.is_date64(arrow))
        case "time":
            return Time(arrow.unit)
        case "timestamp" | "timestamptz":
            return Timestamp(arrow.unit, with_zone=pg_type == "timestamptz", zone=zone)
    raise AssertionError(f"schema.py let {arrow} as {pg_type} through")
