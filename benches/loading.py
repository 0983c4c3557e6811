"""Arrow tables loaded into PostgreSQL 15, the server's work included: `python -m benches.loading`.

holofast's blocks by psycopg's COPY, pgpq's the same way, and adbc_ingest, in turn, into an UNLOGGED
table; beside them two COPYs at once, and what bounds every COPY: the server reading the same bytes
from a file by itself. After every load the table's rows are counted and hashed, and all ways must
agree. The times go to data/bench/, where report.py reads them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
import holofast

from benches import datasets, results
from benches.contestants.base import BATCH_ROWS, installed, split
from benches.contestants.peers import pgpq_blocks
from benches.loads import blocks, create_table, load
from benches.results import Load
from tests.postgres import debian_15

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import psycopg
    import pyarrow as pa

    from tests.postgres import Postgres

_TABLE: Final = "loaded"

# Nothing of the server's own that comes at its own time.
_SETTINGS: Final = ("shared_buffers=1GB", "checkpoint_timeout=1h", "autovacuum=off")


class Loader:
    """The ways of loading `table` into the server's table, which `ways` has by name."""

    def __init__(self, server: Postgres, table: pa.Table, opened: ExitStack) -> None:
        self._dsn = server.dsn
        self._table = table
        self.rows = table.num_rows
        self._connections = [opened.enter_context(server()) for _ in range(2)]
        self._pool = opened.enter_context(ThreadPoolExecutor(2))
        directory = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        directory.chmod(0o755)  # the server is another user
        self._file = directory / "file"
        self._file.write_bytes(holofast.encode(table, format="binary"))
        self.ways: dict[str, Callable[[], object]] = {
            results.OURS: lambda: self._copy(blocks),
            "pgpq": lambda: self._copy(_pgpq),
            "adbc_ingest": self._ingest,
            "holofast, 2 COPYs": lambda: self._copy_twice(blocks),
            "pgpq, 2 COPYs": lambda: self._copy_twice(_pgpq),
            "COPY FROM file": self._read_file,
        }

    def run(self, way: str) -> tuple[float, tuple[Any, ...]]:
        """Load an empty table; the seconds, and the table's count and hash afterwards."""
        connection = self._connections[0]
        create_table(connection, _TABLE, self._table.schema)
        started = time.perf_counter()
        self.ways[way]()
        seconds = time.perf_counter() - started
        found = connection.execute(
            f"SELECT count(*), sum(hash_record_extended({_TABLE}, 0)) FROM {_TABLE}"
        ).fetchone()
        assert found is not None
        return seconds, found

    def _copy(self, encode: Callable[[pa.Table], Iterable[Any]]) -> None:
        load(self._connections[0], _TABLE, encode(self._table))

    def _copy_twice(self, encode: Callable[[pa.Table], Iterable[Any]]) -> None:
        def copy(connection: psycopg.Connection, share: pa.Table) -> None:
            load(connection, _TABLE, encode(share))

        list(self._pool.map(copy, self._connections, split(self._table, 2)))

    def _ingest(self) -> None:
        with installed("adbc_driver_postgresql.dbapi").connect(self._dsn) as connection:
            with connection.cursor() as cursor:
                cursor.adbc_ingest(_TABLE, self._table, mode="append")
            connection.commit()

    def _read_file(self) -> None:
        self._connections[0].execute(f"COPY {_TABLE} FROM '{self._file}' (FORMAT binary)")


@click.command()
@click.option("--set", "sets", multiple=True, type=click.Choice(results.LOADED_SETS))
@click.option("--rows", default=results.LOADED_ROWS, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
def main(sets: tuple[str, ...], rows: int, rounds: int) -> None:
    """Load the first --rows rows of each set, in so many rounds after one that warms up."""
    measured: list[Load] = []
    with debian_15(_SETTINGS) as server:
        for name in sets or results.LOADED_SETS:
            with ExitStack() as opened:
                loader = Loader(server, datasets.table(name, rows), opened)
                measured += _measure(loader, name, rounds)
    path = results.save(
        "loading",
        {"options": {"rows": rows, "rounds": rounds}, "loads": [asdict(one) for one in measured]},
    )
    click.echo(f"{markdown(measured)}\n\nAll runs: {path}")


def markdown(loads: list[Load]) -> str:
    """One row a set and way: million rows a second, and how many times that ours is."""
    ours = {one.dataset: one.rate for one in loads if one.way == results.OURS}
    lines = ["| set | way | Mrows/s | holofast's is |", "| --- | --- | ---: | ---: |"]
    for one in loads:
        ratio = ours[one.dataset] / one.rate
        lines.append(f"| {one.dataset} | {one.way} | {one.rate / 1e6:.2f} | {ratio:.2f} x |")
    return "\n".join(lines)


def _measure(loader: Loader, dataset: str, rounds: int) -> list[Load]:
    seconds: dict[str, list[float]] = {way: [] for way in loader.ways}
    tables: dict[str, tuple[Any, ...]] = {}
    for turn in range(rounds + 1):
        for way, taken in seconds.items():
            run, tables[way] = loader.run(way)
            if turn:  # the first one only warms up
                taken.append(run)
        if len(set(tables.values())) > 1 or any(
            count != loader.rows for count, _ in tables.values()
        ):
            sys.exit(f"{loader.rows} equal rows of {dataset} should be there: {tables}")
    return [Load(dataset, way, loader.rows, taken) for way, taken in seconds.items()]


def _pgpq(table: pa.Table) -> Iterable[bytes]:
    return pgpq_blocks(table.schema, table.to_batches(BATCH_ROWS))


if __name__ == "__main__":
    main()
