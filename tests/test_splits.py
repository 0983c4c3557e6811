"""How a SELECT is cut: real servers give the same rows for the parts as for the whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from holofast.errors import CopyError
from holofast.statement.splits import Query, Table, read_query

from tests.postgres import copy_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

WORLD = r"""
CREATE SCHEMA s;
CREATE SCHEMA "Odd ""Schema";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE t (id int, a int, b text, j jsonb, ts timestamptz, d numeric(10,2), f float8,
  r int[], m mood, "Weird ""Col" text, pad text);
INSERT INTO t SELECT i, nullif(i % 7, 3),
  (ARRAY['it''s', 'back\slash', 'ünï☃', '', '--'])[i % 5 + 1],
  jsonb_build_object('k', i % 3, 'l', jsonb_build_array(i, 'x')),
  '2024-02-29 12:00+00'::timestamptz + i * interval '1 hour', i / 3.0,
  CASE i % 50 WHEN 0 THEN 'NaN' ELSE i / 7.0 END, ARRAY[i, i + 1],
  (ARRAY['sad', 'ok', 'happy', NULL])[i % 4 + 1]::mood, 'w' || i % 11, repeat('p', 150)
  FROM generate_series(1, 3000) i;
DELETE FROM t WHERE id % 10 = 4;
UPDATE t SET a = a + 100 WHERE id % 10 = 5;
ALTER TABLE t ADD gone int;
ALTER TABLE t DROP gone;
CREATE TABLE s."where" AS TABLE t;
CREATE TABLE "Odd ""Schema"."select" AS SELECT * FROM t WHERE id < 1500;
CREATE TABLE child () INHERITS (t);
INSERT INTO child SELECT * FROM t WHERE id BETWEEN 100 AND 500;
CREATE TABLE u AS SELECT id, a, 'u' || id AS name FROM ONLY t WHERE id < 400;
CREATE FUNCTION twice(t) RETURNS int LANGUAGE sql AS 'SELECT $1.id * 2';
CREATE MATERIALIZED VIEW mv AS SELECT id, b FROM t;
"""

# Each reads one table row by row; a line that begins with a space is of the one before.
PLAIN = r"""
SELECT * FROM t
select from t
SELECT id, b FROM ONLY t
SELECT id FROM t *
SELECT ctid, xmin IS NULL, tableoid::regclass, id FROM ONLY t
SELECT id FROM public.t
SELECT t.id, public.t.a FROM public.t
SELECT x.id, x.a FROM t AS x WHERE x.a = 1
SELECT i, "B b" FROM t AS "Al ias" (i, j, "B b") WHERE i > 5
SELECT "select".id, "Weird ""Col" FROM "Odd ""Schema"."select"
SELECT id FROM s.where WHERE a < 3 OR a IS NULL
SELECT id AS where, "where".a AS "from" FROM s."where" "where" WHERE "where".id > 10
SELECT id FROM t "limit" WHERE "limit".a = 1 OR "limit".a = 2
SELECT id FROM t WHERE a = 1 OR a = 2 OR id < 50
SELECT id FROM t WHERE a = 1 AND id < 900 OR a = 2
SELECT id FROM t WHERE NOT a = 1
SELECT id FROM t WHERE true
SELECT id FROM t WHERE a = 1 OR NULL
SELECT id FROM t WHERE (a = 1) IS NOT TRUE
SELECT id FROM t WHERE a BETWEEN 1 AND 3 OR a BETWEEN SYMMETRIC 106 AND 101
SELECT id FROM t WHERE CASE WHEN a > 2 THEN id > 100 ELSE id < 100 END
SELECT CASE a WHEN 1 THEN 'one' ELSE b END, id FROM t
SELECT id::bigint, d::text, CAST(f AS real), a::numeric(6,3), (-1)::int - a, - a FROM t
SELECT j->'k', j->>'k', j #>> '{l,1}', j @> '{"k": 1}', j ? 'l', (j->'l')[0] FROM t
 WHERE j->>'k' = '1'
SELECT id FROM t WHERE j ?| ARRAY['z', 'k'] AND (j->>'k')::int = 2 OR j @@ '$.k == 1'
SELECT 'it''s', '\', E'tab\tnew\nline', E'\'', U&'\2603', $$dollar $q$ $$, $q$;$q$, id FROM t
SELECT id FROM t WHERE b = 'it''s' OR b = 'back\slash' OR b = E'\u00fcn\u00ef\u2603' OR b = '--'
SELECT id FROM t WHERE b LIKE '%\\%' ESCAPE '#' OR b ~ '\\' OR b SIMILAR TO 'it%'
SELECT 'a'
 'b', id FROM t WHERE b = 'it'
 's' OR a = 1
SELECT id, ts + interval '1 day 02:00', ts - INTERVAL '1' YEAR, interval(2) '1.255 s' FROM t
SELECT id FROM t WHERE ts > timestamptz '2024-03-01' AND ts < date '2024-05-01' + time '12:00'
SELECT ts AT TIME ZONE 'Asia/Shanghai', extract(dow FROM ts), date_part('hour', ts) FROM t
SELECT t FROM t
SELECT t.*, t IS NULL, (t).id, ((t)).a FROM t WHERE t.id = 7 OR (t).a = 2
SELECT row(id, a), ARRAY[a, id], r[1], r[1:1], a = ANY (r), (ARRAY[id, a])[2] FROM t
SELECT twice(t), t.twice, twice(t.*) FROM t
SELECT coalesce(a, 0), greatest(a, id), nullif(a, 1), a IS DISTINCT FROM 1, b COLLATE "C" FROM t
SELECT trim(both 'i' from b), substring(b from 1 for 2), b || 'x',
 overlay(b placing 'x' from 1) FROM t
SELECT bool 't', "char" 'c', 1.5e3, .5, id # 3, b !~~ 'x'::text IS NULL FROM t WHERE a IS NOT NULL
SELECT id FROM t WHERE id IN (SELECT u.id FROM u WHERE u.a = t.a)
 OR EXISTS (SELECT FROM u WHERE u.id + 1 = t.id)
SELECT id, (SELECT name FROM u WHERE u.id = t.id) FROM t WHERE (id, a) <> (1, 1)
SELECT id, generate_series(1, a % 3), unnest(r) FROM t
SELECT id, (SELECT 1 WHERE id > 5) FROM t WHERE (SELECT id > 5 WHERE true)
SELECT id /* a comment; WHERE */ FROM t -- WHERE a = 1
SELECT id FROM t WHERE -- first
 a = 1 OR a = 2
SELECT id FROM t WHERE a = 1 OR a = 2 -- or more
/*+ SeqScan(t) */ SELECT id FROM t --
((SELECT id FROM t WHERE a = 1 OR a = 2)) -- )
(SELECT ALL id FROM t)
SELECT id FROM t WHERE id OPERATOR(pg_catalog.<) 40 OR a OPERATOR(pg_catalog.=) 2
SELECT id FROM t WHERE m > 'sad' OR m IS NULL OR f = 'NaN'
SELECT id, b FROM mv WHERE b <> '' OR id < 10
SELECT pg_catalog.lower(b), upper(s.b), "pg_catalog"."length"(b) FROM s.where AS s
SELECT ü.id AS "ünï☃", 'ü☃' FROM t ü WHERE ü.b = 'ünï☃' OR ü.a = 1
"""

# The column of a result that parts are made of, and its bounds.
BY_COLUMN = [
    ("SELECT * FROM t", "id", ["1000", "2000"]),
    ("SELECT id, a FROM t -- a comment", "a", ["2", "100"]),
    ('SELECT id, "Weird ""Col" FROM t WHERE a = 1 OR a = 2', 'Weird "Col', ["w10", "w5"]),
    ("SELECT b FROM t", "b", ["back\\", "it's"]),
    ("SELECT ts, id FROM t", "ts", ["2024-04-01 00:00+00", "2024-05-01 00:00+00"]),
    ("SELECT f FROM t", "f", ["100.5", "NaN"]),
    ("SELECT d AS \"select\", 'x' FROM t", "select", ["100", "500.25"]),
    ("SELECT m, id FROM t", "m", ["ok", "happy"]),
    ("SELECT a, count(*), sum(id) FROM t GROUP BY a HAVING count(*) > 1", "a", ["3", "6"]),
    ("SELECT DISTINCT b, m FROM t", "b", ["it", "u"]),
    ("SELECT id FROM t UNION ALL SELECT id FROM u", "id", ["100", "200"]),
    ("SELECT t.id, u.name FROM t JOIN u USING (id)", "name", ["u2", "u3"]),
    ("WITH w AS (SELECT id AS i FROM t) SELECT i, i AS \"I\" FROM w", "I", ["9", "99"]),
    ("SELECT *, rank() OVER (PARTITION BY a ORDER BY id) FROM t", "id", ["9", "99"]),
    ("SELECT g FROM generate_series(1, 1000) AS g", "g", ["300", "600"]),
    ("SELECT * FROM (SELECT id FROM t ORDER BY id) AS q", "id", ["300", "600"]),
    ("TABLE u", "id", ["100", "200"]),
    ("(SELECT id FROM u) /* it */ -- is", "id", ["100", "200"]),
]  # fmt: skip

REFUSED = {
    "its ORDER BY would be lost": ["SELECT a FROM t ORDER BY a", "(SELECT a FROM t) ORDER BY 1"],
    "LIMIT, OFFSET or FETCH may choose other rows each time": [
        "SELECT a FROM t LIMIT 1",
        "SELECT a FROM t OFFSET 1",
        "SELECT a FROM t FETCH FIRST ROW ONLY",
        "SELECT * FROM (SELECT a FROM t LIMIT 10) q",
        "SELECT a FROM t WHERE a IN (SELECT a FROM t ORDER BY 1 LIMIT 3)",
        "WITH w AS (SELECT a FROM t OFFSET 1) SELECT a FROM w",
        "(SELECT a FROM t LIMIT 1) UNION ALL SELECT a FROM t",
    ],
    "FOR UPDATE and FOR SHARE lock rows": [
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t FOR KEY SHARE OF t NOWAIT",
        "SELECT * FROM (SELECT a FROM t FOR SHARE SKIP LOCKED) q",
    ],
    "it changes data": [
        "INSERT INTO t VALUES (1) RETURNING a",
        "UPDATE t SET a = 1 RETURNING a",
        "DELETE FROM t RETURNING *",
        "WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d",
        "MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE RETURNING t.id",
    ],
    "it is not a SELECT": ["EXPLAIN SELECT 1"],
    "TABLESAMPLE chooses other rows each time": [
        "SELECT a FROM t TABLESAMPLE system (10)",
        "SELECT * FROM u JOIN t AS x TABLESAMPLE bernoulli (1) REPEATABLE (1) ON true",
    ],
    "DISTINCT ON may choose other rows each time": [
        "SELECT DISTINCT ON (a) a, b FROM t",
        "SELECT * FROM (SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b) q",
    ],
    "INTO makes a table": ["SELECT a INTO x FROM t"],
    "it has no FROM": ["SELECT 1", "VALUES (1)", "SELECT 1 UNION SELECT 2", "SELECT (TABLE t)"],
    "it is not one statement": ["SELECT a FROM t; SELECT b FROM t", "SELECT a FROM t;", "-- none"],
    "its expressions are nested too deeply": [f"SELECT {'1 + ' * 200} a FROM t"],
}

# Not row by row from one relation, but whole by a column.
NOT_PLAIN = [
    "TABLE t",
    "SELECT DISTINCT a FROM t",
    "SELECT a FROM t GROUP BY a",
    "SELECT a FROM t GROUP BY DISTINCT ROLLUP (a, b)",
    "SELECT 1 FROM t HAVING true",
    "SELECT a FROM t UNION ALL SELECT a FROM u",
    "SELECT a FROM t EXCEPT SELECT a FROM u",
    "WITH w AS (SELECT 1) SELECT a FROM t",
    "SELECT a FROM t, u",
    "SELECT a FROM t CROSS JOIN u",
    "SELECT a FROM (SELECT a FROM t) q",
    "SELECT g FROM generate_series(1, 3) g",
    "SELECT v FROM (VALUES (1)) AS v",
    "SELECT a, rank() OVER () FROM t",
    "SELECT a FROM t WINDOW w AS (ORDER BY a)",
    "SELECT count(*) FROM t",
    "SELECT count(DISTINCT a) FROM t",
    "SELECT string_agg(b, ',' ORDER BY b) FROM t",
    "SELECT sum(a) FILTER (WHERE a > 1) FROM t",
    "SELECT mode() WITHIN GROUP (ORDER BY a) FROM t",
    "SELECT json_arrayagg(a) FROM t",
    "SELECT json_objectagg(b: a) FROM t",
    "SELECT ctid FROM t AS t (ctid)",
    "SELECT hg_shard_id FROM t AS t (hg_shard_id)",
]


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest) -> Iterable[psycopg.Connection]:
    """A session where the tables are, and nothing of them at the end."""
    with request.getfixturevalue(f"postgres{request.param}")() as session:
        session.execute("CREATE DATABASE splits")
        with request.getfixturevalue(f"postgres{request.param}")(dbname="splits") as ours:
            ours.execute(WORLD)
            yield ours
        session.execute("DROP DATABASE splits")


def rows(server: psycopg.Connection, *queries: str) -> list[bytes]:
    """The rows of the queries together, sorted."""
    data = b"".join(copy_out(server, f"COPY ({query}\n) TO STDOUT") for query in queries)
    return sorted(data.splitlines(keepends=True))


def blocks(server: psycopg.Connection, table: Table) -> int:
    name = ".".join('"' + part.replace('"', '""') + '"' for part in table.names)
    found = server.execute("SELECT pg_relation_size(%s::regclass) / 8192", (name,)).fetchone()
    assert found is not None
    return int(found[0])


def thirds(query: Query, count: int) -> list[str]:
    first, second = count // 3, 2 * count // 3
    bounds = ((None, first), (first, second), (second, None))
    return [query.by_blocks(*pair) for pair in bounds]


@pytest.mark.parametrize("text", re.split(r"\n(?! )", PLAIN.strip()))
def test_parts_by_blocks_are_the_whole(server: psycopg.Connection, text: str) -> None:
    query = read_query(text)
    assert query.refusal is None
    assert query.table is not None
    assert query.by_blocks(None, None) == text
    parts = thirds(query, blocks(server, query.table))
    whole = rows(server, text)
    assert whole
    assert rows(server, *parts) == whole
    assert all(len(rows(server, part)) < len(whole) for part in parts)
    # A part is read as the whole is, and may be cut again.
    for part in parts:
        again = read_query(part)
        assert (again.refusal, again.table) == (None, query.table)
        assert again.functions == query.functions


def test_a_part_reads_its_blocks_alone(server: psycopg.Connection) -> None:
    part = read_query("SELECT id FROM ONLY t WHERE a = 1 OR a = 2").by_blocks(10, 20)
    plan = "\n".join(line for (line,) in server.execute(f"EXPLAIN {part}".encode()))
    assert "Tid Range Scan on t" in plan


@pytest.mark.parametrize(("text", "column", "bounds"), BY_COLUMN)
@pytest.mark.parametrize("conforming", ["on", "off"])
def test_parts_by_a_column_are_the_whole(
    server: psycopg.Connection, text: str, column: str, bounds: list[str], conforming: str
) -> None:
    query = read_query(text)
    assert query.refusal is None
    assert query.by_column(column, None, None) == text
    first, second = bounds
    pairs = ((None, first), (first, second), (second, None))
    parts = [query.by_column(column, *pair) for pair in pairs]
    whole = rows(server, text)
    server.execute(f"SET standard_conforming_strings = {conforming}".encode())
    shares = [rows(server, part) for part in parts]
    server.execute("RESET standard_conforming_strings")
    assert sorted(row for share in shares for row in share) == whole
    assert all(shares)


@pytest.mark.parametrize(
    ("text", "phrase"), [(text, phrase) for phrase, texts in REFUSED.items() for text in texts]
)
def test_what_must_not_be_cut(text: str, phrase: str) -> None:
    query = read_query(text)
    assert query.refusal == phrase
    assert query.table is None


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_not_cut_by_blocks(text: str) -> None:
    query = read_query(text)
    assert query.refusal is None
    assert query.table is None


def test_what_the_server_is_to_be_asked(server: psycopg.Connection) -> None:
    query = read_query("SELECT lower(t.b), s.f(x.count), (t).max.min, a.* FROM s.t AS x")
    assert query.table == Table(("s", "t"), "x")
    assert query.functions == {("lower",), ("s", "f")}
    assert query.attributes == {"b", "count", "max", "min"}
    # A function may look like a column.
    assert rows(server, "SELECT t.count FROM ONLY u AS t") == rows(server, "SELECT count(*) FROM u")


@pytest.mark.parametrize("text", ["SELECT FROM WHERE", "SELECT 'open", "SELECT a FROM t)"])
def test_what_the_grammar_refuses(text: str) -> None:
    with pytest.raises(CopyError):
        read_query(text)
