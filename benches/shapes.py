"""How the encoder's rate depends on the data's shape: `python -m benches.shapes`.

Growth: the time for a row of lineitem's CSV from 10,000 to 100 million rows, and the memory at its
peak. Edges: few rows of very many columns, and very many of one, beside lineitem as it is. holofast
alone, on one thread, its memory reused; the set is repeated where it has too few rows. The times go
to data/bench/, where report.py reads them.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click
import holofast
import pyarrow as pa

from benches import datasets, results
from benches.contestants.base import BATCH_ROWS
from benches.results import ORDINARY, Edge, Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_T = TypeVar("_T")

_GROWTH: Final = [round(10 ** (half / 2)) for half in range(8, 17)]
_WIDE_ROWS: Final = 10
_WIDE_COPIES: Final = 100  # of lineitem's 16 columns
_ORDINARY_ROWS: Final = 1_000_000


@click.command()
@click.option("--rows", default=results.LONG_ROWS, show_default=True, type=click.IntRange(10_000))
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(rows: int, rounds: int) -> None:
    """Measure growth and edges, up to --rows rows; edges in so many rounds, in turn."""
    growth = [_alone(_grow, size) for size in _GROWTH if size <= rows]
    edges = _alone(_edges, rows, rounds)
    path = results.save(
        "shapes",
        {
            "options": {"rows": rows, "rounds": rounds},
            "growth": [asdict(one) for one in growth],
            "edges": [asdict(one) for one in edges],
        },
    )
    click.echo(f"All runs: {path}")


def _alone(work: Callable[..., _T], *arguments: int) -> _T:
    """What `work` returns, run on one core in a process of its own, whose memory can be told."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, initializer=_pin) as pool:
        return pool.submit(work, *arguments).result()


def _pin() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-1:])


def _grow(rows: int) -> Growth:
    table = datasets.table("lineitem")
    turns, rest = divmod(rows, table.num_rows)
    batches = table.to_batches(BATCH_ROWS) * turns + table.slice(0, rest).to_batches(BATCH_ROWS)
    encoder = holofast.Encoder(table.schema, holofast.CopyOptions(format="csv"))
    _encode(encoder, batches[: len(table.to_batches(BATCH_ROWS))])  # warms up
    rounds = min(max(30_000_000 // rows, 3), 30)
    seconds = [_timed(encoder, batches)[0] for _ in range(rounds)]
    return Growth(rows, seconds, _peak_memory())


def _edges(rows: int, rounds: int) -> list[Edge]:
    """Every shape in every format, in turn."""
    measured = []
    for file_format in results.FORMATS:
        shapes = _shapes(rows)
        encoders = {
            name: holofast.Encoder(batches[0].schema, holofast.CopyOptions(format=file_format))
            for name, batches in shapes.items()
        }
        runs: dict[str, list[tuple[float, int]]] = {name: [] for name in shapes}
        for turn, (name, batches) in itertools.product(range(rounds + 1), shapes.items()):
            run = _timed(encoders[name], batches)
            if turn:  # the first one only warms up
                runs[name].append(run)
        for name, batches in shapes.items():
            (size,) = {size for _, size in runs[name]}
            seconds = [taken for taken, _ in runs[name]]
            count = sum(batch.num_rows for batch in batches)
            measured.append(Edge(name, file_format, count, batches[0].num_columns, size, seconds))
    return measured


def _shapes(rows: int) -> dict[str, list[pa.RecordBatch]]:
    """The batches of each shape; the wide one comes often enough for a run to be timed well."""
    lineitem = datasets.table("lineitem", min(rows, _ORDINARY_ROWS))
    few = lineitem.slice(0, _WIDE_ROWS)
    columns = few.columns * _WIDE_COPIES
    wide = pa.table(columns, [f"c{place}" for place in range(len(columns))])
    draw = random.Random(1)
    ints = pa.array((draw.randrange(-(2**31), 2**31) for _ in range(BATCH_ROWS)), pa.int32())
    long = pa.record_batch([ints], ["i"])
    turns, rest = divmod(rows, BATCH_ROWS)
    return {
        ORDINARY: lineitem.to_batches(BATCH_ROWS),
        "10 rows x 1,600 columns": wide.to_batches() * 100,
        f"1 column x {rows:,} rows": [long] * turns + [long.slice(0, rest)] * (rest > 0),
    }


def _timed(encoder: holofast.Encoder, batches: Sequence[pa.RecordBatch]) -> tuple[float, int]:
    started = time.perf_counter()
    size = _encode(encoder, batches)
    return time.perf_counter() - started, size


def _encode(encoder: holofast.Encoder, batches: Sequence[pa.RecordBatch]) -> int:
    """The bytes of all batches; each block is gone before the next one needs its memory."""
    return sum(len(encoder.encode(batch)) for batch in batches)


def _peak_memory() -> int:
    """Bytes this process had at its peak, without what is mapped from files."""
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    kilobytes = [int(status[name].split()[0]) for name in ("VmHWM", "RssFile")]
    return (kilobytes[0] - kilobytes[1]) * 1024


if __name__ == "__main__":
    main()
