"""PostgreSQL itself as a contestant: a server's COPY of a table of its own, written by itself."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from psycopg import sql

from benches.contestants.base import Contestant
from benches.loads import blocks, create_table, load
from tests.postgres import copy_out, debian_15

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class Postgres(Contestant):
    """PostgreSQL 15's COPY to /dev/null from an unlogged table in its shared buffers.

    The server inherits the cores that this process is pinned to.
    """

    formats = frozenset(("csv", "text", "binary"))
    most_threads = 1
    zones_alone = True

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._exit = ExitStack()
        try:
            # Rows in the order they came in: a scan may else begin where another one is.
            settings = ("shared_buffers=1GB", "synchronize_seqscans=off")
            server = self._exit.enter_context(debian_15(settings))
            self._connection = self._exit.enter_context(server())
            self._connection.execute(sql.SQL("SET TimeZone = {}").format(sql.Literal(time_zone)))
            create_table(self._connection, "input", table.schema)
            load(self._connection, "input", blocks(table))
            self._connection.execute("VACUUM (FREEZE, ANALYZE) input")  # else the first run would
        except BaseException:
            self._exit.close()
            raise

    def run(self, file_format: str, out: Path | None) -> None:
        if out:
            copied = copy_out(self._connection, f"COPY input TO STDOUT (FORMAT {file_format})")
            out.write_bytes(copied)
            return
        done = self._connection.execute(f"COPY input TO '/dev/null' (FORMAT {file_format})")
        self._expect(done.rowcount)

    def close(self) -> None:
        self._exit.close()
