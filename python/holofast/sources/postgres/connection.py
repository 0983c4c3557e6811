"""A session of a PostgreSQL server by psycopg: libpq's ways to it, its errors as ours, its cancel.

Passwords stay in libpq: nothing here shows what a connection string holds. What is asked of the
session is asked elsewhere.
"""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING, Any, Final, NoReturn

import psycopg
from psycopg import errors, generators
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from holofast.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import Params
    from psycopg.pq.abc import PGresult

# A line that died without a word is found dead after two minutes; a service file may differ.
_KEEPALIVES: Final = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}

_CANCEL_SECONDS: Final = 5.0

_LOST: Final = "08006"  # connection_failure
_NOT_CONNECTED: Final = "08001"  # sqlclient_unable_to_establish_sqlconnection


def connect(conninfo: str) -> psycopg.Connection[Any]:
    """A session in autocommit, by a connection string or URI of libpq.

    Raises SourceError with the server's SQLSTATE where it refuses, 08001 where it is not reached.
    """
    try:
        given = conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:  # libpq's words may show a password
        raise SourceError(
            _NOT_CONNECTED,
            "the source is no connection string of PostgreSQL's",
            hint="Write postgresql://user@host:port/database; in it, write / : @ % and spaces of "
            "a name as %2F and so on.",
        ) from None
    defaults: dict[str, Any] = {"fallback_application_name": "holofast"}
    if "service" not in given:
        defaults |= _KEEPALIVES
    try:
        # What psycopg would prepare by itself, a pooler in between would lose.
        return psycopg.connect(
            make_conninfo(**defaults | given), autocommit=True, prepare_threshold=None
        )
    except psycopg.Error as error:
        raise _not_connected(error) from None


def describe(connection: psycopg.Connection[Any], server: str | None = None) -> str:
    """Which server and database it is, and whose session, without a secret."""
    info = connection.info
    number = info.server_version
    server = server or f"PostgreSQL {number // 10000}.{number % 10000}"
    place = info.host if info.host.startswith("/") else f"{info.host}:{info.port}"
    return f"{server} at {place}, database {info.dbname}, user {info.user}"


def execute(
    connection: psycopg.Connection[Any], query: str, params: Params | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a query of ours; SourceError where the server refuses it."""
    with raising_ours(connection):
        cursor = connection.execute(query.encode(), params)
        return cursor.fetchall() if cursor.description is not None else []


@contextlib.contextmanager
def raising_ours(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Raise psycopg's errors as SourceError."""
    try:
        yield
    except psycopg.Error as error:
        raise _source_error(error, lost=connection.broken) from error


def next_result(connection: psycopg.Connection[Any]) -> PGresult | None:
    """What the server answers next to what was sent; None where it has answered all.

    psycopg waits for it, who hears interrupts, where libpq would not let other threads run.
    """
    result: PGresult | None
    try:
        result = connection.wait(generators.fetch(connection.pgconn))
    except psycopg.Error as error:
        result = connection.pgconn.get_result()  # what the server has said before it hung up
        if result is None:
            raise _source_error(error, lost=connection.broken) from error
    return result


def raise_result(connection: psycopg.Connection[Any], result: PGresult) -> NoReturn:
    """Raise the error that a result of libpq's stands for."""
    error = errors.error_from_result(result, connection.info.encoding)
    raise _source_error(error, lost=connection.broken)


def cancel(connection: psycopg.Connection[Any]) -> None:
    """Have the server end what it does for this session; then whoever reads from it fails.

    Where the server cannot be asked, the line is cut. Any thread may call.
    """
    if connection.closed:
        return
    try:
        connection.cancel_safe(timeout=_CANCEL_SECONDS)
    except psycopg.Error:
        cut(connection)


def cut(connection: psycopg.Connection[Any]) -> None:
    """Cut the line, so that a read of it ends at once. Any thread may call."""
    with contextlib.suppress(OSError, psycopg.Error):
        line = socket.socket(fileno=connection.fileno())
        try:
            line.shutdown(socket.SHUT_RDWR)
        finally:
            line.detach()  # the descriptor is libpq's


def _source_error(error: psycopg.Error, *, lost: bool) -> SourceError:
    diag = error.diag
    if diag.message_primary is None:  # libpq's own words: the server has said nothing
        words = re.sub("^[a-z ]+ failed: ", "", str(error).strip())  # psycopg's
        message, _, rest = words.partition("\n")
        sqlstate = _LOST if lost else "58030"
        return SourceError(sqlstate, message, detail=" ".join(rest.split()) or None)
    internal = diag.internal_query
    position = diag.internal_position if internal else diag.statement_position
    return SourceError(
        diag.sqlstate or "XX000",
        diag.message_primary,
        detail=diag.message_detail,
        hint=diag.message_hint,
        position=int(position) if position else None,
        context=diag.context,
        internal_query=internal,
        severity="FATAL" if diag.severity_nonlocalized in ("FATAL", "PANIC") else "ERROR",
    )


def _not_connected(error: psycopg.Error) -> SourceError:
    """What psql says where it cannot connect; of several addresses the last one's reason."""
    message, *more = (line.strip() for line in str(error).strip().splitlines())
    sqlstate = error.sqlstate or _NOT_CONNECTED
    return SourceError(sqlstate, message, detail=" ".join(filter(None, more)) or None)
