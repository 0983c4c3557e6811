"""The only choice by type: (Arrow type, PostgreSQL type) → field, or → column of what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast._python import strings
from holofast._python.carrier import Carrier, receive
from holofast._python.reader import Column, Fixed, Nothing, Plain, exactly
from holofast._python.types import bool as bool_
from holofast._python.types import date, interval, json, numeric, time, timestamp
from holofast._python.types import float as float_
from holofast._python.types import int as int_
from holofast._python.types.array import Array, Lists
from holofast._python.types.bool import Bool
from holofast._python.types.bytes import Bytes
from holofast._python.types.date import Date
from holofast._python.types.datestyle import StyledDate, StyledTimestamp
from holofast._python.types.decimal import Decimal
from holofast._python.types.float import Float4, Float8
from holofast._python.types.hstore import Hstore, Maps
from holofast._python.types.int import Int
from holofast._python.types.interval import Interval
from holofast._python.types.null import Null
from holofast._python.types.printf import Printed
from holofast._python.types.record import Record, Records
from holofast._python.types.string import String
from holofast._python.types.time import Time
from holofast._python.types.timestamp import Timestamp
from holofast._python.types.uuid import Uuid
from holofast.arrow_types import is_list, is_text, storage_type, value_type
from holofast.pg_types import builtin

if TYPE_CHECKING:
    from collections.abc import Callable

    from holofast._python.field import Field
    from holofast._python.reader import Reader
    from holofast.conversions import Encoding
    from holofast.pg_types import PgType
    from holofast.settings import Settings
    from holofast.time_zone import Zone

_INT_CODES: Final = {
    pa.int8(): "b",
    pa.int16(): "h",
    pa.int32(): "i",
    pa.int64(): "q",
    pa.uint8(): "B",
    pa.uint16(): "H",
    pa.uint32(): "I",
    pa.uint64(): "Q",
}


def field(
    arrow: pa.DataType,
    to: PgType,
    zone: Zone | None,
    settings: Settings,
    encoding: Encoding | None,
) -> Field:
    """The field of a column of this Arrow type; a dictionary or runs are their values."""
    arrow = value_type(arrow)
    if pa.types.is_null(arrow):
        return Null()
    if is_text(arrow):
        return _strings(arrow, to, encoding)
    floor = settings.floor_nanoseconds
    match to.name:
        case "bool":
            return Bool()
        case "int2" | "int4" | "int8" | "oid" | "char":
            return Int(_INT_CODES[arrow], to.name)
        case "float4" if settings.extra_float_digits <= 0:
            return Printed(Float4(), "f", 6 + settings.extra_float_digits)
        case "float4":
            return Float4()
        case "float8" if settings.extra_float_digits <= 0:
            return Printed(Float8(), "d", 15 + settings.extra_float_digits)
        case "float8":
            return Float8()
        case "numeric" if pa.types.is_uint64(arrow):
            return Decimal(0, unsigned=True)
        case "numeric":
            return Decimal(arrow.scale)
        case "bytea" | "raw":
            escape = settings.bytea_output == "escape"
            return Bytes(large=arrow != pa.binary(), escape=escape)
        case "uuid":
            return Uuid()
        case "date":
            dates = Date(millis=pa.types.is_date64(arrow))
            iso = settings.date_style.startswith("ISO")
            return dates if iso else StyledDate(dates, settings.date_style)
        case "time":
            return Time(arrow.unit, floor=floor)
        case "timestamp" | "timestamptz":
            with_zone = to.name == "timestamptz"
            times = Timestamp(arrow.unit, with_zone=with_zone, zone=zone, floor=floor)
            iso = settings.date_style.startswith("ISO")
            return times if iso else StyledTimestamp(times, settings.date_style)
        case "interval":
            unit = arrow.unit if pa.types.is_duration(arrow) else None
            return Interval(unit, settings.interval_style, floor=floor)
        case "array":
            leaf = arrow
            while is_list(leaf):
                leaf = storage_type(leaf.value_type)
            return Array(field(leaf, to.children[0], zone, settings, encoding), to)
        case "record":
            types = [arrow.field(i).type for i in range(arrow.num_fields)]
            pairs = zip(types, to.children, strict=True)
            return Record(
                [field(part, child, zone, settings, encoding) for part, child in pairs], to
            )
        case "hstore":
            return Hstore(encoding)
    raise AssertionError(f"schema.py let {arrow} as {to.name} through")


def _strings(arrow: pa.DataType, to: PgType, encoding: Encoding | None) -> Field:
    strings = String(large=arrow != pa.utf8(), encoding=encoding)
    return strings if to.name == "text" else Carrier(strings, to, encoding)


def column(field: pa.Field, from_: PgType) -> Column:
    """The column of a field whose values are sent as `from_`."""
    return Column(field.type, field.nullable, _reader(storage_type(field.type), from_))


def _reader(arrow: pa.DataType, from_: PgType) -> Reader:
    if pa.types.is_null(arrow):
        return Nothing()
    if is_text(arrow):
        return Plain(arrow, _text(from_))
    if pa.types.is_integer(arrow):
        return Fixed(arrow, _integer(arrow, from_))
    match from_.name:
        case "bool":
            return Plain(arrow, bool_.receive)
        case "float4" if pa.types.is_float16(arrow):
            return Fixed(arrow, float_.receive_half)
        case "float4" | "float8":
            width = arrow.bit_width // 8
            return Fixed(arrow, lambda data: int.from_bytes(exactly(data, width), "big"))
        case "numeric":
            precision, scale = arrow.precision, arrow.scale
            return Fixed(arrow, lambda data: numeric.receive_decimal(data, precision, scale))
        case "bytea" if pa.types.is_fixed_size_binary(arrow):
            return Plain(arrow, strings.of_width(arrow.byte_width))
        case "bytea" | "raw":
            return Plain(arrow, strings.raw)
        case "uuid":
            return Plain(arrow, strings.uuid)
        case "interval" if arrow == pa.month_day_nano_interval():
            return Plain(arrow, interval.receive_nanos)
        case "array":
            return _lists(arrow, from_)
        case "record":
            pairs = zip(arrow, from_.children, strict=True)
            columns = [column(field, child) for field, child in pairs]
            return Records(arrow, columns, [_oid(child) for child in from_.children])
        case "hstore":
            text = builtin("text")
            return Maps(arrow, column(arrow.key_field, text), column(arrow.item_field, text))
    return Fixed(arrow, _moment(arrow, from_.name))


def _lists(arrow: pa.DataType, from_: PgType) -> Reader:
    leaf = arrow
    while is_list(leaf):
        item = leaf.value_field
        leaf = item.type
    (element,) = from_.children
    return Lists(arrow, column(item, element), _oid(element))


def _oid(from_: PgType) -> int:
    """The OID that parts of a type are sent with; 0 for any, as many types are sent as text."""
    return 0 if from_.name == "text" else from_.oid


def _text(from_: PgType) -> Callable[[bytes], str]:
    match from_.name:
        case "jsonb":
            return json.receive
        case "text" | "bpchar":
            return strings.text
    return lambda data: receive(from_, data)


def _integer(arrow: pa.DataType, from_: PgType) -> Callable[[bytes], int]:
    match from_.name:
        case "bool":
            return bool_.receive
        case "numeric":
            return numeric.receive_uint64
    return int_.receive(from_.name, arrow)


def _moment(arrow: pa.DataType, name: str) -> Callable[[bytes], int]:
    match name:
        case "date":
            return date.receive_millis if pa.types.is_date64(arrow) else date.receive
        case "time":
            return lambda data: time.receive_in(data, arrow.unit)
        case "timestamp" | "timestamptz":
            return lambda data: timestamp.receive(data, arrow.unit)
    return lambda data: interval.receive_duration(data, arrow.unit)
