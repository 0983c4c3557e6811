"""The checked spec that both engines are handed: columns, their types, options, resolved.

Which type a column gets is arrow_types.py's choice; what it looks like in TEXT, CSV or BINARY
belongs to the engines, and what an option may be to `options`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holofast import arrow_types, conversions, time_zone
from holofast.errors import CopyError

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast.conversions import Encoding
    from holofast.options import CopyOptions
    from holofast.pg_types import PgType
    from holofast.settings import Settings
    from holofast.time_zone import Zone

MAX_COLUMNS: Final = 1664  # htup_details.h, MaxTupleAttributeNumber
MAX_ROW_BYTES: Final = 2**30 - 2  # memutils.h, MaxAllocSize, with a terminating zero


@dataclass(frozen=True)
class Column:
    """One column: its name, its Arrow type and the PostgreSQL type it is written as."""

    name: str
    type: pa.DataType
    pg_type: PgType


@dataclass(frozen=True)
class EncoderSpec:
    """What an engine needs beside the Arrow schema: resolved and checked, nothing left to refuse.

    `delimiter`, `quote` and `escape` are byte values, 0 where the format has none; `null` is empty
    in BINARY; `force_quote` has one flag a column; `encoding` is None where text stays UTF8; `zone`
    is None for UTC, or where no column prints a time zone; `most_row_bytes` is what a row may have
    as it is written; `settings` are the session's; `batch_size` is the number of rows encoded at a
    time.
    """

    names: tuple[str, ...]
    types: tuple[PgType, ...]
    format: str
    delimiter: int
    quote: int
    escape: int
    null: bytes
    header: bool
    force_quote: tuple[bool, ...]
    encoding: Encoding | None
    zone: Zone | None
    most_row_bytes: int
    settings: Settings
    batch_size: int


@dataclass(frozen=True)
class DecoderSpec:
    """What a decoder needs beside the Arrow schema: each column's name and its PostgreSQL type."""

    names: tuple[str, ...]
    types: tuple[PgType, ...]


def columns(schema: pa.Schema) -> tuple[Column, ...]:
    """The columns of `schema` with their PostgreSQL types.

    Raises CopyError: 54011 for more columns than a PostgreSQL query can have, 0A000 as
    arrow_types.pg_type does, 22021 for a name that PostgreSQL could not hold.
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
    types = tuple(column.pg_type for column in table)
    force_quote = check_force_quote(names, options.force_quote)  # before anything is converted
    binary = options.format == "binary"
    if binary:  # copyto.c never looks at ENCODING then, but text is sent as the client reads it
        encoding = conversions.to(settings.client_encoding, ())
    else:
        up_front = (options.null or "", *(names if options.header else ()))
        encoding = conversions.to(options.encoding or settings.client_encoding, up_front)
    zone: Zone | None = time_zone.load(settings.time_zone)  # unknown is an error, needed or not
    for column in table:
        if binary:
            _check_binary(column.name, column.pg_type)
        else:
            _check_text(column.name, column.pg_type)
    iso = settings.date_style.startswith("ISO")
    plain = zone == time_zone.UTC and (iso or zone.abbreviations == ("UTC",))
    if binary or plain or not any(map(_has_zone, types)):
        zone = None
    return EncoderSpec(
        names=names,
        types=types,
        format=options.format,
        delimiter=_byte(options.delimiter),
        quote=_byte(options.quote),
        escape=_byte(options.escape),
        null=(options.null or "").encode(),
        header=options.header,
        force_quote=force_quote,
        encoding=encoding,
        zone=zone,
        most_row_bytes=MAX_ROW_BYTES,
        settings=settings,
        batch_size=batch_size,
    )


def resolve_decoder(schema: pa.Schema) -> DecoderSpec:
    """The spec for decoding rows of `schema`.

    Raises CopyError as `columns` does, and 0A000 for a column that cannot be read out of BINARY.
    """
    table = columns(schema)
    for column in table:
        _check_readable(column.name, column.type, column.pg_type)
    return DecoderSpec(
        names=tuple(column.name for column in table),
        types=tuple(column.pg_type for column in table),
    )


def _column(field: pa.Field) -> Column:
    if "\0" in field.name:
        raise CopyError(
            "22021",
            'invalid byte sequence for encoding "UTF8": 0x00',
            detail=f"Column name {field.name!r}.",
        )
    return Column(field.name, field.type, arrow_types.pg_type(field, field.name))


def _has_zone(pg_type: PgType) -> bool:
    return pg_type.name == "timestamptz" or any(map(_has_zone, pg_type.children))


def _check_binary(column: str, pg_type: PgType) -> None:
    """Refuse text whose type has no binary form here, and parts whose OID nobody knows."""
    if not pg_type.has_binary:
        raise CopyError(
            "0A000",
            f'column "{column}" of type {pg_type.label} has no BINARY form here',
            hint="Use TEXT or CSV, or cast it to text in the query.",
        )
    for part in pg_type.children:
        if part.oid == 0:
            raise CopyError(
                "0A000",
                f'column "{column}" has parts of type {part.label}, whose OID is not known',
                hint="BINARY shows it: give the part's field the metadata pg_oid.",
            )
        _check_binary(column, part)


def _check_text(column: str, pg_type: PgType) -> None:
    """Refuse bytes that are a type's binary form, of which no text is made here."""
    if not pg_type.has_text:
        raise CopyError(
            "0A000",
            f'column "{column}" has the binary form of {pg_type.label}, which has no text here',
            hint="Use BINARY, or cast it to text in the query.",
        )
    for part in pg_type.children:
        _check_text(column, part)


def _check_readable(column: str, arrow: pa.DataType, pg_type: PgType) -> None:
    """Refuse what a column is not read as: values said once for many rows, and text of a type whose
    text is not made here.
    """
    if arrow_types.is_encoded(arrow):
        raise CopyError(
            "0A000",
            f'column "{column}" is not read as Arrow type {arrow}',
            hint="Give its field the type of the values.",
        )
    if not pg_type.has_binary:
        raise CopyError(
            "0A000",
            f'column "{column}" of type {pg_type.label} is not read as text',
            hint="Give its field the Arrow type binary, which takes the bytes as they are, "
            "or cast it to text in the query.",
        )
    for part, child in zip(arrow_types.parts(arrow), pg_type.children, strict=False):
        _check_readable(column, part, child)


def check_force_quote(
    names: tuple[str, ...], wanted: str | tuple[str, ...] | None
) -> tuple[bool, ...]:
    """Which columns FORCE_QUOTE means; raises CopyError as `resolve` does."""
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
