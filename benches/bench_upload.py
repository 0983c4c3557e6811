"""The upload alone: parts that are in memory, to a loopback OSS that keeps nothing.

Through the pipeline, so that each part's CRC64 is computed, and each part's and the object's are
compared with the server's. The server takes its share of the same cores.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from holofast import pipeline
from holofast.sinks.multipart import Multipart
from holofast.sinks.oss import OssStore

from benches.loopback import discarding_oss
from benches.rates import rates, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holofast.programs import DumpToOss

_PART: Final = 8 * 1024 * 1024
_PARTS: Final = 32


@dataclass(frozen=True)
class _Piece:
    """See `pipeline.Piece`."""

    number: int
    data: memoryview
    rows: None = None

    def render(self) -> memoryview:
        return self.data


class _Pieces:
    """See `pipeline.Work`."""

    def __init__(self, data: memoryview) -> None:
        self._pieces = (
            _Piece(number, data[start : start + _PART])
            for number, start in enumerate(range(0, len(data), _PART), start=1)
        )

    def claim(self) -> _Piece | None:
        return next(self._pieces, None)

    def cancel(self) -> None:
        """A claim never waits."""


@pytest.fixture(scope="module")
def target() -> Iterator[DumpToOss]:
    with discarding_oss() as oss:
        yield oss


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_upload(benchmark: Any, target: DumpToOss, threads: int) -> None:
    generator = random.Random(1)
    data = memoryview(b"".join(generator.randbytes(_PART) for _ in range(_PARTS)))
    runs = itertools.count()

    def upload() -> pipeline.Outcome:
        store = OssStore(target, f"bench/{threads}_{next(runs)}", threads)
        sink = Multipart(store, max_bytes=target.max_bytes, sole=True)
        return pipeline.run(_Pieces(data), sink, engine="native", workers=threads)

    outcome = timed(benchmark, upload, rounds=5)

    assert outcome.commit.confirmed
    assert (outcome.progress.parts, outcome.progress.bytes) == (_PARTS, len(data))
    rates(benchmark, size=len(data))
