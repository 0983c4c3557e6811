"""The whole job: Parquet → DuckDB → COPY bytes → loopback OSS, and its first stage alone.

A sixth of lineitem, a million rows, so that a run is short; the server takes its share of the same
cores. Large exports and their memory are memory.py's.
"""

from __future__ import annotations

import contextlib
from typing import Any, Final

import holofast
import pytest
from holofast.options import Settings
from holofast.sources import open_source
from pyarrow import parquet

from benches import datasets
from benches.loopback import copy_statement, discarding_oss
from benches.rates import rates, timed

_LAST_ORDER: Final = 1_000_000


@pytest.fixture(scope="module")
def rows() -> int:
    """How many rows the query has, by other means than DuckDB's."""
    chosen = [("l_orderkey", "<=", _LAST_ORDER)]
    table = parquet.read_table(datasets.lineitem_parquet(), columns=["l_orderkey"], filters=chosen)
    count: int = table.num_rows
    return count


@pytest.mark.parametrize("file_format", ["csv", "text", "binary"])
def test_job(benchmark: Any, rows: int, file_format: str) -> None:
    with discarding_oss() as target:
        statement = copy_statement(_query(), f"FORMAT {file_format}", target)
        report = timed(benchmark, lambda: holofast.copy(statement), rounds=3)
    assert report.confirmed
    assert report.rows == rows
    rates(benchmark, size=report.bytes, rows=rows)


def test_scan(benchmark: Any, rows: int) -> None:
    """What DuckDB alone takes to give the batches."""

    def scan() -> tuple[int, int]:
        with contextlib.closing(open_source(_query(), None, Settings())) as source:
            sizes = [(batch.num_rows, batch.nbytes) for batch in source]
        return sum(count for count, _ in sizes), sum(size for _, size in sizes)

    counted, size = timed(benchmark, scan, rounds=3)
    assert counted == rows
    rates(benchmark, size=size, rows=rows)


def _query() -> str:
    return f"SELECT * FROM '{datasets.lineitem_parquet()}' WHERE l_orderkey <= {_LAST_ORDER}"
