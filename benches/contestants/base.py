"""What a contestant is, and what several of them need. The contestants themselves are beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

_T = TypeVar("_T")

# As `holofast copy` reads from DuckDB; larger batches of wide rows leave the caches.
BATCH_ROWS: Final = 16_384


class Contestant(ABC):
    """One way of writing `table` by `threads` threads, its timestamptz in `time_zone`.

    `rows` is how many rows a run writes, `names` are those of its columns.
    """

    formats: ClassVar[frozenset[str]]
    engine: ClassVar[str | None] = None  # of holofast
    most_threads: ClassVar[int] = 2
    zones_alone: ClassVar[bool] = False  # whether it runs only where a time zone is asked for

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        self.rows = table.num_rows
        self.names = table.column_names
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


def split(table: pa.Table, count: int) -> list[pa.Table]:
    length = -(-table.num_rows // count)
    return [table.slice(index * length, length) for index in range(count)]


def in_threads(work: Callable[[int], _T], threads: int) -> list[_T]:
    if threads == 1:
        return [work(0)]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, range(threads)))


def installed(module: str) -> Any:
    """A peer: imported late, because only its own process needs it, and `make bench` brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        raise RuntimeError(f"{module} is not installed; `make bench` installs it") from error
