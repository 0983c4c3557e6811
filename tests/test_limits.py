"""What is bounded: the object's bytes, its number of parts, and this process's memory."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest
from holofast import api
from holofast.errors import DestinationError, ProgramError
from holofast.programs import DumpToOss, ExitCode, parse_arguments
from holofast.sinks import store
from holofast.sinks.store import MIN_PART_SIZE

from tests.oss_fixtures import LoopbackOss

# Rows of 10 bytes.
QUERY = "select 100000000 + range from range({})"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)


def target(oss: LoopbackOss, limit: int) -> DumpToOss:
    return parse_arguments([*oss.arguments(), "--MaxBytes", str(limit)], {})


def copy(oss: LoopbackOss, rows: int, limit: int) -> Any:
    command = " ".join(["hg_dump_to_oss", *oss.arguments(), "--MaxBytes", str(limit)])
    return api.copy(f"COPY ({QUERY.format(rows)}) TO PROGRAM '{command}'")


def test_an_export_up_to_the_limit_is_made(oss: LoopbackOss) -> None:
    assert copy(oss, 200_000, 2_000_000).bytes == 2_000_000


def test_an_export_past_the_limit_leaves_nothing(oss: LoopbackOss) -> None:
    with pytest.raises(ProgramError) as caught:
        copy(oss, 200_001, 2_000_000)
    assert caught.value.exit_code == ExitCode.OVER_LIMIT
    assert "at least 2000010 bytes, above the limit of 2000000 bytes" in str(caught.value)
    assert "--MaxBytes" in str(caught.value)
    oss.assert_nothing_left()


def test_the_part_that_would_cross_the_limit_is_not_sent(oss: LoopbackOss) -> None:
    with pytest.raises(ProgramError):
        copy(oss, 1_000_000, 1_000_000)
    sent = oss.operations().count("UploadPart")
    assert sent * MIN_PART_SIZE <= 1_000_000


def test_what_cannot_fit_is_refused_before_the_upload(oss: LoopbackOss) -> None:
    table = pa.table({"a": pa.nulls(1_000), "b": pa.nulls(1_000)})
    with pytest.raises(DestinationError) as caught:
        api.export(
            table,
            f"oss://{oss.bucket_name}/",
            endpoint=oss.endpoint,
            region=oss.region,
            access_key_id=oss.credentials.access_key_id,
            access_key_secret=oss.credentials.access_key_secret,
            max_bytes=1_999,
        )
    assert caught.value.exit_code == ExitCode.OVER_LIMIT
    assert oss.operations() == []


@pytest.mark.parametrize("over", [False, True])
def test_a_stream_has_the_same_limit(oss: LoopbackOss, over: bool) -> None:
    import io

    stream = io.BytesIO(b"x" * (300_000 + over))
    if not over:
        assert api.dump_stream(stream, target(oss, 300_000)).bytes == 300_000
        return
    with pytest.raises(DestinationError) as caught:
        api.dump_stream(stream, target(oss, 300_000))
    assert caught.value.exit_code == ExitCode.OVER_LIMIT
    oss.assert_nothing_left()


# The kernel's own mark is reset and read: ru_maxrss of a child starts at its parent's size.
MEMORY = """
import io, sys
import pyarrow as pa
from holofast import api
from holofast.programs import parse_arguments

def high_water():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))

def export(url, size):
    batch = pa.record_batch({"a": ["some text %d" % n for n in range(10_000)]})
    batches = pa.RecordBatchReader.from_batches(batch.schema, [batch] * (size // 150_000))
    api.export(batches, url, workers=2)

def stream(url, size):
    class Zeros(io.RawIOBase):
        left = size
        def readinto(self, buffer):
            count = min(len(buffer), self.left)
            self.left -= count
            return count
    api.dump_stream(Zeros(), parse_arguments(sys.argv[3:], {}), workers=2)

run = {"export": export, "stream": stream}[sys.argv[1]]
run(sys.argv[2], 60_000_000)
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")
before = high_water()
run(sys.argv[2], 300_000_000)
print(before, high_water())
"""


@pytest.mark.parametrize("kind", ["export", "stream"])
def test_memory_does_not_grow_with_the_export(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 MB go through two workers: their parts fit, and nothing that grows with the bytes."""
    with LoopbackOss(discard=True) as oss:
        monkeypatch.setenv("OSS_ENDPOINT", oss.endpoint)
        monkeypatch.setenv("OSS_REGION", oss.region)
        monkeypatch.setenv("OSS_ACCESS_KEY_ID", oss.credentials.access_key_id)
        monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", oss.credentials.access_key_secret)
        url = f"oss://{oss.bucket_name}/"
        command = [sys.executable, "-c", MEMORY, kind, url, *oss.arguments()]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    before, after = map(int, done.stdout.split())
    assert after - before < 96 * 1024, f"{before} kB before, {after} kB after"
