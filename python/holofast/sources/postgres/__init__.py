"""A PostgreSQL server as a source: the query runs there, its rows come by COPY TO STDOUT.

Either the server encodes them, and its bytes go on untouched, or it sends BINARY, which is decoded
to record batches. The session and its errors are connection.py's, how columns travel columns.py's.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from holofast.errors import CopyError
from holofast.schema import check_force_quote
from holofast.settings import POSTGRES, Profile
from holofast.sources import Results
from holofast.sources.postgres import connection as sessions
from holofast.sources.postgres.choosing import Choice
from holofast.sources.postgres.columns import describe
from holofast.sources.postgres.estimate import estimate
from holofast.sources.postgres.privilege import check_program
from holofast.sources.postgres.session import prepare
from holofast.sources.postgres.splitting import by_blocks, share_snapshot, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holofast.settings import Assignments
    from holofast.sources import Reading
    from holofast.sources.postgres.choosing import Decision
    from holofast.sources.postgres.results import Batches, Encoded
    from holofast.sources.postgres.session import Session
    from holofast.sources.postgres.splitting import Split

_HEADER_IN_TEXT: Final = 150_000


class PostgreSQL:
    """A session of the server that `conninfo` names; see `sources.Database`.

    `assignments` may be of any parameter that the server has; the other settings are the session's
    own. Raises SourceError where there is no connection, or the server refuses a setting.
    """

    dialect: ClassVar[Literal["postgresql"]] = "postgresql"

    def __init__(self, conninfo: str | None, assignments: Assignments) -> None:
        self._conninfo = conninfo or ""
        self._assignments = assignments
        self._opened = contextlib.ExitStack()
        self._session = self._connected()
        self.description = sessions.describe(self._session.connection)
        self.settings = self._session.settings
        self.profile = Profile(
            "postgres", POSTGRES.settings, self._session.version >= _HEADER_IN_TEXT
        )

    def check_program(self) -> None:
        """Refuse who may not run programs on the server, in its words."""
        check_program(self._session.connection)

    def open(self, query: str, reading: Reading) -> Results:
        """The result of `query`, which is planned; it runs when it is read."""
        connection = self._session.connection
        columns = describe(connection, query)
        names = tuple(column.column for column in columns)
        check_force_quote(names, reading.options.force_quote)
        expected = estimate(connection, query)
        decision = self._decision(Choice(self._session, query, columns, reading, expected))
        parts = None
        if reading.split_by is not None and reading.split_by not in names:
            raise CopyError("42703", f'column "{reading.split_by}" does not exist')
        if reading.jobs > 1:
            parts = self._split(query, reading)
        results = self._results(parts.queries if parts else (query,), decision)
        if expected is not None:
            results[0].expected_bytes = expected.bytes(columns, reading.options.format)
        return Results(results, parts and parts.how)

    def close(self) -> None:
        """End the session; what is not committed is undone."""
        self._opened.close()

    def _decision(self, choice: Choice) -> Decision:
        """Who encodes."""
        return choice.made()

    def _split(self, query: str, reading: Reading) -> Split:
        """The parts of the query for several jobs."""
        return split(self._session.connection, query, reading.jobs, reading.split_by, by_blocks)

    def _results(self, queries: Sequence[str], decision: Decision) -> list[Batches | Encoded]:
        """The result of each query, on a session of its own."""
        sessions = [self._session, *(self._connected() for _ in queries[1:])]
        in_transaction = self._begin(sessions)
        return [
            decision.result(session, query, in_transaction=in_transaction)
            for session, query in zip(sessions, queries, strict=True)
        ]

    def _begin(self, sessions: Sequence[Session]) -> bool:
        """Have several sessions see one snapshot; whether results are not to begin transactions."""
        several = len(sessions) > 1
        if several:
            share_snapshot([session.connection for session in sessions])
        return several

    def _connected(self) -> Session:
        connection = sessions.connect(self._conninfo)
        try:
            session = prepare(connection, self._assignments)
        except BaseException:
            connection.close()
            raise
        self._opened.callback(session.close)
        return session
