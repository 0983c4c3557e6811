"""holofast's encoder and its peers side by side: `make bench`, or `python -m benches.compare`.

All contestants of a data set and a number of threads run in turn, in processes that stay, after
one warm-up each, so that the machine's weather is the same for all; medians are shown. Rows a
second is the fair measure: the tools write different bytes. The raw times go to data/bench/, where
report.py reads them.

How to run briefly: `python -m benches.compare --rows 300000 --set flights --threads 1`.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from benches import check, datasets, results
from benches.contestants import CONTESTANTS
from benches.results import FORMATS
from benches.worker import Job, Run, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

# Who took so long in so many rounds sits the others out: the whole would last too long.
_ROUNDS_FOR_ALL: Final = 3
_ENOUGH_SECONDS: Final = 5


@click.command()
@click.option("--set", "sets", multiple=True, type=click.Choice(list(datasets.SETS)))
@click.option("--format", "formats", multiple=True, type=click.Choice(FORMATS))
@click.option("--contestant", "names", multiple=True, type=click.Choice(list(CONTESTANTS)))
@click.option("--threads", multiple=True, type=click.IntRange(1, 2))
@click.option("--rows", type=click.IntRange(1), help="Only the first so many rows of each set.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(
    sets: tuple[str, ...],
    formats: tuple[str, ...],
    names: tuple[str, ...],
    threads: tuple[int, ...],
    rows: int | None,
    rounds: int,
) -> None:
    """Compare the encoders; each of --set, --format, --contestant, --threads may be repeated.

    By default all of them run. A contestant that is missing or fails ends the comparison.
    """
    threads = threads or (1, 2)
    if max(threads) > len(os.sched_getaffinity(0)):
        raise click.UsageError("There are fewer cores than threads.")
    measured: list[results.Result] = []
    started = time.perf_counter()
    for dataset in sets or datasets.SETS:
        with tempfile.TemporaryDirectory() as directory:
            _write_expected(dataset, Path(directory), formats or FORMATS)
            for count in threads:
                if count > datasets.SETS[dataset].most_threads:
                    continue
                jobs = [
                    Job(name, dataset, rows, count, written, Path(directory))
                    for name in names or CONTESTANTS
                    if (written := _formats(name, dataset, count, formats or FORMATS))
                ]
                try:
                    measured += _compare(jobs, rounds)
                except RuntimeError as error:
                    sys.exit(str(error))
                _say(f"{dataset}, {count} threads: {time.perf_counter() - started:.0f} s so far\n")
    path = results.save(
        "compare",
        {
            "options": {"rows": rows, "rounds": rounds},
            "results": [asdict(result) for result in measured],
        },
    )
    click.echo(f"Million rows a second, medians of {rounds} runs:\n\n{results.markdown(measured)}")
    if differences := results.differences(measured):
        click.echo(f"\nNot as PostgreSQL writes them:\n\n{differences}")
    click.echo(f"\nAll runs: {path}")


def _write_expected(dataset: str, directory: Path, formats: tuple[str, ...]) -> None:
    table, time_zone = datasets.table(dataset), datasets.SETS[dataset].time_zone
    for file_format in formats:
        _say(f"{dataset} {file_format}: the twin writes what is expected")
        (directory / file_format).write_bytes(check.expected(table, time_zone, file_format))


def _formats(name: str, dataset: str, threads: int, formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats in which a contestant takes part."""
    kind = CONTESTANTS[name]
    if threads > kind.most_threads:
        return ()
    if kind.zones_alone and datasets.SETS[dataset].time_zone == "UTC":
        return ()
    return tuple(file_format for file_format in formats if file_format in kind.formats)


def _compare(jobs: list[Job], rounds: int) -> Iterator[results.Result]:
    """Run all jobs, which share data set and threads, format by format."""
    with contextlib.ExitStack() as stack:
        workers = []
        for job in jobs:  # one after the other: they would only fight for the cores
            _say(f"{job.dataset}, {job.threads} threads: {job.contestant} gets ready")
            worker = stack.enter_context(Worker(job))
            workers.append((worker, worker.ready()))
        for file_format in FORMATS:
            field = [pair for pair in workers if file_format in pair[0].job.formats]
            runs: list[list[Run]] = [[] for _ in field]
            for turn in range(rounds + 1):
                for (worker, _), own in zip(field, runs, strict=True):
                    taken = sum(run.seconds for run in own)
                    if len(own) >= _ROUNDS_FOR_ALL and taken > _ENOUGH_SECONDS:
                        continue
                    _say(
                        f"{worker.job.dataset} {file_format}, round {turn}: {worker.job.contestant}"
                    )
                    run = worker.run(file_format)
                    if turn:  # the first one only warms up
                        own.append(run)
            for (worker, ready), own in zip(field, runs, strict=True):
                (size,) = {run.bytes for run in own}
                yield results.Result(
                    dataset=worker.job.dataset,
                    format=file_format,
                    threads=worker.job.threads,
                    contestant=worker.job.contestant,
                    rows=ready.rows,
                    columns=datasets.table(worker.job.dataset).num_columns,
                    seconds=[run.seconds for run in own],
                    bytes=size,
                    differs=ready.differs[file_format],
                )


def _say(text: str) -> None:
    """Progress: on a terminal all of it, each in place of the last; else the whole lines."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)
    elif text.endswith("\n"):
        click.echo(text, nl=False, err=True)


if __name__ == "__main__":
    main()
