"""The upload alone, beside bare HTTP: `python -m benches.bench_upload`.

Parts that are in memory go to a loopback OSS that keeps nothing: through the pipeline, and by
http.client with signatures made beforehand, in turn. The server checks signatures and computes
CRC64s for both, on the same cores; the pipeline also initiates, computes each part's CRC64 and the
object's, compares them with the server's, and completes. CPU seconds a GB are told for each end.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit

import click
import oss2
from holofast import pipeline
from holofast.sinks.multipart import Multipart
from holofast.sinks.oss import OssStore
from holofast.sinks.store import PART_SIZE

from benches.loopback import Loopback, discarding_oss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holofast.programs import DumpToOss

    # From server, data, key and threads to what is timed.
    Way = Callable[[Loopback, memoryview, str, int], Callable[[], None]]

_PARTS: Final = 64


@dataclass(frozen=True)
class _Piece:
    """See `pipeline.Piece`."""

    number: int
    data: memoryview
    rows: None = None

    def render(self) -> memoryview:
        return self.data


class Pieces:
    """Parts that are in memory, as `pipeline.Work`."""

    def __init__(self, parts: list[memoryview]) -> None:
        self._pieces = (_Piece(number, part) for number, part in enumerate(parts, start=1))

    def claim(self) -> _Piece | None:
        return next(self._pieces, None)

    def cancel(self) -> None:
        """A claim never waits."""


@dataclass(frozen=True)
class _Cost:
    """Seconds of one upload."""

    wall: float
    client_cpu: float
    server_cpu: float


@click.command()
@click.option("--rounds", default=9, show_default=True, help="Runs of each; medians are printed.")
def main(rounds: int) -> None:
    """Upload 0.5 GB in parts of 8 MiB by 1, 2 and 4 threads, and print rates and costs."""
    generator = random.Random(1)
    data = memoryview(b"".join(generator.randbytes(PART_SIZE) for _ in range(_PARTS)))
    size = len(data) / 1e9
    click.echo("threads  what          GB/s  client CPU s/GB  server CPU s/GB  of bare")
    with discarding_oss() as oss:
        for threads in (1, 2, 4):
            costs = _measure(oss, data, threads, rounds)
            bare = costs["http.client"]
            for name, cost in costs.items():
                click.echo(
                    f"{threads:7}  {name:11}  {size / cost.wall:5.2f}  "
                    f"{cost.client_cpu / size:15.2f}  {cost.server_cpu / size:15.2f}  "
                    f"{bare.wall / cost.wall:7.0%}"
                )


def _measure(oss: Loopback, data: memoryview, threads: int, rounds: int) -> dict[str, _Cost]:
    """The medians of each way; the ways take turns, after one unmeasured upload each."""
    ways: dict[str, Way] = {"http.client": _bare, "holofast": _holofast}
    seen: dict[str, list[_Cost]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            upload = way(oss, data, f"{name}/{threads}_{number}", threads)
            wall, cpu, server = time.perf_counter(), time.process_time(), oss.cpu_seconds()
            upload()
            spent = oss.cpu_seconds() - server
            seen[name].append(_Cost(time.perf_counter() - wall, time.process_time() - cpu, spent))
    return {name: _median(costs[1:]) for name, costs in seen.items()}


def _median(costs: list[_Cost]) -> _Cost:
    return _Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.client_cpu for cost in costs),
        statistics.median(cost.server_cpu for cost in costs),
    )


def _holofast(oss: Loopback, data: memoryview, key: str, threads: int) -> Callable[[], None]:
    def upload() -> None:
        store = OssStore(oss.target, key, threads)
        sink = Multipart(store, max_bytes=oss.target.max_bytes, sole=True)
        outcome = pipeline.run(Pieces(_parts(data)), sink, engine="native", workers=threads)
        if not outcome.commit.confirmed or outcome.progress.bytes != len(data):
            raise RuntimeError(f"the upload is not whole: {outcome}")

    return upload


def _bare(oss: Loopback, data: memoryview, key: str, threads: int) -> Callable[[], None]:
    """Nothing but the parts' requests, one connection a thread."""
    address = urlsplit(oss.target.endpoint).netloc
    pieces = iter(list(zip(_signed(oss.target, key, len(_parts(data))), _parts(data), strict=True)))
    claiming = threading.Lock()

    def work() -> None:
        with contextlib.closing(http.client.HTTPConnection(address)) as connection:
            while True:
                with claiming:
                    claimed = next(pieces, None)
                if claimed is None:
                    return
                (url, headers), part = claimed
                connection.request("PUT", url, body=part, headers=headers)
                answer = connection.getresponse()
                told = answer.read()
                if answer.status != 200:
                    raise RuntimeError(f"a part was refused: {told!r}")

    def upload() -> None:
        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()

    return upload


def _signed(target: DumpToOss, key: str, parts: int) -> Iterator[tuple[str, dict[str, str]]]:
    """URL and headers for each part of a new upload."""
    auth = oss2.AuthV4(target.access_key_id, target.access_key_secret)
    bucket = oss2.Bucket(auth, target.endpoint, target.bucket_name, region=target.region)
    upload_id = bucket.init_multipart_upload(key).upload_id
    url = f"/{target.bucket_name}/{quote(key, safe='')}"
    for number in range(1, parts + 1):
        params = {"partNumber": str(number), "uploadId": upload_id}
        request = oss2.http.Request("PUT", url, params=params, region=target.region, product="oss")
        auth._sign_request(request, target.bucket_name, key)
        headers = {name: value for name, value in request.headers.items() if value}
        yield f"{url}?{urlencode(params)}", headers


def _parts(data: memoryview) -> list[memoryview]:
    return [data[start : start + PART_SIZE] for start in range(0, len(data), PART_SIZE)]


if __name__ == "__main__":
    main()
