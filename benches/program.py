"""hg_dump_to_oss as a whole process, beside oss2: `python -m benches.program`.

1 GiB goes from a file, and through a pipe, to a loopback OSS that keeps nothing, in turn with
oss2's own ways to send the same file: put_object, and parts by threads as ossutil has them, both
with the CRC64 that oss2 computes by default. Start-up and interpreter are part of each figure.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import click
import oss2

from benches.loopback import discarding_oss, dump_command

if TYPE_CHECKING:
    from holofast.programs import DumpToOss

_SIZE: Final = 1024**3
_BLOCK: Final = 8 * 1024**2

_BUCKET: Final = """
import sys, oss2
path, key_id, secret, endpoint, region, name = sys.argv[1:]
bucket = oss2.Bucket(oss2.AuthV4(key_id, secret), endpoint, name, region=region)
"""

_PUT: Final = _BUCKET + "bucket.put_object_from_file('bench/put', path)"

_PARTS: Final = (
    _BUCKET
    + f"""
import os
from concurrent.futures import ThreadPoolExecutor
upload = bucket.init_multipart_upload('bench/parts').upload_id
def send(number):
    with open(path, 'rb') as file:
        file.seek((number - 1) * {_BLOCK})
        data = file.read({_BLOCK})
    sent = bucket.upload_part('bench/parts', upload, number, data)
    return oss2.models.PartInfo(number, sent.etag, size=len(data), part_crc=sent.crc)
with ThreadPoolExecutor(4) as pool:
    parts = list(pool.map(send, range(1, -(-os.path.getsize(path) // {_BLOCK}) + 1)))
bucket.complete_multipart_upload('bench/parts', upload, parts)
"""
)


class _Cost(NamedTuple):
    """Of one process, in seconds; memory in MB."""

    wall: float
    cpu: float
    memory: float


class _Way(NamedTuple):
    """A shell's command, which data is fed to if `piped`; `sent` in bytes."""

    command: str
    sent: int = 0
    piped: bool = False


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Runs of each; medians are printed.")
def main(rounds: int) -> None:
    """Send 1 GiB by each way, in turn, and print rates, CPU seconds a GB and start-up times."""
    with tempfile.NamedTemporaryFile(prefix="holofast-", dir="/tmp") as file:
        for _ in range(_SIZE // _BLOCK):
            file.write(os.urandom(_BLOCK))
        file.flush()
        with discarding_oss() as oss:
            ways = _ways(oss.target, file.name)
            seen: dict[str, list[_Cost]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    seen[name].append(_run(way, file.name))
            _check(oss.target, sum(1 for way in ways.values() if way.sent))
    click.echo(f"{'':32} {'s':>6} {'MB/s':>6} {'CPU s':>6} {'a GB':>6} {'peak MB':>8}")
    for name, costs in seen.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*costs, strict=True))
        sent = ways[name].sent
        rate = f"{sent / 1e6 / wall:6.0f}" if sent else ""
        each = f"{cpu / (sent / 1e9):6.2f}" if sent else ""
        click.echo(f"{name:32} {wall:6.2f} {rate:6} {cpu:6.2f} {each:6} {memory:8.0f}")


def _ways(target: DumpToOss, path: str) -> dict[str, _Way]:
    """By what they are called."""
    key = f"{target.access_key_id} {target.access_key_secret} {target.endpoint} {target.region}"
    programs = Path(sys.executable).parent
    dump = f"exec {programs}/{dump_command(target)}"
    python = f"exec {sys.executable} -c"
    return {
        "hg_dump_to_oss, file": _Way(f"{dump} < {path}", _SIZE),
        "hg_dump_to_oss, pipe": _Way(dump, _SIZE, piped=True),
        "oss2.put_object": _Way(f'{python} "{_PUT}" {path} {key} {target.bucket_name}', _SIZE),
        "oss2, parts by 4 threads": _Way(
            f'{python} "{_PARTS}" {path} {key} {target.bucket_name}', _SIZE
        ),
        "hg_dump_to_oss, nothing to send": _Way(f"{dump} < /dev/null"),
        "hg_dump_to_oss --help": _Way(f"exec {programs}/hg_dump_to_oss --help > /dev/null"),
        "python -c 'import oss2'": _Way(f"{python} 'import oss2'"),
    }


def _run(way: _Way, path: str) -> _Cost:
    """One run; what fills a pipe is another process, which is not counted."""
    feed = subprocess.Popen(["cat", path if way.piped else "/dev/null"], stdout=subprocess.PIPE)
    started = time.perf_counter()
    with (
        feed,
        subprocess.Popen(
            ["/bin/sh", "-c", way.command], stdin=feed.stdout, stderr=subprocess.PIPE
        ) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            assert process.stderr is not None
            raise RuntimeError(process.stderr.read().decode())
    return _Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3)


def _check(target: DumpToOss, ways: int) -> None:
    """See that every object has all the bytes, or none where nothing was sent."""
    auth = oss2.AuthV4(target.access_key_id, target.access_key_secret)
    bucket = oss2.Bucket(auth, target.endpoint, target.bucket_name, region=target.region)
    sizes = [found.size for found in oss2.ObjectIterator(bucket)]
    if set(sizes) != {0, _SIZE} or sizes.count(_SIZE) < ways:
        raise RuntimeError(f"objects have {sizes} bytes")


if __name__ == "__main__":
    main()
