"""Several jobs on a Hologres, played by the scripted server: who reads which shards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
    from tests.hologres_script import Script
    from tests.oss_fixtures import LoopbackOss

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
