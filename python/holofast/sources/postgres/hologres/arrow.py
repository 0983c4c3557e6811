"""A query's rows by Arrow COPY: whether it is to be had, and the record batches that it brings.

Hologres is asked for no rows first: what it refuses then comes by another COPY.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from holofast.errors import SourceError
from holofast.sources.postgres.choosing import Decision
from holofast.sources.postgres.columns import Transport, wrapped
from holofast.sources.postgres.connection import execute
from holofast.sources.postgres.hologres import choice as formats
from holofast.sources.postgres.hologres.columns import Column, Columns
from holofast.sources.postgres.hologres.envelope import read_batches
from holofast.sources.postgres.results import Batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

    from holofast.sources.postgres.choosing import Choice
    from holofast.sources.postgres.session import Session


@dataclass(frozen=True, kw_only=True)
class ArrowCopy(Decision):
    """That holofast encodes what comes by Arrow COPY in a format."""

    format: formats.Choice

    def result(self, session: Session, query: str, *, in_transaction: bool) -> ArrowBatches:
        """The result of `query`, which has the columns, on a session."""
        for setting in self.format.settings:
            execute(session.connection, setting)
        return ArrowBatches(session, query, self, in_transaction=in_transaction)


class ArrowBatches(Batches):
    """Record batches as Hologres sends them; see `sources.Source`."""

    copy_format: ClassVar[str] = "arrow_lz4"

    def __init__(
        self, session: Session, query: str, decision: ArrowCopy, *, in_transaction: bool
    ) -> None:
        self._reader = Columns(_described(decision))
        schema = self._reader.schema
        casts = [cast and f"%s::{cast}" for cast in decision.format.casts]
        transport = Transport(*wrapped(query, casts), schema, schema)
        super().__init__(session, transport, decision, in_transaction=in_transaction)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self.decoded(self.blocks())

    def decoded(self, blocks: Iterable[Any]) -> Iterator[pa.RecordBatch]:
        """The batches in the bytes of the COPY."""
        return map(self._reader.fit, read_batches(blocks, lz4=True))


def arrow_copy(choice: Choice, version: str) -> ArrowCopy | str:
    """Arrow COPY of a query, or why there is none of a Hologres whose hg_version() is `version`."""
    columns = _described(choice)
    for column in columns:
        if column.kind in choice.printed:
            return f"only the server prints {column.label} as it does"
        if not column.comes_as_arrow:
            return f"{column.label} does not come so"
    found = formats.choose(version, columns)
    if found.format == "binary":
        return "this release has none of these columns"
    if any(found.casts) and not choice.may_wrap:
        return "its ORDER BY may be lost in another query, which casts what Arrow lacks"
    why = "Arrow COPY" if choice.reading.encode == "auto" else "as asked for, by Arrow COPY"
    decision = ArrowCopy("client", why, choice.columns, choice.reading, format=found)
    refusal = _refusal(decision, choice)
    return decision if refusal is None else refusal


def _refusal(decision: ArrowCopy, choice: Choice) -> str | None:
    """Why the server does not give the query's rows so."""
    no_rows = f"SELECT * FROM ({choice.query}\n) AS q LIMIT 0"
    try:
        result = decision.result(choice.session, no_rows, in_transaction=True)
        blocks = list(result.blocks())
        list(result.decoded(blocks))
    except SourceError as error:
        if choice.session.connection.closed:
            raise
        return f"{error.sqlstate}, {error.message}"
    return None


def _described(query: Choice | ArrowCopy) -> Sequence[Column]:
    return [Column(column.column, column.label, column.oid) for column in query.columns]
