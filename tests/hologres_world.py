"""A Hologres for the scripted server: what the source asks of one, its answers, and a small table.

What else a COPY sends is each test's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from tests.hologres_copies import arrow_copy
from tests.hologres_script import CopyOut, Described, Done, Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from tests.hologres_script import Script
    from tests.hologres_server import ScriptedServer

RELEASE = "Hologres {} (tag: release build: Release), compatible with PostgreSQL 11.3"
SETTINGS = ("UTC", "ISO, MDY", "postgres", "0", "hex")


class Column(NamedTuple):
    """A column of a query, as the catalog has its type."""

    name: str
    label: str
    oid: int
    typname: str


def column(session: psycopg.Connection, name: str, label: str) -> Column:
    """A column of a type as a real server knows it; of another type, as an extension's."""
    if label == "roaringbitmap":
        return Column(name, label, 99_999, label)
    asked = "SELECT oid::int8, typname::text FROM pg_type WHERE oid = %s::regtype"
    row = session.execute(asked, (label,)).fetchone()
    assert row is not None
    return Column(name, label, *row)


def world(
    query: str,
    columns: Sequence[Column],
    *,
    release: str = "4.1.0",
    settings: Sequence[str] = SETTINGS,
    shards: str = "5",
) -> Script:
    """All but the COPYs of a Hologres that knows a query. What a test has before goes first."""
    own = [(column.label, column.typname, "t", f"{column.typname}_out(%s)") for column in columns]
    return {
        query: Rows([Described(column.name, column.oid) for column in columns]),
        re.compile(r"SELECT format_type.*", re.DOTALL): Rows(
            [Described("label"), Described("name"), Described("own", 16), Described("out")], own
        ),
        "SET client_encoding TO 'UTF8'": Done("SET"),
        re.compile(r"SET hg_experimental_\w+ = true"): Done("SET"),
        "SELECT set_config($1, $2, false)": Rows([Described("set_config")], [["as set"]]),
        re.compile(r"SELECT current_setting.*"): Rows([Described("s")] * 5, [settings]),
        "SELECT hg_version()": Rows([Described("hg_version")], [[RELEASE.format(release)]]),
        re.compile(r"SELECT r\.rolsuper.*", re.DOTALL): Rows([Described("may", 16)], [["t"]]),
        re.compile(r"EXPLAIN .*", re.DOTALL): Rows(
            [Described("QUERY PLAN")], [["Gather  (cost=0.00..5.00 rows=4 width=8)"]]
        ),
        re.compile(r"SELECT EXISTS.*", re.DOTALL): Rows([Described("exists", 16)], [["f"]]),
        re.compile(r"SELECT n\.nspname.*", re.DOTALL): Rows(
            [Described("nspname"), Described("relname")], [["public", "t"]]
        ),
        re.compile(r"SELECT g\.property_value.*", re.DOTALL): Rows(
            [Described("property_value")], [[shards]]
        ),
    }


def together(*scripts: Script) -> Script:
    """All of them; where several answer the same, the last one does."""
    return {said: answer for script in scripts for said, answer in script.items()}


def copy(query: str, options: str) -> str:
    """The statement that the source sends."""
    return f"COPY ({query}\n) TO STDOUT ({options})"


def by_arrow(query: str) -> str:
    """The statement by which the source has a query's rows in Arrow."""
    return copy(query, "FORMAT arrow_lz4")


def arrow(query: str, *batches: pa.RecordBatch) -> Script:
    """That a query's rows come by Arrow COPY, and none of them where none are asked for."""
    nothing = re.compile(r"COPY \(.* LIMIT 0\n.*\(FORMAT arrow_lz4\)", re.DOTALL)
    rows = sum(batch.num_rows for batch in batches)
    return {
        by_arrow(query): CopyOut(arrow_copy(batches, lz4=True), Done(f"COPY {rows}")),
        nothing: CopyOut(arrow_copy([batches[0].slice(0, 0)], lz4=True), Done("COPY 0")),
    }


def uri(server: ScriptedServer) -> str:
    """The server as a source."""
    return f"hologres://holo@127.0.0.1:{server.port}/db"


def integers(*values: int) -> pa.RecordBatch:
    """Rows of the table."""
    return pa.record_batch({"a": pa.array(values, pa.int32())})


QUERY = "SELECT a FROM t"
INTEGER = Column("a", "integer", 23, "int4")
TABLE = together(
    arrow(QUERY, integers(1, 2), integers(3)),
    world(QUERY, [INTEGER]),
)
"""Three rows of a table, in Arrow."""
