"""A client of another encoding, by libpq itself: psycopg would need a codec of Python's for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import pq

if TYPE_CHECKING:
    import psycopg


def copy_as_client(connection: psycopg.Connection, client: str, statement: str) -> bytes:
    """What a client of another encoding is sent; by libpq, for psycopg has not all of them."""
    pgconn = connection.pgconn
    pgconn.exec_(f"SET client_encoding = '{client}'".encode())
    try:
        result = pgconn.exec_(statement.encode("ascii"))
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise ServerError(result)
        assert result.status == pq.ExecStatus.COPY_OUT, result.error_message
        received = bytearray()
        while (block := pgconn.get_copy_data(0))[0] > 0:
            received += block[1]
        result = pgconn.get_result() or result
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise ServerError(result)
        return bytes(received)
    finally:
        while pgconn.get_result():
            pass
        pgconn.exec_(b"SET client_encoding = 'UTF8'")


class ServerError(Exception):
    """What libpq reports of a statement."""

    def __init__(self, result: pq.abc.PGresult) -> None:
        fields = (pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.MESSAGE_PRIMARY)
        self.told = tuple((result.error_field(field) or b"").decode() for field in fields)
        super().__init__(self.told)
