"""A passage's work: the bytes of a server's own COPY, cut into parts and otherwise untouched.

How they are read is the source's business; streams.py has those that come to standard input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holofast.pipeline.streams import Chunk
from holofast.sinks.store import part_size

if TYPE_CHECKING:
    from holofast.sources import EncodedSource


class Passage:
    """Cuts a source's bytes into parts of about `least_part` bytes, more where they are many."""

    def __init__(self, source: EncodedSource, *, least_part: int) -> None:
        self._source = source
        self._least_part = least_part
        self._spent = 0
        self._number = 0
        self._ended = False

    def claim(self) -> Chunk | None:
        """The next part; the first one is there even if it is empty."""
        if self._ended:
            return None
        wanted = part_size(self._least_part, self._spent)
        data = self._source.read(wanted)
        size = memoryview(data).nbytes
        self._ended = size < wanted
        if self._number and not size:
            return None
        self._number += 1
        self._spent += size
        return Chunk(self._number, data)

    def cancel(self) -> None:
        """End a read that waits for the server."""
        self._source.cancel()
