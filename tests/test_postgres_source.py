"""A server as the source: the bytes are its own COPY's, whoever encodes and whatever is set."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.exports import to_stdout
from tests.pg_values import VALUES, make_types, query
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
    for engine in ("native", "python"):
        for encode in ("client", "server", "auto"):
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
