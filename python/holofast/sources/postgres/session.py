"""The settings of a session: made as the caller asks, and read back as the server holds them.

Text comes to us in UTF8 whatever client_encoding says; that is for the output, and is set on the
server for the bytes that it encodes itself.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from holofast.errors import CopyError
from holofast.settings import NAMES, Settings
from holofast.sources.postgres.connection import cut, execute, raise_result, raising_ours

if TYPE_CHECKING:
    import psycopg

    from holofast.settings import Assignments

_CLOSING_SECONDS: Final = 5.0

_CLIENT_ENCODING: Final = "client_encoding"
_OTHERS: Final = [name for name in NAMES if name != _CLIENT_ENCODING]


@dataclass(frozen=True)
class Session:
    """A connection, what its settings are, and whether our time zones know its TimeZone.

    `busy` is held by whoever reads rows from the connection.
    """

    connection: psycopg.Connection[Any]
    settings: Settings
    knows_zone: bool
    busy: threading.Lock = field(default_factory=threading.Lock)

    @property
    def version(self) -> int:
        """As server_version_num has it, 150004 for 15.4."""
        return self.connection.info.server_version

    @property
    def server_encoding(self) -> str:
        """The database's encoding."""
        return _parameter(self.connection, "server_encoding")

    def read_utf8(self) -> None:
        """Have the server send UTF8 again, after a COPY in another encoding."""
        _read_utf8(self.connection)

    def close(self) -> None:
        """End the session; what is not committed is undone, and a read in progress ends."""
        if not self.busy.acquire(blocking=False):
            cut(self.connection)
            # A thread that stays in libpq would be left without the connection's memory.
            if not self.busy.acquire(timeout=_CLOSING_SECONDS):
                return
        self.connection.close()
        self.busy.release()


def prepare(connection: psycopg.Connection[Any], assignments: Assignments) -> Session:
    """A session with its settings made, in order; the server refuses what it does not know."""
    encoding = _parameter(connection, _CLIENT_ENCODING)
    _read_utf8(connection)
    for name, value in assignments.pairs:
        if name.lower() == _CLIENT_ENCODING:
            encoding = value
        else:
            execute(connection, "SELECT set_config(%s, %s, false)", (name, value))
    asked = ", ".join(f"current_setting('{NAMES[name]}')" for name in _OTHERS)
    (row,) = execute(connection, f"SELECT {asked}")
    values: dict[str, Any] = dict(zip(_OTHERS, row, strict=True))
    values["extra_float_digits"] = int(values["extra_float_digits"])
    zone = values.pop("time_zone")
    settings = Settings(
        **values, client_encoding=encoding, floor_nanoseconds=assignments.floor_nanoseconds
    )
    try:
        return Session(connection, Settings(**vars(settings) | {"time_zone": zone}), True)
    except CopyError:
        return Session(connection, settings, False)


def _read_utf8(connection: psycopg.Connection[Any]) -> None:
    with raising_ours(connection):  # not by psycopg, which knows not every encoding
        result = connection.pgconn.exec_(b"SET client_encoding TO 'UTF8'")
        if result.error_message:
            raise_result(connection, result)


def _parameter(connection: psycopg.Connection[Any], name: str) -> str:
    """A parameter that the server reports (libpq, PQparameterStatus)."""
    return (connection.pgconn.parameter_status(name.encode()) or b"UTF8").decode()
