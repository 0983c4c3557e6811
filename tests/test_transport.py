"""How requests get to OSS: slow and stalled lines, cancelling, proxies, foreign credentials."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from holofast import api
from holofast.sinks import Cancelled
from holofast.sinks.oss.transport import Body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.oss_fixtures import LoopbackOss

BLOCK = 64 * 1024
DATA = memoryview(bytes(range(256)) * (BLOCK // 256) * 32)  # far more than a line holds


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(1)
        yield ours, theirs


def test_a_slow_line_may_take_longer_than_the_timeout(
    line: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = line
    received = bytearray()

    def read_slowly() -> None:
        while block := theirs.recv(BLOCK):
            received.extend(block)
            time.sleep(0.05)  # 1.6 s in all

    reader = threading.Thread(target=read_slowly)
    reader.start()
    Body(DATA, threading.Event()).send(ours)
    ours.close()
    reader.join(10)
    assert received == DATA


def test_a_line_that_takes_nothing_times_out(line: tuple[socket.socket, socket.socket]) -> None:
    with pytest.raises(TimeoutError):
        Body(DATA, threading.Event()).send(line[0])


def test_cancelling_ends_a_body_that_is_being_sent(
    line: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = line
    cancelled = threading.Event()

    received = 0

    def cancel_midway() -> None:
        nonlocal received
        while block := theirs.recv(BLOCK):
            cancelled.set()
            received += len(block)

    reader = threading.Thread(target=cancel_midway)
    reader.start()
    with pytest.raises(Cancelled):
        Body(DATA, cancelled).send(ours)
    ours.close()
    reader.join(10)
    assert 0 < received < len(DATA)


def export(oss: LoopbackOss, endpoint: str) -> None:
    arguments = oss.arguments()
    arguments[arguments.index(oss.endpoint)] = endpoint
    api.copy(f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss {' '.join(arguments)}'")


def test_a_proxy_of_the_environment_is_used(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", oss.endpoint)
    export(oss, "http://oss-cn-hangzhou.aliyuncs.com")
    assert len(oss.objects()) == 1


def test_a_host_that_needs_no_proxy_is_asked_directly(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    export(oss, oss.endpoint)
    assert len(oss.objects()) == 1


def test_a_netrc_does_not_replace_the_signature(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    export(oss, oss.endpoint)
    assert len(oss.objects()) == 1
