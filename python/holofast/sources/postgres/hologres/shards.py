"""A query of one table shared out by the table's shards, as the vendor's connectors do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from holofast.sources.postgres.connection import execute
from holofast.sources.postgres.splitting import Split, table_name

if TYPE_CHECKING:
    import psycopg

    from holofast.statement.splits import Query

_NAME: Final = """
SELECT n.nspname::text, c.relname::text FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = %s::regclass"""

_SHARDS: Final = """
SELECT g.property_value FROM hologres.hg_table_properties AS t
JOIN hologres.hg_table_group_properties AS g ON g.tablegroup_name = t.property_value
WHERE t.property_key = 'table_group' AND g.property_key = 'shard_count'
    AND t.table_namespace = %s AND t.table_name = %s"""


def by_shards(connection: psycopg.Connection[Any], query: Query, jobs: int) -> Split | None:
    """Cut a query of one table by the table's shards; None where it has none."""
    name = table_name(query)
    (parts,) = execute(connection, _NAME, (name,))
    found = execute(connection, _SHARDS, parts)
    if not found:
        return None
    shards = range(int(found[0][0]))
    if len(shards) == 1:
        return Split((query.text,), f"not split into {jobs}: {name} is in one shard")
    dealt = [shards[job::jobs] for job in range(min(jobs, len(shards)))]
    queries = [query.by_shards(some) for some in dealt]
    return Split(tuple(queries), f"by hg_shard_id of {name}; in no order")
