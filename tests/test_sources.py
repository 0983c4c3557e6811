"""Sources: what DuckDB's results and Arrow objects become, and what is refused."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from holofast import time_zone
from holofast.errors import CopyError, SourceError
from holofast.schema import columns
from holofast.sources.arrow import Arrow

from tests.exports import open_result

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgres import Postgres


def read(query: str, uri: str | None = None, zone: str = "UTC") -> pa.Table:
    source = open_result(query, uri, zone)
    try:
        return pa.Table.from_batches(list(source), source.schema)
    finally:
        source.close()


def refusal(query: str, uri: str | None = None) -> CopyError:
    with pytest.raises(CopyError) as caught:
        read(query, uri)
    return caught.value


def test_a_result_is_streamed_in_bounded_batches() -> None:
    source = open_result("select range a from range(10_000_000)")
    batches = iter(source)
    sizes = [next(batches).num_rows for _ in range(5)]
    source.close()
    assert max(sizes) <= 16_384


def test_the_schema_is_known_without_running_the_query() -> None:
    source = open_result("select error('it ran') as a, 1 as b from range(2)")
    assert source.schema.names == ["a", "b"]
    with pytest.raises(SourceError, match="it ran"):
        list(source)
    source.close()


def test_names_are_the_querys_own() -> None:
    table = read("""select 1 a, 2 a, 3 "A", '0'::bit "b c", 4""")
    assert table.schema.names == ["a", "a", "A", "b c", "4"]


def test_the_order_survives_casts() -> None:
    table = read("select range a, range::int::bit b from range(100000) order by a desc")
    assert table.column("a").to_pylist() == list(range(99_999, -1, -1))


TIMES = ["12:30:00+02", "12:30:00.5-03:30", "24:00:00+15:59:59", "12:00:00.100+00", "00:00:00-08"]
BITS = ["0", "1", "0101", "1" * 70]


@pytest.mark.parametrize(("kind", "values"), [("timetz", TIMES), ("bit varying", BITS)])
def test_what_arrow_cannot_hold_comes_as_postgresqls_text(
    postgres15: Postgres, kind: str, values: list[str]
) -> None:
    with postgres15() as server:
        rows = [server.execute(f"select %s::{kind}::text", [v]).fetchone() for v in values]
    expected = [row[0] for row in rows if row]
    duckdb_kind = kind.partition(" ")[0]
    literals = ", ".join(f"('{value}'::{duckdb_kind})" for value in [*values])
    table = read(f"select * from (values {literals}, (null)) t(a)")
    assert table.column("a").to_pylist() == [*expected, None]


def test_every_type_that_is_not_nested_has_a_rule() -> None:
    table = read(
        "select true, 1::tinyint, 1::utinyint, 1::usmallint, 1::uint32, 1::ubigint, 1::hugeint, "
        "1::uhugeint, 1.5::float, 1.5::double, 1.50::decimal(5,2), 'x', 'x'::blob, uuid(), "
        "date '2020-01-01', time '12:00', timestamp '2020-01-01 00:00:00', "
        "timestamptz '2020-01-01 00:00:00+00', '2020-01-01'::timestamp_s, "
        "'2020-01-01'::timestamp_ms, '2020-01-01'::timestamp_ns, 'a'::enum('a', 'b'), "
        "'{}'::json, null, '0'::bit, '12:00:00+01'::timetz"
    )
    assert len(columns(table.schema)) == table.num_columns


@pytest.mark.parametrize("expression", ["map {'a': 1}", "1::bignum", "union_value(num := 2)"])
def test_other_types_are_refused_by_name(expression: str) -> None:
    table = read(f"select 1 a, {expression} as odd")
    with pytest.raises(CopyError, match='column "odd"'):
        columns(table.schema)


def test_a_number_past_decimals_range_is_an_error() -> None:
    assert refusal("select 340282366920938463463374607431768211455::uhugeint").sqlstate == "22P02"


def test_the_time_zone_is_the_sessions() -> None:
    query = "select timestamptz '2020-01-01 00:00:00+00'::date::text d"
    assert read(query, zone="UTC").column("d").to_pylist() == ["2020-01-01"]
    assert read(query, zone="America/New_York").column("d").to_pylist() == ["2019-12-31"]


@pytest.mark.parametrize("zone", ["+03:30", "-7", "FOO5:30", "<+08>-8", "Etc/GMT+5", "utc", "0"])
def test_an_offset_has_a_name_of_duckdbs_own(zone: str) -> None:
    query = "select strftime(timestamptz '2020-01-01 12:00:00+00', '%H:%M') d"
    offset = time_zone.load(zone).offsets[0] // 60 + 720
    expected = f"{offset // 60:02}:{offset % 60:02}"
    assert read(query, zone=zone).column("d").to_pylist() == [expected]


def test_a_rule_has_no_name_of_duckdbs() -> None:
    with pytest.raises(SourceError, match=r'has no time zone "CET-1CEST') as raised:
        read("SELECT 1", zone="CET-1CEST,M3.5.0,M10.5.0/3")
    assert raised.value.sqlstate == "22023"


def test_variables_of_python_are_not_tables() -> None:
    here = pa.table({"a": [1]})
    assert here.num_rows == 1
    assert refusal("select * from here").sqlstate == "42P01"


def test_a_slow_query_draws_nothing_on_standard_output() -> None:
    table = read("select current_setting('enable_progress_bar') a")
    assert table.column("a").to_pylist() == [False]


@pytest.mark.parametrize(
    ("query", "sqlstate", "words"),
    [
        ("select 1; drop table t", "42601", "2 statements"),
        ("", "42601", "no statements"),
        ("-- nothing", "42601", "no statements"),
        ("create table t(a int)", "0A000", "must be a SELECT, not CREATE"),
        ("insert into t values (1)", "0A000", "must be a SELECT, not INSERT"),
        ("copy (select 1) to 'x.csv'", "0A000", "must be a SELECT, not COPY"),
        ("set threads = 1", "0A000", "must be a SELECT, not SET"),
        ("selec 1", "42601", "syntax error"),
        ("select a from (select 1 b)", "42703", 'column "a" not found'),
        ("select * from nope", "42P01", "nope does not exist"),
        ("select * from nope.t", "42P01", "does not exist"),
        ("select nope(1)", "42883", "nope does not exist"),
        ("select sum('a'::date)", "42883", "No function matches"),
        ("select 1::nope", "42704", "nope does not exist"),
        ("select a from (select 1 a), (select 2 a)", "42702", "Ambiguous"),
        ("select a, count(*) from (select 1 a)", "42803", "GROUP BY"),
        ("select * from 'nope.parquet'", "58P01", "nope.parquet"),
        ("select $1", "42P02", "not provided"),
        ("select cast(range::text || 'x' as int) from range(3)", "22P02", "'0x'"),
        ("select 9223372036854775807 + range from range(3)", "22003", "Overflow"),
        ("select error('my words') from range(3)", "22023", "my words"),
    ],
)
def test_errors_have_sqlstates(query: str, sqlstate: str, words: str) -> None:
    error = refusal(query)
    assert error.sqlstate == sqlstate
    assert words in str(error)
    assert '"exception_' not in str(error)


def test_a_syntax_error_has_its_position() -> None:
    error = refusal("select 'é',\n 1 from where")
    assert error.position == len("select 'é',\n 1 from ") + 1


def test_an_error_in_mid_stream_is_a_source_error() -> None:
    query = (
        "select case when range = 8000000 then error('late') else range end from range(10000000)"
    )
    source = open_result(query)
    batches = iter(source)
    assert next(batches).num_rows > 0
    with pytest.raises(SourceError, match="late") as caught:
        list(batches)
    assert caught.value.sqlstate == "22023"
    source.close()


def test_cancel_ends_a_query() -> None:
    query = "select sum(sin(a.range) * b.range) from range(1000000) a, range(1000000) b"
    source = open_result(query)
    errors: list[Exception] = []

    def run() -> None:
        try:
            list(source)
        except SourceError as error:
            errors.append(error)

    reader = threading.Thread(target=run)
    reader.start()
    while reader.is_alive():  # it may not have begun when it is first told
        source.cancel()
        reader.join(0.05)
    source.close()
    assert [error.sqlstate for error in errors if isinstance(error, SourceError)] == ["57014"]


@pytest.mark.parametrize("form", ["duckdb://{}", "{}"])
def test_a_database_file_is_opened_read_only(tmp_path: Path, form: str) -> None:
    path = tmp_path / "it's.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table t as select 7 a")
    uri = form.format(path)
    assert read("select * from t", uri).column("a").to_pylist() == [7]
    written = refusal("with x as (insert into t values (1) returning a) select * from x", uri)
    assert "read-only" in str(written)


def test_closing_twice_is_fine() -> None:
    for source in (open_result("select 1"), Arrow(TABLE)):
        list(source)
        source.close()
        source.close()


def test_files_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n")
    table = read(f"select * from '{tmp_path}/t.csv'")
    assert table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("uri", "sqlstate"),
    [
        ("mysql://u:hush@h/db", "22023"),
        ("postgresql://u:hush@127.0.0.1:1/db", "08001"),
        ("postgresql://u:hush hush@h/db", "08001"),
        ("postgresql://u:hush@h:hush/db", "08001"),
        ("host=127.0.0.1 port=1 password=hush", "08001"),
        ("nope", "22023"),
        ("/nope/nope.duckdb", "58030"),
        ("duckdb:///nope/nope.db", "58030"),
    ],
)
def test_an_odd_source_is_refused(uri: str, sqlstate: str) -> None:
    error = refusal("select 1", uri)
    assert error.sqlstate == sqlstate
    assert "hush" not in str(error)


class ByCapsule:
    """Only the interface, as another library's object has it."""

    def __init__(self, data: Any) -> None:
        self._data = data


class Streamed(ByCapsule):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._data.__arrow_c_stream__(requested_schema)


class Single(ByCapsule):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self._data.__arrow_c_array__(requested_schema)


TABLE = pa.table({"a": pa.chunked_array([[1, 2], [], [3]]), "b": ["x", None, "z"]})


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (TABLE, 3),
        (TABLE.to_reader(), None),
        (Streamed(TABLE), None),
        (TABLE.combine_chunks().to_batches()[0], 3),
        (Single(TABLE.combine_chunks().to_batches()[0]), None),
        (TABLE.to_struct_array(), None),
    ],
    ids=["table", "reader", "stream", "batch", "array", "struct"],
)
def test_anything_with_the_arrow_interface_is_a_source(data: Any, rows: int | None) -> None:
    source = Arrow(data)
    assert source.rows == rows
    assert pa.Table.from_batches(list(source), source.schema).to_pydict() == TABLE.to_pydict()
    source.close()


def test_string_views_are_laid_out_anew() -> None:
    texts = pa.array(["x", None, "a long string that no view holds inline"], pa.string_view())
    words = pa.array(["u", "v", "u"]).dictionary_encode()
    views = pa.DictionaryArray.from_arrays(words.indices, words.dictionary.cast(pa.string_view()))
    blobs = pa.array([b"1", b"22", None], pa.binary_view())
    source = Arrow(pa.record_batch({"a": texts, "b": views, "c": blobs}))
    assert [column.pg_type.name for column in columns(source.schema)] == ["text", "text", "bytea"]
    (batch,) = source
    assert batch.schema == source.schema
    assert batch.to_pydict() == {
        "a": texts.to_pylist(),
        "b": ["u", "v", "u"],
        "c": blobs.to_pylist(),
    }


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="list has neither"):
        Arrow([1, 2])
    for data in (pa.array([1, 2]), pa.chunked_array([[1]])):
        with pytest.raises(CopyError, match="is no table") as caught:
            Arrow(data)
        assert caught.value.sqlstate == "42804"


def test_a_stream_that_fails_is_a_source_error() -> None:
    def batches() -> Any:
        yield pa.record_batch({"a": [1]})
        raise ValueError("the producer broke")

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    with pytest.raises(SourceError, match="the producer broke") as caught:
        list(Arrow(reader))
    assert "Traceback" not in str(caught.value)
