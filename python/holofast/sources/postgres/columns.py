"""The columns of a query as the server describes them, and how each is to travel to us.

In TEXT and CSV the types that Arrow has come in the server's binary form, all others as text that
the server makes; in BINARY every value comes, and goes on, as it is. Which Arrow type means which
PostgreSQL type is arrow_types.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from psycopg import pq

from holofast.options import CopyOptions
from holofast.sources.postgres.command import copy_command
from holofast.sources.postgres.connection import (
    execute,
    next_result,
    raise_result,
    raising_ours,
)
from holofast.sources.postgres.copying import Copying

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import psycopg
    from psycopg.pq.abc import PGresult

    from holofast.sources import Reading


@dataclass(frozen=True)
class Column:
    """A column of a query: `label` is its type as format_type prints it, `name` is pg_type's.

    `output` calls the type's output function in SQL, with a place for the value.
    """

    column: str
    name: str
    label: str
    oid: int
    output: str

    @property
    def metadata(self) -> dict[str, str]:
        """What a field says of the type; see arrow_types.py."""
        return {"pg_type": self.label, "pg_oid": str(self.oid)}


# What the server sends in binary and Arrow holds, by the names of pg_type: the type to decode to.
# A numeric has a scale of its own in every row, and may be NaN: its text alone is exact.
_NATIVE: Final[dict[str, pa.DataType]] = {
    "bool": pa.bool_(),
    "bytea": pa.binary(),
    "char": pa.int8(),
    "name": pa.utf8(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "oid": pa.uint32(),
    "text": pa.utf8(),
    "varchar": pa.utf8(),
    "bpchar": pa.utf8(),
    "json": pa.utf8(),
    "jsonb": pa.utf8(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "numeric": pa.utf8(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "interval": pa.month_day_nano_interval(),
    "uuid": pa.binary(16),
}
# What the encoder has to know beside the Arrow type. Text it writes as it comes.
_DECLARED: Final = frozenset(("char", "oid", "uuid"))

# An output function may take another type (textout a refcursor) or any (array_out).
_TYPES: Final = """
SELECT format_type(d.oid, d.typmod), t.typname::text, t.typnamespace = 'pg_catalog'::regnamespace,
       t.typoutput::regproc::text || '(%%s' || CASE WHEN a.oid <> t.oid AND a.typtype <> 'p'
           THEN '::' || format_type(a.oid, NULL) ELSE '' END || ')'
FROM unnest(%s::oid[], %s::int4[]) WITH ORDINALITY AS d(oid, typmod, n)
JOIN pg_type t ON t.oid = d.oid JOIN pg_proc f ON f.oid = t.typoutput
JOIN pg_type a ON a.oid = f.proargtypes[0] ORDER BY d.n"""


def describe(connection: psycopg.Connection[Any], query: str) -> tuple[Column, ...]:
    """The columns of `query`, which is planned and not run.

    Raises SourceError as the server does, its position in the query.
    """
    plan(connection, query)
    result = _answer(connection, lambda: connection.pgconn.send_describe_prepared(b""))
    if result.nparams:  # a COPY has none: let the server say so, and where
        Copying(connection, *copy_command(query, CopyOptions(), "UTF8"), "python")
    fields = range(result.nfields)
    names = [(result.fname(i) or b"").decode() for i in fields]
    oids, typmods = [result.ftype(i) for i in fields], [result.fmod(i) for i in fields]
    types = execute(connection, _TYPES, (oids, typmods))
    return tuple(
        Column(column, name if is_own else f".{name}", label, oid, output)
        for column, oid, (label, name, is_own, output) in zip(names, oids, types, strict=True)
    )


def plan(connection: psycopg.Connection[Any], query: str) -> None:
    """See whether the server takes a query; raises SourceError as `describe` does."""
    _answer(connection, lambda: connection.pgconn.send_prepare(b"", query.encode()))


def _answer(connection: psycopg.Connection[Any], send: Callable[[], None]) -> PGresult:
    """The server's answer to one message."""
    with raising_ours(connection):
        send()
    answers = []
    while (result := next_result(connection)) is not None:
        answers.append(result)
    if answers[0].status != pq.ExecStatus.COMMAND_OK:
        raise_result(connection, answers[0])
    return answers[0]


@dataclass(frozen=True)
class Transport:
    """How a query's columns come: the COPY's query, and the schemas to decode and to encode by.

    `prefix` is the number of characters before the original query in `query`.
    """

    query: str
    prefix: int
    decoded: pa.Schema
    encoded: pa.Schema


def transport(
    query: str, columns: Sequence[Column], reading: Reading, printed: Collection[str]
) -> Transport:
    """The transport of `query`'s `columns`; types in `printed` come as the server prints them."""
    if reading.options.format == "binary":
        schema = pa.schema([_as_it_is(column) for column in columns])
        return Transport(query, 0, schema, schema)
    natives = [None if column.name in printed else _NATIVE.get(column.name) for column in columns]
    pairs = list(zip(columns, natives, strict=True))
    decoded = pa.schema([_field(column, native, True) for column, native in pairs])
    encoded = pa.schema([_field(column, native, False) for column, native in pairs])
    # An output function, where a cast to text may be another function.
    items = [None if native else f"pg_catalog.textin({column.output})" for column, native in pairs]
    return Transport(*wrapped(query, items), decoded, encoded)


def wrapped(query: str, items: Sequence[str | None]) -> tuple[str, int]:
    """The query with its columns changed, by position, and how much then stands before it.

    An item is SQL with a place for the column, None for a column that stays as it is.
    """
    if not any(items):
        return query, 0
    names = [f"c{i}" for i in range(len(items))]
    changed = (item % name if item else name for item, name in zip(items, names, strict=True))
    head = f"SELECT {', '.join(changed)} FROM ("
    return f"{head}{query}\n) AS q({', '.join(names)})", len(head)


def _field(column: Column, native: pa.DataType | None, decoding: bool) -> pa.Field:
    declared = native is not None and (decoding or column.name in _DECLARED)
    metadata = column.metadata if declared else None
    return pa.field(column.column, native or pa.utf8(), metadata=metadata)


def _as_it_is(column: Column) -> pa.Field:
    return pa.field(column.column, pa.binary(), metadata=column.metadata)
