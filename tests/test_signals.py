"""SIGTERM and SIGKILL at each request of a ten-part upload, to both programs as they are started.

The request hangs when the signal comes. After SIGTERM nothing is left; after SIGKILL an upload may
be open, which `holofast pending` lists, but no object is visible.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from holofast.programs import ExitCode
from holofast.sinks.store import PART_SIZE
from holofast.testing.oss_server import Fault

from tests.exports import statement
from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(sys.executable).parent
SIZE = 10 * PART_SIZE - 1
# Rows of 128 bytes: ten parts for the one, whose reader counts bytes, and ten to twelve for the
# other, whose encoder guesses them.
QUERY = f"select repeat('x', 127) from range({SIZE // 128})"
REQUESTS = {"hg_dump_to_oss": 14, "holofast": 12}


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """COPY output of ten parts."""
    path = tmp_path_factory.mktemp("signals") / "dump.txt"
    path.write_bytes((b"x" * 127 + b"\n") * (SIZE // 128))
    return path


def start(program: str, oss: LoopbackOss, dump: Path) -> subprocess.Popen[str]:
    arguments = {
        "hg_dump_to_oss": oss.arguments(),
        "holofast": ["copy", "--workers", "2", statement(oss, QUERY)],
    }
    with dump.open("rb") as stdin:
        return subprocess.Popen(
            [PROGRAMS / program, *arguments[program]],
            stdin=stdin,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )


@contextlib.contextmanager
def signalled(
    program: str, dump: Path, number: signal.Signals, nth: int
) -> Iterator[tuple[LoopbackOss, int, str]]:
    """The bucket, the exit code and what was said, after the signal at the `nth` request."""
    with LoopbackOss() as oss:
        oss.faults.add(Fault(kind="hang", nth=nth, seconds=60))
        with start(program, oss, dump) as child:
            while not oss.faults.fired() and child.poll() is None:
                time.sleep(0.005)
            assert oss.faults.fired(), f"there were but {len(oss.exchanges)} requests"
            child.send_signal(number)
            _, said = child.communicate(timeout=60)
        yield oss, child.returncode, said


@pytest.mark.parametrize(
    ("program", "nth"),
    [(program, nth) for program, count in REQUESTS.items() for nth in range(1, count + 1)],
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_at_each_request(
    program: str, nth: int, number: signal.Signals, dump: Path
) -> None:
    with signalled(program, dump, number, nth) as (oss, code, said):
        assert oss.objects() == {}
        if number == signal.SIGTERM:
            assert code == ExitCode.INTERRUPTED
            (line,) = said.splitlines()
            started = {"hg_dump_to_oss": "hg_dump_to_oss: ", "holofast": "ERROR:  "}[program]
            assert line.startswith(f"{started}interrupted by SIGTERM; ")
            # An Initiate that hangs may yet be carried out, for all that we know.
            doubtful = nth == 1 or (program == "hg_dump_to_oss" and nth in (2, 3))
            assert ("may be left open" in said or "could not be aborted" in said) <= doubtful
            assert all(upload.upload_id in said for upload in oss.uploads())
            assert oss.uploads() == [] or doubtful
            return
        assert code == -signal.SIGKILL
        key = oss.credentials
        environment = os.environ | {
            "OSS_ACCESS_KEY_ID": key.access_key_id,
            "OSS_ACCESS_KEY_SECRET": key.access_key_secret,
        }
        command = [str(PROGRAMS / "holofast"), "pending", f"oss://{oss.bucket_name}/export/"]
        options = ["--endpoint", oss.endpoint, "--region", oss.region]
        listed = subprocess.run(
            [*command, *options], env=environment, capture_output=True, text=True, check=True
        )
        assert [line.split()[1] for line in listed.stdout.splitlines()] == [
            upload.upload_id for upload in oss.uploads()
        ]
        assert len(oss.uploads()) <= 1
