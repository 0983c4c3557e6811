"""A server as the source: the bytes are its own COPY's, whoever encodes and whatever is set."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from holofast.errors import CopyError

from tests.exports import to_stdout
from tests.pg_values import VALUES, XML, make_types, query
from tests.postgres import Postgres, copy_out, set_session

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = {
    "text": "",
    "csv": "(FORMAT csv, HEADER)",
    "binary": "(FORMAT binary)",
    "quoted": "(FORMAT csv, FORCE_QUOTE *, QUOTE '''', ESCAPE '\\', NULL 'x\\y')",
    "odd": "(FORMAT csv, DELIMITER '1', NULL 'f')",
}
STYLES: list[dict[str, str]] = [
    {},
    {"TimeZone": "America/New_York", "DateStyle": "German", "IntervalStyle": "iso_8601"},
    {"TimeZone": "Europe/Amsterdam", "bytea_output": "escape", "extra_float_digits": "-3"},
    {"DateStyle": "SQL, DMY", "IntervalStyle": "sql_standard", "extra_float_digits": "3"},
    {"DateStyle": "Postgres", "TimeZone": "Asia/Shanghai", "IntervalStyle": "postgres_verbose"},
    {"TimeZone": "<+0530>-05:30", "extra_float_digits": "0"},
]


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A server that has the types of pg_values, in a database of its own."""
    running: Postgres = request.getfixturevalue(f"postgres{request.param}")
    with running() as admin:
        admin.execute("CREATE DATABASE typed")
    dsn = psycopg.conninfo.make_conninfo(running.dsn, dbname="typed")
    typed = Postgres(running.major, dsn, running.log)
    with typed() as connection:
        make_types(connection)
    yield typed
    with running() as admin:
        admin.execute("DROP DATABASE typed (FORCE)")


@contextmanager
def session(server: Postgres, settings: dict[str, str]) -> Iterator[psycopg.Connection]:
    with server() as connection:
        set_session(connection, settings)
        yield connection


def check(server: Postgres, statement: str, settings: dict[str, str], **how: Any) -> None:
    settings = {"TimeZone": "UTC"} | settings
    with session(server, settings) as connection:
        expected = copy_out(connection, statement)
    for engine, encode in (("native", "client"), ("python", "client"), ("native", "server")):
        options = {"engine": engine, "encode": encode, "settings": settings, **how}
        assert to_stdout(statement, source=server.dsn, **options) == expected, options


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("kind", VALUES)
def test_every_type_in_every_format(server: Postgres, kind: str, file_format: str) -> None:
    check(server, f"COPY ({query(kind, VALUES[kind])}) TO STDOUT {FORMATS[file_format]}", {})


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("file_format", ["text", "csv", "binary"])
def test_the_sessions_settings_count(
    server: Postgres, style: dict[str, str], file_format: str
) -> None:
    kinds = [
        "real", "double precision", "bytea", "date", "timestamp", "timestamp with time zone",
        "interval", "tstzrange", "timestamp with time zone[]", "money", "numeric",
    ]  # fmt: skip
    for kind in kinds:
        statement = f"COPY ({query(kind, VALUES[kind])}) TO STDOUT {FORMATS[file_format]}"
        check(server, statement, style)


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "LATIN1", "SJIS", "EUC_TW", "SQL_ASCII"])
@pytest.mark.parametrize("file_format", ["text", "csv", "binary"])
def test_the_clients_encoding_counts(server: Postgres, encoding: str, file_format: str) -> None:
    text = "é" if encoding == "LATIN1" else "亜" if encoding == "SJIS" else "中,文"
    statement = (
        f"COPY (SELECT '{text}' AS \"{text}\", array['{text}'], (1, '{text}')::pair, "
        f"'\"{text}\"'::jsonb, '\\x00'::bytea) TO STDOUT {FORMATS[file_format]}"
    )
    with session(server, {}) as connection:
        # The statement comes in UTF8, its answer goes in the other encoding.
        whole = f"SET client_encoding TO '{encoding}'; {statement}"
        pgconn = connection.pgconn
        pgconn.send_query(whole.encode())
        while (result := pgconn.get_result()) and result.status != psycopg.pq.ExecStatus.COPY_OUT:
            pass
        rows = []
        while (found := pgconn.get_copy_data(0))[0] > 0:
            rows.append(bytes(found[1]))
        while pgconn.get_result():
            pass
    settings = {"TimeZone": "UTC", "client_encoding": encoding}
    for engine in ("native", "python"):
        for encode in ("client", "server"):
            how: dict[str, Any] = {"engine": engine, "encode": encode, "settings": settings}
            assert to_stdout(statement, source=server.dsn, **how) == b"".join(rows), how


def test_an_interval_may_be_infinite_on_18(postgres18: Postgres) -> None:
    query = "SELECT i FROM (VALUES ('infinity'::interval), ('-infinity'), ('1 day')) AS t(i)"
    for style in ("postgres", "postgres_verbose", "sql_standard", "iso_8601"):
        for options in FORMATS.values():
            check(postgres18, f"COPY ({query}) TO STDOUT {options}", {"IntervalStyle": style})


def test_xml_on_a_server_that_has_it(postgres15: Postgres) -> None:
    for options in FORMATS.values():
        check(postgres15, f"COPY ({query('xml', XML)}) TO STDOUT {options}", {})


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT) TO STDOUT",
        "COPY (SELECT FROM generate_series(1, 3)) TO STDOUT (FORMAT csv, HEADER)",
        "COPY (SELECT 1 AS a, 2 AS a, 3) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE (a))",
        "COPY (SELECT 1 AS a -- the end\n) TO STDOUT",
        "COPY (SELECT '%s' AS \"100%\", '{1}'::int[] /* % */) TO STDOUT (HEADER false)",
        "COPY (VALUES (1, 'a'), (2, NULL)) TO STDOUT (FORMAT csv, ENCODING 'UTF16')",
        "COPY (WITH t AS (SELECT 1 AS a) SELECT *, '{2}'::int[] FROM t) TO STDOUT",
        "COPY (SELECT * FROM pg_class WHERE false) TO STDOUT (FORMAT csv, HEADER)",
        "COPY (SELECT oid, relacl, relkind FROM pg_class ORDER BY 1) TO STDOUT",
        "COPY (SELECT n, repeat('x', n) FROM generate_series(1, 5000) AS t(n)) TO STDOUT",
        'COPY (SELECT \'a\' AS "é", \'b\' AS "a""b") TO STDOUT (FORMAT csv, HEADER)',
    ],
)
def test_statements_of_every_shape(server: Postgres, text: str) -> None:
    with session(server, {}) as connection:
        try:
            expected: bytes | str = copy_out(connection, text)
        except psycopg.Error as error:
            expected = str(error.diag.message_primary)
    for encode in ("client", "server", "auto"):
        how: dict[str, Any] = {"encode": encode, "settings": {"TimeZone": "UTC"}}
        try:
            ours: bytes | str = to_stdout(text, source=server.dsn, **how)
        except CopyError as error:
            if "has no columns" in error.message:
                continue
            ours = error.message
        assert ours == expected, encode


def test_a_zone_of_the_servers_own_data_is_printed_by_the_server(postgres18: Postgres) -> None:
    # 18's data has Amsterdam's own time before 1940, the system's has Brussels'; or the reverse.
    text = "COPY (SELECT timestamptz '1930-07-01 00:00Z' + i * interval '100 days' FROM "
    text += "generate_series(0, 300) AS t(i)) TO STDOUT"
    for zone in ("Europe/Amsterdam", "America/Montreal", "Europe/Berlin", "Asia/Shanghai"):
        check(postgres18, text, {"TimeZone": zone})
