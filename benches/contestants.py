"""holofast and its peers, each behind the one verb that is timed: write a whole table as a file.

Every contestant holds its table in memory, in its own form where it has one, made beforehand. Which
of them run, on what, and how often is compare.py's business; what they wrote is judged in check.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

import duckdb
import holofast
import pyarrow as pa
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_T = TypeVar("_T")

BATCH_ROWS: Final = 65_536

_HEADER, _TRAILER = 19, 2  # bytes of them in BINARY


class Contestant(ABC):
    """One way of writing `table` by `threads` threads; `rows` is how many rows a run writes."""

    formats: ClassVar[frozenset[str]]
    engine: ClassVar[str | None] = None  # of holofast
    most_threads: ClassVar[int] = 2

    def __init__(self, table: pa.Table, threads: int) -> None:
        self.rows = table.num_rows
        self.threads = threads

    @abstractmethod
    def run(self, file_format: str, out: Path | None) -> int | None:
        """Write all rows to the file `out`, or to nowhere; the bytes, None if it does not tell.

        Raises RuntimeError if the tool counts the rows, and they are not all.
        """

    def close(self) -> None:  # noqa: B027  (most have nothing to close)
        """Release what would keep another one from being opened."""

    def _expect(self, rows: int) -> None:
        if rows != self.rows:
            raise RuntimeError(f"{rows} rows were written, not {self.rows}")


class Holofast(Contestant):
    """Encoder.encode batch by batch, its memory reused; threads share it, batches alternate."""

    formats = frozenset(("csv", "text", "binary"))
    engine = "native"
    batch_size: ClassVar[int] = BATCH_ROWS

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        self._batches = table.to_batches(BATCH_ROWS)
        self._encoders = {
            file_format: holofast.Encoder(
                table.schema,
                holofast.CopyOptions(format=file_format),
                engine=self.engine,
                batch_size=self.batch_size,
            )
            for file_format in self.formats
        }

    def run(self, file_format: str, out: Path | None) -> int:
        encoder = self._encoders[file_format]
        kept = [b""] * len(self._batches)

        def share(thread: int) -> int:
            size = 0
            for index in range(thread, len(self._batches), self.threads):
                block = encoder.encode(self._batches[index])
                size += len(block)
                if out:
                    kept[index] = bytes(block)
                del block  # else the next one could not have its memory
            return size

        sizes = _in_threads(share, self.threads)
        header, trailer = encoder.header(), encoder.trailer()
        if out:
            out.write_bytes(b"".join([header, *kept, trailer]))
        return len(header) + sum(sizes) + len(trailer)


class HolofastBatchSize1000(Holofast):
    """The same with hg_dump_to_oss's default BatchSize: so many rows are encoded at a time."""

    batch_size = 1000


class Twin(Holofast):
    """The Python engine, on few rows; threads would only wait for each other."""

    engine = "python"
    most_threads = 1

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table.slice(0, BATCH_ROWS), threads)


class Polars(Contestant):
    """polars.DataFrame.write_csv; its threads are set in the environment before it is imported."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        polars = _installed("polars")
        if polars.thread_pool_size() != threads:
            raise RuntimeError(f"polars has {polars.thread_pool_size()} threads, not {threads}")
        self._frame = polars.from_arrow(table)

    def run(self, file_format: str, out: Path | None) -> None:
        self._frame.write_csv(out or "/dev/null", include_header=False)


class DuckDB(Contestant):
    """DuckDB's COPY from an Arrow table."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        self._connection = duckdb.connect()
        self._connection.execute(f"SET threads = {threads}")
        self._connection.execute("SET enable_progress_bar = false")
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

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        session = _installed("chdb.session")
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

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        self._session.query("CREATE TABLE input ENGINE = Memory AS SELECT * FROM Python(table)")
        self._source, self._table = "input", None


class Pyarrow(Contestant):
    """pyarrow.csv.write_csv, which has no threads: each of ours takes its share of the rows."""

    formats = frozenset(("csv",))

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        self._shares = _shares(table, threads)

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

        shares = _in_threads(share, self.threads)
        if out:
            out.write_bytes(b"".join(written for _, written in shares))
        return sum(size for size, _ in shares)


class Pgpq(Contestant):
    """pgpq's BINARY. It holds the GIL, so that a second thread is of no use to it."""

    formats = frozenset(("binary",))

    def __init__(self, table: pa.Table, threads: int) -> None:
        super().__init__(table, threads)
        self._encoder = _installed("pgpq").ArrowToPostgresBinaryEncoder
        self._schema = table.schema
        # Its Arrow copies decimals that are not aligned to sixteen bytes for every batch; what
        # pyarrow allocates is.
        table = table.take(pa.array(range(table.num_rows)))
        self._shares = [share.to_batches(BATCH_ROWS) for share in _shares(table, threads)]

    def run(self, file_format: str, out: Path | None) -> int:
        def share(thread: int) -> tuple[int, list[bytes]]:
            """A file of its own: the encoder has no way around header and trailer."""
            encoder = self._encoder(self._schema)
            size, kept = 0, []
            for block in self._blocks(encoder, self._shares[thread]):
                size += len(block)
                if out:
                    kept.append(block)
            return size, kept

        shares = _in_threads(share, self.threads)
        if out:
            files = [b"".join(blocks) for _, blocks in shares]
            header, trailer = files[0][:_HEADER], files[0][-_TRAILER:]
            out.write_bytes(
                b"".join([header, *(file[_HEADER:-_TRAILER] for file in files), trailer])
            )
        return sum(size for size, _ in shares) - (self.threads - 1) * (_HEADER + _TRAILER)

    @staticmethod
    def _blocks(encoder: Any, batches: list[pa.RecordBatch]) -> Iterator[bytes]:
        yield encoder.write_header()
        for batch in batches:
            yield encoder.write_batch(batch)
        yield encoder.finish()


CONTESTANTS: Final[dict[str, type[Contestant]]] = {
    "holofast": Holofast,
    "BatchSize 1000": HolofastBatchSize1000,
    "twin": Twin,
    "polars": Polars,
    "chdb": Chdb,
    "chdb table": ChdbTable,
    "duckdb": DuckDB,
    "pyarrow": Pyarrow,
    "pgpq": Pgpq,
}


def _shares(table: pa.Table, count: int) -> list[pa.Table]:
    length = -(-table.num_rows // count)
    return [table.slice(index * length, length) for index in range(count)]


def _in_threads(work: Callable[[int], _T], threads: int) -> list[_T]:
    if threads == 1:
        return [work(0)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))


def _installed(module: str) -> Any:
    """A peer: imported late, because only its own process needs it, and `make bench` brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise RuntimeError(f"{module} is not installed; `make bench` installs it") from error
