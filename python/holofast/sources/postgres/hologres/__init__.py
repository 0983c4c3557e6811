"""A Hologres as a source: a PostgreSQL server with COPY OUT in Arrow, shards, and no transactions.

`arrow` takes a query's rows by Arrow COPY, of which `choice` says when to ask for it, `envelope`
reads what comes, and `columns` makes of that what the query's own description says. `shards` shares
a table out. All of that is by the vendor's connectors' source.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from holofast.settings import HOLOGRES
from holofast.sources.postgres import PostgreSQL
from holofast.sources.postgres.connection import describe, execute
from holofast.sources.postgres.hologres.arrow import arrow_copy
from holofast.sources.postgres.hologres.shards import by_shards
from holofast.sources.postgres.splitting import split
from holofast.statement.splits import is_ordered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holofast.settings import Assignments
    from holofast.sources import Reading
    from holofast.sources.postgres.choosing import Choice, Decision
    from holofast.sources.postgres.session import Session
    from holofast.sources.postgres.splitting import Split


class Hologres(PostgreSQL):
    """A session of the Hologres that `conninfo` names; see `PostgreSQL`."""

    def __init__(self, conninfo: str | None, assignments: Assignments) -> None:
        super().__init__(conninfo, assignments)
        connection = self._session.connection
        try:
            ((self._version,),) = execute(connection, "SELECT hg_version()")
        except BaseException:
            self.close()
            raise
        self.description = describe(connection, self._version.partition(" (")[0])
        self.profile = HOLOGRES

    def _decision(self, choice: Choice) -> Decision:
        """Arrow COPY, where there is one and holofast may encode, else as on PostgreSQL."""
        reading = choice.reading
        if reading.encode == "server" or reading.options.format == "binary":
            return choice.made()
        # Where rows are spread over shards, only the outermost ORDER BY is sure to count.
        choice = replace(choice, may_wrap=not is_ordered(choice.query))
        found = arrow_copy(choice, self._version)
        if not isinstance(found, str):
            return found
        decision = choice.made()
        return replace(decision, why=f"{decision.why}; no Arrow COPY: {found}")

    def _split(self, query: str, reading: Reading) -> Split:
        parts = split(self._session.connection, query, reading.jobs, reading.split_by, by_shards)
        if len(parts.queries) == 1:
            return parts
        return parts._replace(how=f"{parts.how}; not a point-in-time read")

    def _begin(self, sessions: Sequence[Session]) -> bool:
        """A COPY is one statement, and has no transaction around it: sessions share no snapshot."""
        return True
