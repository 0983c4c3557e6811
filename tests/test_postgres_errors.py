"""What a server refuses or fails at: psql's words, and nothing left in the bucket."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from holofast import api
from holofast.cli.console import as_psql
from holofast.errors import CopyError, SourceError

from tests.exports import statement, to_stdout
from tests.postgres import Postgres, debian_15

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.oss_fixtures import LoopbackOss

HOLOFAST = str(Path(sys.executable).parent / "holofast")
PSQL = "/usr/bin/psql"

FUNCTIONS = """
    CREATE OR REPLACE FUNCTION fails(n int) RETURNS int LANGUAGE plpgsql AS $$
        BEGIN IF n > 5 THEN RETURN n / (n - n); END IF; RETURN n; END $$;
    CREATE OR REPLACE FUNCTION asks_wrongly() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN EXECUTE 'SELECT nothing FROM nowhere'; RETURN 1; END $$;
    CREATE OR REPLACE FUNCTION speaks() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'so it is' USING DETAIL = 'in
detail', HINT = 'a hint', ERRCODE = 'P0042'; END $$;
    CREATE TABLE IF NOT EXISTS wide AS
        SELECT i, repeat(md5(i::text), 10) AS t FROM generate_series(1, 200000) AS g(i);
"""
# Its 150,000th row comes when parts are on their way.
LATE = "SELECT i, t, 1 / (i - 150000) FROM wide"


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest) -> Postgres:
    running: Postgres = request.getfixturevalue(f"postgres{request.param}")
    with running() as connection:
        connection.execute(FUNCTIONS.encode())
    return running


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1,2,3 from ",
        "SELECT nope FROM wide",
        "SELECT * FROM nowhere",
        "SELECT 'é', nope(1)",
        "SELECT 1 AS a,\n  2 / 0",
        "SELECT sum(i), t FROM wide",
        "SELECT $1",
        "SELECT fails(i) FROM generate_series(1, 9) AS g(i)",
        "SELECT asks_wrongly()",
        "SELECT speaks()",
        "SELECT '12x'::int",
        "SELECT '[1, ]'::json",
        "SELECT i::smallint FROM wide ORDER BY i DESC",
        "SELECT i FROM wide WHERE i = 'a'",
    ],
)
def test_errors_are_as_psql_shows_them(server: Postgres, query: str) -> None:
    text = f"COPY ({query}) TO STDOUT (FORMAT csv)"
    environment = os.environ | {"LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8"}
    psql = [PSQL, "-X", "-d", server.dsn, "-c", text]
    theirs = subprocess.run(psql, capture_output=True, text=True, env=environment)
    assert theirs.returncode == 1
    for encode in ("client", "server", "auto"):
        with pytest.raises(CopyError) as raised:
            to_stdout(text, source=server.dsn, encode=encode)
        assert as_psql(text)(raised.value) + "\n" == theirs.stderr, encode


@pytest.mark.parametrize("encode", ["client", "server"])
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("file_format", ["csv", "binary"])
def test_a_query_that_fails_midway_leaves_nothing(
    server: Postgres, oss: LoopbackOss, encode: Any, jobs: int, file_format: str
) -> None:
    text = statement(oss, LATE, options=f"(FORMAT {file_format})")
    with pytest.raises(SourceError, match="division by zero") as raised:
        api.copy(text, server.dsn, encode=encode, jobs=jobs)
    assert raised.value.sqlstate == "22012"
    oss.assert_nothing_left()


def test_a_statement_timeout_is_the_servers(server: Postgres, oss: LoopbackOss) -> None:
    text = statement(oss, "SELECT i, t, pg_sleep(i / 100000) FROM wide")
    with pytest.raises(SourceError) as raised:
        api.copy(text, server.dsn, settings={"statement_timeout": "300ms"})
    assert raised.value.sqlstate == "57014"
    assert raised.value.message == "canceling statement due to statement timeout"
    oss.assert_nothing_left()


def sleeping(server: Postgres, mark: str, disturb: str) -> Callable[[], None]:
    """What waits until a query with `mark` in it runs, and then does `disturb` to its session."""

    def wait() -> None:
        with server() as connection:
            for _ in range(400):
                found = connection.execute(
                    f"SELECT {disturb}(pid) FROM pg_stat_activity WHERE query LIKE %s "
                    "AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'",
                    (f"%{mark}%",),
                ).fetchall()
                if found:
                    return
                time.sleep(0.05)

    return wait


@pytest.mark.parametrize(
    ("disturb", "sqlstate", "words"),
    [
        ("pg_cancel_backend", "57014", "canceling statement due to user request"),
        ("pg_terminate_backend", "57P01", "terminating connection due to administrator command"),
    ],
)
@pytest.mark.parametrize("encode", ["client", "server"])
def test_somebody_else_ends_the_query(
    server: Postgres, oss: LoopbackOss, encode: Any, disturb: str, sqlstate: str, words: str
) -> None:
    mark = f"disturbed_{encode}_{disturb}"
    query = f"SELECT i, t, CASE WHEN i = 100000 THEN pg_sleep(60) END AS {mark} FROM wide"
    other = threading.Thread(target=sleeping(server, mark.replace("_", "\\_"), disturb))
    other.start()
    try:
        with pytest.raises(SourceError) as raised:
            api.copy(statement(oss, query), server.dsn, encode=encode)
    finally:
        other.join()
    assert (raised.value.sqlstate, raised.value.message) == (sqlstate, words)
    oss.assert_nothing_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_cancels_the_query(
    server: Postgres, oss: LoopbackOss, number: signal.Signals, jobs: int
) -> None:
    mark = f"interrupted{number.value}{jobs}"
    query = f"SELECT i, t, CASE WHEN i % 1000 = 0 THEN pg_sleep(3) END AS {mark} FROM wide"
    command = [HOLOFAST, "copy", statement(oss, query), "--source", server.dsn]
    command += ["--jobs", str(jobs)]
    running = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    with server() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE %s"
        asked += " AND pid <> pg_backend_pid()"

        def active() -> int:
            found = connection.execute(asked.encode(), (f"%{mark}%",)).fetchone()
            assert found is not None
            return int(found[0])

        while active() < jobs:
            assert running.poll() is None, running.stderr
            time.sleep(0.05)
        time.sleep(0.2)
        running.send_signal(number)
        _, words = running.communicate(timeout=30)
        assert active() == 0
    assert running.returncode == 111
    assert words.startswith("ERROR:  interrupted")
    oss.assert_nothing_left()


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that a test may stop."""
    with debian_15() as server:
        with server() as connection:
            connection.execute(FUNCTIONS.encode())
        yield server


@pytest.mark.parametrize("encode", ["client", "server"])
def test_the_server_is_stopped_midway(own_server: Postgres, oss: LoopbackOss, encode: Any) -> None:
    query = "SELECT i, t, CASE WHEN i = 100000 THEN pg_sleep(60) END AS stopped FROM wide"

    def stop() -> None:
        sleeping(own_server, "stopped", "abs")()
        with own_server() as connection:
            found = connection.execute("SHOW data_directory").fetchone()
        assert found is not None
        lines = (Path(found[0]) / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGQUIT)  # "immediate": as after a crash

    other = threading.Thread(target=stop)
    other.start()
    try:
        with pytest.raises(SourceError) as raised:
            api.copy(statement(oss, query), own_server.dsn, encode=encode)
    finally:
        other.join()
    assert raised.value.sqlstate in ("57P02", "57P01", "08006")
    oss.assert_nothing_left()


def test_what_the_query_changes_lasts_when_the_object_is_there(
    server: Postgres, oss: LoopbackOss
) -> None:
    with server() as connection:
        connection.execute("DROP TABLE IF EXISTS queue; CREATE TABLE queue AS SELECT 1 AS n")
        good = statement(oss, "DELETE FROM queue RETURNING n")
        bad = good.replace(oss.credentials.access_key_secret, "wrong")
        with pytest.raises(CopyError):
            api.copy(bad, server.dsn)
        assert connection.execute("SELECT * FROM queue").fetchall() == [(1,)]
        report = api.copy(good, server.dsn)
        assert report.rows == 1
        assert connection.execute("SELECT * FROM queue").fetchall() == []


def test_a_program_needs_the_privilege(server: Postgres, oss: LoopbackOss) -> None:
    with server() as admin:
        admin.execute("DROP ROLE IF EXISTS nobody_special; CREATE ROLE nobody_special LOGIN")
        admin.execute("GRANT SELECT ON wide TO nobody_special")
        dsn = psycopg.conninfo.make_conninfo(server.dsn, user="nobody_special")
        text = statement(oss, "SELECT i FROM wide LIMIT 5", options="(FORMAT nope)")
        with psycopg.connect(dsn) as connection, pytest.raises(psycopg.Error) as theirs:
            connection.execute(text.encode())
        with pytest.raises(CopyError) as ours:
            api.copy(text, dsn)
        diag = theirs.value.diag
        assert (ours.value.sqlstate, ours.value.message) == ("42501", diag.message_primary)
        assert (ours.value.detail, ours.value.hint) == (diag.message_detail, diag.message_hint)

        text = text.replace("(FORMAT nope)", "")
        assert api.copy(text, dsn, privilege_check=False).rows == 5
        assert to_stdout("COPY (SELECT 1) TO STDOUT", source=dsn) == b"1\n"
        admin.execute("GRANT pg_execute_server_program TO nobody_special")
        assert api.copy(text, dsn).rows == 5
        admin.execute("DROP OWNED BY nobody_special; DROP ROLE nobody_special")


def test_a_setting_that_the_server_refuses(server: Postgres) -> None:
    with pytest.raises(SourceError) as raised:
        to_stdout("COPY (SELECT 1) TO STDOUT", source=server.dsn, settings={"work_mem": "much"})
    assert raised.value.message == 'invalid value for parameter "work_mem": "much"'
    with pytest.raises(SourceError, match='unrecognized configuration parameter "no_such"'):
        to_stdout("COPY (SELECT 1) TO STDOUT", source=server.dsn, settings={"no_such": "1"})
