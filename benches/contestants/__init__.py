"""holofast and its peers, each behind the one verb that is timed: write a whole table as a file.

Which of them run, on what, and how often is compare.py's business; what they wrote is judged in
check.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from benches.contestants import ours, peers, server

if TYPE_CHECKING:
    from benches.contestants.base import Contestant

CONTESTANTS: Final[dict[str, type[Contestant]]] = {
    "holofast": ours.Holofast,
    "BatchSize 1000": ours.HolofastBatchSize1000,
    "twin": ours.Twin,
    "polars": peers.Polars,
    "chdb": peers.Chdb,
    "chdb table": peers.ChdbTable,
    "duckdb": peers.DuckDB,
    "pyarrow": peers.Pyarrow,
    "arrow-csv": peers.ArrowCsv,
    "pgpq": peers.Pgpq,
    "postgresql": server.Postgres,
}
