"""The scripted server under psycopg, and an Arrow COPY from it to our bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import SourceError
from holofast.options import CopyOptions
from holofast.sources.postgres.hologres.choice import choose
from holofast.sources.postgres.hologres.columns import Column, Columns
from holofast.sources.postgres.hologres.envelope import read_batches

from tests.hologres_copies import arrow_copy
from tests.hologres_script import CopyOut, Described, Done, Drop, Refused, Rows
from tests.hologres_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hologres_script import Script

VERSION = "Hologres 4.1.0 (tag: release-4.1.x build: Release), compatible with PostgreSQL 11.3"
QUERY = "SELECT j::text, t FROM v AS _ (j, t)"
COPY = f"COPY ({QUERY}) TO STDOUT (FORMAT arrow_lz4)"
BATCH = pa.record_batch({"jsonb_out": ["1", None], "t": pa.array([0, 1]).view(pa.date64())})
SCRIPT: Script = {
    "SELECT hg_version()": Rows([Described("hg_version")], [[VERSION]]),
    "SELECT * FROM v": Rows([Described("j", 3802), Described("t", 1184, 3)]),
    re.compile("SET .* = .*"): Done("SET"),
    "SELECT $1, NULL": Rows([Described("a"), Described("b", 23)], [["ü", None]]),
    COPY: CopyOut(arrow_copy([BATCH, BATCH], lz4=True), Done("COPY 4")),
    "COPY fails": CopyOut([b"some"], Refused("22012", "division by zero", {"D": "Why."})),
    "COPY waits": CopyOut([b"some"], Refused("57014", "canceled"), until_cancelled=True),
    "COPY drops": CopyOut([b"some"]),
    "drop": Drop(),
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(SCRIPT) as server:
        yield server


@pytest.fixture
def session(server: ScriptedServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        yield connection


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def copied(session: psycopg.Connection, statement: str) -> list[bytes]:
    """The messages of a COPY; at each of one that waits, it is cancelled."""
    messages = []
    with session.cursor().copy(statement.encode()) as copy:
        for message in copy:
            if statement == "COPY waits":
                session.cancel_safe()
            messages.append(bytes(message))
    return messages


def test_it_says_what_it_is(session: psycopg.Connection, server: ScriptedServer) -> None:
    assert session.info.server_version == 110003
    assert session.info.encoding == "utf-8"
    assert server.received[0] == ("startup", "holo@db")


def test_a_password_is_asked_for() -> None:
    with ScriptedServer({}, password="secret") as server:
        psycopg.connect(server.dsn, password="secret").close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn, password="other")
        passwords = [text for letter, text in server.received if letter == "p"]
    assert passwords == ["secret", "other"]


def test_queries_have_rows(session: psycopg.Connection, server: ScriptedServer) -> None:
    assert session.execute("SELECT hg_version()").fetchall() == [(VERSION,)]
    assert session.execute("SELECT %s, NULL", ["ü"]).fetchall() == [("ü", None)]
    assert session.execute("SET a = b").statusmessage == "SET"
    assert server.statements == ["SELECT hg_version()", "SELECT $1, NULL", "SET a = b"]
    assert ("B", "ü") in server.received


def test_queries_are_described_without_being_run(session: psycopg.Connection) -> None:
    pgconn = session.pgconn
    assert pgconn.prepare(b"", b"SELECT * FROM v").error_message == b""
    result = pgconn.describe_prepared(b"")
    names = [(result.fname(at), result.ftype(at), result.fmod(at)) for at in range(2)]
    assert names == [(b"j", 3802, -1), (b"t", 1184, 3)]
    pgconn.prepare(b"", b"SET a = b")
    assert pgconn.describe_prepared(b"").nfields == 0


def test_transactions_have_their_state(server: ScriptedServer) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("SELECT hg_version()")
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("nonsense")
        with pytest.raises(psycopg.errors.SyntaxError):
            connection.execute("nonsense %s", [1])
        connection.rollback()
    words = ["SELECT hg_version()", "nonsense", "nonsense $1", "ROLLBACK"]
    assert server.statements == ["BEGIN", *words]


def test_what_is_not_in_the_script_is_an_error(session: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.SyntaxError, match="not in the script: SELECT 2"):
        session.execute("SELECT 2;")
    result = session.pgconn.prepare(b"", b"SELECT 2")
    assert b"not in the script" in result.error_message
    assert session.execute("SET a = b").statusmessage == "SET"


@pytest.mark.parametrize("size", [None, 1, 7], ids=["messages", "bytes", "sevens"])
def test_an_arrow_copy_becomes_our_bytes(session: psycopg.Connection, size: int | None) -> None:
    row = session.execute("SELECT hg_version()").fetchone()
    assert row is not None
    columns = [Column("j", "jsonb", 3802), Column("t", "timestamp(3) with time zone", 1184)]
    choice = choose(row[0], columns)
    assert choice.format == "arrow_lz4"
    assert choice.casts == ("text", None)
    reader = Columns(columns)
    encoder = Encoder(reader.schema, CopyOptions(format="csv", header=True))
    with session.cursor().copy(COPY) as copy:
        pieces = copy if size is None else cut(b"".join(copy), size)
        blocks = [encoder.encode(reader.fit(batch)) for batch in read_batches(pieces, lz4=True)]
    rows = b"1,1970-01-01 00:00:00+00\n,1970-01-01 00:00:00.001+00\n"
    assert encoder.header() + b"".join(map(bytes, blocks)) == b"j,t\n" + 2 * rows


def test_an_error_amid_a_copy_is_the_servers(session: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero) as caught:
        copied(session, "COPY fails")
    assert caught.value.diag.message_detail == "Why."
    assert session.execute("SET a = b").statusmessage == "SET"


def test_a_copy_can_be_cancelled(session: psycopg.Connection, server: ScriptedServer) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        copied(session, "COPY waits")
    assert ("cancel", "1") in server.received


@pytest.mark.parametrize("statement", ["COPY drops", "drop"])
def test_a_connection_can_be_dropped(session: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="server closed the connection"):
        copied(session, statement)
    assert session.closed


def test_a_copy_cut_off_is_no_whole_one(session: psycopg.Connection) -> None:
    messages = copied(session, COPY)
    with pytest.raises(SourceError, match="it ends 2 bytes before the end"):
        list(read_batches(messages[:-1], lz4=True))
