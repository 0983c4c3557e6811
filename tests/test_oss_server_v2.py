"""The loopback OSS against the second SDK, whose signer shares nothing with oss2's or with ours.

Both SDKs bring a `crcmod` folder of their own, so that this one lives in an environment of its own,
made once under data/ and used again.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from holofast.testing.oss_server import StoredObject

ROOT = Path(__file__).parents[1]
SDK = "alibabacloud-oss-v2>=1.4,<2"


@pytest.fixture(scope="session")
def v2_python() -> Path:
    """The interpreter of an environment that has the SDK."""
    home = ROOT / "data" / "venv-oss-v2"
    python, ready = home / "bin" / "python", home / "holds.txt"
    home.parent.mkdir(exist_ok=True)
    with (home.parent / "venv-oss-v2.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may want it at once
        if not ready.is_file() or ready.read_text() != f"{SDK} {sys.version}":
            venv.create(home, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", SDK], check=True)
            ready.write_text(f"{SDK} {sys.version}")
    return python


def run(python: Path, oss: LoopbackOss, secret: str) -> subprocess.CompletedProcess[str]:
    """The client's script, with that secret."""
    return subprocess.run(
        [python, ROOT / "tests" / "oss_v2_client.py", oss.endpoint, oss.region, oss.bucket_name],
        env={
            "PATH": os.environ["PATH"],
            "OSS_ACCESS_KEY_ID": oss.credentials.access_key_id,
            "OSS_ACCESS_KEY_SECRET": secret,
            "OSS_SESSION_TOKEN": oss.credentials.security_token or "",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("token", [None, "the+token/=="], ids=["key", "sts"])
def test_the_second_sdk(v2_python: Path, token: str | None) -> None:
    with LoopbackOss(security_token=token) as oss:
        finished = run(v2_python, oss, oss.credentials.access_key_secret)
        assert finished.returncode == 0, finished.stderr
        seen = json.loads(finished.stdout)
        stored: dict[str, StoredObject] = oss.objects()
        assert oss.uploads() == []
    assert sorted(stored) == ["dir/multi part.csv", "dir/ü a+b.csv"]
    multi = stored["dir/multi part.csv"]
    assert seen == {
        "put": str(0x995DC9BBDF1939FA),
        "parts": [[1, 102400], [2, 102401], [5, 3]],
        "etag": f'"{multi.etag}"',
        "crc64": str(multi.crc64),
        "same": True,
        "names": sorted(stored),
        "missing": "NoSuchKey",
    }


def test_the_second_sdk_with_a_wrong_secret(v2_python: Path, oss: LoopbackOss) -> None:
    finished = run(v2_python, oss, "wrong")
    assert finished.returncode != 0
    assert "SignatureDoesNotMatch" in finished.stderr
    oss.assert_nothing_left()
