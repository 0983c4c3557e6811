"""copy, plan_copy, export and encode from end to end, and what they refuse, in which order."""

from __future__ import annotations

import io
import json
import re
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import oss2
import pyarrow as pa
import pytest
from holofast import api
from holofast.encoder import Encoder
from holofast.errors import CopyError, DestinationError, EncodeError, ProgramError, SourceError
from holofast.options import CopyOptions, Settings
from holofast.plan import object_key
from holofast.programs import ExitCode, parse_arguments
from holofast.sinks import multipart, store
from holofast.sinks.store import MIN_PART_SIZE
from holofast.statement import parse_statement
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oss_fixtures import LoopbackOss
from tests.postgres import copy_out

if TYPE_CHECKING:
    from tests.postgres import Postgres

QUERY = "select g, 'row ' || g as name, g * 1.5 as price from generate_series(1, {}) t(g)"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SESSION_TOKEN", "ENDPOINT", "REGION"):
        monkeypatch.delenv(f"OSS_{name}", raising=False)
    monkeypatch.setenv("OSSUTIL_CONFIG_FILE", "/nonexistent")


def statement(oss: LoopbackOss, query: str, *more: str, options: str = "") -> str:
    command = " ".join(["hg_dump_to_oss", *oss.arguments(), *more])
    return f"COPY ({query}) TO PROGRAM '{command}' {options}"


def to_stdout(text: str, **options: Any) -> bytes:
    out = io.BytesIO()
    api.copy(text, stdout=out, **options)
    return out.getvalue()


def content(oss: LoopbackOss, url: str | None) -> bytes:
    assert url is not None
    prefix = f"oss://{oss.bucket_name}/"
    body: bytes = oss.bucket().get_object(url.removeprefix(prefix)).read()
    return body


@pytest.mark.parametrize(
    ("options", "extension"),
    [
        ("", "txt"),
        ("DELIMITER ','", "txt"),
        ("(DELIMITER ',', HEADER true, FORMAT CSV)", "csv"),
        ("(FORMAT BINARY)", "bin"),
    ],
)
@pytest.mark.parametrize("rows", [0, 1, 50_000])
def test_an_export_is_what_a_server_would_write(
    oss: LoopbackOss,
    postgres15: Postgres,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    options: str,
    extension: str,
    rows: int,
) -> None:
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)
    query = (
        f"select g::int as g, 'row ' || g as name, g * 1.5::float8 as price "
        f"from generate_series(1, {rows}) t(g)"
    )
    more = ("--BatchSize", "3000")
    report = api.copy(statement(oss, query, *more, options=options), engine=engine)
    with postgres15() as server:
        expected = copy_out(server, f"COPY ({query}) TO STDOUT {options}")
    assert content(oss, report.object) == expected
    assert (report.rows, report.bytes, report.engine) == (rows, len(expected), engine)
    assert report.confirmed
    assert (report.parts > 4) == (rows == 50_000)
    assert re.fullmatch(
        rf"oss://holofast/export/\d{{8}}T\d{{9}}Z-[0-9a-f]{{8}}_00000\.{extension}",
        str(report.object),
    )
    assert oss.uploads() == []
    assert oss.objects()[str(report.object).partition("/export/")[2].join(["export/", ""])]


def test_stdout_gets_the_same_bytes(oss: LoopbackOss, engine: str) -> None:
    query = QUERY.format(30_000)
    report = api.copy(statement(oss, query), engine=engine)
    assert to_stdout(f"COPY ({query}) TO STDOUT", engine=engine) == content(oss, report.object)


@pytest.mark.parametrize("workers", [1, 4])
def test_stdout_is_written_in_order(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)
    written = to_stdout("COPY (select range from range(300000)) TO STDOUT", workers=workers)
    assert written == b"".join(b"%d\n" % number for number in range(300_000))


def test_stdout_keeps_what_came_before_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a server: the rows before the bad one are sent; nobody waits for a turn for ever."""
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)
    query = "select if(range = 200000, chr(0), 'x' || range) from range(300000)"
    out = io.BytesIO()
    with pytest.raises(EncodeError) as caught:
        api.copy(f"COPY ({query}) TO STDOUT", stdout=out, workers=4)
    assert caught.value.row == 200_000
    assert b"".join(b"x%d\n" % number for number in range(200_000)).startswith(out.getvalue())


SHAPES = st.lists(st.integers(0, 20_000), max_size=6)


@settings(max_examples=25)
@given(sizes=SHAPES, workers=st.integers(1, 5), file_format=st.sampled_from(["csv", "binary"]))
def test_many_workers_write_what_one_encoder_does(
    sizes: list[int], workers: int, file_format: str
) -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    batches, start = [], 0
    for size in sizes:
        numbers = range(start, start + size)
        columns = {"a": list(numbers), "b": [f"row {n}" * (n % 9) for n in numbers]}
        batches.append(pa.record_batch(columns, schema=schema))
        start += size
    table = pa.Table.from_batches(batches, schema)
    encoder = Encoder(schema, CopyOptions(format=file_format))
    expected = encoder.header() + bytes(encoder.encode_run(batches)) + encoder.trailer()
    with pytest.MonkeyPatch.context() as patch, LoopbackOss() as oss:
        patch.setattr(store, "PART_SIZE", MIN_PART_SIZE)
        report = export(oss, table, workers=workers, format=file_format)
        assert content(oss, report.object) == expected
    assert api.encode(table, format=file_format) == expected


def export(oss: LoopbackOss, data: Any, path: str = "dir/", **options: Any) -> Any:
    return api.export(
        data,
        f"oss://{oss.bucket_name}/{path}",
        endpoint=oss.endpoint,
        access_key_id=oss.credentials.access_key_id,
        access_key_secret=oss.credentials.access_key_secret,
        region=oss.region,
        **options,
    )


def test_export_takes_its_key_from_the_environment(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", oss.credentials.access_key_id)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", oss.credentials.access_key_secret)
    monkeypatch.setenv("OSS_ENDPOINT", oss.endpoint)
    monkeypatch.setenv("OSS_REGION", oss.region)
    table = pa.table({"a": [1, None]})
    for path, key in [("x.csv", "x.csv"), ("d/e/x.csv", "d/e/x.csv")]:
        report = api.export(table, f"oss://{oss.bucket_name}/{path}", header=True)
        assert report.object == f"oss://{oss.bucket_name}/{key}"
        assert content(oss, report.object) == b"a\n1\n\n"
    for path in ("", "/", "d/"):
        assert api.export(table, f"oss://{oss.bucket_name}/{path}").rows == 2
    assert len(oss.objects()) == 5


@pytest.mark.parametrize("url", ["", "bucket/dir", "s3://bucket/dir", "oss://", "oss:///dir"])
def test_a_url_without_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(DestinationError) as caught:
        api.export(pa.table({"a": [1]}), url)
    assert caught.value.exit_code == ExitCode.BUCKET


def test_encode_takes_options_and_settings(engine: str) -> None:
    table = pa.table({"a": pa.array([0], pa.timestamp("us", "UTC")), "b": ["x,y"]})
    encoded = api.encode(
        table, format="csv", header=True, force_quote="*", time_zone="Asia/Tokyo", engine=engine
    )
    assert encoded == b'a,b\n"1970-01-01 09:00:00+09","x,y"\n'
    with pytest.raises(TypeError, match="nope"):
        api.encode(table, nope=1)


def test_encodes_row_counts_within_the_data(engine: str) -> None:
    column = pa.chunked_array([["a", "b"], [], ["c", "\0"]])
    with pytest.raises(EncodeError) as caught:
        api.encode(pa.table({"a": column}), engine=engine)
    assert caught.value.row == 3


def test_a_source_file_is_used(tmp_path: Any) -> None:
    import duckdb

    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 7 a")
    assert to_stdout("COPY (select * from t) TO STDOUT", source=f"duckdb://{path}") == b"7\n"


def test_settings_reach_source_and_encoder() -> None:
    query = "select timestamptz '2020-01-01 00:00:00+00' t, t::date::text d"
    text = to_stdout(f"COPY ({query}) TO STDOUT", settings=Settings(time_zone="Asia/Tokyo"))
    assert text == b"2020-01-01 09:00:00+09\t2020-01-01\n"


def test_a_parsed_statement_is_taken(oss: LoopbackOss) -> None:
    parsed = parse_statement(statement(oss, "select 1"))
    assert api.copy(parsed).rows == 1


def test_progress_counts_up_to_the_report(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)
    seen: list[Any] = []
    text = statement(oss, QUERY.format(100_000))
    report = api.copy(text, progress=seen.append)
    assert [progress.parts for progress in seen] == list(range(1, report.parts + 1))
    assert (seen[-1].rows, seen[-1].bytes) == (report.rows, report.bytes)


def test_a_report_reads_well_and_is_json(oss: LoopbackOss) -> None:
    report = api.copy(statement(oss, QUERY.format(1_234)))
    fields = json.loads(json.dumps(report.to_dict()))
    assert fields["crc64"] == str(report.crc64)
    assert set(fields) == {
        "rows",
        "bytes",
        "crc64",
        "object",
        "parts",
        "seconds",
        "engine",
        "confirmed",
        "left_behind",
    }
    text = str(report)
    assert "rows    1,234\n" in text
    assert str(report.object) in text
    assert "not counted" in str(replace(report, rows=None))


def test_a_plan_says_all_and_asks_nobody(oss: LoopbackOss) -> None:
    query = "select 1 as a, 'x' as b"
    plan = api.plan_copy(statement(oss, query, "--MaxBytes", "10", options="CSV"), workers=3)
    assert oss.operations() == []
    assert plan.columns == (("a", "int4"), ("b", "text"))
    assert (plan.format, plan.workers, plan.max_bytes, plan.batch_size) == ("csv", 3, 10, 1000)
    assert plan.destination.startswith(f"oss://{oss.bucket_name}/export/")
    text = str(plan) + json.dumps(plan.to_dict())
    assert oss.credentials.access_key_secret not in text
    assert "a int4, b text" in text
    assert api.plan_copy(f"COPY ({query}) TO STDOUT").destination == "STDOUT"


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
    (("--Region", "cn-shanghai"), ExitCode.ENDPOINT, "region"),
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
    monkeypatch.setattr(multipart, "_AT_START", 1)
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


def test_temporary_keys_work() -> None:
    with LoopbackOss(security_token="token") as oss:
        flags = ("--SecurityToken", "token")
        assert api.copy(statement(oss, "select 1", *flags)).rows == 1
        with pytest.raises(ProgramError, match="exit code 108") as caught:
            api.copy(statement(oss, "select 1", "--SecurityToken", "stale"))
        assert "stale" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "options", "sqlstate"),
    [
        ("selec 1", "(FORMAT nope)", "22023"),
        ("selec 1", "(DELIMITER 'xx')", "0A000"),
        ("selec 1", "", "42601"),
        ("select 1 a", "(FORMAT csv, FORCE_QUOTE (b))", "42703"),
        ("select [1] a", "", "0A000"),
        ("select 1 a", "(ENCODING 'LATIN1')", "0A000"),
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


@pytest.mark.parametrize(
    "program", ["cat", "hg_dump_to_oss2 --DirName x", "hg_dump_to_oss --DirName x | cat", "sh -c x"]
)
def test_other_programs_are_refused(program: str) -> None:
    with pytest.raises(CopyError, match="only hg_dump_to_oss is") as caught:
        api.copy(f"COPY (select 1) TO PROGRAM '{program} --AccessKeySecret hush'")
    assert caught.value.sqlstate == "42501"
    assert "hush" not in str(caught.value)


def test_a_source_error_is_no_fault_of_the_program(oss: LoopbackOss) -> None:
    with pytest.raises(SourceError):
        api.copy(statement(oss, "select error('no') from range(3)"))
    oss.assert_nothing_left()


@pytest.mark.parametrize(
    ("directory", "name", "key"),
    [
        ("a/b/", "x", "a/b/x"),
        ("a/b", "x", "a/b/x"),
        ("/a/", "x", "a/x"),
        ("/", "x", "x"),
        ("", "x", "x"),
    ],
)
def test_the_directory_ends_in_one_slash(
    oss: LoopbackOss, directory: str, name: str, key: str
) -> None:
    target = parse_arguments([*oss.arguments(directory), "--FileName", name], {})
    assert object_key(target, "csv") == key


def test_a_name_that_is_too_long_is_refused(oss: LoopbackOss) -> None:
    target = parse_arguments(oss.arguments("é" * 500), {})
    with pytest.raises(DestinationError, match="is not possible"):
        object_key(target, "csv")


def test_names_made_up_sort_by_time_and_differ(oss: LoopbackOss) -> None:
    target = parse_arguments(oss.arguments(), {})
    names = [object_key(target, "csv") for _ in range(50)]
    assert len(set(names)) == 50
    stamps = [name.partition("-")[0] for name in names]
    assert stamps == sorted(stamps)


def test_signatures_are_version_4(oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = oss2.Session.do_request

    def spy(self: Any, request: Any, timeout: Any) -> Any:
        seen.append(request.headers["authorization"])
        return original(self, request, timeout)

    monkeypatch.setattr(oss2.Session, "do_request", spy)
    api.copy(statement(oss, "select 1"))
    assert seen
    assert all(value.startswith("OSS4-HMAC-SHA256 ") for value in seen)
