"""Chinese text in other encodings, beside PostgreSQL's own COPY: `python -m benches.encodings`.

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

_ENCODINGS: Final = ("UTF8", "GBK", "GB18030")
_FORMATS: Final = ("csv", "text")
_COMPARED_ROWS: Final = 20_000


@click.command()
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(rounds: int) -> None:
    """Measure each encoding in CSV and TEXT, in so many rounds, in turn."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])  # the server inherits it
    table = generated.chinese()
    settings = ("shared_buffers=1GB", "synchronize_seqscans=off")
    with debian_15(settings) as server, server() as connection:
        create_table(connection, "input", table.schema)
        load(connection, "input", blocks(table))
        connection.execute("VACUUM (FREEZE, ANALYZE) input")  # else the first run would
        measured = [
            _measure(connection, table, file_format, encoding, rounds)
            for file_format, encoding in itertools.product(_FORMATS, _ENCODINGS)
        ]
    path = results.save("encodings", {"options": {"rounds": rounds}, "results": measured})
    click.echo(f"{_markdown(table.num_rows, measured)}\n\nAll runs: {path}")


def _measure(
    connection: psycopg.Connection,
    table: pa.Table,
    file_format: str,
    encoding: str,
    rounds: int,
) -> dict[str, Any]:
    options = f"(FORMAT {file_format}, ENCODING '{encoding}')"
    keywords = holofast.CopyOptions(format=file_format, encoding=encoding)
    encoder = holofast.Encoder(table.schema, keywords)
    query = f"SELECT * FROM input WHERE id < {_COMPARED_ROWS} ORDER BY id"
    expected = copy_out(connection, f"COPY ({query}) TO STDOUT {options}")
    if bytes(encoder.encode_run(table.slice(0, _COMPARED_ROWS).to_batches())) != expected:
        raise RuntimeError(f"{encoding}: the bytes of {file_format} are not the server's")
    batches = table.to_batches(BATCH_ROWS)
    # Each block is gone before the next one needs its memory.
    ways: dict[str, Callable[[], object]] = {
        results.OURS: lambda: sum(len(encoder.encode(batch)) for batch in batches),
        "postgresql": lambda: connection.execute(f"COPY input TO '/dev/null' {options}".encode()),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn, (name, way) in itertools.product(range(rounds + 1), ways.items()):
        started = time.perf_counter()
        way()
        if turn:  # the first one only warms up
            seconds[name].append(time.perf_counter() - started)
    return {"format": file_format, "encoding": encoding, "rows": table.num_rows, "seconds": seconds}


def _markdown(rows: int, measured: list[dict[str, Any]]) -> str:
    lines = ["| million rows a second | holofast | postgresql | times |", "|---|---:|---:|---:|"]
    for one in measured:
        ours, theirs = (rows / statistics.median(taken) for taken in one["seconds"].values())
        name = f"{one['format']}, {one['encoding']}"
        lines.append(f"| {name} | {ours / 1e6:.2f} | {theirs / 1e6:.2f} | {ours / theirs:.1f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
