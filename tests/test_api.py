"""copy, plan_copy, export and encode from end to end; what they refuse is in test_refusals.py."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast import api
from holofast.encoder import Encoder
from holofast.errors import DestinationError, EncodeError, ProgramError
from holofast.options import CopyOptions
from holofast.plan import object_keys
from holofast.programs import ExitCode, parse_arguments
from holofast.settings import Settings
from holofast.sinks import store
from holofast.sinks.oss.transport import Session
from holofast.sinks.store import MIN_PART_SIZE
from holofast.statement import parse_statement
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exports import statement, to_stdout
from tests.oss_fixtures import LoopbackOss
from tests.postgres import copy_out

if TYPE_CHECKING:
    from tests.postgres import Postgres

pytestmark = pytest.mark.usefixtures("no_environment")

QUERY = "select g, 'row ' || g as name, g * 1.5 as price from generate_series(1, {}) t(g)"


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
        "destination",
        "object",
        "parts",
        "seconds",
        "engine",
        "confirmed",
        "left_behind",
        "encode",
        "encode_reason",
        "split",
        "objects",
    }
    text = str(report)
    assert "rows    1,234\n" in text
    assert str(report.object) in text
    assert "not counted" in str(replace(report, rows=None))


def test_a_plan_says_all_and_asks_nobody(oss: LoopbackOss) -> None:
    query = "select 1 as a, 'x' as b"
    plan = api.plan_copy(statement(oss, query, "--MaxBytes", "10", options="CSV"), workers=3)
    assert oss.operations() == []
    assert plan.columns == (("a", "integer"), ("b", "text"))
    assert (plan.format, plan.workers, plan.max_bytes, plan.batch_size) == ("csv", 3, 10, 1000)
    assert plan.destination.startswith(f"oss://{oss.bucket_name}/export/")
    text = str(plan) + json.dumps(plan.to_dict())
    assert oss.credentials.access_key_secret not in text
    assert "a integer, b text" in text
    assert api.plan_copy(f"COPY ({query}) TO STDOUT").destination == "STDOUT"


def test_temporary_keys_work() -> None:
    with LoopbackOss(security_token="token") as oss:
        flags = ("--SecurityToken", "token")
        assert api.copy(statement(oss, "select 1", *flags)).rows == 1
        with pytest.raises(ProgramError, match="exit code 108") as caught:
            api.copy(statement(oss, "select 1", "--SecurityToken", "stale"))
        assert "stale" not in str(caught.value)


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
    assert object_keys(target, "csv") == (key,)


def test_a_name_that_is_too_long_is_refused(oss: LoopbackOss) -> None:
    target = parse_arguments(oss.arguments("é" * 500), {})
    with pytest.raises(DestinationError, match="is not possible"):
        object_keys(target, "csv")


def test_names_made_up_sort_by_time_and_differ(oss: LoopbackOss) -> None:
    target = parse_arguments(oss.arguments(), {})
    names = [object_keys(target, "csv")[0] for _ in range(50)]
    assert len(set(names)) == 50
    stamps = [name.partition("-")[0] for name in names]
    assert stamps == sorted(stamps)


def test_signatures_are_version_4(oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    original = Session.do_request

    def spy(self: Any, request: Any, timeout: Any) -> Any:
        seen.append(request.headers["authorization"])
        return original(self, request, timeout)

    monkeypatch.setattr(Session, "do_request", spy)
    api.copy(statement(oss, "select 1"))
    assert seen
    assert all(value.startswith("OSS4-HMAC-SHA256 ") for value in seen)
