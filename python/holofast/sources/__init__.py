"""What a source is: a schema and a stream of Arrow record batches, and which one a URI means.

`duckdb` runs a query in an embedded DuckDB, `arrow` reads anything with the Arrow C interface.
What batches become is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from holofast.settings import Profile, Settings
    from holofast.sources.duckdb import DuckDB


class Source(Protocol):
    """One result, read once, from start to end.

    Iterating raises SourceError where the result cannot be read to its end.
    """

    profile: ClassVar[Profile]
    """The kind of server that COPY is to be like."""

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
    kind, path = _kind(uri)
    return kind(query, path, settings)


def profile_of(uri: str | None) -> Profile:
    """The profile of the source that `open_source` would open at `uri`; raises as it does."""
    kind, _ = _kind(uri)
    return kind.profile


def _kind(uri: str | None) -> tuple[type[DuckDB], str | None]:
    from holofast.sources.duckdb import DuckDB

    if uri is None:
        return DuckDB, None
    scheme, separator, path = uri.partition("://")
    if separator and scheme == "duckdb":
        return DuckDB, path or None
    if not separator and uri.endswith((".duckdb", ".db")):
        return DuckDB, uri
    raise CopyError(
        "22023",
        f"source {uri if not separator else scheme + '://…'} is of no known kind",
        hint="Name a DuckDB file, as duckdb:///path or path.duckdb, or leave the source out.",
    )
