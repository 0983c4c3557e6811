"""A query in an embedded DuckDB as a source: in memory, or a database file opened read-only.

DuckDB reads Parquet, CSV and JSON files by name. Here its results are made to mean what PostgreSQL
means, and its errors get SQLSTATEs; encoding is not done here.
"""

from __future__ import annotations

import contextlib
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import pyarrow as pa

from holofast import time_zone
from holofast.errors import CopyError, SourceError
from holofast.settings import POSTGRES
from holofast.sources import Results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holofast.settings import Assignments, Profile
    from holofast.sources import Reading

# Rows of a batch. Measured: from 8,192 on they cost the same, and small ones bound the memory.
_BATCH_ROWS: Final = 16_384

# What Arrow cannot hold, cast in SQL: TIMETZ would lose its offset and BIT comes as packed bytes,
# while both have PostgreSQL's text form in DuckDB; UHUGEINT would turn negative past 2^127.
_CASTS: Final = {
    "time with time zone": "VARCHAR",
    "bit": "VARCHAR",
    "uhugeint": "DECIMAL(38, 0)",
}

# What DuckDB's messages start with. The first pattern of the rest that matches decides.
_SQLSTATES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "Parser": (("", "42601"),),
    "Catalog": (
        ("^Table ", "42P01"),
        ("Function ", "42883"),
        ("^Schema ", "3F000"),
        ("", "42704"),
    ),
    "Binder": (
        ("^Ambiguous ", "42702"),
        ("^Referenced table ", "42P01"),
        ("^Referenced column |^Table .* does not have a column", "42703"),
        ("GROUP BY", "42803"),
        ("^No function matches|^Could not choose", "42883"),
        ("", "42601"),
    ),
    "Conversion": (
        ("field value out of range", "22008"),
        ("^invalid (date|time|timestamp)", "22007"),
        ("out of range", "22003"),
        ("", "22P02"),
    ),
    "Out of Range": (("", "22003"),),
    "Invalid Input": (
        ("^Values were not provided for the following param", "42P02"),
        ("", "22023"),
    ),
    "Mismatch Type": (("", "42804"),),
    "Not implemented": (("", "0A000"),),
    "IO": (("^No files found|No such file", "58P01"), ("", "58030")),
    "HTTP": (("", "58030"),),
    "Permission": (("", "42501"),),
    "Out of Memory": (("", "53200"),),
    "INTERRUPT": (("", "57014"),),
}
_OTHER: Final = (("", "XX000"),)


class DuckDB:
    """A session of an embedded DuckDB at `path`, None for one in memory. See `sources.Database`.

    Raises SourceError for a file that is no database, and a time zone that DuckDB does not have.
    """

    dialect: ClassVar[Literal["duckdb"]] = "duckdb"
    profile: Profile = POSTGRES

    def __init__(self, path: str | None, assignments: Assignments) -> None:
        self.settings = assignments.over(self.profile.settings)
        self.description = "DuckDB in memory" if path is None else f"DuckDB file {path}"
        self._driver = duckdb = _driver()
        self._connection = _call(
            "", lambda: duckdb.connect(path or ":memory:", read_only=path is not None)
        )
        try:
            _call("", self._prepare)
        except BaseException:
            self.close()
            raise

    def check_program(self) -> None:
        """Programs run on this machine, whose user asks for them."""

    def open(self, query: str, reading: Reading) -> Results:
        """The result of `query`; raises CopyError for anything but one SELECT."""
        if reading.jobs > 1:
            hint = "Leave --jobs out: DuckDB reads with all cores by itself."
            raise CopyError("0A000", "a query of DuckDB is not split", hint=hint)
        if reading.encode == "server":
            hint = "Leave --encode out: holofast encodes what DuckDB reads."
            raise CopyError("0A000", "DuckDB does not encode as COPY does", hint=hint)
        return Results([Result(self._connection, query, self.close)])

    def close(self) -> None:
        """Close the database; a query that still runs is interrupted."""
        with contextlib.suppress(self._driver.ConnectionException):  # closed already
            self._connection.interrupt()
            self._connection.close()

    def _prepare(self) -> None:
        connection = self._connection
        # Else SQL sees this program's variables, dates depend on the host's zone, an error has its
        # position in a drawing only, and a slow query draws a bar on standard output.
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET errors_as_json = true")
        connection.execute("SET enable_progress_bar = false")
        # With the 10 MB of its default it waits for whoever encodes while that waits for it.
        connection.execute("SET streaming_buffer_size = '16MB'")
        self._set_time_zone(self.settings.time_zone)

    def _set_time_zone(self, name: str) -> None:
        zone = _zone_name(name).replace("'", "''")
        try:
            self._connection.execute(f"SET TimeZone = '{zone}'")
        except self._driver.Error:
            raise SourceError(
                "22023",
                f'DuckDB, which runs the query, has no time zone "{name}"',
                hint="Use a name, such as Europe/Berlin, or hours east of UTC.",
            ) from None


class Result:
    """The result of one query, as a stream. See `sources.Source`."""

    encode: Literal["client"] = "client"
    why: str | None = None
    expected_bytes: int | None = None
    rows: int | None = None

    def __init__(self, connection: Any, query: str, close: Callable[[], None]) -> None:
        self.close = close
        self._connection = connection
        self._query = query
        _call(query, self._prepare)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        # sql() streams, where execute() would materialise the whole result.
        reader = _call(self._query, lambda: self._result.to_arrow_reader(_BATCH_ROWS))
        while (batch := _call(self._query, lambda: next(reader, None))) is not None:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)

    def cancel(self) -> None:
        """Interrupt the query."""
        self._connection.interrupt()

    def commit(self) -> None:
        """The database is read-only."""

    def _prepare(self) -> None:
        connection = self._connection
        _check_one_select(connection.extract_statements(self._query))
        self._result = connection.sql(self._query)
        names = self._result.columns
        casts = [_CASTS.get(kind.id) for kind in self._result.types]
        if any(casts):
            columns = [
                f"CAST(#{index} AS {cast})" if cast else f"#{index}"
                for index, cast in enumerate(casts, start=1)
            ]
            self._result = self._result.project(", ".join(columns))
        # LIMIT 0 tells the types without running the query. It renames columns of equal names.
        types = self._result.limit(0).to_arrow_reader().schema.types
        self.schema = pa.schema(list(zip(names, types, strict=True)))


def _call(query: str, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except (_driver().Error, OSError, pa.ArrowException) as error:
        raise _source_error(str(error), query) from error


def _zone_name(name: str) -> str:
    """What DuckDB calls a time zone: one that is an offset for all times has no name of its own."""
    zone = time_zone.load(name)
    if zone.transitions or "/" in name or name.isalpha():
        return zone.name
    minutes = abs(zone.offsets[0]) // 60
    sign = "-" if zone.offsets[0] < 0 else "+"
    return f"GMT{sign}{minutes // 60:02}:{minutes % 60:02}"


def _driver() -> Any:
    try:
        import duckdb
    except ImportError as error:
        raise SourceError(
            "58P01",
            "DuckDB, which runs the query, is not installed",
            hint='Install it with: pip install "holofast[cli]"',
        ) from error
    return duckdb


def _check_one_select(statements: list[Any]) -> None:
    if len(statements) != 1:
        count = len(statements) or "no"
        raise CopyError("42601", f"COPY takes one query, but there are {count} statements")
    kind = statements[0].type.name
    if kind != "SELECT":
        raise CopyError("0A000", f"COPY query must be a SELECT, not {kind}")


def _source_error(text: str, query: str) -> SourceError:
    """DuckDB's `Kind Error: words`, where the words may be JSON, as an error of ours."""
    match = re.match(r"(?P<kind>[A-Z][A-Za-z -]*?) Error: ", text)
    kind = match["kind"] if match else ""
    words = text[match.end() :] if match else text
    position = None
    if words.startswith("{"):
        fields = json.loads(words)
        words = fields["exception_message"]
        if "position" in fields:  # bytes from 0; PostgreSQL counts characters from 1
            before = query.encode()[: int(fields["position"])]
            position = len(before.decode(errors="ignore")) + 1
    message, _, detail = words.partition("\n")
    sqlstate = next(
        state for pattern, state in _SQLSTATES.get(kind, _OTHER) if re.search(pattern, message)
    )
    return SourceError(sqlstate, message, detail=detail.strip() or None, position=position)
