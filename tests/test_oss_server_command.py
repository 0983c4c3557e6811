"""The loopback OSS as a program of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from click.testing import CliRunner
from holofast.testing.oss_server.command import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "the-secret-of-the-key"
TOKEN = "the-token-of-the-key"
KEY = ["--access-key-id", "STS.id", "--access-key-secret", SECRET, "--security-token", TOKEN]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server as a process, and its first line; it must end well when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-m", "holofast.testing.oss_server", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().rstrip("\n")
    finally:
        process.terminate()
        rest, complaints = process.communicate(timeout=60)
    assert process.returncode == 0
    assert rest == ""
    assert SECRET not in complaints
    assert TOKEN not in complaints
    assert "Traceback" not in complaints


@contextmanager
def opened(endpoint: str, name: str, region: str) -> Iterator[Any]:
    """An oss2 bucket for the key above."""
    session = oss2.Session()
    auth = oss2.StsAuth("STS.id", SECRET, TOKEN, auth_version="v4")
    yield oss2.Bucket(auth, endpoint, name, session=session, region=region)
    session.session.close()


def test_the_first_line_is_the_address(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([{"kind": "status", "operation": "PutObject"}]))
    options = ["--region", "cn-beijing", "--bucket", "exports", "--root", str(tmp_path / "oss")]
    with (
        running(*KEY, *options, "--faults", str(script)) as (_, endpoint),
        opened(endpoint, "exports", "cn-beijing") as bucket,
    ):
        assert endpoint.startswith("http://127.0.0.1:")
        with pytest.raises(oss2.exceptions.ServerError, match="fault script"):
            bucket.put_object("a/b.csv", b"1,2\n")
        bucket.put_object("a/b.csv", b"1,2\n")
        bucket.init_multipart_upload("a/never.csv")
    assert (tmp_path / "oss/exports/a/b.csv").read_bytes() == b"1,2\n"
    assert [path.name for path in (tmp_path / "oss").iterdir()] == ["exports"]


def test_discard_and_interrupt() -> None:
    with (
        running(*KEY, "--bucket", "exports", "--discard") as (process, endpoint),
        opened(endpoint, "exports", "cn-hangzhou") as bucket,
    ):
        bucket.put_object("a", b"x" * 100_000)
        assert bucket.head_object("a").content_length == 100_000
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_an_address_in_use() -> None:
    with running() as (_, endpoint):
        port = endpoint.rpartition(":")[2]
        result = CliRunner().invoke(main, ["--port", port])
    assert result.exit_code == 1
    assert result.output == f"Error: cannot serve on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--root", ".", "--discard"], "--root and --discard exclude each other."),
        (["--port", "70000"], "Invalid value for '--port': 70000"),
        (["--faults", "/nowhere.json"], "No such file or directory: '/nowhere.json'"),
        (["--bucket", "Not_A_Bucket"], "Invalid value for '--bucket': 'Not_A_Bucket'"),
    ],
)
def test_options_that_are_wrong(arguments: list[str], complaint: str) -> None:
    result = CliRunner().invoke(main, [*KEY, *arguments])
    assert result.exit_code == 2
    assert complaint in result.output
    assert SECRET not in result.output


def test_help_names_every_option() -> None:
    result = CliRunner().invoke(main, ["--help"], env={"OSS_SERVER_ACCESS_KEY_SECRET": SECRET})
    assert result.exit_code == 0
    for option in """--host --port --access-key-id --access-key-secret --security-token --region
                     --bucket --root --discard --faults""".split():  # noqa: SIM905
        assert option in result.output
    assert SECRET not in result.output
