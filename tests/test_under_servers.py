"""hg_dump_to_oss as real servers start it, 15 and 18: the original's statements, codes and faults.

It is installed where the servers' users can reach it, and on their PATH. OSS's real endpoints are
reached by a proxy, the loopback OSS, which the servers' environment names.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from holofast.programs import ExitCode
from holofast.testing.oss_server import Fault

from tests.copy_server import Refusal, server_outcome
from tests.oss_fixtures import LoopbackOss
from tests.postgres import POSTGRES15_BIN, Postgres, copy_out, debian_15, packaged_18
from tests.readme import example
from tests.server_world import BUCKET, proxied_oss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVERS: dict[str, Any] = {"15": debian_15, "18": packaged_18}


TABLES = """
    CREATE TABLE holo_test AS
        SELECT i, 'name, ' || i AS name, i % 3 = 0 AS flag, i / 7.0 AS ratio,
               CASE WHEN i % 5 > 0 THEN timestamptz '2024-02-29 12:00Z' + i * interval '1 min' END
                   AS at
        FROM generate_series(1, 5000) AS t(i);
    CREATE VIEW foreign_holo_test AS SELECT * FROM holo_test;
    CREATE TABLE holo_test_1 AS SELECT * FROM holo_test;
"""


@pytest.fixture(scope="module")
def hangzhou(installation: Path) -> Iterator[tuple[LoopbackOss, dict[str, str]]]:
    with proxied_oss(installation, "cn-hangzhou") as site:
        yield site


@pytest.fixture(scope="module", params=SERVERS)
def postgres(
    request: pytest.FixtureRequest, hangzhou: tuple[LoopbackOss, dict[str, str]]
) -> Iterator[Postgres]:
    with SERVERS[request.param](environment=hangzhou[1]) as server:
        with server() as connection:
            connection.execute(TABLES)
        yield server


@pytest.fixture
def oss(hangzhou: tuple[LoopbackOss, dict[str, str]]) -> LoopbackOss:
    """The bucket of the servers' region, empty and without faults."""
    server = hangzhou[0]
    server.faults.clear()
    for key in server.objects():
        server.bucket().delete_object(key)
    server.assert_nothing_left()
    return server


def original(
    oss: LoopbackOss,
    table: str = "holo_test",
    limit: int = 20,
    endpoint: str = "oss-cn-hangzhou-internal.aliyuncs.com",
    options: str = "",
) -> str:
    """One of the original page's statements, with its placeholders filled."""
    key = oss.credentials
    return (
        f"COPY (select * from {table} LIMIT {limit}) TO PROGRAM 'hg_dump_to_oss --AccessKeyId "
        f"{key.access_key_id} --AccessKeySecret {key.access_key_secret} --Endpoint {endpoint} "
        f"--BucketName {BUCKET} --DirName holotest/ --BatchSize 3000' {options}"
    )


def to_stdout(statement: str) -> str:
    return statement[: statement.index("PROGRAM")] + "STDOUT " + statement.rpartition("' ")[2]


EXAMPLES = [
    ("holo_test", 2, "oss-cn-hangzhou-internal.aliyuncs.com", "DELIMITER ','"),
    (
        "foreign_holo_test",
        20,
        "oss-cn-hangzhou-internal.aliyuncs.com",
        "(DELIMITER ',', HEADER true)",
    ),
    ("holo_test", 20, "oss-cn-hangzhou-internal.aliyuncs.com", "(FORMAT BINARY)"),
    ("holo_test", 5000, "https://oss-cn-hangzhou-internal.aliyuncs.com", "(FORMAT CSV, HEADER)"),
    ("holo_test", 0, "oss-cn-hangzhou-internal.aliyuncs.com", ""),
    ("holo_test", 0, "oss-cn-hangzhou-internal.aliyuncs.com", "(FORMAT BINARY)"),
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_originals_statements(
    postgres: Postgres, oss: LoopbackOss, example: tuple[Any, ...]
) -> None:
    statement = original(oss, *example)
    with postgres() as connection:
        assert connection.execute(statement.encode()).statusmessage == f"COPY {example[1]}"
        expected = copy_out(connection, to_stdout(statement))
    ((key, stored),) = oss.objects().items()
    assert key.startswith("holotest/")
    assert key.endswith(".bin" if "BINARY" in statement else ".txt")
    assert stored.read() == expected
    assert oss.uploads() == []


@pytest.mark.parametrize("name", SERVERS)
def test_the_originals_statement_into_another_region(installation: Path, name: str) -> None:
    endpoint = "oss-cn-beijing-internal.aliyuncs.com"
    with proxied_oss(installation, "cn-beijing") as (oss, environment):
        with SERVERS[name](environment=environment) as server, server() as connection:
            connection.execute(TABLES)
            options = "(DELIMITER ',', HEADER true, FORMAT CSV)"
            statement = original(oss, "holo_test_1", 20, endpoint, options)
            assert connection.execute(statement.encode()).statusmessage == "COPY 20"
            expected = copy_out(connection, to_stdout(statement))
        assert [stored.read() for stored in oss.objects().values()] == [expected]


def program(oss: LoopbackOss, *more: str, name: str = "hg_dump_to_oss", **flags: str) -> str:
    """A command for `oss`; `flags` replace its parameters, and drop those that are empty."""
    key = oss.credentials
    parameters = {
        "AccessKeyId": key.access_key_id,
        "AccessKeySecret": key.access_key_secret,
        "Endpoint": "oss-cn-hangzhou-internal.aliyuncs.com",
        "BucketName": BUCKET,
        "DirName": "holotest/",
    } | flags
    return " ".join([name, *(f"--{n} {v}" for n, v in parameters.items() if v), *more])


def denied(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="status", operation="UploadPart", status=403, code="AccessDenied", count=None)
    )


def refused(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="status", operation="UploadPart", status=400, code="Odd", count=None))


def taken(oss: LoopbackOss) -> None:
    oss.bucket().put_object("holotest/taken", b"before")


@pytest.mark.parametrize(
    ("code", "flags", "more", "arrange"),
    [
        (101, {"AccessKeyId": "nobody"}, (), None),
        (102, {"AccessKeySecret": "wrong"}, (), None),
        (103, {"Endpoint": "oss-cn-beijing-internal.aliyuncs.com"}, (), None),
        (103, {"Endpoint": "no_host!"}, (), None),
        (104, {"BucketName": "no-such-bucket"}, (), None),
        (104, {"BucketName": "No_Bucket"}, (), None),
        (105, {"AccessKeyId": ""}, (), None),
        (105, {"AccessKeySecret": ""}, (), None),
        (105, {"Endpoint": ""}, (), None),
        (105, {"BucketName": ""}, (), None),
        (105, {"DirName": ""}, (), None),
        (105, {}, ("--BatchSize", "0"), None),
        (106, {}, ("--MaxBytes", "100"), None),
        (107, {}, ("--FileName", "taken"), taken),
        (108, {}, (), denied),
        (109, {}, (), refused),
        (255, {"Endpoint": "http://127.0.0.1:1"}, ("--Region", "cn-hangzhou"), None),
    ],
)
def test_every_exit_code_is_seen_as_the_server_shows_it(
    postgres: Postgres,
    oss: LoopbackOss,
    code: int,
    flags: dict[str, str],
    more: tuple[str, ...],
    arrange: Callable[[LoopbackOss], object] | None,
) -> None:
    if arrange is not None:
        arrange(oss)
    command = program(oss, *more, **flags)
    before = oss.objects()
    logged = postgres.log.stat().st_size
    with postgres() as connection:
        outcome = server_outcome(connection, f"COPY (table holo_test) TO PROGRAM '{command}'")
    assert isinstance(outcome, Refusal)
    assert outcome.sqlstate == "38000"
    assert outcome.message == f'program "{command}" failed'
    assert outcome.detail == f"child process exited with exit code {code}"
    assert oss.objects() == before
    assert oss.uploads() == []
    said = postgres.log.read_text()[logged:]
    (line,) = [line for line in said.splitlines() if line.startswith("hg_dump_to_oss: ")]
    assert oss.credentials.access_key_secret not in line
    assert code in {int(known) for known in ExitCode}


def test_a_misspelt_program_is_not_found(postgres: Postgres, oss: LoopbackOss) -> None:
    command = program(oss, name="hg_dump_to_oss2")
    with postgres() as connection:
        outcome = server_outcome(connection, f"COPY (select 1) TO PROGRAM '{command}'")
    assert isinstance(outcome, Refusal)
    assert outcome.detail == "command not found"
    oss.assert_nothing_left()


MIDWAY = "select 10 / (100000 - generate_series(1, 200000))"


def test_a_query_that_fails_midway(postgres: Postgres, oss: LoopbackOss) -> None:
    """BINARY is known to be incomplete. Of TEXT and CSV nobody can know: the rows so far stand."""
    command = program(oss)
    with postgres() as connection:
        logged = postgres.log.stat().st_size
        statement = f"COPY ({MIDWAY}) TO PROGRAM '{command}' (FORMAT binary)"
        outcome = server_outcome(connection, statement)
        assert isinstance(outcome, Refusal)
        assert outcome.message == "division by zero"
        oss.assert_nothing_left()
        assert (
            "the input ends before the end of its BINARY data" in postgres.log.read_text()[logged:]
        )
        outcome = server_outcome(connection, f"COPY ({MIDWAY}) TO PROGRAM '{command}'")
        assert isinstance(outcome, Refusal)
        assert outcome.message == "division by zero"
    assert len(oss.objects()) == 1
    assert oss.uploads() == []


# Rows come as they are made, which those of a function in FROM do not.
ENDLESS = "select generate_series(1, 1000000000), repeat('x', 100)"


@contextlib.contextmanager
def exporting(postgres: Postgres, oss: LoopbackOss, options: str) -> Iterator[tuple[int, Any]]:
    """An endless export whose first parts have arrived: the backend, and where it will fail."""
    outcome: list[BaseException] = []
    connection = postgres()

    def run() -> None:
        try:
            connection.execute(f"COPY ({ENDLESS}) TO PROGRAM '{program(oss)}' {options}".encode())
        except psycopg.Error as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    pid = connection.info.backend_pid
    thread.start()
    while not any(upload.parts for upload in oss.uploads()) and thread.is_alive():
        time.sleep(0.01)
    try:
        yield pid, outcome
        thread.join(60)
        assert not thread.is_alive()
    finally:
        connection.close()


def settle(oss: LoopbackOss) -> None:
    """A program may outlive its backend by some milliseconds."""
    for _ in range(500):
        if not oss.uploads():
            break
        time.sleep(0.02)


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
@pytest.mark.parametrize("options", ["(FORMAT csv)", "(FORMAT binary)"])
def test_a_cancelled_query_leaves_nothing(
    postgres: Postgres, oss: LoopbackOss, function: str, options: str
) -> None:
    with exporting(postgres, oss, options) as (pid, outcome), postgres() as other:
        other.execute(f"SELECT {function}({pid})".encode())
    # The signal goes to the program too, and the server may see that first.
    assert len(outcome) == 1
    assert outcome[0].sqlstate in ("57014", "57P01", "38000")
    settle(oss)
    oss.assert_nothing_left()


@pytest.mark.parametrize("options", ["", "(FORMAT csv)", "(FORMAT binary)"])
def test_a_killed_backend_leaves_nothing(
    postgres: Postgres, oss: LoopbackOss, options: str
) -> None:
    with exporting(postgres, oss, options) as (pid, outcome):
        os.kill(pid, signal.SIGKILL)
    assert len(outcome) == 1
    settle(oss)
    oss.assert_nothing_left()
    for _ in range(300):  # the server starts anew
        with contextlib.suppress(psycopg.Error), postgres():
            break
        time.sleep(0.05)


def test_two_exports_at_once_into_one_directory(postgres: Postgres, oss: LoopbackOss) -> None:
    def export(query: str) -> None:
        with postgres() as connection:
            connection.execute(f"COPY ({query}) TO PROGRAM '{program(oss)}'".encode())

    queries = [f"select {n}, i from generate_series(1, 300000) as t(i)" for n in range(4)]
    threads = [threading.Thread(target=export, args=[query]) for query in queries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with postgres() as connection:
        expected = [copy_out(connection, f"COPY ({query}) TO STDOUT") for query in queries]
    assert sorted(stored.read() for stored in oss.objects().values()) == expected
    assert oss.uploads() == []


@pytest.mark.parametrize("place", ["environment", "file"])
def test_the_examples_of_the_readme(installation: Path, place: str) -> None:
    """The key is in the server's environment, or in a file; so no log ever shows it."""
    secret = "S3cr3t-that-must-not-be-seen"
    with LoopbackOss(bucket="demo", access_key_secret=secret) as oss:
        file = installation / "ossutilconfig"
        environment = {
            "PATH": f"{installation}/bin:{os.environ['PATH']}",
            "OSS_REGION": oss.region,
            "OSS_ENDPOINT": oss.endpoint,
        }
        if place == "file":
            key_id = oss.credentials.access_key_id
            file.write_text(f"[default]\naccessKeyID={key_id}\naccessKeySecret={secret}\n")
            file.chmod(0o600)
            with contextlib.suppress(PermissionError):
                shutil.chown(file, "postgres")
            environment["OSSUTIL_CONFIG_FILE"] = str(file)
        else:
            environment["OSS_ACCESS_KEY_ID"] = oss.credentials.access_key_id
            environment["OSS_ACCESS_KEY_SECRET"] = secret
        with debian_15(environment=environment) as server:
            with server() as connection:
                connection.execute("CREATE TABLE orders AS SELECT generate_series(1, 3) AS id")
            for name, code in (("server", 0), ("server mistake", 1)):
                command, output = example(name)
                done = subprocess.run(
                    [str(POSTGRES15_BIN / command[0]), "-X", "-d", server.dsn, *command[1:]],
                    capture_output=True,
                    text=True,
                )
                assert (done.returncode, done.stdout + done.stderr) == (code, output)
            log = server.log.read_text()
        assert "hg_dump_to_oss: there is no bucket other" in log
        assert secret not in log
        assert [stored.read() for stored in oss.objects().values()] == [b"id\n1\n2\n3\n"]
