"""Several connections share the rows of one snapshot, and each writes an object: all, or none."""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from holofast import api
from holofast.errors import CopyError

from tests.exports import statement, to_stdout
from tests.postgres import Postgres, copy_out

if TYPE_CHECKING:
    from holofast.report import Report

    from tests.oss_fixtures import LoopbackOss

TABLES = """
    CREATE TABLE IF NOT EXISTS plain AS
        SELECT i AS id, i % 7 AS "gro up", nullif(i % 11, 0) AS n, 'r' || i AS name
        FROM generate_series(1, 30000) AS g(i);
    CREATE TABLE IF NOT EXISTS nothing AS SELECT * FROM plain WHERE false;
    CREATE TABLE IF NOT EXISTS parted (id int, n int) PARTITION BY HASH (id);
    CREATE TABLE IF NOT EXISTS parted0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE IF NOT EXISTS parted1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    TRUNCATE parted;
    INSERT INTO parted SELECT i, i FROM generate_series(1, 20000) AS g(i);
    CREATE OR REPLACE VIEW seen AS SELECT id, n FROM plain;
    CREATE TABLE IF NOT EXISTS moving AS SELECT i AS id, 100 AS amount
        FROM generate_series(1, 20000) AS g(i);
"""


@pytest.fixture(scope="module", params=[15, 18])
def server(request: pytest.FixtureRequest) -> Postgres:
    running: Postgres = request.getfixturevalue(f"postgres{request.param}")
    with running() as connection:
        connection.execute(TABLES.encode())
    return running


def export(
    server: Postgres, oss: LoopbackOss, query: str, options: str = "", **how: Any
) -> tuple[Report, list[bytes]]:
    report = api.copy(statement(oss, query, options=options), server.dsn, **how)
    objects = oss.objects()
    names = [one.object for one in report.objects] or [report.object]
    assert [f"oss://{oss.bucket().bucket_name}/{key}" for key in sorted(objects)] == names
    return report, [objects[key].read() for key in sorted(objects)]


def rows_of(server: Postgres, query: str, options: str = "") -> Counter[bytes]:
    with server() as connection:
        return Counter(copy_out(connection, f"COPY ({query}) TO STDOUT {options}").splitlines())


@pytest.mark.parametrize("encode", ["client", "server"])
@pytest.mark.parametrize(
    ("query", "how"),
    [
        ("SELECT * FROM plain", {}),
        ("SELECT p.id, upper(name) FROM plain AS p WHERE n > 3 OR id < 50", {}),
        ("SELECT id, '{1,2}'::int[] AS a FROM ONLY plain /* all */", {}),
        ("SELECT * FROM parted", {}),
        ("SELECT * FROM nothing", {}),
        ("SELECT * FROM seen", {"split_by": "id"}),
        ("SELECT * FROM plain", {"split_by": "n"}),
        ("SELECT * FROM plain", {"split_by": "name"}),
        ('SELECT "gro up", count(*) FROM plain GROUP BY 1', {"split_by": "gro up"}),
        ("SELECT a.id, '100%' AS p FROM plain a JOIN parted b USING (id)", {"split_by": "id"}),
    ],
)
def test_the_objects_have_the_rows_between_them(
    server: Postgres, oss: LoopbackOss, query: str, how: dict[str, Any], encode: Any
) -> None:
    report, objects = export(server, oss, query, jobs=3, encode=encode, **how)
    assert sum(map(Counter, (one.splitlines() for one in objects)), Counter()) == rows_of(
        server, query
    )
    assert report.rows == sum(len(one.splitlines()) for one in objects)
    assert report.split is not None
    assert "in no order" in report.split
    if "nothing" not in query:
        assert len(objects) == 3
        assert all(objects)


def test_every_object_is_a_whole_file(server: Postgres, oss: LoopbackOss) -> None:
    _, objects = export(server, oss, "SELECT * FROM plain", "(FORMAT csv, HEADER)", jobs=2)
    for one in objects:
        assert next(csv.reader(io.StringIO(one.decode()))) == ["id", "gro up", "n", "name"]
    for key in oss.objects():
        oss.bucket().delete_object(key)
    _, objects = export(server, oss, "SELECT * FROM plain", "(FORMAT binary)", jobs=2)
    for one in objects:
        assert one.startswith(b"PGCOPY\n")
        assert one.endswith(b"\xff\xff")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT * FROM plain ORDER BY id DESC", "ORDER BY"),
        ("SELECT * FROM plain LIMIT 10", "LIMIT"),
        ("SELECT * FROM plain FOR SHARE", "lock"),
        ("DELETE FROM nothing RETURNING id", "changes data"),
    ],
)
def test_what_is_not_split_stays_whole_and_says_why(
    server: Postgres, oss: LoopbackOss, query: str, why: str
) -> None:
    report, objects = export(server, oss, query, jobs=4)
    assert len(objects) == 1
    assert report.split is not None
    assert report.split.startswith("not split into 4: ")
    assert why in report.split
    if "ORDER" in query:
        assert objects[0].startswith(b"30000\t")
    plan = api.plan_copy(statement(oss, query), server.dsn, jobs=4)
    assert (plan.jobs, plan.split) == (1, report.split)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM seen",
        "SELECT count(*) FROM plain",
        "SELECT max(id) FROM plain",
        "SELECT a.id FROM plain a, parted b",
        "SELECT DISTINCT n FROM plain",
        "SELECT * FROM generate_series(1, 10)",
    ],
)
def test_other_queries_need_a_column(server: Postgres, oss: LoopbackOss, query: str) -> None:
    with pytest.raises(CopyError, match="does not read one plain table") as raised:
        api.copy(statement(oss, query), server.dsn, jobs=2)
    assert "--split-by" in (raised.value.hint or "")
    oss.assert_nothing_left()


def test_all_jobs_see_one_snapshot(server: Postgres, oss: LoopbackOss) -> None:
    ended = threading.Event()

    def move() -> None:
        """Amounts go from row to row, and rows from the table's start to its end."""
        with server() as connection:
            while not ended.is_set():
                connection.execute(
                    "UPDATE moving SET amount = amount + CASE WHEN id % 2 = 0 THEN 1 ELSE -1 END "
                    "WHERE id <= 10000"
                )

    mover = threading.Thread(target=move)
    mover.start()
    try:
        for _ in range(3):
            report, objects = export(server, oss, "SELECT id, amount FROM moving", jobs=4)
            pairs = [line.split(b"\t") for one in objects for line in one.splitlines()]
            assert report.rows == 20_000
            assert sorted(int(name) for name, _ in pairs) == list(range(1, 20_001))
            assert sum(int(amount) for _, amount in pairs) == 2_000_000
            for key in oss.objects():
                oss.bucket().delete_object(key)
    finally:
        ended.set()
        mover.join()


def test_one_place_takes_one_job(server: Postgres, oss: LoopbackOss) -> None:
    with pytest.raises(CopyError, match="each of 2 jobs writes an object"):
        to_stdout("COPY (SELECT * FROM plain) TO STDOUT", source=server.dsn, jobs=2)
    named = statement(oss, "SELECT * FROM plain", "--FileName", "one.csv")
    with pytest.raises(CopyError, match=r"the statement names one, one\.csv"):
        api.copy(named, server.dsn, jobs=2)
    with pytest.raises(CopyError, match='column "nope" does not exist'):
        api.copy(statement(oss, "SELECT * FROM plain"), server.dsn, jobs=2, split_by="nope")
    with pytest.raises(CopyError, match="not split"):
        api.copy(statement(oss, "SELECT 1"), jobs=2)
    oss.assert_nothing_left()


def test_a_plan_expects_a_size(server: Postgres, oss: LoopbackOss) -> None:
    with server() as connection:
        connection.execute("ANALYZE plain")
    for file_format in ("csv", "text", "binary"):
        text = statement(oss, "SELECT * FROM plain", options=f"(FORMAT {file_format})")
        plan = api.plan_copy(text, server.dsn)
        size = api.copy(text, server.dsn).bytes
        assert plan.expected_bytes is not None
        assert 0.5 < plan.expected_bytes / size < 2, file_format
        assert "within the limit" in str(plan)
    small = statement(oss, "SELECT * FROM plain", "--MaxBytes", "100000")
    assert "above the limit" in str(api.plan_copy(small, server.dsn))
    assert "above the limit of each job" in str(api.plan_copy(small, server.dsn, jobs=3))
    assert "within the limit of each job" in str(api.plan_copy(small, server.dsn, jobs=30))
