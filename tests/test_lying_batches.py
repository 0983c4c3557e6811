"""Batches with bytes changed at random in any of their buffers, as far as Arrow finds them valid.

By the C interface they come to the encoder unchecked. Whatever they hold, both engines do the same,
and neither crashes. What is no UTF-8, and so not valid, is test_utf8's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.strategies import filled, options
from tests.test_twins import ENGINES, outcome

if TYPE_CHECKING:
    from collections.abc import Sequence


def bodies(stream: bytes) -> list[range]:
    """Where the buffers of an IPC stream's messages lie."""
    found = []
    at = 0
    for message in pa.ipc.MessageReader.open_stream(stream):
        metadata = int.from_bytes(stream[at + 4 : at + 8], "little")  # behind a mark of four bytes
        start = at + 8 + metadata
        at = start + (message.body.size if message.body is not None else 0)
        found.append(range(start, at))
    return [body for body in found if body]


def damaged(batches: Sequence[pa.RecordBatch], damage: list[tuple[int, int]]) -> bytes:
    """The batches as a stream, with bytes of their buffers changed."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    stream = bytearray(sink.getvalue().to_pybytes())
    places = [place for body in bodies(bytes(stream)) for place in body]
    for where, bits in damage if places else []:
        stream[places[where % len(places)]] ^= bits
    return bytes(stream)


DAMAGE = st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=4)


def test_valid_bytes_are_encoded_alike_or_refused() -> None:
    encoded: list[bool] = []

    @given(drawn=filled(), damage=DAMAGE, keywords=options())
    def each(
        drawn: tuple[Any, int, list[pa.RecordBatch]],
        damage: list[tuple[int, int]],
        keywords: dict[str, Any],
    ) -> None:
        _, _, batches = drawn
        try:
            table = pa.ipc.open_stream(damaged(batches, damage)).read_all()
            table.validate(full=True)
        except pa.ArrowInvalid:
            event("not valid")
            return
        given = table.to_batches()
        native, python = (outcome(e, given, keywords, "UTC", 65_536) for e in ENGINES)
        assert native == python
        event("written" if isinstance(native, bytes) else "refused")
        encoded.append(isinstance(native, bytes))

    each()
    assert sum(encoded) > settings().max_examples // 4
