"""The tools that holofast is compared with, each as fast as its own interface lets it be.

Each holds its table in memory, in its own form where it has one, made beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
from pyarrow import csv

from benches.contestants.base import BATCH_ROWS, Contestant, in_threads, installed, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_HEADER, _TRAILER = 19, 2  # bytes of them in BINARY


class Polars(Contestant):
    """polars.DataFrame.write_csv; its threads are set in the environment before it is imported."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        polars = installed("polars")
        if polars.thread_pool_size() != threads:
            raise RuntimeError(f"polars has {polars.thread_pool_size()} threads, not {threads}")
        self._frame = polars.from_arrow(table)

    def run(self, file_format: str, out: Path | None) -> None:
        self._frame.write_csv(out or "/dev/null", include_header=False)


class DuckDB(Contestant):
    """DuckDB's COPY from an Arrow table."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._connection = duckdb.connect()
        self._connection.execute(f"SET threads = {threads}")
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute(f"SET TimeZone = '{time_zone}'")
        self._connection.register("input", table)

    def run(self, file_format: str, out: Path | None) -> None:
        copied = self._connection.execute(
            f"COPY (FROM input) TO '{out or '/dev/null'}' (FORMAT csv, HEADER false)"
        ).fetchone()
        self._expect(copied[0] if copied else 0)

    def close(self) -> None:
        self._connection.close()


class Chdb(Contestant):
    """ClickHouse in the process, SELECT … INTO OUTFILE from an Arrow table."""

    formats = frozenset(("csv", "text"))

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        session = installed("chdb.session")
        self._session = session.Session()
        self._session.query(f"SET max_threads = {threads}")
        self._source = "Python(table)"  # ClickHouse looks for a variable of that name
        self._table: pa.Table | None = table

    def run(self, file_format: str, out: Path | None) -> None:
        table = self._table  # noqa: F841  (see _source)
        name = {"csv": "CSV", "text": "TabSeparated"}[file_format]
        result = self._session.query(
            f"SELECT * FROM {self._source} INTO OUTFILE '{out or '/dev/null'}' TRUNCATE "
            f"FORMAT {name}"
        )
        self._expect(result.rows_read())

    def close(self) -> None:
        self._session.close()


class ChdbTable(Chdb):
    """The same from a table of ClickHouse's own Memory engine, as polars reads a frame of its."""

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._session.query("CREATE TABLE input ENGINE = Memory AS SELECT * FROM Python(table)")
        self._source, self._table = "input", None


class Pyarrow(Contestant):
    """pyarrow.csv.write_csv, which has no threads: each of ours takes its share of the rows."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._shares = split(table, threads)

    def run(self, file_format: str, out: Path | None) -> int:
        options = csv.WriteOptions(include_header=False)

        def share(thread: int) -> tuple[int, bytes]:
            if out is None:
                nowhere = pa.MockOutputStream()
                csv.write_csv(self._shares[thread], nowhere, options)
                return nowhere.size(), b""
            stream = pa.BufferOutputStream()
            csv.write_csv(self._shares[thread], stream, options)
            written = stream.getvalue().to_pybytes()
            return len(written), written

        shares = in_threads(share, self.threads)
        if out:
            out.write_bytes(b"".join(written for _, written in shares))
        return sum(size for size, _ in shares)


class ArrowCsv(Contestant):
    """The Rust crate arrow-csv, as arro3-io binds it: without threads, and it holds the GIL."""

    formats = frozenset(("csv",))
    most_threads = 1

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._write = installed("arro3.io").write_csv
        self._table = table

    def run(self, file_format: str, out: Path | None) -> None:
        self._write(self._table, str(out or "/dev/null"), header=False)


class Pgpq(Contestant):
    """pgpq's BINARY. It holds the GIL, so that a second thread is of no use to it."""

    formats = frozenset(("binary",))

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._schema = table.schema
        # Its Arrow copies decimals that are not aligned to sixteen bytes for every batch; what
        # pyarrow allocates is.
        table = table.take(pa.array(range(table.num_rows)))
        self._shares = [share.to_batches(BATCH_ROWS) for share in split(table, threads)]

    def run(self, file_format: str, out: Path | None) -> int:
        def share(thread: int) -> tuple[int, list[bytes]]:
            size, kept = 0, []
            for block in pgpq_blocks(self._schema, self._shares[thread]):
                size += len(block)
                if out:
                    kept.append(block)
            return size, kept

        shares = in_threads(share, self.threads)
        if out:
            files = [b"".join(blocks) for _, blocks in shares]
            header, trailer = files[0][:_HEADER], files[0][-_TRAILER:]
            out.write_bytes(
                b"".join([header, *(file[_HEADER:-_TRAILER] for file in files), trailer])
            )
        return sum(size for size, _ in shares) - (self.threads - 1) * (_HEADER + _TRAILER)


def pgpq_blocks(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """A whole BINARY file by pgpq; the encoder has no way around header and trailer."""
    encoder = installed("pgpq").ArrowToPostgresBinaryEncoder(schema)
    yield encoder.write_header()
    for batch in batches:
        yield encoder.write_batch(batch)
    yield encoder.finish()
