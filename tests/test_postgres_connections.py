"""The ways to a server are libpq's: URIs, variables, services, password files, TLS; no password is
shown.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from holofast import api
from holofast.errors import SourceError

from tests.exports import to_stdout
from tests.postgres import Postgres, debian_15

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = "COPY (SELECT current_user, current_database()) TO STDOUT (FORMAT csv)"
PASSWORD = "hush-hush 4%@/:"
QUOTED = "hush-hush%204%25%40%2F%3A"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, int, Path]]:
    """A server on TCP that asks user `exporter` for a password, and speaks TLS."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    authority = trustme.CA()
    ca = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    with debian_15(port=port) as running:
        home = running.log.parent
        with running() as admin:
            admin.execute("CREATE ROLE exporter LOGIN SUPERUSER PASSWORD 'hush-hush 4%@/:'")
            admin.execute("CREATE DATABASE nightly")
            certificate.private_key_pem.write_to_path(str(home / "data/server.key"))
            certificate.cert_chain_pems[0].write_to_path(str(home / "data/server.crt"))
            owner = (home / "data").stat()
            for name in ("server.key", "server.crt"):
                os.chown(home / "data" / name, owner.st_uid, owner.st_gid)
                (home / "data" / name).chmod(0o600)
            hba = home / "data/pg_hba.conf"
            hba.write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
            admin.execute("ALTER SYSTEM SET ssl = on")
            admin.execute("SELECT pg_reload_conf()")
        yield running, port, ca


def test_a_uri_says_all(server: tuple[Postgres, int, Path]) -> None:
    uri = f"postgresql://exporter:{QUOTED}@127.0.0.1:{server[1]}/nightly"
    assert to_stdout(ONE, source=uri) == b"exporter,nightly\n"
    assert to_stdout(ONE, source=uri.replace("postgresql", "postgres")) == b"exporter,nightly\n"


def test_variables_say_the_rest(
    server: tuple[Postgres, int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server[1]),
        "PGUSER": "exporter",
        "PGPASSWORD": PASSWORD,
        "PGDATABASE": "nightly",
        "PGOPTIONS": "-c DateStyle=German",
        "PGTZ": "Asia/Shanghai",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert to_stdout(ONE, source="postgresql://") == b"exporter,nightly\n"
    assert to_stdout(ONE, source="dbname=postgres") == b"exporter,postgres\n"
    day = "COPY (SELECT date '2024-02-29', timestamptz '2024-02-29 00:00Z') TO STDOUT (FORMAT csv)"
    for encode in ("client", "server"):
        found = to_stdout(day, source="postgresql://", encode=encode)
        assert found == b"29.02.2024,29.02.2024 08:00:00 CST\n"


def test_a_service_and_a_password_file(
    server: tuple[Postgres, int, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    services, passwords = tmp_path / "services", tmp_path / "passwords"
    services.write_text(
        f"[export]\nhost=127.0.0.1\nport={server[1]}\ndbname=nightly\nuser=exporter\n"
    )
    escaped = PASSWORD.replace(":", "\\:")
    passwords.write_text(f"127.0.0.1:*:*:exporter:{escaped}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    for source in ("service=export", "postgresql://?service=export"):
        assert to_stdout(ONE, source=source) == b"exporter,nightly\n"


def test_tls_is_verified(server: tuple[Postgres, int, Path], tmp_path: Path) -> None:
    _, port, ca = server
    text = "COPY (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) TO STDOUT"
    base = f"postgresql://exporter:{QUOTED}@127.0.0.1:{port}/nightly?sslmode="
    for encode in ("client", "server"):
        found = to_stdout(text, source=f"{base}verify-full&sslrootcert={ca}", encode=encode)
        assert found == b"t\n"
    assert to_stdout(text, source=f"{base}disable") == b"f\n"
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with pytest.raises(SourceError, match="certificate verify failed"):
        to_stdout(text, source=f"{base}verify-full&sslrootcert={other}")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        (
            "postgresql://exporter:{wrong}@127.0.0.1:{port}/nightly",
            "authentication failed",
        ),
        ("postgresql://exporter:{wrong}@127.0.0.1:1/nightly", "Connection refused"),
        ("postgresql://exporter:{wrong} x@127.0.0.1:{port}/nightly", "no connection string"),
        ("postgresql://exporter:{right}@127.0.0.1:{port}/nowhere", "does not exist"),
        ("host=127.0.0.1 port={port} password={wrong} user exporter", "no connection string"),
        ("hostname=127.0.0.1 password={wrong}", "no connection string"),
    ],
)
def test_no_password_is_shown(server: tuple[Postgres, int, Path], uri: str, words: str) -> None:
    source = uri.format(wrong="let-me-in", right=QUOTED, port=server[1])
    holofast = str(Path(sys.executable).parent / "holofast")
    done = subprocess.run(
        [holofast, "copy", ONE, "--source", source, "--debug"], capture_output=True, text=True
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "let-me-in" not in done.stderr
    assert "hush" not in done.stderr


def test_plan_and_report_name_the_server_alone(server: tuple[Postgres, int, Path]) -> None:
    uri = f"postgresql://exporter:{QUOTED}@127.0.0.1:{server[1]}/nightly"
    plan = api.plan_copy(ONE, uri)
    assert plan.source.startswith("PostgreSQL 15.")
    assert plan.source.endswith(f"at 127.0.0.1:{server[1]}, database nightly, user exporter")


def test_without_psycopg_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith(("psycopg", "holofast.sources.postgres")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for scheme in ("postgresql", "hologres"):
        with pytest.raises(SourceError, match="cannot be loaded") as raised:
            to_stdout(ONE, source=f"{scheme}://nobody@127.0.0.1/none")
        assert "holofast[postgres]" in (raised.value.hint or "")
