"""Exports from a Hologres, played by the scripted server, that fail midway: nothing is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from holofast import api
from holofast.errors import SourceError

from tests.exports import statement
from tests.hologres_copies import arrow_copy
from tests.hologres_script import CopyOut, Done, Refused
from tests.hologres_server import ScriptedServer
from tests.hologres_world import QUERY, TABLE, by_arrow, integers, together, uri

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss

HOLOFAST = str(Path(sys.executable).parent / "holofast")


def failing(answer: CopyOut | Refused) -> ScriptedServer:
    """A Hologres whose COPY fails, though one of no rows does not."""
    return ScriptedServer(together(TABLE, {by_arrow(QUERY): answer}))


PIECES = arrow_copy([integers(1, 2)], lz4=True)


def test_a_connection_dropped_midway_leaves_nothing(oss: LoopbackOss) -> None:
    for pieces in (PIECES[:1], PIECES[:2], PIECES):
        with failing(CopyOut(pieces)) as server, pytest.raises(SourceError) as caught:
            api.copy(statement(oss, QUERY), uri(server))
        assert caught.value.sqlstate == "08006"
        oss.assert_nothing_left()


def test_a_copy_that_ends_early_leaves_nothing(oss: LoopbackOss) -> None:
    with (
        failing(CopyOut(PIECES[:2], Done("COPY 2"))) as server,
        pytest.raises(SourceError) as caught,
    ):
        api.copy(statement(oss, QUERY), uri(server))
    assert "it ends 2 bytes before the end" in caught.value.message
    oss.assert_nothing_left()


@pytest.mark.parametrize("midway", [False, True])
def test_errors_are_the_servers(oss: LoopbackOss, midway: bool) -> None:
    refused = Refused("22012", "division by zero", {"H": "Do not.", "D": "By 0.", "P": "14"})
    answer = CopyOut(PIECES[:2], refused) if midway else refused
    with failing(answer) as server, pytest.raises(SourceError) as caught:
        api.copy(statement(oss, QUERY), uri(server))
    error = caught.value
    assert (error.sqlstate, error.message) == ("22012", "division by zero")
    assert (error.detail, error.hint) == ("By 0.", "Do not.")
    oss.assert_nothing_left()


def test_a_bad_source_shows_no_password() -> None:
    with pytest.raises(SourceError, match="the source is no connection string") as caught:
        api.copy("COPY (SELECT 1) TO STDOUT", "hologres://holo:sec%zzret@host/db")
    assert "sec" not in str(caught.value)


def test_ctrl_c_cancels_the_query(oss: LoopbackOss) -> None:
    canceled = Refused("57014", "canceling statement due to user request")
    with failing(CopyOut(PIECES[:2], canceled, until_cancelled=True)) as server:
        command = [HOLOFAST, "copy", statement(oss, QUERY), "--source", uri(server)]
        running = subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        while by_arrow(QUERY) not in server.statements:
            assert running.poll() is None, running.stderr
            time.sleep(0.05)
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        _, words = running.communicate(timeout=30)
        assert "cancel" in [letter for letter, _ in server.received]
    assert running.returncode == 111
    assert words.startswith("ERROR:  interrupted")
    oss.assert_nothing_left()
