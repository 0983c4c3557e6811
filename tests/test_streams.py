"""COPY output that comes as a stream of bytes, as hg_dump_to_oss gets it from a server."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from holofast import api
from holofast.errors import DestinationError
from holofast.pipeline.streams import Stream
from holofast.programs import DumpToOss, ExitCode, parse_arguments
from holofast.sinks import store
from holofast.sinks.store import MIN_PART_SIZE

from tests.postgres import copy_out

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss
    from tests.postgres import Postgres

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def target(oss: LoopbackOss, *more: str) -> DumpToOss:
    return parse_arguments([*oss.arguments(), *more], {})


def content(oss: LoopbackOss) -> bytes:
    (key,) = oss.objects()
    body: bytes = oss.bucket().get_object(key).read()
    return body


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PART_SIZE", MIN_PART_SIZE)


@pytest.mark.parametrize(
    "size", [1, 11, MIN_PART_SIZE - 1, MIN_PART_SIZE, MIN_PART_SIZE + 1, 5 * MIN_PART_SIZE + 7]
)
def test_bytes_arrive_as_they_came(oss: LoopbackOss, engine: str, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    report = api.dump_stream(io.BytesIO(data[:size]), target(oss), engine=engine)
    assert content(oss) == data[:size]
    assert (report.rows, report.bytes, report.engine) == (None, size, engine)
    assert report.confirmed
    assert oss.uploads() == []


def test_nothing_gives_an_empty_object(oss: LoopbackOss) -> None:
    report = api.dump_stream(io.BytesIO(b""), target(oss))
    assert content(oss) == b""
    assert report.object is not None
    assert report.object.endswith(".txt")
    assert oss.uploads() == []


def test_a_pipe_is_read_to_its_end(oss: LoopbackOss) -> None:
    data = os.urandom(3 * MIN_PART_SIZE + 5)
    reading, writing = os.pipe()

    def feed() -> None:
        with open(writing, "wb") as pipe:
            for start in range(0, len(data), 4096):
                pipe.write(data[start : start + 4096])

    feeder = threading.Thread(target=feed)
    feeder.start()
    with open(reading, "rb") as stream:
        api.dump_stream(stream, target(oss))
    feeder.join()
    assert content(oss) == data


@pytest.mark.parametrize("rows", [0, 1, 20_000])
def test_a_servers_binary_output_is_named_bin(
    oss: LoopbackOss, postgres15: Postgres, rows: int
) -> None:
    statement = (
        f"COPY (SELECT g, g::text FROM generate_series(1, {rows}) g) TO STDOUT (FORMAT {{}})"
    )
    with postgres15() as server:
        binary = copy_out(server, statement.format("binary"))
        text = copy_out(server, statement.format("csv"))
    report = api.dump_stream(io.BytesIO(binary), target(oss))
    assert content(oss) == binary
    assert str(report.object).endswith(".bin")
    named = api.dump_stream(io.BytesIO(text), target(oss, "--FileName", "x.csv"))
    assert named.object == f"oss://{oss.bucket_name}/export/x.csv"


@pytest.mark.parametrize("more", [(), ("--FileName", "x")], ids=["unnamed", "named"])
@pytest.mark.parametrize("body", [b"", b"\0\1\0\0\0\1a", bytes(3 * MIN_PART_SIZE)], ids=len)
def test_binary_without_its_end_is_never_completed(
    oss: LoopbackOss, body: bytes, more: tuple[str, ...]
) -> None:
    with pytest.raises(DestinationError) as caught:
        api.dump_stream(io.BytesIO(SIGNATURE + body), target(oss, *more))
    assert caught.value.exit_code == ExitCode.INCOMPLETE_INPUT
    oss.assert_nothing_left()


def test_the_end_may_be_cut_by_a_part(oss: LoopbackOss) -> None:
    for extra in (-1, 0, 1, 2):
        data = SIGNATURE.ljust(MIN_PART_SIZE - 2 + extra, b"\0") + b"\xff\xff"
        report = api.dump_stream(io.BytesIO(data), target(oss))
        assert report.bytes == len(data)


def test_a_wrong_key_is_told_before_the_input_is_read(oss: LoopbackOss) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            raise AssertionError("read too early")

    wrong = parse_arguments([*oss.arguments(), "--AccessKeySecret", "wrong"], {})
    with pytest.raises(DestinationError) as caught:
        api.dump_stream(Unread(), wrong)  # type: ignore[arg-type]
    assert caught.value.exit_code == ExitCode.ACCESS_KEY_SECRET


def test_cancel_ends_a_read_that_waits() -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb"):
        work = Stream(stream, least_part=MIN_PART_SIZE)
        claims: list[Any] = []
        reader = threading.Thread(target=lambda: claims.append(work.claim()))
        reader.start()
        work.cancel()
        reader.join(10)
        assert claims, "the claim still waits"
        work.close()


def test_parts_grow_with_what_came_before(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_LEAST_PARTS", 0)
    monkeypatch.setattr(store, "_SHARE", 2)
    data = os.urandom(30 * MIN_PART_SIZE)
    report = api.dump_stream(io.BytesIO(data), target(oss), workers=2)
    assert content(oss) == data
    assert report.parts < 10
