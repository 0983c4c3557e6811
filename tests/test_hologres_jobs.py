"""Several jobs on a Hologres: who reads which shards.

It is played by the scripted server, and by a PostgreSQL that is dressed up as one, for the SQL.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import pytest
from holofast import api
from holofast.errors import CopyError

from tests.exports import statement
from tests.hologres_script import Described, Rows
from tests.hologres_server import ScriptedServer
from tests.hologres_world import (
    INTEGER,
    QUERY,
    TABLE,
    arrow,
    by_arrow,
    integers,
    together,
    uri,
    world,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hologres_script import Script
    from tests.oss_fixtures import LoopbackOss
    from tests.postgres import Postgres

CSV = "(FORMAT csv)"
SPLIT = f'{QUERY} WHERE "t".hg_shard_id IN '


@pytest.mark.parametrize("jobs", [2, 3, 9])
def test_jobs_share_the_shards(oss: LoopbackOss, jobs: int) -> None:
    dealt = [list(range(5))[job::jobs] for job in range(min(jobs, 5))]
    parts = [SPLIT + f"({', '.join(map(str, shards))})" for shards in dealt]
    copies = [arrow(part, integers(*some)) for part, some in zip(parts, dealt, strict=True)]
    with ScriptedServer(together(TABLE, *copies)) as server:
        report = api.copy(statement(oss, QUERY, options=CSV), uri(server), jobs=jobs)
        statements = server.statements
    assert set(map(by_arrow, parts)) <= set(statements)
    assert sorted(found.read() for found in oss.objects().values()) == sorted(
        "".join(f"{shard}\n" for shard in shards).encode() for shards in dealt
    )
    assert report.rows == 5
    assert report.split == 'by hg_shard_id of "t"; in no order; not a point-in-time read'
    assert not any("SNAPSHOT" in text or text.startswith("BEGIN") for text in statements)
    assert oss.uploads() == []


def test_one_shard_is_not_split(oss: LoopbackOss) -> None:
    with ScriptedServer(together(TABLE, world(QUERY, [INTEGER], shards="1"))) as server:
        report = api.copy(statement(oss, QUERY), uri(server), jobs=2)
    assert report.split == 'not split into 2: "t" is in one shard'
    assert report.rows == 3


def test_what_is_not_in_shards_needs_a_column(oss: LoopbackOss) -> None:
    for query in ("SELECT DISTINCT a FROM t", "SELECT a FROM v"):
        no_shards: Script = {
            re.compile(r"SELECT g\.property_value.*", re.DOTALL): Rows([Described("g")])
        }
        script = together(arrow(query, integers(1)), world(query, [INTEGER]), no_shards)
        with ScriptedServer(script) as server, pytest.raises(CopyError) as caught:
            api.copy(statement(oss, query), uri(server), jobs=2)
        assert caught.value.message.startswith("the query does not read one plain table")
    oss.assert_nothing_left()


BOUNDS: Script = {re.compile(r"SELECT b::text FROM.*", re.DOTALL): Rows([Described("b")], [["2"]])}


def test_a_column_splits_without_a_snapshot(oss: LoopbackOss) -> None:
    low = f'SELECT * FROM ({QUERY}\n) AS q WHERE q."a" < \'2\' OR q."a" IS NULL'
    high = f"SELECT * FROM ({QUERY}\n) AS q WHERE q.\"a\" >= '2'"
    script = together(arrow(low, integers(1)), arrow(high, integers(2, 3)), BOUNDS, TABLE)
    with ScriptedServer(script) as server:
        report = api.copy(statement(oss, QUERY), uri(server), jobs=2, split_by="a")
    assert sorted(found.read() for found in oss.objects().values()) == [b"1\n", b"2\n3\n"]
    assert report.split == (
        'by ranges of "a"; in no order within an object; not a point-in-time read'
    )


DRESS = """
CREATE FUNCTION hg_version() RETURNS text LANGUAGE sql
    AS $$SELECT 'Hologres 4.1.0 (tag: x), compatible with PostgreSQL 11.3'$$;
CREATE SCHEMA hologres;
CREATE TABLE hologres.hg_table_properties AS SELECT n AS table_namespace, 't' AS table_name,
    'table_group' AS property_key, g AS property_value
    FROM (VALUES ('public', 'six'), ('other', 'nine')) AS v (n, g);
CREATE TABLE hologres.hg_table_group_properties AS SELECT g AS tablegroup_name,
    'shard_count' AS property_key, s AS property_value FROM (VALUES ('six', '6'), ('nine', '9'))
    AS v (g, s);
CREATE TABLE t AS SELECT i AS a, i % 6 AS hg_shard_id FROM generate_series(1, 1000) AS i;
CREATE VIEW v AS TABLE t;
"""


@pytest.fixture(scope="module")
def dressed(postgres15: Postgres) -> Iterator[str]:
    """A PostgreSQL in a Hologres' clothes, as a source; it refuses Arrow COPY."""
    with postgres15() as admin:
        admin.execute("CREATE DATABASE dressed")
    with postgres15(dbname="dressed") as session:
        session.execute(DRESS)
        yield f"hologres://{session.info.user}@/dressed?host={quote_plus(session.info.host)}"
    with postgres15() as admin:
        admin.execute("DROP DATABASE dressed (FORCE)")


@pytest.mark.parametrize("encode", ["auto", "client"])
@pytest.mark.parametrize("column", [None, "a"])
@pytest.mark.parametrize("table", ["t", "public.t AS s (a) -- it"])
def test_parts_are_the_whole(
    oss: LoopbackOss, dressed: str, encode: Any, column: Any, table: str
) -> None:
    query = f"SELECT a FROM {table}\n WHERE a > 10 OR a < 5 -- or more\n"
    text = statement(oss, query, options=CSV)
    report = api.copy(text, dressed, jobs=4, split_by=column, encode=encode)
    parts = [found.read().split() for found in oss.objects().values()]
    assert len(parts) == 4
    assert all(parts)
    found = sorted(int(number) for part in parts for number in part)
    assert found == [*range(1, 5), *range(11, 1001)]
    assert report.encode_reason is not None
    refusal = 'no Arrow COPY: 22023, COPY format "arrow_lz4" not recognized'
    assert report.encode_reason.endswith(refusal)
    assert report.split is not None
    assert report.split.startswith('by ranges of "a";' if column else "by hg_shard_id of ")


def test_a_view_is_in_no_shards(oss: LoopbackOss, dressed: str) -> None:
    with pytest.raises(CopyError, match="does not read one plain table"):
        api.copy(statement(oss, "SELECT a FROM v"), dressed, jobs=2)
