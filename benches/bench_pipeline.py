"""The whole job beside its stages: `python -m benches.bench_pipeline`.

Parquet → DuckDB → COPY bytes → a loopback OSS that keeps nothing. Each stage's CPU time is taken
alone, then the job's wall time. Were all cores busy with the stages' work and nothing else, the job
would take the sum of their CPU times, shared among the cores; the server is one of the stages.
Encoding and uploading are timed in another process: they need the data in memory, and the job after
them would find its allocator in disorder.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import holofast
import pyarrow as pa
from holofast import pipeline
from holofast.encoder import Encoder
from holofast.job import default_workers
from holofast.job.output import least_row_bytes
from holofast.options import CopyOptions
from holofast.pipeline.runs import Export
from holofast.sinks.multipart import Multipart
from holofast.sinks.oss import OssStore
from holofast.sinks.store import PART_SIZE
from holofast.sources.arrow import Arrow

from benches import datasets
from benches.bench_upload import Pieces
from benches.loopback import Loopback, copy_statement, discarding_oss
from tests.exports import open_result

if TYPE_CHECKING:
    from holofast.pipeline import Progress


@dataclass(frozen=True)
class _Times:
    """Seconds of CPU time of each stage alone and of the job, and of the job's wall time."""

    scan: float
    encode: float
    upload: float
    server: float
    job: float
    wall: float
    first_part: float


@click.command()
@click.option("--format", "file_format", default="csv", show_default=True)
@click.option("--copies", default=2, show_default=True, help="0.77 GB of CSV each.")
@click.option("--rounds", default=5, show_default=True, help="Medians of so many are printed.")
def main(file_format: str, copies: int, rounds: int) -> None:
    """Export lineitem so many times over; print what the stages cost alone, and the whole job."""
    query = f"SELECT * FROM read_parquet({[str(datasets.lineitem_parquet())] * copies})"
    cores = os.cpu_count() or 1
    spawn = multiprocessing.get_context("spawn")
    with discarding_oss() as oss, ProcessPoolExecutor(1, spawn) as other:
        rows = [_round(oss, other, query, file_format) for _ in range(rounds + 1)][1:]
    for name in _Times.__dataclass_fields__:
        click.echo(f"{name:10} {_median(rows, name):6.3f} s")
    stages = sum(_median(rows, name) for name in ("scan", "encode", "upload", "server"))
    ratio = statistics.median(
        times.wall * cores / (times.scan + times.encode + times.upload + times.server)
        for times in rows
    )
    click.echo(f"{cores} cores could do the stages in {stages / cores:.3f} s; the job takes")
    click.echo(f"{ratio:.2f} times that")


def _median(rows: list[_Times], name: str) -> float:
    median: float = statistics.median(getattr(times, name) for times in rows)
    return median


def _round(oss: Loopback, other: ProcessPoolExecutor, query: str, file_format: str) -> _Times:
    encode, upload, server, size = other.submit(_in_memory, oss, query, file_format).result()
    started = time.process_time()
    with contextlib.closing(open_result(query)) as source:
        for _ in source:
            pass
    scan = time.process_time() - started

    acknowledged: list[float] = []

    def note(progress: Progress) -> None:
        acknowledged.append(time.perf_counter())

    statement = copy_statement(query, f"FORMAT {file_format}", oss.target)
    started, served, begun = time.process_time(), oss.cpu_seconds(), time.perf_counter()
    report = holofast.copy(statement, progress=note)
    wall = time.perf_counter() - begun
    job = time.process_time() - started + oss.cpu_seconds() - served
    if not report.confirmed or report.bytes != size:
        raise RuntimeError(f"{size} bytes should be there, and confirmed: {report}")
    return _Times(scan, encode, upload, server, job, wall, acknowledged[0] - begun)


def _in_memory(oss: Loopback, query: str, file_format: str) -> tuple[float, float, float, int]:
    """CPU seconds of encoding, of uploading, and of the server meanwhile; and the bytes."""
    encode, parts = _encode(query, file_format)
    started, served = time.process_time(), oss.cpu_seconds()
    _upload(oss, parts)
    upload, server = time.process_time() - started, oss.cpu_seconds() - served
    return encode, upload, server, sum(map(len, parts))


def _encode(query: str, file_format: str) -> tuple[float, list[memoryview]]:
    """CPU seconds of cutting and encoding by one thread, of batches in memory, and the parts."""
    with contextlib.closing(open_result(query)) as source:
        batches = list(source)
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, batches)
    encoder = Encoder(reader.schema, CopyOptions(format=file_format))
    floor = least_row_bytes(len(reader.schema), file_format)
    work = Export(Arrow(reader), encoder, row_floor=floor, least_part=PART_SIZE)
    seconds = 0.0
    parts: list[memoryview] = []
    while True:
        started = time.process_time()
        run = work.claim()
        block = run.render() if run else b""
        seconds += time.process_time() - started
        if run is None:
            return seconds, parts
        parts.append(memoryview(bytes(block)))


def _upload(oss: Loopback, parts: list[memoryview]) -> None:
    workers = default_workers()
    store = OssStore(oss.target, f"stage/{time.monotonic_ns()}", workers)
    sink = Multipart(store, max_bytes=oss.target.max_bytes, sole=True)
    pipeline.run(Pieces(parts), sink, engine="native", workers=workers)


if __name__ == "__main__":
    main()
