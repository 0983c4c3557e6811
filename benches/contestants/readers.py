"""The ways of reading a table out of a PostgreSQL server: holofast's, its peers', and what bounds
them: the same COPY, received and thrown away. Each connects anew and keeps nothing that it reads.

Which of them run, and how often, is reading.py's business.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import holofast
import psycopg
from holofast.options import CopyOptions
from holofast.settings import Assignments
from holofast.sources import Reading, connect
from holofast.sources.postgres.copying import Copying
from psycopg.conninfo import conninfo_to_dict
from pyarrow import compute

from benches import results
from benches.contestants.base import installed
from benches.loopback import copy_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa
    from holofast.programs import DumpToOss


_BLOCK: Final = 1 << 20
_COPY: Final = "COPY ({}) TO STDOUT (FORMAT binary)"


class Seen(NamedTuple):
    """What a way has read: `keys` is the first column's sum where it decodes, `csv` the number of
    bytes where it makes CSV."""

    rows: int
    keys: int | None = None
    csv: int | None = None


def ways(dsn: str, query: str, key: str, target: DumpToOss) -> Mapping[str, Callable[[], Seen]]:
    """By what they are called. `key` is the first column, an integer; exports go to `target`."""
    uri = _uri(dsn)
    return {
        results.DECODED: partial(_decoded, dsn, query),
        "holofast, the server's CSV": partial(_encoded, dsn, query),
        "COPY, not decoded": partial(_drained, dsn, query),
        "psycopg's copy, not decoded": partial(_iterated, dsn, query),
        "ADBC": partial(_adbc, dsn, query),
        "connectorx": partial(_connectorx, uri, query),
        "connectorx, 2 connections": partial(
            _connectorx, uri, query, partition_on=key, partition_num=2
        ),
        "holofast copy to OSS": partial(_exported, dsn, query, target, 1),
        "holofast copy to OSS, 2 jobs": partial(_exported, dsn, query, target, 2),
    }


def _decoded(dsn: str, query: str) -> Seen:
    database = connect(dsn, Assignments())
    try:
        (source,) = database.open(query, Reading(CopyOptions(), "native", "client")).sources
        assert source.encode == "client"
        return _summed(source)
    finally:
        database.close()


def _encoded(dsn: str, query: str) -> Seen:
    database = connect(dsn, Assignments())
    try:
        reading = Reading(CopyOptions(format="csv"), "native", "server")
        (source,) = database.open(query, reading).sources
        assert source.encode == "server"
        size = _size(source.read)
        assert source.rows is not None
        return Seen(source.rows, csv=size)
    finally:
        database.close()


def _drained(dsn: str, query: str) -> Seen:
    with psycopg.connect(dsn, autocommit=True) as connection:
        copying = Copying(connection, _COPY.format(query), 0, "native")
        _size(copying.read)
        assert copying.rows is not None
        return Seen(copying.rows)


def _iterated(dsn: str, query: str) -> Seen:
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        with cursor.copy(_COPY.format(query).encode()) as copy:
            for _ in copy:
                pass
        return Seen(cursor.rowcount)


def _adbc(dsn: str, query: str) -> Seen:
    with (
        installed("adbc_driver_postgresql.dbapi").connect(dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(query)
        return _summed(cursor.fetch_record_batch())


def _connectorx(uri: str, query: str, **partition: Any) -> Seen:
    read = installed("connectorx").read_sql
    return _summed(read(uri, query, return_type="arrow", **partition).to_batches())


def _exported(dsn: str, query: str, target: DumpToOss, jobs: int) -> Seen:
    statement = copy_statement(query, "FORMAT csv", target)
    report = holofast.copy(statement, dsn, encode="client", jobs=jobs)
    assert report.rows is not None
    return Seen(report.rows, csv=report.bytes)


def _summed(batches: Iterable[pa.RecordBatch]) -> Seen:
    rows = keys = 0
    for batch in batches:
        rows += batch.num_rows
        keys += compute.sum(batch.column(0)).as_py() or 0
    return Seen(rows, keys)


def _size(read: Callable[[int], Any]) -> int:
    total, size = 0, _BLOCK
    while size >= _BLOCK:
        size = len(read(_BLOCK))
        total += size
    return total


def _uri(dsn: str) -> str:
    """As connectorx wants it, which knows no other connection string."""
    parts = conninfo_to_dict(dsn)
    host = str(parts["host"]).replace("/", "%2F")
    return f"postgresql://{parts['user']}@{host}/{parts['dbname']}"
