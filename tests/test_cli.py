"""The programs as a user runs them: streams, exit codes, signals, and no secret anywhere."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from holofast.programs import ExitCode
from holofast.testing.oss_server import Fault

from tests.oss_fixtures import LoopbackOss

PROGRAMS = Path(sys.executable).parent
SECRET = "S3cr3t-that-must-not-be-seen"
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("OSS", "HOLOFAST"))
} | {"HOME": "/nonexistent"}


def run(
    *arguments: str, program: str = "holofast", stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run one of the programs without anything of the caller's configuration."""
    return subprocess.run(
        [PROGRAMS / program, *arguments],
        input=stdin,
        capture_output=True,
        timeout=60,
        env=ENVIRONMENT | environment,
    )


def statement(
    oss: LoopbackOss, query: str = "SELECT 1 AS a", options: str = "", **flags: str
) -> str:
    """A COPY to `oss`; `flags` replace hg_dump_to_oss's, None drops one."""
    arguments = oss.arguments("dir")
    for flag, value in flags.items():
        at = arguments.index(f"--{flag}")
        arguments[at : at + 2] = [f"--{flag}", value] if value else []
    return f"COPY ({query}) TO PROGRAM 'hg_dump_to_oss {' '.join(arguments)}' {options}"


def test_data_goes_to_stdout_and_the_rest_to_stderr() -> None:
    done = run("copy", "COPY (SELECT 1 AS a, 'x,y' AS b) TO STDOUT (FORMAT csv, HEADER)")
    assert done.returncode == 0
    assert done.stdout == b'a,b\n1,"x,y"\n'
    assert done.stderr.endswith(b"COPY 1\n")


def test_an_export_reports_and_tags(oss: LoopbackOss) -> None:
    done = run("copy", statement(oss, "SELECT * FROM range(5)"))
    assert (done.returncode, done.stdout) == (0, b"")
    (key,) = oss.objects()
    assert f"oss://{oss.bucket_name}/{key}" in done.stderr.decode()
    assert done.stderr.endswith(b"COPY 5\n")
    assert oss.objects()[key].read() == b"0\n1\n2\n3\n4\n"


def test_json_reports_for_machines(oss: LoopbackOss) -> None:
    done = run("copy", "--json", statement(oss, options="(FORMAT binary)"))
    report = json.loads(done.stderr)
    (key,) = oss.objects()
    assert report["object"] == f"oss://{oss.bucket_name}/{key}"
    assert (report["rows"], report["engine"]) == (1, "native")
    assert report["bytes"] == oss.objects()[key].size
    assert int(report["crc64"]) == oss.objects()[key].crc64


def test_the_engine_may_be_chosen_and_is_named(engine: str) -> None:
    by_option = run("copy", "--engine", engine, "--json", "COPY (SELECT 1) TO STDOUT")
    by_variable = run("copy", "--json", "COPY (SELECT 1) TO STDOUT", HOLOFAST_ENGINE=engine)
    for done in (by_option, by_variable):
        assert done.stdout == b"1\n"
        assert json.loads(done.stderr)["engine"] == engine


def test_a_parameter_of_the_session_is_set_by_its_name() -> None:
    query = "SELECT TIMESTAMPTZ '2024-07-01 12:00:00Z'"
    done = run("copy", "--set", "TimeZone=Asia/Shanghai", f"COPY ({query}) TO STDOUT")
    assert done.stdout == b"2024-07-01 20:00:00+08\n"


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("TimeZone=Mars/Base", 'invalid value for parameter "TimeZone": "Mars/Base"'),
        ("work_mem=1", 'unrecognized configuration parameter "work_mem"'),
        ("extra_float_digits=x", 'invalid value for parameter "extra_float_digits": "x"'),
    ],
)
def test_a_wrong_parameter_is_refused(assignment: str, message: str) -> None:
    done = run("copy", "--set", assignment, "COPY (SELECT 1) TO STDOUT")
    assert (done.returncode, done.stdout) == (1, b"")
    assert message in done.stderr.decode()


def test_a_dry_run_plans_and_touches_nothing(oss: LoopbackOss) -> None:
    done = run("copy", "--dry-run", "--json", statement(oss, "SELECT 1 AS a, 'x' AS b"))
    plan = json.loads(done.stderr)
    assert done.returncode == 0
    assert plan["columns"] == [["a", "integer"], ["b", "text"]]
    assert plan["max_bytes"] == 5 * 1024**3
    assert oss.operations() == []


def test_a_syntax_error_is_shown_as_psql_shows_it() -> None:
    done = run("copy", "COPY (select 1,2,3 from ) TO PROGRAM 'hg_dump_to_oss2 --AccessKeyId x'")
    assert done.returncode == 1
    assert done.stderr.decode() == (
        'ERROR:  syntax error at or near ")"\n'
        "LINE 1: COPY (select 1,2,3 from ) TO PROGRAM 'hg_dump_to_oss2 --Acce...\n"
        "                                ^\n"
    )


def test_a_failing_program_is_reported_as_the_server_does(oss: LoopbackOss) -> None:
    done = run("copy", statement(oss, AccessKeySecret=SECRET))
    lines = done.stderr.decode().splitlines()
    assert done.returncode == ExitCode.ACCESS_KEY_SECRET
    assert lines[0].startswith('ERROR:  program "hg_dump_to_oss --AccessKeyId holofast-key-id')
    assert lines[0].endswith('" failed')
    assert lines[1] == "DETAIL:  child process exited with exit code 102"
    assert lines[2].startswith("HINT:  ")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ({"AccessKeyId": "nobody"}, ExitCode.ACCESS_KEY_ID),
        ({"AccessKeySecret": f"{SECRET}-which-is-wrong"}, ExitCode.ACCESS_KEY_SECRET),
        ({"Endpoint": "not@an@endpoint"}, ExitCode.ENDPOINT),
        ({"Endpoint": "http://127.0.0.1:1"}, ExitCode.NETWORK),
        ({"BucketName": "no-such-bucket"}, ExitCode.BUCKET),
        ({"BucketName": "Not_A_Bucket"}, ExitCode.BUCKET),
        ({"DirName": ""}, ExitCode.MISSING_PARAMETER),
        ({"Region": ""}, ExitCode.MISSING_PARAMETER),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_no_secret_is_shown(flags: dict[str, str], code: ExitCode, debug: bool) -> None:
    with LoopbackOss(access_key_secret=SECRET) as oss:
        done = run("copy", *(["--debug"] if debug else []), statement(oss, **flags))
        oss.assert_nothing_left()
    assert done.returncode == code
    assert SECRET.encode() not in done.stdout + done.stderr
    assert (b"Traceback" in done.stderr) == debug


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret={}' (FORMAT xml)",
        "COPY (SELECT 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret {}' DELIMITER",
        "COPY (SELECT 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret \"{}\" | tee x'",
        "COPY (SELECT 1) TO PROGRAM 'other --AccessKeySecret {}'",
        "COPY (SELECT nothing) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret {}'",
    ],
)
def test_no_secret_of_a_wrong_statement_is_shown(sql: str) -> None:
    done = run("copy", sql.format(SECRET))
    assert done.returncode != 0
    assert done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT map {1: 2} AS pairs) TO STDOUT",
        "COPY (SELECT error('boom')) TO STDOUT",
        "COPY (SELECT * FROM 'no-such-file.parquet') TO STDOUT",
        "COPY (SELECT chr(0) AS nul) TO STDOUT",
        "COPY (SELECT 1) TO PROGRAM 'gzip > x'",
        "COPY (SELECT 1) TO STDOUT (FORMAT csv, FORCE_QUOTE (b))",
        "COPY (SELECT 1) TO STDOUT (ENCODING 'LATIN1', NULL '你')",
        "COPY (SELECT '你') TO STDOUT (ENCODING 'LATIN1')",
        "COPY lineitem TO STDOUT",
        "SELECT 1",
        "",
    ],
)
def test_a_users_mistake_is_no_traceback(sql: str) -> None:
    done = run("copy", sql)
    assert done.returncode == 1
    assert done.stderr.startswith(b"ERROR:  ")
    assert b"Traceback" not in done.stderr


def test_an_unreadable_source_is_named(tmp_path: Path) -> None:
    done = run("copy", "--source", str(tmp_path / "none.duckdb"), "COPY (SELECT 1) TO STDOUT")
    assert done.returncode == 1
    assert b"none.duckdb" in done.stderr


def test_a_wrong_command_line_exits_with_2() -> None:
    assert run("copy").returncode == 2
    assert run("copy", "--workers", "0", "COPY (SELECT 1) TO STDOUT").returncode == 2
    assert run("nothing").returncode == 2


def test_help_names_every_command_and_option() -> None:
    assert all(name in run("--help").stdout for name in (b"copy", b"oss-server"))
    text = run("copy", "--help").stdout.decode()
    for option in ("--source", "--set", "--engine", "--workers", "--dry-run", "--json", "--debug"):
        assert option in text


def test_a_reader_that_leaves_ends_the_export_with_one_line() -> None:
    command: list[str | Path] = [
        PROGRAMS / "holofast",
        "copy",
        "COPY (SELECT * FROM range(10000000)) TO STDOUT",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert process.returncode == ExitCode.UPLOAD_FAILED
    assert errors == "ERROR:  could not write to standard output: Broken pipe\n"


def test_progress_is_shown_on_a_terminal(oss: LoopbackOss) -> None:
    # Slow parts, so that the bar is drawn between them.
    oss.faults.add(Fault(kind="slow", operation="UploadPart", count=None, seconds=1))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [PROGRAMS / "holofast", "copy", statement(oss, "SELECT * FROM range(3000000)")],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # a terminal whose other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    assert b"copying" in shown
    assert b"rows" in shown
    assert b"COPY 3000000" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_leaves_nothing(oss: LoopbackOss, number: signal.Signals) -> None:
    oss.faults.add(Fault(kind="hang", operation="UploadPart", seconds=60))
    command: list[str | Path] = [
        PROGRAMS / "holofast",
        "copy",
        statement(oss, "SELECT * FROM range(3000000)"),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        deadline = time.monotonic() + 30
        while not oss.faults.fired() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        assert process.stderr is not None
        errors = process.stderr.read().decode()
    assert process.returncode == ExitCode.INTERRUPTED
    assert errors.startswith("ERROR:  interrupted")
    assert "Traceback" not in errors
    oss.assert_nothing_left()


def dump(*arguments: str, stdin: bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run hg_dump_to_oss on `stdin`."""
    return run(*arguments, program="hg_dump_to_oss", stdin=stdin, **environment)


def test_hg_dump_to_oss_uploads_its_input(oss: LoopbackOss) -> None:
    done = dump(*oss.arguments("dir"), stdin=b"1\tx\n2\ty\n")
    assert done.returncode == 0
    assert done.stdout == b""
    ((key, stored),) = oss.objects().items()
    assert key.startswith("dir/")
    assert key.endswith(".txt")
    assert stored.read() == b"1\tx\n2\ty\n"


def test_hg_dump_to_oss_takes_its_secret_from_the_environment(oss: LoopbackOss) -> None:
    arguments = oss.arguments("dir")
    at = arguments.index("--AccessKeySecret")
    del arguments[at : at + 2]
    done = dump(*arguments, stdin=b"", OSS_ACCESS_KEY_SECRET=oss.credentials.access_key_secret)
    assert done.returncode == 0
    assert len(oss.objects()) == 1


def test_hg_dump_to_oss_fails_with_one_line(oss: LoopbackOss) -> None:
    arguments = oss.arguments("dir")
    arguments[arguments.index("--AccessKeySecret") + 1] = SECRET
    done = dump(*arguments, stdin=b"1\n")
    assert done.returncode == ExitCode.ACCESS_KEY_SECRET
    assert done.stderr.startswith(b"hg_dump_to_oss: ")
    assert done.stderr.count(b"\n") == 1
    assert SECRET.encode() not in done.stderr
    oss.assert_nothing_left()


def test_hg_dump_to_oss_imports_nothing_heavy() -> None:
    code = (
        "import sys, holofast.cli.hg_dump_to_oss as program\n"
        "sys.argv = ['hg_dump_to_oss', '--BucketName', 'x']\n"
        "try: program.main()\n"
        "except SystemExit: pass\n"
        "from holofast import api\n"
        "print(sorted({'pyarrow', 'duckdb', 'postgast', 'rich', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT
    )
    assert done.stdout == "[]\n"


def redirected(oss: LoopbackOss, redirection: str) -> subprocess.CompletedProcess[bytes]:
    """hg_dump_to_oss with some data, as a shell starts it with the redirection."""
    command = f'exec "$@" {redirection}'
    program = str(PROGRAMS / "hg_dump_to_oss")
    arguments = ["sh", "-c", command, "sh", program, *oss.arguments()]
    return subprocess.run(arguments, input=b"1\n", capture_output=True, env=ENVIRONMENT, timeout=60)


@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("<&-", "there is no standard input"),
        ("0>/dev/null", "the input cannot be read: Bad file descriptor"),
    ],
)
@pytest.mark.parametrize("more", ["", "--FileName x"])
def test_input_that_cannot_be_read(
    oss: LoopbackOss, redirection: str, message: str, more: str
) -> None:
    done = redirected(oss, f"{more} {redirection}")
    assert done.returncode == ExitCode.INCOMPLETE_INPUT
    assert done.stderr.decode().startswith(f"hg_dump_to_oss: {message}; ")
    oss.assert_nothing_left()


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_report_that_nobody_reads_is_no_failure(oss: LoopbackOss, redirection: str) -> None:
    done = redirected(oss, redirection)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [stored.read() for stored in oss.objects().values()] == [b"1\n"]
