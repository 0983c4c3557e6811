"""The one type table, Arrow → PostgreSQL, and the checked spec that both engines are handed.

What a type looks like in TEXT, CSV or BINARY belongs to the engines; what an option may be belongs
to `options`. Engines decode a dictionary to its value type themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast import conversions, time_zone
from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from holofast.conversions import Encoding
    from holofast.options import CopyOptions, Settings
    from holofast.time_zone import Zone

MAX_COLUMNS: Final = 1664  # htup_details.h, MaxTupleAttributeNumber

_SCALES: Final = range(-127, 128)  # what the Arrow C data interface's other readers hold

_PG_TYPES: Final[dict[pa.DataType, str]] = {
    pa.null(): "text",
    pa.bool_(): "bool",
    pa.int8(): "int2",
    pa.int16(): "int2",
    pa.int32(): "int4",
    pa.int64(): "int8",
    pa.uint8(): "int2",
    pa.uint16(): "int4",
    pa.uint32(): "int8",
    pa.uint64(): "numeric",  # int8 would wrap
    pa.float32(): "float4",
    pa.float64(): "float8",
    pa.utf8(): "text",
    pa.large_utf8(): "text",
    pa.binary(): "bytea",
    pa.large_binary(): "bytea",
    pa.date32(): "date",
    pa.date64(): "date",
    **{pa.time32(unit): "time" for unit in ("s", "ms")},
    **{pa.time64(unit): "time" for unit in ("us", "ns")},
}

# format_type's spellings, and the types whose values a utf8 column already holds as text.
_ALIASES: Final = {
    "boolean": "bool",
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "decimal": "numeric",
    "character varying": "text",
    "varchar": "text",
    "character": "text",
    "bpchar": "text",
    "json": "text",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}

# pg_type.dat, for metadata that gives pg_oid.
_OIDS: Final = {
    16: "bool",
    17: "bytea",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "text",
    114: "json",
    700: "float4",
    701: "float8",
    1042: "bpchar",
    1043: "varchar",
    1082: "date",
    1083: "time",
    1114: "timestamp",
    1184: "timestamptz",
    1700: "numeric",
}


@dataclass(frozen=True)
class Column:
    """One column: its name, its Arrow type and the PostgreSQL type it is written as.

    `pg_type` is one of bool, int2, int4, int8, float4, float8, numeric, text, bytea, date, time,
    timestamp, timestamptz.
    """

    name: str
    type: pa.DataType
    pg_type: str


@dataclass(frozen=True)
class EncoderSpec:
    """What an engine needs beside the Arrow schema: resolved and checked, nothing left to refuse.

    `delimiter`, `quote` and `escape` are byte values, 0 where the format has none; `null` is empty
    in BINARY; `force_quote` has one flag a column; `encoding` is None where text stays UTF8; `zone`
    is None for UTC, or where no column prints a time zone; `batch_size` is the number of rows
    encoded at a time.
    """

    names: tuple[str, ...]
    pg_types: tuple[str, ...]
    format: str
    delimiter: int
    quote: int
    escape: int
    null: bytes
    header: bool
    force_quote: tuple[bool, ...]
    encoding: Encoding | None
    zone: Zone | None
    batch_size: int


def columns(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of `schema` with their PostgreSQL types.

    Raises CopyError: 54011 for more columns than a PostgreSQL query can have, 0A000 for a type
    without a rule, or for field metadata (`pg_type`, as format_type prints it, or `pg_oid`) that
    names another type than the rule's, 22021 for a name that PostgreSQL could not hold.
    """
    if len(schema) > MAX_COLUMNS:
        raise CopyError("54011", f"target lists can have at most {MAX_COLUMNS} entries")
    return tuple(_column(field) for field in schema)


def resolve(
    schema: pa.Schema, options: CopyOptions, settings: Settings, batch_size: int
) -> EncoderSpec:
    """The spec for encoding batches of `schema`; `options` and `settings` are checked already.

    Raises CopyError as `columns` does, for a FORCE_QUOTE name as PostgreSQL does (copy.c,
    CopyGetAttnums: 42703, 42701), for an unknown time zone, and for a NULL string or a header that
    cannot be converted (22P05, 42883).
    """
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}, but must be at least 1 row")
    table = columns(schema)
    names = tuple(column.name for column in table)
    pg_types = tuple(column.pg_type for column in table)
    binary = options.format == "binary"
    if binary:  # copyto.c never looks at ENCODING then, but text is sent as the client reads it
        encoding = conversions.to(settings.client_encoding, ())
    else:
        up_front = (options.null or "", *(names if options.header else ()))
        encoding = conversions.to(options.encoding or settings.client_encoding, up_front)
    zone: Zone | None = time_zone.load(settings.time_zone)  # unknown is an error, needed or not
    if binary or "timestamptz" not in pg_types or zone == time_zone.UTC:
        zone = None
    return EncoderSpec(
        names=names,
        pg_types=pg_types,
        format=options.format,
        delimiter=_byte(options.delimiter),
        quote=_byte(options.quote),
        escape=_byte(options.escape),
        null=(options.null or "").encode(),
        header=options.header,
        force_quote=_force_quote(names, options.force_quote),
        encoding=encoding,
        zone=zone,
        batch_size=batch_size,
    )


def _column(field: pa.Field) -> Column:
    if "\0" in field.name:
        raise CopyError(
            "22021",
            'invalid byte sequence for encoding "UTF8": 0x00',
            detail=f"Column name {field.name!r}.",
        )
    value_type = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    pg_type = _pg_type(value_type)
    if pg_type is None:
        raise CopyError(
            "0A000",
            f'column "{field.name}" has Arrow type {field.type}, for which there is no COPY rule',
            hint="Cast it in the query, to text for example.",
        )
    for key, declared in _declared(field.metadata or {}):
        if not _agrees(declared, pg_type, value_type):
            raise CopyError(
                "0A000",
                f'column "{field.name}" of Arrow type {field.type} cannot be written as '
                f"{declared}, only as {pg_type}",
                hint=f"Cast it in the query, or leave {key} out of the field's metadata.",
            )
    return Column(field.name, field.type, pg_type)


def _declared(metadata: Mapping[bytes, bytes]) -> Iterator[tuple[str, str]]:
    """The metadata keys that name a PostgreSQL type, and the type."""
    if b"pg_type" in metadata:
        yield "pg_type", metadata[b"pg_type"].decode()
    if b"pg_oid" in metadata:
        oid = metadata[b"pg_oid"].decode()
        yield "pg_oid", _OIDS.get(int(oid) if oid.isdigit() else 0, f"a type with OID {oid}")


def _pg_type(value_type: pa.DataType) -> str | None:
    if pa.types.is_timestamp(value_type):
        return "timestamp" if value_type.tz is None else "timestamptz"
    if pa.types.is_decimal128(value_type):
        return "numeric" if value_type.scale in _SCALES else None
    return _PG_TYPES.get(value_type)


def _agrees(declared: str, pg_type: str, value_type: pa.DataType) -> bool:
    """Whether `declared`, as format_type prints it, is what `pg_type` prints anyway."""
    modifier = re.search(r"\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\)", declared)
    bare = re.sub(r"\s*\([^)]*\)", "", declared).strip().lower()
    if _ALIASES.get(bare, bare) != pg_type:
        return False
    if pg_type != "numeric" or modifier is None:
        return True
    scale = value_type.scale if pa.types.is_decimal128(value_type) else 0
    return int(modifier[2] or 0) == scale


def _force_quote(names: tuple[str, ...], wanted: str | tuple[str, ...] | None) -> tuple[bool, ...]:
    if wanted == "*":
        return (True,) * len(names)
    chosen: set[int] = set()
    for name in wanted or ():
        if name not in names:
            raise CopyError("42703", f'column "{name}" does not exist')
        index = names.index(name)  # of columns with one name PostgreSQL takes the first
        if index in chosen:
            raise CopyError("42701", f'column "{name}" specified more than once')
        chosen.add(index)
    return tuple(i in chosen for i in range(len(names)))


def _byte(character: str | None) -> int:
    return ord(character) if character else 0
