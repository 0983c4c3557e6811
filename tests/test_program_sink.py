"""PROGRAM as a real server runs it: exit codes, signals, unread input, and what stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from holofast import api
from holofast.errors import CopyError, EncodeError, ProgramError, SourceError
from holofast.sinks.program import Program

from tests.copy_server import Refusal, server_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Postgres

PROGRAM = Path(sys.executable).parent / "holofast"

# Each for PostgreSQL and for DuckDB. The slow one gives its row when the program is long gone.
SMALL = ("select 1", "select 1")
LARGE = ("select generate_series(1, 300000)", "select range from range(1, 300001)")
SLOW = (
    "select 1 from pg_sleep(0.5)",
    "select 1 from (select sum(range % 7) as s from range(300000000)) where s > 0",
)

WELL = [
    ("cat > /dev/null", SMALL),
    ("cat > /dev/null", LARGE),
    ("sleep 0.3", SMALL),  # unread, but the pipe holds it
    ("exec cat | cat > /dev/null", LARGE),
    ("cat > /dev/null # and a comment", SMALL),
    ("cat > /dev/null\ntrue", SMALL),
    ("head -n 1 > /dev/null; cat > /dev/null", LARGE),
]

ILL = [
    *((f"cat > /dev/null; exit {code}", LARGE) for code in (1, 3, 101, 105, 126, 127, 128, 255)),
    ("hg_dump_to_oss2 --AccessKeyId x", SMALL),
    ("no/such/program", LARGE),
    ("/etc/passwd", SMALL),
    *((f"cat > /dev/null; kill -{number} $$", SMALL) for number in (1, 2, 6, 9, 13, 15)),
    ("exec 0<&-; kill -9 $$", LARGE),
    ("sh -c 'kill -9 $$'; exit $?", SMALL),
    ("exec 0<&-; exit 0", LARGE),
    ("exec 0<&-; exit 0", SLOW),
    ("exec 0<&-; exit 3", LARGE),
    ("exec 0<&-; exit 3", SLOW),
    ("exec 0<&-; sleep 0.3; exit 3", LARGE),  # waited for, although it reads no more
    ("exec 0<&-; sleep 0.3; exit 0", LARGE),
    ("exec head -c 10 > /dev/null", LARGE),
    ("", SLOW),
    ("# nothing", SLOW),
    ("(", SMALL),
    ('cat > /dev/null; exit "7"', SMALL),
]


def literal(command: str) -> str:
    return "'" + command.replace("'", "''") + "'"


def ours(query: str, command: str) -> Refusal | int:
    try:
        report = api.copy(f"COPY ({query}) TO PROGRAM {literal(command)}", allow_program=True)
    except CopyError as error:
        return Refusal(error.sqlstate, error.message, error.position, error.detail, error.hint)
    assert report.rows is not None
    return report.rows


@pytest.mark.parametrize(("command", "queries"), WELL)
def test_a_program_that_ends_well(
    postgres15: Postgres, command: str, queries: tuple[str, str]
) -> None:
    with postgres15() as connection:
        assert (
            server_outcome(connection, f"COPY ({queries[0]}) TO PROGRAM {literal(command)}") == b""
        )
    assert ours(queries[1], command) == (1 if queries is SMALL else 300_000)


@pytest.mark.parametrize(("command", "queries"), ILL)
def test_a_program_that_fails(postgres15: Postgres, command: str, queries: tuple[str, str]) -> None:
    with postgres15() as connection:
        expected = server_outcome(connection, f"COPY ({queries[0]}) TO PROGRAM {literal(command)}")
    assert isinstance(expected, Refusal)
    assert ours(queries[1], command) == expected


def test_the_bytes_are_those_of_the_server(postgres15: Postgres, shared: Path) -> None:
    """Over many parts, and to a program that reads slowly at first."""
    query = "select i as a, repeat('x', i % 50) as b, i % 7 = 0 as c from {} as t(i)"
    kept = {}
    for name, series in (("server", "generate_series(1, 900000)"), ("ours", "range(1, 900001)")):
        command = f"sleep 0.2; cat > {shared / name}"
        statement = f"COPY ({query.format(series)}) TO PROGRAM {literal(command)} (FORMAT csv)"
        if name == "server":
            with postgres15() as connection:
                assert server_outcome(connection, statement) == b""
        else:
            assert api.copy(statement, allow_program=True).parts > 2
        kept[name] = (shared / name).read_bytes()
    assert kept["ours"] == kept["server"]


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Path]:
    """A directory where the server's user may write; pytest's own are its user's alone."""
    import shutil
    import tempfile

    directory = Path(tempfile.mkdtemp(prefix="holofast-", dir="/tmp"))
    directory.chmod(0o777)
    yield directory
    shutil.rmtree(directory)


def test_a_query_that_fails_midway_kills_the_program(tmp_path: Path) -> None:
    """It is killed before its input ends, so that it never takes a part for the whole."""
    command = f"cat > {tmp_path}/partial; echo end > {tmp_path}/ended"
    query = "select if(range = 3500000, error('midway'), range) from range(4000000)"
    with pytest.raises(SourceError, match="midway") as caught:
        api.copy(f"COPY ({query}) TO PROGRAM '{command}'", allow_program=True)
    assert "the program was killed before the end of its data" in str(caught.value.hint)
    time.sleep(0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["partial"]


def test_a_value_without_a_form_kills_it_too(tmp_path: Path) -> None:
    command = f"cat > /dev/null && touch {tmp_path}/ended"
    with pytest.raises(EncodeError):
        api.copy(f"COPY (select chr(0)) TO PROGRAM '{command}'", allow_program=True)
    time.sleep(0.1)
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_ignores_sigterm_is_killed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holofast.sinks.program._GRACE_SECONDS", 0.2)
    command = "trap true TERM; sleep 1000 < /dev/null & while true; do sleep 1; done"
    with pytest.raises(SourceError, match="midway"):
        api.copy(
            f"COPY (select error('midway' || range) from range(2)) TO PROGRAM '{command}'",
            allow_program=True,
        )
    assert not running("sleep 1000")


def test_nobody_in_a_pipeline_sees_the_end_of_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even who ignores SIGTERM while the shell it was started by has died of it."""
    monkeypatch.setattr("holofast.sinks.program._GRACE_SECONDS", 0.2)
    command = f"(trap '' TERM; cat; touch {tmp_path}/ended) | cat > {tmp_path}/partial"
    query = "select if(range = 350000, error('midway'), range) from range(400000)"
    with pytest.raises(SourceError, match="midway"):
        api.copy(f"COPY ({query}) TO PROGRAM {literal(command)}", allow_program=True)
    time.sleep(0.2)
    assert not (tmp_path / "ended").exists()


def test_a_pipeline_has_time_to_clean_up(tmp_path: Path) -> None:
    """As an upload at its end, which has to be aborted."""
    upload = f"trap 'sleep 0.3; touch {tmp_path}/clean; exit' TERM; head -n 9 > {tmp_path}/partial"
    command = f"cat | ({upload}; sleep 60 & wait)"
    query = "select if(range = 1500000, error('midway'), range) from range(4000000)"
    with pytest.raises(SourceError, match="midway"):
        api.copy(f"COPY ({query}) TO PROGRAM {literal(command)}", allow_program=True)
    for _ in range(100):
        if (tmp_path / "clean").exists():
            break
        time.sleep(0.05)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean", "partial"]


def running(command: str) -> bool:
    lines = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True)
    return command in lines.stdout.splitlines()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_kills_the_program(tmp_path: Path, number: signal.Signals) -> None:
    """Both where it reads and where it does not, which holds the export up."""
    for reader in ("cat > /dev/null", "sleep 1000"):
        command = f"touch {tmp_path}/started; {reader}; touch {tmp_path}/ended"
        statement = f"COPY (select range from range(10000000000)) TO PROGRAM '{command}'"
        holofast = [str(PROGRAM), "copy", "--allow-program", statement]
        with subprocess.Popen(holofast, stderr=subprocess.PIPE, text=True) as child:
            while not (tmp_path / "started").exists() and child.poll() is None:
                time.sleep(0.01)
            child.send_signal(number)
            _, said = child.communicate(timeout=30)
        assert child.returncode == 111
        assert "the program was killed before the end of its data" in said
        assert [path.name for path in tmp_path.iterdir()] == ["started"]
        (tmp_path / "started").unlink()


def test_an_interrupt_while_it_starts_kills_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen

    def interrupted(*arguments: Any, **keywords: Any) -> subprocess.Popen[bytes]:
        process = start(*arguments, **keywords)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        return process

    sink = Program(f"sleep 1001; touch {tmp_path}/ended")
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sink.open()
    assert "was killed" in str(sink.abort())
    assert not running("sleep 1001")


def copy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "copy", *arguments],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_the_command_line_runs_it_where_that_is_allowed() -> None:
    done = copy(
        "--allow-program", "COPY (select 'a b' as x) TO PROGRAM 'tr a-z A-Z; echo done >&2'"
    )
    assert (done.returncode, done.stdout) == (0, "A B\n")
    assert done.stderr.startswith("done\nto      PROGRAM 'tr a-z A-Z; echo done >&2'\n")
    assert done.stderr.endswith("\nCOPY 1\n")


def test_its_failure_is_shown_as_psql_shows_it_and_gives_the_exit_code() -> None:
    done = copy("--allow-program", "COPY (select 1) TO PROGRAM 'cat > /dev/null; exit 3'")
    assert done.returncode == 3
    assert done.stderr == (
        'ERROR:  program "cat > /dev/null; exit 3" failed\n'
        "DETAIL:  child process exited with exit code 3\n"
    )
    done = copy("--allow-program", "COPY (select 1) TO PROGRAM 'kill -9 $$'")
    assert done.returncode == 128 + 9
    assert "DETAIL:  child process was terminated by signal 9: Killed\n" in done.stderr


PRIVILEGE = (
    "must be superuser or have privileges of the pg_execute_server_program role to COPY to or "
    "from an external program"
)


@pytest.mark.parametrize(
    "command", ["cat", "", "hg_dump_to_oss --BucketName x | cat", "hg_dump_to_oss > x"]
)
@pytest.mark.parametrize("options", ["", "(FORMAT xml)", "(FORMAT csv, DELIMITER 'ab')"])
def test_without_permission_it_is_refused_before_the_options(
    postgres15: Postgres, command: str, options: str
) -> None:
    statement = f"COPY (select 1) TO PROGRAM '{command}' {options}"
    with postgres15() as connection:
        connection.execute("DROP ROLE IF EXISTS nobody; CREATE ROLE nobody; SET ROLE nobody")
        expected = server_outcome(connection, statement)
    assert isinstance(expected, Refusal)
    with pytest.raises(CopyError) as caught:
        api.copy(statement)
    refusal = caught.value
    assert (refusal.sqlstate, refusal.message) == (expected.sqlstate, expected.message)
    assert refusal.message == PRIVILEGE
    assert "--allow-program" in (refusal.hint or "")
    assert ("one plain command" in (refusal.hint or "")) == command.startswith("hg_dump_to_oss")


def test_a_syntax_error_comes_before_the_permission() -> None:
    with pytest.raises(CopyError) as caught:
        api.copy("COPY (select 1) TO PROGRAM 'cat' (FORMAT)  x")
    assert caught.value.sqlstate == "42601"


@pytest.mark.parametrize("allowed", [False, True])
@pytest.mark.parametrize("name", ["hg_dump_to_oss2", "hg_dump_oss", "/usr/bin/hg_dumptooss"])
def test_a_misspelt_hg_dump_to_oss_is_not_found(name: str, allowed: bool) -> None:
    statement = f"COPY (select 1) TO PROGRAM '{name} --AccessKeySecret s3cr3t --BucketName x'"
    with pytest.raises(ProgramError) as caught:
        api.copy(statement, allow_program=allowed)
    error = caught.value
    assert (error.sqlstate, error.detail, error.exit_code) == ("38000", "command not found", 127)
    assert error.message == f'program "{name} --AccessKeySecret *** --BucketName x" failed'


def test_the_program_has_no_terminal_and_a_group_of_its_own(tmp_path: Path) -> None:
    command = f"ps -o sid= -p $$ > {tmp_path}/session; cat > /dev/null"
    api.copy(f"COPY (select 1) TO PROGRAM '{command}'", allow_program=True)
    assert int((tmp_path / "session").read_text()) != os.getsid(0)


def test_a_command_that_the_system_cannot_start() -> None:
    with pytest.raises(CopyError) as caught:
        api.copy(f"COPY (select 1) TO PROGRAM ': {'x' * 200_000}'", allow_program=True)
    assert caught.value.sqlstate == "XX000"
    assert caught.value.message.startswith('could not execute command ": xxx')
    assert caught.value.message.endswith('": Argument list too long')


def test_a_dry_run_says_which_program_and_runs_nothing(tmp_path: Path) -> None:
    plan = api.plan_copy(
        f"COPY (select 1) TO PROGRAM 'touch {tmp_path}/x --token s3cr3t'", allow_program=True
    )
    assert plan.destination == f"PROGRAM 'touch {tmp_path}/x --token ***'"
    assert list(tmp_path.iterdir()) == []
