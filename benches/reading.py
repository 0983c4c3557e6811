"""Rows out of PostgreSQL 15, the server's work included: `python -m benches.reading`.

A table of TPC-H's lineitem with TPC-H's own types is read from the server's shared buffers in all
ways of contestants/readers.py, in turn. All must see as many rows, those that decode the same keys,
those that make CSV as many bytes. Times, wall and CPU of this process, go to data/bench/, where
report.py reads them.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from benches import datasets, results
from benches.contestants.readers import Seen, ways
from benches.loads import blocks, load
from benches.loopback import discarding_oss
from benches.results import Read
from tests.postgres import debian_15

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

# Nothing of the server's own that comes at its own time, and rows in the order they came in.
_SETTINGS: Final = (
    "shared_buffers=1GB",
    "checkpoint_timeout=1h",
    "autovacuum=off",
    "synchronize_seqscans=off",
)

_LINEITEM: Final = """
CREATE UNLOGGED TABLE lineitem (
    l_orderkey bigint, l_partkey bigint, l_suppkey bigint, l_linenumber integer,
    l_quantity numeric(15, 2), l_extendedprice numeric(15, 2), l_discount numeric(15, 2),
    l_tax numeric(15, 2), l_returnflag char(1), l_linestatus char(1), l_shipdate date,
    l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10),
    l_comment varchar(44))"""


@click.command()
@click.option("--rows", default=results.LOADED_ROWS, show_default=True, type=click.IntRange(1))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(rows: int, rounds: int) -> None:
    """Read the first --rows rows of lineitem in so many rounds, after one that warms up."""
    with debian_15(_SETTINGS) as server, discarding_oss() as oss:
        with server() as connection:
            _fill(connection, rows)
        found = ways(server.dsn, "SELECT * FROM lineitem", "l_orderkey", oss.target)
        measured = _measure(found, rows, rounds)
    path = results.save(
        "reading",
        {"options": {"rows": rows, "rounds": rounds}, "reads": [asdict(one) for one in measured]},
    )
    click.echo(f"{markdown(measured)}\n\nAll runs: {path}")


def markdown(reads: list[Read]) -> str:
    """One row a way: million rows a second, CPU seconds, and how many times that rate holofast's is
    when it decodes."""
    ours = {one.way: one.rate for one in reads}[results.DECODED]
    lines = [
        "| way | Mrows/s | CPU s a Mrow | holofast's is |",
        "| --- | ---: | ---: | ---: |",
    ]
    for one in reads:
        rate, ratio = f"{one.rate / 1e6:.2f}", f"{ours / one.rate:.2f} x"
        lines.append(f"| {one.way} | {rate} | {one.cpu:.2f} | {ratio} |")
    return "\n".join(lines)


def _fill(connection: psycopg.Connection, rows: int) -> None:
    connection.execute(_LINEITEM)
    load(connection, "lineitem", blocks(datasets.table("lineitem", rows)))
    connection.execute("VACUUM (FREEZE, ANALYZE) lineitem")  # else the first run would


def _measure(found: Mapping[str, Callable[[], Seen]], rows: int, rounds: int) -> list[Read]:
    reads = {name: Read(name, rows, [], []) for name in found}
    for turn in range(rounds + 1):
        seen = {}
        for name, way in found.items():
            wall, cpu = time.perf_counter(), time.process_time()
            seen[name] = way()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            if turn:  # the first one only warms up
                reads[name].seconds.append(wall)
                reads[name].cpu_seconds.append(cpu)
        _check(seen, rows)
    return list(reads.values())


def _check(seen: Mapping[str, Seen], rows: int) -> None:
    keys = {one.keys for one in seen.values()} - {None}
    sizes = {one.csv for one in seen.values()} - {None}
    if {one.rows for one in seen.values()} != {rows} or len(keys) > 1 or len(sizes) > 1:
        sys.exit(f"{rows} equal rows should be read: {seen}")


if __name__ == "__main__":
    main()
