"""Where data comes from: databases that run a query, and what a source of rows is.

`duckdb` runs queries in an embedded DuckDB, `postgres` on a PostgreSQL server or a Hologres,
`arrow` reads anything with the Arrow C interface. A source gives Arrow record batches, or where the
server has encoded them COPY's own bytes. What becomes of them is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal, Protocol

from holofast.errors import CopyError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from typing_extensions import Buffer

    from holofast.options import CopyOptions
    from holofast.settings import Assignments, Profile, Settings
    from holofast.sources.duckdb import DuckDB
    from holofast.sources.postgres import PostgreSQL

Encode = Literal["auto", "client", "server"]


class Source(Protocol):
    """One result as record batches, read once, from start to end.

    Iterating raises SourceError where the result cannot be read to its end.
    """

    encode: Literal["client"]
    why: str | None
    """Why holofast encodes it, where there was a choice."""
    expected_bytes: int | None
    """What a planner guesses its COPY output to be."""

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch; known before anything is read."""

    @property
    def rows(self) -> int | None:
        """How many rows there are, where that is known beforehand."""

    def __iter__(self) -> Iterator[pa.RecordBatch]: ...

    def cancel(self) -> None:
        """Make a read in progress fail soon, where possible. Any thread may call."""

    def commit(self) -> None:
        """Make lasting what the query itself has changed: its rows have arrived."""

    def close(self) -> None:
        """Give everything back, and undo what is not committed; may be called twice."""


class EncodedSource(Protocol):
    """One result as the server encodes it: its COPY's bytes, read once, from start to end."""

    encode: Literal["server"]
    why: str | None
    """Why the server encodes it."""
    expected_bytes: int | None
    """What the planner guesses them to be."""

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Names, and types as format_type prints them."""

    @property
    def rows(self) -> int | None:
        """How many rows there were, once all is read."""

    def read(self, size: int) -> Buffer:
        """The next bytes, `size` of them or little more; fewer at the end alone.

        Raises SourceError.
        """

    def cancel(self) -> None:
        """As Source's."""

    def commit(self) -> None:
        """As Source's."""

    def close(self) -> None:
        """As Source's."""


@dataclass(frozen=True)
class Reading:
    """How a query's result is to be read: for which COPY options, encoded by whom.

    `engine` decodes what a server sends. `jobs` connections share the rows out among them where the
    query allows it, by the values of the column `split_by`, or by where they lie in the table.
    """

    options: CopyOptions
    engine: str
    encode: Encode = "auto"
    jobs: int = 1
    split_by: str | None = None


@dataclass(frozen=True)
class Results:
    """The result of a query: in one source, or in several that are read at the same time.

    `split` says how its rows are shared out and in which order they come, or why they are not
    though that was asked for.
    """

    sources: Sequence[Source | EncodedSource]
    split: str | None = None


class Database(Protocol):
    """Where queries run: a session, its settings made."""

    @property
    def dialect(self) -> Literal["postgresql", "duckdb"]:
        """The grammar of its queries."""

    @property
    def profile(self) -> Profile:
        """What COPY is like there."""

    @property
    def settings(self) -> Settings:
        """The session's settings that COPY's bytes depend on."""

    @property
    def description(self) -> str:
        """What and where it is, without a secret."""

    def check_program(self) -> None:
        """Refuse whoever may not run programs there: CopyError 42501."""

    def open(self, query: str, reading: Reading) -> Results:
        """The result of `query`; raises CopyError as the database does before it runs the query."""

    def close(self) -> None:
        """End the session; may be called twice."""


def dialect_of(uri: str | None) -> Literal["postgresql", "duckdb"]:
    """The grammar of queries at `uri`; raises as `connect` does."""
    return _kind(uri)[0].dialect


def connect(uri: str | None, assignments: Assignments) -> Database:
    """A session at `uri`: None for an in-memory DuckDB, or a DuckDB database file, or a server.

    A file is named `duckdb:///path`, or by its path if it ends in .duckdb or .db; it is opened
    read-only. A server is named as libpq does, by `postgresql://…` or `host=… dbname=…`; what is
    left out comes from PG* variables, the service file and ~/.pgpass. `hologres://…` is the same
    for a Hologres.

    Raises CopyError 22023 for any other URI, SourceError where there is no connection or a setting
    is refused.
    """
    kind, place = _kind(uri)
    return kind(place, assignments)


def _kind(uri: str | None) -> tuple[type[DuckDB] | type[PostgreSQL], str | None]:
    scheme, separator, path = (uri or "").partition("://")
    is_file = uri is None or (not separator and uri.endswith((".duckdb", ".db")))
    if is_file or (separator and scheme == "duckdb"):
        from holofast.sources.duckdb import DuckDB

        return DuckDB, uri if is_file else path or None
    if (separator and scheme in ("postgresql", "postgres")) or (not separator and "=" in scheme):
        return _server("holofast.sources.postgres", "PostgreSQL"), uri
    if separator and scheme == "hologres":
        kind = _server("holofast.sources.postgres.hologres", "Hologres")
        return kind, f"postgresql://{path}"
    raise CopyError(
        "22023",
        f"source {uri if not separator else scheme + '://…'} is of no known kind",
        hint="Name a DuckDB file, as duckdb:///path or path.duckdb, a server, as "
        "postgresql://user@host/database or hologres://…, or leave the source out.",
    )


def _server(module: str, name: str) -> type[PostgreSQL]:
    try:
        kind: type[PostgreSQL] = getattr(import_module(module), name)
    except ImportError as error:
        raise SourceError(
            "58P01",
            f"psycopg, which reads from servers, cannot be loaded: {error}",
            hint='Install it with: pip install "holofast[postgres]"',
        ) from error
    return kind
