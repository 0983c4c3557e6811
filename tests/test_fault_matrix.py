"""Every fault at every request of a ten-part upload, by both programs; then the bucket is listed.

What a fault may do: delay, or make the export fail. An object that is visible is whole, an upload
that is open is named by the error, and without an error there is the object and nothing else.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from holofast import api
from holofast.errors import CopyError
from holofast.programs import ExitCode, parse_arguments
from holofast.testing.oss_server import Fault
from holofast.testing.oss_server.faults import KINDS

from tests.exports import statement
from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from collections.abc import Callable

    from holofast.report import Report


@dataclass(frozen=True)
class Way:
    """One of the programs, and how many rows of eleven bytes fill ten parts or some more."""

    run: Callable[[LoopbackOss], Report]
    rows: int

    @property
    def data(self) -> bytes:
        return b"".join(b"%d\n" % (1_000_000_000 + row) for row in range(self.rows))


def by_hg_dump_to_oss(server: LoopbackOss) -> Report:
    target = parse_arguments(server.arguments(), {})
    return api.dump_stream(io.BytesIO(WAYS["hg_dump_to_oss"].data), target)


def by_copy(server: LoopbackOss) -> Report:
    # With more workers the number of parts would depend on their pace.
    query = f"select (1000000000 + range)::text from range({WAYS['copy'].rows})"
    return api.copy(statement(server, query), workers=1)


WAYS = {"hg_dump_to_oss": Way(by_hg_dump_to_oss, 93_090), "copy": Way(by_copy, 180_000)}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


pytestmark = pytest.mark.usefixtures("hurry")


@functools.cache
def requests(way: Way) -> int:
    """How many requests it takes when nothing goes wrong; the parts are ten at least."""
    with LoopbackOss() as server:
        report = way.run(server)
        assert 10 <= report.parts <= 13
        assert [found.read() for found in server.objects().values()] == [way.data]
        assert server.uploads() == []
        return len(server.exchanges)


def outcome(way: Way, fault: Fault) -> tuple[Report | CopyError, list[Any]]:
    """What came of it, the bucket being as it must be; and the uploads left open."""
    result: Report | CopyError
    with LoopbackOss() as server:
        server.faults.add(fault)
        try:
            result = way.run(server)
        except CopyError as error:
            result = error
            said = f"{error}"
            assert server.credentials.access_key_secret not in said
            assert all(key in said for key in server.objects())
        else:
            assert len(server.objects()) == 1
        assert server.faults.fired()
        assert [found.read() for found in server.objects().values()] in ([], [way.data])
        return result, server.uploads()


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_each_request_is_overcome(way: Way, kind: Any) -> None:
    for nth in range(1, requests(way) + 1):
        # What is slow still answers in time; what hangs does not.
        seconds = 0.1 if kind == "slow" else 0.5
        result, left = outcome(way, Fault(kind=kind, nth=nth, seconds=seconds))
        if isinstance(result, CopyError):
            assert kind == "missing_crc"
            assert "does not tell the CRC64" in str(result)
        assert left == [], f"request {nth}"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "slow"])
def test_a_fault_that_stays_from_each_request_on(way: Way, kind: Any) -> None:
    for nth in range(1, requests(way) + 1):
        result, left = outcome(way, Fault(kind=kind, nth=nth, count=None, seconds=0.5))
        if not isinstance(result, CopyError):
            assert kind in ("missing_crc", "wrong_crc", "lost_answer", "reset_mid_body")
            assert left == []
            continue
        said = str(result)
        unnamed = [found for found in left if found.upload_id not in said]
        # Where not even the answer to Initiate came, nobody could know the id.
        assert unnamed == [] or "whose id was never told" in said or "of unknown id" in said


def test_a_token_that_expires_midway_is_one_clear_error(
    way: Way,
) -> None:
    for nth in range(2, requests(way) + 1):
        expired = Fault(kind="status", status=403, code="SecurityTokenExpired", nth=nth, count=None)
        result, left = outcome(way, expired)
        assert isinstance(result, CopyError)
        lines = "\n".join([str(result), *getattr(result, "__notes__", [])])
        assert getattr(result, "exit_code", None) == ExitCode.ACCESS_DENIED
        assert "he SecurityToken has expired" in lines
        assert [found for found in left if found.upload_id not in lines] == []
