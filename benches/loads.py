"""Arrow tables into a PostgreSQL by psycopg's COPY FROM STDIN: what loading.py times, and the
server among the contestants is filled by. The blocks are those of one BINARY file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import holofast
from holofast.schema import columns
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg
    import pyarrow as pa

# The server waits while a block is encoded: small ones keep what it has to read from running out.
_BLOCK_ROWS: Final = 8192


def create_table(connection: psycopg.Connection, name: str, schema: pa.Schema) -> None:
    """An UNLOGGED table for data of this schema, instead of any that has its name."""
    table = sql.Identifier(name)
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(column.pg_type.label))
        for field, column in zip(schema, columns(schema), strict=True)
    )
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
    connection.execute(sql.SQL("CREATE UNLOGGED TABLE {} ({})").format(table, fields))


def load(connection: psycopg.Connection, name: str, blocks: Iterable[Any]) -> None:
    """Append what the blocks of a BINARY file hold to a table."""
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(name))
    with connection.cursor().copy(statement) as copy:
        for block in blocks:
            copy.write(block)


def blocks(table: pa.Table) -> Iterator[Any]:
    """holofast's BINARY of a table."""
    encoder = holofast.Encoder(table.schema, holofast.CopyOptions(format="binary"))
    yield encoder.header()
    for batch in table.to_batches(_BLOCK_ROWS):
        yield encoder.encode(batch)
    yield encoder.trailer()
