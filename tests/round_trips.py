"""A trip of rows through our bytes and a server's COPY FROM, and what COPY itself loses on the way.

Each loss stands here with its reason. Which rows are sent is the tests'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import psycopg
from holofast.encoder import Encoder
from holofast.options import CopyOptions

from tests.literals import Named, select, string
from tests.parts import Part
from tests.postgres import copy_out, set_session
from tests.vectors.cases import settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa


@dataclass(frozen=True)
class Trip:
    """Rows, as expressions and as batches, and how they are copied.

    `encoding` is ENCODING's in TEXT and CSV and the client's in BINARY, where it alone counts.
    """

    named: Sequence[Named[Any]]
    rows: int
    batches: list[pa.RecordBatch]
    keywords: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    encoding: str | None = None

    @property
    def format(self) -> str:
        """The format's name."""
        return str(self.keywords["format"])


def round_trip(session: psycopg.Connection, trip: Trip, engines: Iterable[str]) -> str:
    """Nothing where the rows came back as they were, else why COPY itself loses them."""
    lost = _first(_style_losses(trip))
    if lost:
        return lost
    with session.transaction(force_rollback=True):
        _make_tables(session, trip)  # by the default settings, which literals are read by
        set_session(session, trip.settings)
        lost = _first(_losses(session, trip))
        if not lost:
            (data,) = {_ours(engine, trip) for engine in engines}
            _read_back(session, trip, data)
            came, went = (copy_out(session, f"COPY {t} TO STDOUT BINARY") for t in ("came", "went"))
            assert came == went
    return lost


def _make_tables(session: psycopg.Connection, trip: Trip) -> None:
    """The rows as a table `went`, and `came` for those read back; both keep their order."""
    types: list[str] = []
    stored = [replace(column, kind=_storable(column.kind, types)) for column in trip.named]
    for made in types:
        session.execute(made.encode())
    session.execute(f"CREATE TEMP TABLE went AS {select(stored, trip.rows)}".encode())
    session.execute("CREATE TEMP TABLE came (LIKE went)")


def _storable(kind: Any, types: list[str]) -> Any:
    """The kind with types of their own for its composites, as no column has the type record.

    The statements that make them are added to `types`.
    """
    if not isinstance(kind, Part) or not (kind.layout or kind.pg_type == "record"):
        return kind
    children = tuple(_storable(child, types) for child in kind.children)
    if kind.layout:
        element = children[0].pg_type.removesuffix("[]")
        return replace(kind, pg_type=f"{element}[]", children=children)
    name = f"pg_temp.row_{len(types)}"
    fields = ", ".join(f"f{i} {child.pg_type}" for i, child in enumerate(children))
    types.append(f"CREATE TYPE {name} AS ({fields})")
    return replace(kind, pg_type=name, children=children)


def _ours(engine: str, trip: Trip) -> bytes:
    settings, keywords = settings_of(trip.settings), trip.keywords
    if trip.encoding and trip.format == "binary":
        settings = replace(settings, client_encoding=trip.encoding)
    elif trip.encoding:
        keywords = {**keywords, "encoding": trip.encoding}
    options = CopyOptions(**keywords)
    encoder = Encoder(trip.batches[0].schema, options, settings=settings, engine=engine)
    return bytes(encoder.encode_run(trip.batches, header=True, trailer=True))


def _read_back(session: psycopg.Connection, trip: Trip, data: bytes) -> None:
    """COPY the data into `came`, by the options that they were made with."""
    given = (name for name in ("delimiter", "null", "quote", "escape") if name in trip.keywords)
    words = [f"FORMAT {trip.format}", *(f"{n} {string(trip.keywords[n])}" for n in given)]
    if trip.keywords.get("header"):
        words.append("HEADER match")  # which checks the names too
    if trip.encoding and trip.format == "binary":
        session.execute(f"SET client_encoding = {trip.encoding}".encode())
    elif trip.encoding:
        words.append(f"ENCODING {trip.encoding}")
    statement = f"COPY came FROM STDIN ({', '.join(words)})"
    with session.cursor().copy(statement.encode()) as copy:
        copy.write(data)
    session.execute("SET client_encoding = 'UTF8'")


def _first(losses: Iterable[tuple[bool, str]]) -> str:
    return next((why for is_lost, why in losses if is_lost), "")


def _losses(session: psycopg.Connection, trip: Trip) -> Iterator[tuple[bool, str]]:
    """Pairs of whether the rows are lost, and why."""
    encoded = _encoding_losses(session, trip)
    match trip.format:
        case "text":
            return chain(encoded, _text_losses(session, trip))
        case "csv":
            return chain(encoded, _csv_losses(session, trip))
    return chain(encoded, _binary_losses(trip))


def _text_losses(session: psycopg.Connection, trip: Trip) -> Iterator[tuple[bool, str]]:
    null = trip.keywords.get("null", "\\N")
    # TEXT does not quote: what looks like its NULL is one.
    yield _is_a_value(session, trip, null), "a value that is TEXT's NULL"
    named = any(column.name == null for column in trip.named)
    yield trip.keywords.get("header", False) and named, "a name that is TEXT's NULL"
    # It escapes the delimiter or the newline that follows it.
    has_null = any(None in column.values for column in trip.named)
    yield null.endswith("\\") and has_null, "a NULL that ends in a backslash"


def _is_a_value(session: psycopg.Connection, trip: Trip, null: str) -> bool:
    """Whether the session's TEXT has any value of `went` look like that."""
    names = ['"' + column.name.replace('"', '""') + '"' for column in trip.named]
    escaped = ((name, f"replace(format('%s', {name}), '\\', '\\\\')") for name in names)
    same = (f"{name} IS NOT NULL AND {shown} = {string(null)}" for name, shown in escaped)
    query = f"SELECT FROM went WHERE {' OR '.join(same) or 'false'} LIMIT 1"
    return session.execute(query.encode()).fetchone() is not None


def _csv_losses(session: psycopg.Connection, trip: Trip) -> Iterator[tuple[bool, str]]:
    # The end of a line opens a quoted value.
    lines = bool(trip.rows or trip.keywords.get("header"))
    yield trip.keywords.get("quote") == "\n" and lines, "a newline as CSV's quote"
    # Before 18 a line of \. ends CSV's data. TO quotes such a value where it is alone, but not a
    # NULL, nor what more columns or a quote of \ make of others.
    data = _ours("native", replace(trip, encoding=None))
    ended = re.search(rb"^\\\.\r?$", data, re.MULTILINE) is not None
    yield session.info.server_version < 180000 and ended, "a line that ends the data"


def _binary_losses(trip: Trip) -> Iterator[tuple[bool, str]]:
    # Within another value a composite has the OID of record, and is to have its own when read.
    inner = any("record" in _types(column.kind)[1:] for column in trip.named)
    yield inner, "a composite within another value in BINARY"


def _style_losses(trip: Trip) -> Iterator[tuple[bool, str]]:
    """What the settings lose in a value's text."""
    if trip.format == "binary":
        return
    types = {name for column in trip.named for name in _types(column.kind)}
    floats = not types.isdisjoint({"float4", "float8", "point"})
    yield floats and int(trip.settings.get("extra_float_digits", 1)) < 1, "rounded floats"
    style, order = trip.settings.get("DateStyle", "ISO, MDY").split(", ")
    # These print the year last, and German the day first, whatever the order is that they read.
    unread = {"SQL": ["YMD"], "Postgres": ["YMD"], "German": ["YMD", "MDY"]}.get(style, [])
    dated = not types.isdisjoint({"date", "timestamp", "timestamptz"})
    yield dated and order in unread, "a DateStyle that prints another order than it reads"
    # It prints the least number without its sign, which is too large then.
    spans = (v for column in trip.named for v in column.values if "interval" in types)
    least = any(isinstance(span, tuple) and -(2**31) in span[:2] for span in spans)
    verbose = trip.settings.get("IntervalStyle") == "postgres_verbose"
    yield least and verbose, "an interval whose negation is out of range"
    # These print the abbreviations of zones, many of which are ambiguous or not known.
    zoned = "timestamptz" in types and trip.settings.get("TimeZone", "UTC") != "UTC"
    yield zoned and style != "ISO", "abbreviations of zones"


def _types(kind: Any) -> list[str]:
    """The names of a kind's type and of those of all its parts."""
    parts = kind.children if isinstance(kind, Part) else ()
    return [kind.pg_type, *(name for part in parts for name in _types(part))]


def _encoding_losses(session: psycopg.Connection, trip: Trip) -> Iterator[tuple[bool, str]]:
    if trip.encoding:
        text = _ours("native", replace(trip, encoding=None, keywords={"format": "text"})).decode()
        names = "".join(column.name for column in trip.named)
        used = "".join({*text, *names, *trip.keywords.get("null", "")})
        yield not _is_kept(session, used, trip.encoding), "characters that the encoding loses"


def _is_kept(session: psycopg.Connection, characters: str, encoding: str) -> bool:
    """Whether the server has them in the encoding, and has them again from there."""
    query = "SELECT convert_from(convert_to(%s, %s), %s) = %s"
    try:
        with session.transaction():
            found = session.execute(query, (characters, encoding, encoding, characters)).fetchone()
    except psycopg.DataError:
        return False
    return found == (True,)
