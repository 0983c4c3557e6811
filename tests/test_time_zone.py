"""Time zones against a PostgreSQL 15, which reads the same files: all zones, and names refused."""

from __future__ import annotations

import random
import shutil
import struct
from bisect import bisect_right
from typing import TYPE_CHECKING

import psycopg
import pytest
from holofast import time_zone
from holofast.errors import CopyError
from holofast.time_zone import CYCLE_SECONDS, UTC, Zone, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgres import Postgres

FIRST, END = -210_866_803_200, 9_224_318_016_000  # PostgreSQL's timestamps, in seconds


@pytest.fixture(scope="module")
def session(postgres15: Postgres) -> Iterator[psycopg.Connection]:
    with postgres15() as connection:
        yield connection


@pytest.fixture
def no_cache() -> Iterator[None]:
    load.cache_clear()
    yield
    load.cache_clear()


def offset_at(zone: Zone, second: int) -> int:
    if zone.cycle_start is not None and second >= zone.cycle_start:
        second = zone.cycle_start + (second - zone.cycle_start) % CYCLE_SECONDS
    return zone.offsets[bisect_right(zone.transitions, second)]


def server_offsets(session: psycopg.Connection, name: str, seconds: list[int]) -> list[int]:
    session.execute("SELECT set_config('TimeZone', %s, false)", (name,))
    rows = session.execute(
        "SELECT extract(timezone FROM timestamptz '2000-01-01 00:00+00'"
        " + (s - 946684800) * interval '1 second')::int "
        "FROM unnest(%s::bigint[]) WITH ORDINALITY AS t(s, i) ORDER BY i",
        (seconds,),
    )
    return [offset for (offset,) in rows]


def test_every_zone_has_the_servers_offsets(session: psycopg.Connection) -> None:
    names = [name for (name,) in session.execute("SELECT name FROM pg_timezone_names")]
    names = [name for name in names if not name.startswith("posix/")]
    assert len(names) > 500
    pick = random.Random(400)
    for name in sorted(names):
        zone = load(name)
        changes = pick.sample(zone.transitions, min(30, len(zone.transitions)))
        seconds = [change + step for change in changes for step in (-1, 0)]
        seconds += [pick.randrange(FIRST, END) for _ in range(30)]
        seconds += [pick.randrange(-(6 * 10**9), 2 * 10**10) for _ in range(30)]
        seconds = [second for second in seconds if second >= FIRST]
        ours = [offset_at(zone, second) for second in seconds]
        assert ours == server_offsets(session, name, seconds), name


@pytest.mark.parametrize(
    "name",
    ["utc", "europe/BERLIN", "Etc/GMT+5", "EST5EDT", "3", "-3.5", " 8", "+08", "+03:30", "-03:30",
     "167.9", "FOO5", "FOO-5:30", "<+03>-3", "<+03>3", "A5", "FOO167", "posix/Europe/Paris"],
)  # fmt: skip
def test_a_name_means_what_it_means_to_the_server(session: psycopg.Connection, name: str) -> None:
    seconds = [-(10**10), 946_684_800, 962_409_600, 10**11]
    ours = [offset_at(load(name), second) for second in seconds]
    assert ours == server_offsets(session, name, seconds)


@pytest.mark.parametrize(
    "name",
    ["Nowhere", "Europe/Nowhere", "Europe", "", "..", "../zoneinfo/UTC", "/Europe/Berlin", "168",
     "-168", "FOO168", "FOO", "FOO5:99", "zone.tab", "tzdata.zi", "nan", "inf", "5:", "é"],
)  # fmt: skip
def test_a_name_that_the_server_refuses(session: psycopg.Connection, name: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        session.execute("SELECT set_config('TimeZone', %s, false)", (name,))
    with pytest.raises(CopyError) as raised:
        load(name)
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary


@pytest.mark.parametrize(
    "name",
    ["FOO5BAR", "FOO5BAR4,M3.2.0,M11.1.0", "CET-1CEST", "CET-1CEST,M3.5.0,M10.5.0/3",
     "<+10>-10<+11>", "NZST-12NZDT,M9.5.0,M4.1.0/3", "AAA3BBB2,J60/0,J300", "AAA3BBB,59,299/25",
     "IST-1GMT0,M10.5.0,M3.5.0/1"],
)  # fmt: skip
def test_a_posix_rule_with_daylight_saving(session: psycopg.Connection, name: str) -> None:
    pick = random.Random(400)
    seconds = [pick.randrange(FIRST, END) for _ in range(200)]
    seconds += [pick.randrange(-(6 * 10**9), 2 * 10**10) for _ in range(200)]
    changes = load(name).transitions
    near = [change + 12_622_780_800 * 17 for change in pick.sample(changes, 40)]
    seconds += [change + step for change in near for step in (-1, 0)]
    ours = [offset_at(load(name), second) for second in seconds]
    assert ours == server_offsets(session, name, seconds)


def test_utc_is_one_offset() -> None:
    assert load("UTC") == load("Etc/UTC") == load("GMT") == UTC == Zone((), (0,), None, ("UTC",))


@pytest.mark.usefixtures("no_cache")
def test_without_the_systems_files_the_tzdata_package_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    berlin = load("Europe/Berlin")
    package = tmp_path / "tzdata" / "zoneinfo" / "Europe"
    package.mkdir(parents=True)
    (tmp_path / "tzdata" / "__init__.py").touch()
    shutil.copy("/usr/share/zoneinfo/Europe/Berlin", package)
    monkeypatch.setattr(time_zone, "_SYSTEM", tmp_path / "nothing")
    monkeypatch.syspath_prepend(tmp_path)
    load.cache_clear()
    assert load("europe/berlin") == berlin


@pytest.mark.usefixtures("no_cache")
def test_leap_seconds_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    counts = struct.pack(">6l", 0, 0, 1, 0, 1, 4)
    header = b"TZif2" + bytes(15) + counts
    types = struct.pack(">lBB", 0, 0, 0) + b"UTC\0"
    leap32, leap64 = struct.pack(">ll", 78_796_800, 1), struct.pack(">ql", 78_796_800, 1)
    (tmp_path / "Leaping").write_bytes(header + types + leap32 + header + types + leap64 + b"\n\n")
    monkeypatch.setattr(time_zone, "_SYSTEM", tmp_path)
    with pytest.raises(CopyError, match='time zone "Leaping" appears to use leap seconds'):
        load("Leaping")
