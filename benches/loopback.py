"""A loopback OSS that checks what it gets and keeps nothing: where benchmarks upload to."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holofast.programs import DumpToOss
from holofast.testing.oss_server import server

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Loopback:
    """Where to upload, and the process that serves it."""

    target: DumpToOss
    pid: int

    def cpu_seconds(self) -> float:
        """What the server has used so far; by its clock of clock_getcpuclockid(3)."""
        return time.clock_gettime(~self.pid << 3 | 2)


@contextmanager
def discarding_oss() -> Iterator[Loopback]:
    """A server in a process of its own, which ends with the context."""
    command = [sys.executable, "-m", "holofast", "oss-server", "--discard"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        try:
            target = DumpToOss(
                access_key_id=server.DEFAULT_ACCESS_KEY_ID,
                access_key_secret=server.DEFAULT_ACCESS_KEY_SECRET,
                endpoint=process.stdout.readline().strip(),
                region=server.DEFAULT_REGION,
                bucket_name=server.DEFAULT_BUCKET,
                dir_name="bench",
                max_bytes=10**12,
            )
            yield Loopback(target, process.pid)
        finally:
            process.terminate()


def dump_command(target: DumpToOss) -> str:
    """The call of hg_dump_to_oss for `target`, in plain words of a shell."""
    return (
        f"hg_dump_to_oss --AccessKeyId {target.access_key_id} "
        f"--AccessKeySecret {target.access_key_secret} --Endpoint {target.endpoint} "
        f"--Region {target.region} --BucketName {target.bucket_name} "
        f"--DirName {target.dir_name} --MaxBytes {target.max_bytes}"
    )


def copy_statement(query: str, options: str, target: DumpToOss) -> str:
    """The COPY statement of `query` to an object of `target`; `options` as in parentheses."""
    return f"COPY ({query}) TO PROGRAM '{dump_command(target)}' ({options})"
