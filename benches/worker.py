"""A process of its own for a contestant, pinned to its cores; it holds the data between runs.

What a contestant does is in contestants/, whose turn it is compare.py's business.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from pathlib import Path
    from types import TracebackType

    import pyarrow as pa

    from benches.contestants.base import Contestant


@dataclass(frozen=True)
class Job:
    """A contestant on the first `rows` rows of a data set (None: all) with `threads` threads.

    `expected` has a file for each format: what PostgreSQL would write of the rows that are checked.
    """

    contestant: str
    dataset: str
    rows: int | None
    threads: int
    formats: tuple[str, ...]
    expected: Path


@dataclass(frozen=True)
class Ready:
    """The contestant has its data and passed its checks.

    `differs` has for each format the columns that differ from PostgreSQL's.
    """

    rows: int
    differs: dict[str, list[str]]


@dataclass(frozen=True)
class Run:
    """One run: seconds of wall time, and the bytes if the contestant tells."""

    seconds: float
    bytes: int | None


class Worker:
    """Starts a job's process; `ready` tells once it is prepared, `run` has it write once.

    Raises RuntimeError, naming the job, for whatever goes wrong in it.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(job, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._pipe.close()  # ends its loop
        if error is not None:
            self._process.terminate()
        self._process.join()

    def ready(self) -> Ready:
        """Wait for the process to have its data and to pass its checks."""
        answer: Ready = self._receive()
        return answer

    def run(self, file_format: str) -> Run:
        """Write the whole table once."""
        with contextlib.suppress(BrokenPipeError):  # a process that ended: _receive says how
            self._pipe.send(file_format)
        answer: Run = self._receive()
        return answer

    def _receive(self) -> Any:
        try:
            answer = self._pipe.recv()
        except EOFError:
            self._process.join()
            answer = f"its process ended with exit code {self._process.exitcode}"
        if isinstance(answer, str):
            job = self.job
            raise RuntimeError(
                f"{job.contestant} on {job.dataset}, {job.threads} threads: {answer}"
            )
        return answer


def _serve(job: Job, pipe: Connection) -> None:
    """The process: everything that starts threads is imported after it is pinned."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started is ended too
    try:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-job.threads :])
        os.environ["POLARS_MAX_THREADS"] = str(job.threads)
        _prepare_and_run(job, pipe)
    except EOFError:  # no more runs are asked for
        pass
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def _prepare_and_run(job: Job, pipe: Connection) -> None:
    from benches import datasets
    from benches.check import check
    from benches.contestants import CONTESTANTS

    time_zone = datasets.SETS[job.dataset].time_zone

    def make(table: pa.Table) -> Contestant:
        return CONTESTANTS[job.contestant](table, job.threads, time_zone)

    table = datasets.table(job.dataset, job.rows)
    wanted = {name: (job.expected / name).read_bytes() for name in job.formats}
    differs = check(make, table, wanted)
    contestant = make(table)
    del table  # some have it in a form of their own now
    with contextlib.closing(contestant):
        pipe.send(Ready(contestant.rows, differs))
        while True:
            file_format = pipe.recv()
            started = time.perf_counter()
            size = contestant.run(file_format, None)
            pipe.send(Run(time.perf_counter() - started, size))
