"""What copy, export and their kin refuse, with which exit code, and in which order."""

from __future__ import annotations

import traceback
from typing import Any

import pyarrow as pa
import pytest
from holofast import api
from holofast.errors import CopyError, DestinationError, ProgramError, SourceError
from holofast.programs import ExitCode
from holofast.sinks import retries

from tests.exports import statement
from tests.oss_fixtures import LoopbackOss

pytestmark = pytest.mark.usefixtures("no_environment")

WRONG = [
    (("--AccessKeyId", "nobody"), ExitCode.ACCESS_KEY_ID, "does not know the AccessKeyId nobody"),
    (("--AccessKeySecret", "guess"), ExitCode.ACCESS_KEY_SECRET, "AccessKeySecret does not belong"),
    (("--SecurityToken", "guess"), ExitCode.ACCESS_KEY_ID, "temporary key"),
    (("--Endpoint", "no-such-host.invalid"), ExitCode.ENDPOINT, "no such host"),
    (("--Endpoint", "not_a_host!"), ExitCode.ENDPOINT, "not_a_host!"),
    (
        ("--Endpoint", "http://127.0.0.1:1"),
        ExitCode.NETWORK,
        "cannot be reached: Connection refused",
    ),
    (("--Region", "cn-shanghai"), ExitCode.ENDPOINT, "The Region 'cn-shanghai' is not that of"),
    (("--BucketName", "other-bucket"), ExitCode.BUCKET, "no bucket other-bucket"),
    (("--BucketName", "Not_a_bucket"), ExitCode.BUCKET, "Not_a_bucket"),
    (("--BatchSize", "0"), ExitCode.MISSING_PARAMETER, "BatchSize"),
    (("--Bucket", "x"), ExitCode.MISSING_PARAMETER, "--Bucket"),
]


@pytest.mark.parametrize(("flags", "code", "words"), WRONG)
def test_each_wrong_parameter_has_its_exit_code(
    oss: LoopbackOss,
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    monkeypatch.setattr(retries, "STARTING", retries.Patience(1, 300))
    with pytest.raises(ProgramError) as caught:
        api.copy(statement(oss, "select 1", *flags))
    error = caught.value
    assert (error.exit_code, error.sqlstate) == (code, "38000")
    assert error.detail == f"child process exited with exit code {code}"
    assert error.message.startswith('program "hg_dump_to_oss ')
    assert error.hint is not None
    assert words in error.hint
    shown = str(error) + repr(error) + "".join(traceback.format_exception(error))
    for secret in (oss.credentials.access_key_secret, "guess"):
        assert secret not in shown
    assert error.message.count("***") == 1 + ("guess" in flags)
    oss.assert_nothing_left()


def test_what_answers_may_not_be_oss(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that speaks HTTP, and yet is none."""
    import http.server
    import threading

    class Page(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(self.server.status)  # type: ignore[attr-defined]
            self.send_header("Content-Length", "13")
            self.end_headers()
            self.wfile.write(b"<html></html>")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            for status in (200, 404):
                server.status = status  # type: ignore[attr-defined]
                with pytest.raises(DestinationError) as caught:
                    api.export(
                        pa.table({"a": [1]}),
                        "oss://bucket/",
                        endpoint=f"http://127.0.0.1:{server.server_port}",
                        region="cn-hangzhou",
                        access_key_id="id",
                        access_key_secret="secret",
                    )
                assert caught.value.exit_code == ExitCode.ENDPOINT
                assert "is not OSS" in caught.value.message
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("query", "options", "sqlstate"),
    [
        ("selec 1", "(FORMAT nope)", "22023"),
        ("selec 1", "(DELIMITER 'xx')", "0A000"),
        ("selec 1", "", "42601"),
        ("select 1 a", "(FORMAT csv, FORCE_QUOTE (b))", "42703"),
        ("select map {1: 2} a", "", "0A000"),
        ("select 1 a", "(ENCODING 'LATIN1', NULL '你')", "22P05"),
        ("select 1 a", "(ENCODING 'MULE_INTERNAL')", "42883"),
        ("select 1 a", "", "38000"),
    ],
)
def test_the_program_starts_last(oss: LoopbackOss, query: str, options: str, sqlstate: str) -> None:
    """All that PostgreSQL refuses comes before even a missing parameter."""
    with pytest.raises(CopyError) as caught:
        api.copy(f"COPY ({query}) TO PROGRAM 'hg_dump_to_oss --DirName x' {options}")
    assert caught.value.sqlstate == sqlstate
    assert oss.operations() == []


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("COPY (select 1,2,3 from ) TO STDOUT", 'syntax error at or near ")"', ")"),
        ("COPY (select * from 'x.csv' wher y) TO STDOUT", None, "y)"),
        ("COPY (from range(3) selec 1 2) TO STDOUT", None, None),
        ("COPY (  select 'é', nope from (select 1 a)) TO STDOUT", None, None),
        ("/* ( */ COPY (select 1 form t x) TO STDOUT", 'syntax error at or near "t"', "t x"),
    ],
)
def test_a_position_counts_in_the_whole_statement(
    text: str, message: str | None, at: str | None
) -> None:
    with pytest.raises(CopyError) as caught:
        api.copy(text)
    assert message in (None, caught.value.message)
    if at is not None:
        assert caught.value.position == text.index(at) + 1


def test_a_source_error_is_no_fault_of_the_program(oss: LoopbackOss) -> None:
    with pytest.raises(SourceError):
        api.copy(statement(oss, "select error('no') from range(3)"))
    oss.assert_nothing_left()


@pytest.mark.parametrize(
    ("token", "code"),
    [("t0k3n+/=", None), ("an0ther", ExitCode.ACCESS_DENIED), (None, ExitCode.ACCESS_KEY_ID)],
)
def test_a_temporary_key_needs_its_token(
    token: str | None, code: int | None, no_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OSSUTIL_CONFIG_FILE")
    with LoopbackOss(security_token="t0k3n+/=") as oss:
        text = statement(oss, "select 1", *(["--SecurityToken", token] if token else []))
        if code is None:
            assert api.copy(text).rows == 1
            assert len(oss.objects()) == 1
            return
        with pytest.raises(ProgramError) as caught:
            api.copy(text)
        assert caught.value.exit_code == code
        assert str(token) not in str(caught.value)
        oss.assert_nothing_left()
