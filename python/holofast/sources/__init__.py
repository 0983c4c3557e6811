"""What a source is: a schema and a stream of Arrow record batches, and which one a URI means.

`duckdb` runs a query in an embedded DuckDB, `arrow` reads anything with the Arrow C interface.
What batches become is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from holofast.settings import Settings


class Source(Protocol):
    """One result, read once, from start to end.

    Iterating raises SourceError where the result cannot be read to its end.
    """

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch; known before anything is read."""

    @property
    def rows(self) -> int | None:
        """How many rows there are, where that is known beforehand."""

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def cancel(self) -> None:
        """Make a read in progress fail soon, where possible. Any thread may call."""

    def close(self) -> None:
        """Give everything back; may be called twice."""


def open_source(query: str, uri: str | None, settings: Settings) -> Source:
    """The result of `query` at `uri`: None for an in-memory DuckDB, or a DuckDB database file.

    A file is named `duckdb:///path`, or by its path if it ends in .duckdb or .db; it is opened
    read-only. Raises CopyError 22023 for any other URI, SourceError where the query is refused.
    """
    from holofast.sources.duckdb import DuckDB

    if uri is None:
        return DuckDB(query, None, settings)
    scheme, separator, path = uri.partition("://")
    if separator and scheme == "duckdb":
        return DuckDB(query, path or None, settings)
    if not separator and uri.endswith((".duckdb", ".db")):
        return DuckDB(query, uri, settings)
    raise CopyError(
        "22023",
        f"source {uri if not separator else scheme + '://…'} is of no known kind",
        hint="Name a DuckDB file, as duckdb:///path or path.duckdb, or leave the source out.",
    )
