"""The original's setting from both sides: a server runs hg_dump_to_oss, holofast exports too.

The statements and the commands are README's. OSS's real endpoints are reached by proxies, one a
region, which a shell in front of each program chooses by the endpoint that it finds in its command.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.oss_fixtures import LoopbackOss
from tests.postgres import POSTGRES15_BIN, Postgres, copy_out, debian_15, packaged_18
from tests.readme import TEXT, commands, example
from tests.server_world import proxied_oss

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS: dict[str, Any] = {"15": debian_15, "18": packaged_18}

TABLES = """
    CREATE TABLE holo_test AS
        SELECT i, 'name, ' || i AS name, i % 3 = 0 AS flag, i / 7.0 AS ratio,
               timestamptz '2024-02-29 12:00Z' + i * interval '1 min' AS at
        FROM generate_series(1, 50) AS t(i);
    CREATE VIEW foreign_holo_test AS SELECT * FROM holo_test;
    CREATE TABLE holo_test_1 AS SELECT * FROM holo_test;
"""


def originals() -> list[str]:
    found = re.search(r"<!-- test: originals -->\n```sql\n([^`]*)```", TEXT)
    assert found is not None
    return found[1].splitlines()


def choosing_a_region(program: Path, environments: dict[str, dict[str, str]]) -> str:
    """A shell's program that runs `program` in the environment of the region in its arguments."""
    cases = []
    for region, environment in environments.items():
        names = ("https_proxy", "http_proxy", "no_proxy", "REQUESTS_CA_BUNDLE")
        settings = " ".join(f"{name}='{environment[name]}'" for name in names)
        cases.append(f"*{region}*) export {settings};;")
    return f'#!/bin/sh\ncase "$*" in {" ".join(cases)} esac\nexec {program} "$@"\n'


@pytest.fixture(scope="module")
def world(
    installation: Path,
) -> Iterator[tuple[dict[str, LoopbackOss], dict[str, str]]]:
    """The buckets of two regions, and the environment of whoever exports there."""
    directory = installation / "both"
    directory.mkdir(exist_ok=True)
    with (
        proxied_oss(installation, "cn-hangzhou") as (hangzhou, to_hangzhou),
        proxied_oss(installation, "cn-beijing") as (beijing, to_beijing),
    ):
        environments = {"cn-hangzhou": to_hangzhou, "cn-beijing": to_beijing}
        for name, real in (
            ("hg_dump_to_oss", installation / "bin/hg_dump_to_oss"),
            ("holofast", Path(sys.executable).parent / "holofast"),
        ):
            (directory / name).write_text(choosing_a_region(real, environments))
            (directory / name).chmod(0o755)
        key = hangzhou.credentials
        assert key.access_key_secret == beijing.credentials.access_key_secret
        variables = {
            "PATH": f"{directory}:{POSTGRES15_BIN}:{os.environ['PATH']}",
            "OSS_ACCESS_KEY_ID": key.access_key_id,
            "OSS_ACCESS_KEY_SECRET": key.access_key_secret,
            "HOME": "/nonexistent",
        }
        yield {"cn-hangzhou": hangzhou, "cn-beijing": beijing}, variables


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, world: tuple[dict[str, LoopbackOss], dict[str, str]]
) -> Iterator[Postgres]:
    with SERVERS[request.param](environment=world[1]) as running:
        with running() as connection:
            connection.execute(TABLES.encode())
        yield running


@pytest.mark.parametrize("index", range(3))
def test_the_same_bytes_from_both_sides(
    server: Postgres, world: tuple[dict[str, LoopbackOss], dict[str, str]], index: int
) -> None:
    statement = originals()[index]
    (oss,) = (bucket for region, bucket in world[0].items() if region in statement)
    written = []
    for command in commands("both sides"):
        done = subprocess.run(
            ["sh", "-c", command],
            capture_output=True,
            text=True,
            env=world[1] | {"database": server.dsn, "statement": statement},
        )
        assert done.returncode == 0, done.stderr
        ((key, stored),) = oss.objects().items()
        assert key.startswith("holotest/")
        written.append(stored.read())
        oss.bucket().delete_object(key)
    to_stdout = re.sub(r"PROGRAM '[^']*'", "STDOUT", statement)
    with server() as connection:
        assert written == 2 * [copy_out(connection, to_stdout)]


def steady(text: str) -> str:
    text = re.sub(r"\d{8}T\d{9}Z-[0-9a-f]{8}", "<run id>", text)
    return re.sub(r"(?m)^(time) .*", r"\1", text)


def test_the_examples_from_outside(postgres15: Postgres) -> None:
    with postgres15() as admin:
        admin.execute("CREATE DATABASE shop")
    parameters = psycopg.conninfo.conninfo_to_dict(postgres15.dsn)
    with LoopbackOss(bucket="demo") as oss:
        environment = os.environ | {
            "PGHOST": str(parameters["host"]),
            "PGPORT": str(parameters["port"]),
            "PGUSER": "postgres",
            "OSS_ACCESS_KEY_ID": oss.credentials.access_key_id,
            "OSS_ACCESS_KEY_SECRET": oss.credentials.access_key_secret,
            "OSS_REGION": oss.region,
            "OSS_ENDPOINT": oss.endpoint,
        }
        with psycopg.connect(f"{postgres15.dsn} dbname=shop", autocommit=True) as shop:
            shop.execute(
                "CREATE TABLE orders AS SELECT i AS id, 'customer ' || i % 1000 AS customer, "
                "(i % 9973) * 1.25 AS total, date '2024-01-01' + i % 366 AS day "
                "FROM generate_series(1, 300000) AS g(i)"
            )
            shop.execute("CREATE ROLE nightly LOGIN; GRANT SELECT ON orders TO nightly")

            def run(name: str) -> tuple[int, str, str]:
                command, output = example(name)
                command[0] = str(Path(sys.executable).parent / command[0])
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                return done.returncode, done.stderr, output

            code, shown, output = run("from a server")
            assert (code, steady(shown)) == (0, steady(output))
            assert len(oss.objects()) == 2
            code, shown, output = run("privilege")
            assert (code, shown) == (1, output)
            assert len(oss.objects()) == 2
            (grant, _) = re.findall(r"(?s)<!-- test: grant -->\n```sql\n(.*?\n)(.*?\n)```", TEXT)[0]
            shop.execute(grant.encode())
            assert run("privilege")[0] == 0
            assert len(oss.objects()) == 3
            shop.execute("DROP OWNED BY nightly; DROP ROLE nightly")
    with postgres15() as admin:
        admin.execute("DROP DATABASE shop (FORCE)")
