"""Time zones against a PostgreSQL 15, which reads the same files: all zones, and names refused."""

from __future__ import annotations

import random
import shutil
import struct
from bisect import bisect_right
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from holofast import time_zone
from holofast.encoder import Encoder
from holofast.errors import CopyError
from holofast.options import CopyOptions
from holofast.settings import Settings
from holofast.time_zone import CYCLE_SECONDS, UTC, Zone, load
from hypothesis import given
from hypothesis import strategies as st

from tests.postgres import Postgres, copy_out, set_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST, END = -210_866_803_200, 9_224_318_016_000  # PostgreSQL's timestamps, in seconds


@pytest.fixture(scope="module")
def session(postgres15: Postgres) -> Iterator[psycopg.Connection]:
    with postgres15() as connection:
        connection.execute("SET DateStyle = German")
        yield connection


@pytest.fixture
def no_cache() -> Iterator[None]:
    load.cache_clear()
    yield
    load.cache_clear()


def shown_at(zone: Zone, second: int) -> tuple[int, str]:
    if zone.cycle_start is not None and second >= zone.cycle_start:
        second = zone.cycle_start + (second - zone.cycle_start) % CYCLE_SECONDS
    place = bisect_right(zone.transitions, second)
    letters = zone.abbreviations[place].encode()[:10]
    return zone.offsets[place], letters.decode(errors="replace")


def server_shows(
    session: psycopg.Connection, name: str, seconds: list[int]
) -> list[tuple[int, str]]:
    """Seconds east of UTC, and the abbreviation, which is what a style other than ISO prints."""
    session.execute("SELECT set_config('TimeZone', %s, false)", (name,))
    rows = session.execute(
        "SELECT extract(timezone FROM t)::int, convert_to(t::text, 'UTF8') "
        "FROM (SELECT timestamptz '2000-01-01 00:00+00' + (s - 946684800) * interval '1 second'"
        " FROM unnest(%s::bigint[]) WITH ORDINALITY AS u(s, i) ORDER BY i) AS v(t)",
        (seconds,),
    )
    texts = [(offset, text.decode(errors="replace").removesuffix(" BC")) for offset, text in rows]
    return [(offset, text.split(" ", 2)[2]) for offset, text in texts]


def instants(zone: Zone, pick: random.Random, count: int) -> list[int]:
    """Before and at some of the zone's changes, and at other times near and far."""
    changes = pick.sample(zone.transitions, min(count, len(zone.transitions)))
    seconds = [change + step for change in changes for step in (-1, 0)]
    seconds += [pick.randrange(FIRST, END) for _ in range(count)]
    seconds += [pick.randrange(-(6 * 10**9), 2 * 10**10) for _ in range(count)]
    return [second for second in seconds if second >= FIRST + 10**6]


def test_every_zone_has_the_servers_offsets(session: psycopg.Connection) -> None:
    names = [name for (name,) in session.execute("SELECT name FROM pg_timezone_names")]
    names = [name for name in names if not name.startswith("posix/")]
    assert len(names) > 500
    pick = random.Random(400)
    for name in sorted(names):
        zone = load(name)
        seconds = instants(zone, pick, 30)
        ours = [shown_at(zone, second) for second in seconds]
        assert ours == server_shows(session, name, seconds), name


@pytest.mark.parametrize(
    "name",
    ["utc", "europe/BERLIN", "Etc/GMT+5", "EST5EDT", "3", "-3.5", " 8", "+08", "+03:30", "-03:30",
     "167.9", "FOO5", "FOO-5:30", "<+03>-3", "<+03>3", "A5", "FOO167", "posix/Europe/Paris", "0x10",
     "1e1", "-0", ":utc", "gmt", "a long name5", "<a,b>5:30", "é5", "<>-3", "-1.0001"],
)  # fmt: skip
def test_a_name_means_what_it_means_to_the_server(session: psycopg.Connection, name: str) -> None:
    seconds = [-(10**10), 946_684_800, 962_409_600, 10**11]
    ours = [shown_at(load(name), second) for second in seconds]
    assert ours == server_shows(session, name, seconds)
    assert session.execute("SHOW TimeZone").fetchone() == (load(name).name,)


@pytest.mark.parametrize(
    "name",
    ["Nowhere", "Europe/Nowhere", "Europe", "", "..", "../zoneinfo/UTC", "/Europe/Berlin", "168",
     "-168", "FOO168", "FOO", "FOO5:99", "zone.tab", "tzdata.zi", "nan", "inf", "5:", "é",
     "1e400", "FOO5:30:30", "FOO5BAR,M13.1.0,M11.1.0", "FOO5BAR,M3.2.0", "FOO5BAR4:",
     "x" * 255 + "5", "FOO5BAR,J0,J5", "FOO5BAR,0,366", "FOO5<>"],
)  # fmt: skip
def test_a_name_that_the_server_refuses(session: psycopg.Connection, name: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        session.execute("SELECT set_config('TimeZone', %s, false)", (name,))
    with pytest.raises(CopyError) as raised:
        load(name)
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary
    assert raised.value.detail == refused.value.diag.message_detail


@pytest.mark.parametrize(
    "name",
    ["FOO5BAR", "FOO5BAR4,M3.2.0,M11.1.0", "CET-1CEST", "CET-1CEST,M3.5.0,M10.5.0/3",
     "<+10>-10<+11>", "NZST-12NZDT,M9.5.0,M4.1.0/3", "AAA3BBB2,J60/0,J300", "AAA3BBB,59,299/25",
     "IST-1GMT0,M10.5.0,M3.5.0/1"],
)  # fmt: skip
def test_a_posix_rule_with_daylight_saving(session: psycopg.Connection, name: str) -> None:
    zone = load(name)
    seconds = instants(zone, random.Random(400), 200)
    assert [shown_at(zone, second) for second in seconds] == server_shows(session, name, seconds)


_NAMES = st.sampled_from(["FOO", "foo", "<+03>", "<a,b>", "", "é", "<>", "X/Y", "<", "A;B", "A<B"])
_OFFSETS = st.sampled_from(["5", "-3", "+2", "5:30", "167", "168", "5:30:30", "5:60", "-0", "25"])
_DAYS = st.sampled_from(
    ["M3.2.0", "m11.1.0", "M10.5.6", "M2.5.1", "J60", "J59", "J365", "J1", "0", "59", "60", "365",
     "366", "J0", "M13.1.0", "M3.6.0", "300"]
)  # fmt: skip
_TIMES = st.sampled_from(["", "/3", "/0", "/-1", "/26", "/167:59:60", "/2:30"])
_DATES = st.builds("".join, st.tuples(_DAYS, _TIMES))
_RULES = st.builds("".join, st.tuples(st.sampled_from(",;/"), _DATES, st.just(","), _DATES))
_POSIX = st.builds(
    "".join,
    st.tuples(_NAMES, _OFFSETS, st.just("") | _NAMES, st.just("") | _OFFSETS, st.just("") | _RULES),
)


@given(name=_POSIX)
def test_what_is_a_posix_rule_to_the_server_is_one(session: psycopg.Connection, name: str) -> None:
    refusal: CopyError | None = None
    try:
        zone = load(name)
    except CopyError as error:
        refusal = error
    if refusal is not None:
        with pytest.raises(psycopg.Error) as refused:
            session.execute("SELECT set_config('TimeZone', %s, false)", (name,))
        diag = refused.value.diag
        theirs = (diag.sqlstate, diag.message_primary, diag.message_detail)
        assert (refusal.sqlstate, refusal.message, refusal.detail) == theirs
        return
    seconds = instants(zone, random.Random(400), 5)
    assert [shown_at(zone, second) for second in seconds] == server_shows(session, name, seconds)


def test_utc_is_one_offset() -> None:
    assert load("UTC") == load("Etc/UTC") == load("GMT") == UTC
    assert load("utc").name == UTC.name == "UTC"
    assert load("GMT").abbreviations == ("GMT",)


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


@pytest.mark.parametrize("name", ["EST5EDT,M3.2.0,M11.1.0", "NZST-12NZDT,M9.5.0,M4.1.0/3"])
def test_the_engines_change_with_a_rule(
    session15: psycopg.Connection, engine: str, name: str
) -> None:
    """From 1970 to 2040, for which the native engine has a table of its own."""
    day = 86_400
    changes = [s for s in range(0, 70 * 365 * day, 5 * day) if offset_changes(name, s, s + 5 * day)]
    assert len(changes) > 130
    seconds = sorted({s + step * day for s in changes for step in range(-12, 17, 2)})
    set_session(session15, {"TimeZone": name})
    query = f"SELECT to_timestamp(s) FROM unnest(ARRAY{seconds}::bigint[]) AS s"
    expected = copy_out(session15, f"COPY ({query}) TO STDOUT")
    batch = pa.record_batch({"t": pa.array(seconds, pa.timestamp("s", "UTC"))})
    settings = Settings(time_zone=name)
    encoder = Encoder(batch.schema, CopyOptions(), settings=settings, engine=engine)
    assert bytes(encoder.encode(batch)) == expected


def offset_changes(name: str, start: int, end: int) -> bool:
    zone = load(name)
    return zone.offsets[zone.place(start)] != zone.offsets[zone.place(end)]
