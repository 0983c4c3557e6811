"""A COPY TO STDOUT in progress on a session: its bytes in blocks, and how it ended.

By the native engine libpq's own function is called for each row, without the interpreter; by the
other one, or where psycopg is built on ctypes, psycopg hands over the rows.
"""

from __future__ import annotations

import contextlib
import ctypes
from functools import cache
from importlib import import_module
from typing import Any, NoReturn, Protocol

import psycopg
from psycopg import pq

from holofast.engine import native
from holofast.errors import SourceError
from holofast.sources.postgres.connection import (
    next_result,
    raise_result,
    raising_ours,
)


class Copying:
    """Runs `command`, which ends with a COPY TO STDOUT, at once.

    `prefix` is how many characters stand before the query in it. Raises SourceError, its position
    in the query.
    """

    def __init__(
        self, connection: psycopg.Connection[Any], command: str, prefix: int, engine: str
    ) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._prefix = prefix
        self._ended = False
        self.rows: int | None = None
        with raising_ours(connection):
            self._pgconn.send_query(command.encode())
        self._await_copy()
        self._reader = _reader(self._pgconn, engine)

    def read(self, size: int) -> Any:
        """The next bytes, at least `size` of them; fewer at the end alone.

        Raises SourceError where the query fails midway, or the connection is lost.
        """
        if self._ended:
            return b""
        block = self._reader.read(size)
        if len(block) < size:
            self._finish()
        return block

    @property
    def received(self) -> int:
        """The number of messages so far, each of which is a row but for BINARY's trailer."""
        return self._reader.received

    def _await_copy(self) -> None:
        """Wait until the server begins to send, past what stands before the COPY."""
        while (result := next_result(self._connection)) is not None:
            if result.status == pq.ExecStatus.COPY_OUT:
                return
            if result.status != pq.ExecStatus.COMMAND_OK:
                self._fail(result)
        raise SourceError("XX000", "the server has not begun to send the query's rows")

    def _finish(self) -> None:
        self._ended = True
        while (result := next_result(self._connection)) is not None:
            if result.status != pq.ExecStatus.COMMAND_OK:
                self._fail(result)
            self.rows = result.command_tuples

    def _fail(self, result: Any) -> NoReturn:
        with contextlib.suppress(SourceError):  # where the server has hung up, too
            while next_result(self._connection) is not None:  # else nothing more can be asked
                pass
        try:
            raise_result(self._connection, result)
        except SourceError as error:
            error.move(-self._prefix)
            raise


class _Reader(Protocol):
    received: int

    def read(self, size: int) -> Any: ...


class _RowByRow:
    """Rows as psycopg hands them over."""

    def __init__(self, pgconn: Any) -> None:
        self._pgconn = pgconn
        self.received = 0

    def read(self, size: int) -> bytes:
        rows, total = [], 0
        while total < size:
            try:
                count, row = self._pgconn.get_copy_data(0)
            except psycopg.Error:  # the next result says why
                break
            if count <= 0:
                break
            rows.append(row)
            total += count
        self.received += len(rows)
        return b"".join(rows)


def _reader(pgconn: Any, engine: str) -> _Reader:
    if engine != "native" or pq.__impl__ == "python":
        return _RowByRow(pgconn)
    reader: _Reader = native().CopyReader(pgconn, *_libpq())
    return reader


@cache
def _libpq() -> tuple[int, int]:
    """The addresses of PQgetCopyData and PQfreemem in the libpq that psycopg is linked with.

    A library's handle finds what its dependencies export (dlsym), and so the very same libpq.
    """
    module = import_module({"c": "psycopg_c", "binary": "psycopg_binary"}[pq.__impl__] + ".pq")
    library = ctypes.CDLL(str(module.__file__))
    addresses = (
        ctypes.cast(function, ctypes.c_void_p).value
        for function in (library.PQgetCopyData, library.PQfreemem)
    )
    get_copy_data, free = (address or 0 for address in addresses)
    return get_copy_data, free
