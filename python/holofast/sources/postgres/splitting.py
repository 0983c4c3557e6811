"""A query shared out among several sessions that see the same snapshot of the database.

Where the query reads one plain table, each session reads a range of its blocks, else a range of the
values of a column that the caller names. Which queries can be cut is statement/splits.py's to say.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from holofast.errors import CopyError
from holofast.sources.postgres.connection import execute
from holofast.statement.splits import quoted, read_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from holofast.statement.splits import Query

# What has blocks: a table, a materialized view, and a partitioned table by those of its partitions.
_BLOCKS: Final = """
WITH RECURSIVE tree AS (
    SELECT %s::regclass::oid AS oid
    UNION SELECT i.inhrelid FROM pg_inherits AS i JOIN tree ON tree.oid = i.inhparent)
SELECT bool_and(c.relkind IN ('r', 'm', 'p')),
       coalesce(max(pg_relation_size(c.oid)), 0) / current_setting('block_size')::int8
FROM tree JOIN pg_class AS c ON c.oid = tree.oid"""

# Of functions of these names, are there any that make one row of many?
_AGGREGATES: Final = """
SELECT EXISTS (SELECT FROM pg_proc WHERE proname = ANY(%s) AND prokind IN ('a', 'w'))"""


class Split(NamedTuple):
    """The queries that share the rows out, and what is to be said of it."""

    queries: tuple[str, ...]
    how: str


ByPlace = Callable[["psycopg.Connection[Any]", "Query", int], "Split | None"]
"""What cuts a query of one table by where the table's rows lie, or says that it cannot."""


def split(
    connection: psycopg.Connection[Any],
    query: str,
    jobs: int,
    column: str | None,
    by_place: ByPlace,
) -> Split:
    """Cut `query` in up to `jobs` parts: by the column, or where none is named by where rows lie.

    A query that must not be cut stays whole, and it is said why. Raises CopyError where a column
    has to be named, SourceError where the server does not know it.
    """
    read = read_query(query)
    if read.refusal is not None:
        return Split((query,), f"not split into {jobs}: {read.refusal}")
    if column is not None:
        bounds = _bounds(connection, query, jobs, column)
        queries = [read.by_column(column, *ends) for ends in pairwise([None, *bounds, None])]
        how = f"by ranges of {quoted(column)}; in no order within an object"
        return Split(tuple(queries), how)
    parts = by_place(connection, read, jobs) if _is_plain(connection, read) else None
    if parts is None:
        raise CopyError(
            "0A000",
            "the query does not read one plain table, row by row, so that it could be split by "
            "where the table's rows lie",
            hint="Name a column of the result by which to split it: --split-by COLUMN.",
        )
    return parts


def by_blocks(connection: psycopg.Connection[Any], query: Query, jobs: int) -> Split | None:
    """Cut a query of one table by the table's blocks; None where it has none."""
    name = table_name(query)
    ((has_blocks, blocks),) = execute(connection, _BLOCKS, (name,))
    if not has_blocks:
        return None
    steps = sorted({int(blocks) * job // jobs for job in range(1, jobs)} - {0})
    queries = [query.by_blocks(*ends) for ends in pairwise([None, *steps, None])]
    return Split(tuple(queries), f"by blocks of {name}; in no order")


def table_name(query: Query) -> str:
    """The one table that `query` reads, as SQL writes it."""
    assert query.table is not None
    return ".".join(map(quoted, query.table.names))


def share_snapshot(connections: Sequence[psycopg.Connection[Any]]) -> None:
    """Begin a transaction that only reads on each; all see what the first one sees."""
    first, *others = connections
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    execute(first, begin)
    ((snapshot,),) = execute(first, "SELECT pg_export_snapshot()")
    for other in others:
        execute(other, begin)
        execute(other, f"SET TRANSACTION SNAPSHOT '{snapshot}'")


def _is_plain(connection: psycopg.Connection[Any], query: Query) -> bool:
    """Whether `query` reads one relation, row by row."""
    if query.table is None:
        return False
    called = {parts[-1] for parts in query.functions} | query.attributes
    ((aggregates,),) = execute(connection, _AGGREGATES, (sorted(called),))
    return not aggregates


def _bounds(
    connection: psycopg.Connection[Any], query: str, jobs: int, column: str
) -> Sequence[str]:
    """Values that cut the column into as many ranges of about as many rows each, as text."""
    fractions = [job / jobs for job in range(1, jobs)]
    ordered, rows = (text.replace("%", "%%") for text in (quoted(column), query))
    asked = (
        "SELECT b::text FROM (SELECT DISTINCT unnest((SELECT percentile_disc(%s::float8[]) "
        f"WITHIN GROUP (ORDER BY q.{ordered}) FROM ({rows}\n) AS q)) AS b) AS bounds "
        "WHERE b IS NOT NULL ORDER BY bounds.b"
    )
    return [text for (text,) in execute(connection, asked, (fractions,))]
