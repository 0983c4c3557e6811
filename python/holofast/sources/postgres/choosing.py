"""Who encodes a query's rows: the server, or holofast. Their bytes are the same.

In BINARY the server's bytes are what would be made of them. For TEXT and CSV the way that has
brought more rows in a short sample of the query itself is chosen, where the planner promises enough
rows for that to tell, and a first one soon.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from holofast.errors import CopyError, SourceError
from holofast.sources.postgres import zones
from holofast.sources.postgres.columns import plan, transport
from holofast.sources.postgres.connection import execute
from holofast.sources.postgres.results import Batches, Encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holofast.sources import Reading
    from holofast.sources.postgres.columns import Column
    from holofast.sources.postgres.estimate import Estimate
    from holofast.sources.postgres.session import Session

_FEWEST_ROWS: Final = 1_000_000  # so many take a second or more
_SOON: Final = 0.1  # the part of a query's cost that may come before its first row
_SAMPLE_SECONDS: Final = 0.25

# Before 12, floats with extra digits were not the shortest that read back.
_SHORTEST_FLOATS: Final = 120_000


@dataclass(frozen=True)
class Decision:
    """Who encodes, and why; types in `printed` only the server prints as it does."""

    encode: Literal["client", "server"]
    why: str
    columns: Sequence[Column]
    reading: Reading
    printed: frozenset[str] = frozenset()

    def result(self, session: Session, query: str, *, in_transaction: bool) -> Batches | Encoded:
        """The result of `query`, which has the columns, on a session."""
        if self.encode == "server":
            return Encoded(session, query, self, in_transaction=in_transaction)
        chosen = transport(query, self.columns, self.reading, self.printed)
        return Batches(session, chosen, self, in_transaction=in_transaction)


@dataclass(frozen=True)
class Choice:
    """A query that somebody is to encode: the server always could, holofast often.

    Without `may_wrap` it must not stand in another query, as its rows might lose their order.
    """

    session: Session
    query: str
    columns: Sequence[Column]
    reading: Reading
    estimate: Estimate | None
    may_wrap: bool = True

    def made(self) -> Decision:
        """As the caller asks, or whoever is faster.

        Raises CopyError 0A000 where only the server can encode, but is not to.
        """
        wanted = self.reading.encode
        if wanted == "server":
            return self._server("as asked for")
        if wanted == "auto" and self.reading.options.format == "binary":
            return self._server("BINARY goes through as it is")
        printed = self.printed
        obstacle = self._obstacle(printed)
        if wanted == "client":
            if obstacle is not None:
                raise CopyError(
                    "0A000",
                    f"holofast cannot encode this query: {obstacle}",
                    hint="Leave --encode out, or have the server encode.",
                )
            return self._client("as asked for", printed)
        if obstacle is not None:
            return self._server(obstacle)
        return self._faster(printed)

    @cached_property
    def printed(self) -> frozenset[str]:
        """The types that only the server prints as it does, under the session's settings."""
        return frozenset(self._printed())

    def _server(self, why: str) -> Decision:
        return Decision("server", why, self.columns, self.reading)

    def _client(self, why: str, printed: frozenset[str]) -> Decision:
        return Decision("client", why, self.columns, self.reading, printed)

    def _obstacle(self, printed: frozenset[str]) -> str | None:
        """Why holofast cannot encode as the server would."""
        if not self.columns:
            return "it has no columns"
        options, settings = self.reading.options, self.session.settings
        encoding = options.encoding or settings.client_encoding
        server = self.session.server_encoding
        if server != "UTF8" and encoding != "UTF8":
            return f"the database's encoding is {server}, the output's {encoding}"
        chosen = transport(self.query, self.columns, self.reading, printed)
        if chosen.prefix:  # the query stands in another one, which prints what Arrow lacks
            if not self.may_wrap:
                return "its ORDER BY may be lost in another query, which prints what Arrow lacks"
            try:
                plan(self.session.connection, chosen.query)
            except SourceError:
                return "it cannot stand in another query, which prints the types that Arrow lacks"
        return None

    def _printed(self) -> Iterator[str]:
        session = self.session
        if session.version < _SHORTEST_FLOATS and session.settings.extra_float_digits > 0:
            yield from ("float4", "float8")
        has_zone = any(column.name == "timestamptz" for column in self.columns)
        if has_zone and not (
            session.knows_zone and zones.zone_agrees(session.connection, session.settings)
        ):
            yield "timestamptz"

    def _faster(self, printed: frozenset[str]) -> Decision:
        estimate = self.estimate
        if estimate is None or estimate.rows < _FEWEST_ROWS:
            return self._server("the rows are too few to measure")
        if estimate.startup_cost > _SOON * estimate.total_cost:
            return self._server("its first row comes late, so nothing was measured")
        both = self._client("", printed), self._server("")
        rates = self._rates(both)
        if rates is None:
            return self._server("it may write, so nothing was measured")
        ours, theirs = (rate / 1e6 for rate in rates)
        sample = (
            f"in a sample holofast had {ours:.2f} million rows a second, the server {theirs:.2f}"
        )
        return replace(both[0] if ours > theirs else both[1], why=sample)

    def _rates(self, decisions: Sequence[Decision]) -> list[float] | None:
        """Rows a second of each; None where the query cannot run in a transaction that only reads.

        What else is wrong with the query is for the export to say.
        """
        connection = self.session.connection
        try:
            rates = []
            for decision in decisions:
                execute(connection, "BEGIN READ ONLY")
                result = decision.result(self.session, self.query, in_transaction=True)
                rates.append(result.sample(_SAMPLE_SECONDS))
                execute(connection, "ROLLBACK")
            return rates
        except CopyError:
            execute(connection, "ROLLBACK")
            return None
