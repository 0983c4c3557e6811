"""The main job on real data: three COPY statements to a loopback OSS, fetched back and checked.

Run by `make demo`. The statements are the original's own; the rows and the CRC64 of what arrived
are counted here again, by other means than holofast's. Wall times by stage come last.
"""

from __future__ import annotations

import csv
import io
import os
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import oss2

from benches import datasets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAMS = Path(sys.executable).parent
KEY_ID, KEY_SECRET = "demo-key-id", "demo-key-secret"
BUCKET, REGION = "hologres-demo", "cn-hangzhou"


def main() -> None:
    """Export, fetch back, check; the first thing that is wrong ends it."""
    stages: dict[str, float] = {}
    with _timed(stages, "unzip"):
        flights = datasets.flights_csv()
    exports = [
        ("flights/", "(DELIMITER ',', HEADER true, FORMAT CSV)", flights, 336_776, _csv_rows),
        ("weather/", "", datasets.weather_csv(), 26_115, _text_rows),
        ("planes/", "(FORMAT BINARY)", datasets.planes_csv(), 3_322, _binary_rows),
    ]
    with _oss_server() as endpoint:
        auth = oss2.AuthV4(KEY_ID, KEY_SECRET)
        bucket = oss2.Bucket(auth, endpoint, BUCKET, region=REGION)
        for directory, options, table, rows, count in exports:
            with _timed(stages, f"export {directory}"):
                _export(endpoint, directory, options, table)
            with _timed(stages, f"check {directory}"):
                _check(bucket, directory, rows, count)
        if any(True for _ in oss2.MultipartUploadIterator(bucket)):
            sys.exit("an open upload was left in the bucket")
    print("\nstage            seconds")
    for stage, seconds in stages.items():
        print(f"{stage:<16} {seconds:7.2f}")


def _export(endpoint: str, directory: str, options: str, table: Path) -> None:
    """Run the statement by `holofast copy`, as a user would."""
    statement = (
        f"COPY (SELECT * FROM read_csv('{table}', nullstr = 'NA')) "
        f"TO PROGRAM 'hg_dump_to_oss --AccessKeyId {KEY_ID} --AccessKeySecret {KEY_SECRET} "
        f"--Endpoint {endpoint} --BucketName {BUCKET} --DirName {directory} --BatchSize 3000' "
        f"{options}"
    )
    shown = statement.replace(KEY_SECRET, "***").replace(f"{datasets.ROOT}/", "")
    print(f'\n$ holofast copy "{shown.strip()}"', flush=True)
    command = [str(PROGRAMS / "holofast"), "copy", statement]
    done = subprocess.run(command, env=os.environ | {"OSS_REGION": REGION})
    if done.returncode != 0:
        sys.exit(done.returncode)


def _check(bucket: oss2.Bucket, directory: str, rows: int, count: Callable[[bytes], int]) -> None:
    """Fetch the directory's one object; its rows are known, its CRC64 OSS's own."""
    (entry,) = bucket.list_objects_v2(prefix=directory).object_list
    answer = bucket.get_object(entry.key)  # oss2 itself checks the CRC64 of what it reads
    data = answer.read()
    crc64 = oss2.utils.Crc64()
    crc64.update(data)
    if crc64.crc != answer.server_crc:
        sys.exit(f"{entry.key}: the CRC64 is {crc64.crc}, but OSS says {answer.server_crc}")
    counted = count(data)
    if counted != rows:
        sys.exit(f"{entry.key}: {counted} rows were fetched back, not {rows}")
    print(f"checked oss://{BUCKET}/{entry.key}: {counted:,} rows, CRC64 {crc64.crc}")


def _csv_rows(data: bytes) -> int:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=""))
    return sum(1 for _ in reader) - 1


def _text_rows(data: bytes) -> int:
    return data.count(b"\n")


def _binary_rows(data: bytes) -> int:
    """Walk the tuples, field by field, to the trailer."""
    at, rows = 19, 0
    while (fields := struct.unpack_from(">h", data, at)[0]) != -1:
        at += 2
        for _ in range(fields):
            at += 4 + max(struct.unpack_from(">i", data, at)[0], 0)
        rows += 1
    if at + 2 != len(data):
        sys.exit(f"{len(data) - at - 2} bytes follow BINARY's trailer")
    return rows


@contextmanager
def _oss_server() -> Iterator[str]:
    command = [str(PROGRAMS / "holofast"), "oss-server", "--bucket", BUCKET, "--region", REGION]
    command += ["--access-key-id", KEY_ID, "--access-key-secret", KEY_SECRET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


@contextmanager
def _timed(stages: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    stages[name] = time.perf_counter() - started


if __name__ == "__main__":
    main()
