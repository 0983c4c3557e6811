"""What no peer writes, beside PostgreSQL's own COPY: `python -m benches.beside_server`. That is
Chinese text in other encodings, arrays, jsonb and intervals.

Both in turn on one core: holofast from Arrow to its reused memory, the server from a table in its
shared buffers to /dev/null. What they write is compared before they are timed. The times go to
data/bench/.
"""

from __future__ import annotations

import itertools
import os
import statistics
import time
from typing import TYPE_CHECKING, Any, Final

import click
import holofast

from benches import generated, results
from benches.contestants.base import BATCH_ROWS
from benches.loads import blocks, create_table, load
from tests.postgres import copy_out, debian_15

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    import pyarrow as pa

# What is written, in which formats, by which options.
_CASES: Final[list[tuple[str, Callable[[], pa.Table], tuple[str, ...], dict[str, str]]]] = [
    ("UTF8", generated.chinese, ("csv", "text"), {"encoding": "UTF8"}),
    ("GBK", generated.chinese, ("csv", "text"), {"encoding": "GBK"}),
    ("GB18030", generated.chinese, ("csv", "text"), {"encoding": "GB18030"}),
    ("integer[]", generated.integer_arrays, ("csv", "text", "binary"), {}),
    ("text[]", generated.text_arrays, ("csv", "text", "binary"), {}),
    ("jsonb", generated.documents, ("csv", "text", "binary"), {}),
    ("interval", generated.intervals, ("csv", "text", "binary"), {}),
]
_COMPARED_ROWS: Final = 20_000


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option("--only", help="The case of this name alone.")
def main(rounds: int, only: str | None) -> None:
    """Measure each case in its formats, in so many rounds, in turn."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])  # the server inherits it
    settings = ("shared_buffers=1GB", "synchronize_seqscans=off")
    measured = []
    with debian_15(settings) as server, server() as connection:
        for name, make, formats, options in _CASES:
            if only in (None, name):
                table = make()
                create_table(connection, "input", table.schema)
                load(connection, "input", blocks(table))
                connection.execute("VACUUM (FREEZE, ANALYZE) input")  # else the first run would
                measured += [
                    _measure(connection, table, name, {"format": file_format, **options}, rounds)
                    for file_format in formats
                ]
    path = results.save("beside_server", {"options": {"rounds": rounds}, "results": measured})
    click.echo(f"{_markdown(measured)}\n\nAll runs: {path}")


def _measure(
    connection: psycopg.Connection,
    table: pa.Table,
    name: str,
    options: dict[str, str],
    rounds: int,
) -> dict[str, Any]:
    option_list = ", ".join(f"{option} '{value}'" for option, value in options.items())
    encoder = holofast.Encoder(table.schema, holofast.CopyOptions(**options))  # type: ignore[arg-type]
    query = f"SELECT * FROM input WHERE id < {_COMPARED_ROWS} ORDER BY id"
    expected = copy_out(connection, f"COPY ({query}) TO STDOUT ({option_list})")
    compared = table.slice(0, _COMPARED_ROWS).to_batches()
    if bytes(encoder.encode_run(compared, header=True, trailer=True)) != expected:
        raise RuntimeError(f"{name}: the bytes of {options} are not the server's")
    batches = table.to_batches(BATCH_ROWS)
    to_nowhere = f"COPY input TO '/dev/null' ({option_list})".encode()
    # Each block is gone before the next one needs its memory.
    ways: dict[str, Callable[[], object]] = {
        results.OURS: lambda: sum(len(encoder.encode(batch)) for batch in batches),
        "postgresql": lambda: connection.execute(to_nowhere),
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for turn, (way, run) in itertools.product(range(rounds + 1), ways.items()):
        started = time.perf_counter()
        run()
        if turn:  # the first one only warms up
            seconds[way].append(time.perf_counter() - started)
    return {"case": name, **options, "rows": table.num_rows, "seconds": seconds}


def _markdown(measured: list[dict[str, Any]]) -> str:
    lines = ["| million rows a second | holofast | postgresql | times |", "|---|---:|---:|---:|"]
    for one in measured:
        ours, theirs = (one["rows"] / statistics.median(taken) for taken in one["seconds"].values())
        name = f"{one['case']}, {one['format']}"
        lines.append(f"| {name} | {ours / 1e6:.2f} | {theirs / 1e6:.2f} | {ours / theirs:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
