"""What a real PostgreSQL makes of a statement, and what we do, in one shape to compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from holofast.errors import CopyError
from holofast.statement import parse_statement
from psycopg import pq

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from holofast.options import CopyOptions


class Refusal(NamedTuple):
    """The fields of an ErrorResponse that a client sees."""

    sqlstate: str
    message: str
    position: int | None = None
    detail: str | None = None
    hint: str | None = None


def server_outcome(connection: psycopg.Connection, statement: str) -> Refusal | bytes:
    """The server's refusal, or the bytes it copies out (none for a program)."""
    result = connection.pgconn.exec_(statement.encode())
    data = []
    if result.status == pq.ExecStatus.COPY_OUT:
        while (block := connection.pgconn.get_copy_data(0))[0] > 0:
            data.append(bytes(block[1]))
        result = connection.pgconn.get_result() or result
        while connection.pgconn.get_result() is not None:
            pass
    if result.status == pq.ExecStatus.COMMAND_OK:
        return b"".join(data)

    def told(field: pq.DiagnosticField) -> str | None:
        value = result.error_field(field)
        return value.decode() if value else None

    position = told(pq.DiagnosticField.STATEMENT_POSITION)
    return Refusal(
        told(pq.DiagnosticField.SQLSTATE) or "",
        told(pq.DiagnosticField.MESSAGE_PRIMARY) or "",
        int(position) if position else None,
        told(pq.DiagnosticField.MESSAGE_DETAIL),
        told(pq.DiagnosticField.MESSAGE_HINT),
    )


def our_outcome(statement: str) -> Refusal | CopyOptions:
    """Our refusal, or the options the statement was read into."""
    return refusal_of(lambda: parse_statement(statement).options)


def refusal_of(call: Callable[[], CopyOptions]) -> Refusal | CopyOptions:
    """What the call returns, or the CopyError it raises."""
    try:
        return call()
    except CopyError as error:
        return Refusal(error.sqlstate, error.message, error.position, error.detail, error.hint)


def spelt_out(options: CopyOptions) -> str:
    """An option list that says all that the options hold, defaults included."""
    said = [f"FORMAT {options.format}", f"HEADER {options.header}"]
    for name in ("delimiter", "null", "quote", "escape", "encoding"):
        value = getattr(options, name)
        if value is not None:
            said.append(f"{name} {literal(value)}")
    if options.force_quote is not None:
        names = [f'"{name}"' for name in options.force_quote if name != "*"]
        said.append(f"FORCE_QUOTE {'(' + ', '.join(names) + ')' if names else '*'}")
    return f"({', '.join(said)})"


def literal(value: str) -> str:
    """A string as an E'' literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"
