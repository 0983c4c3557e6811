"""An ordered byte stream as a sink: each part waits for the one before it.

What was written stays written: a stream has no abort. Opening files is not done here.
"""

from __future__ import annotations

import threading
from typing import BinaryIO

from holofast.errors import DestinationError
from holofast.programs import ExitCode
from holofast.sinks import Cancelled, Commit, Part


class Stdout:
    """Writes parts to `stream`, a writable binary file object, in the order of their numbers."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._turn = threading.Condition()
        self._next = 1
        self._cancelled = False

    def open(self) -> None:
        """A stream that is there needs no proof."""

    def write(self, part: Part) -> None:
        """Wait for the part's turn, then write all of it.

        Raises DestinationError when the stream refuses, as a closed pipe does.
        """
        with self._turn:
            self._turn.wait_for(lambda: self._cancelled or self._next == part.number)
            if self._cancelled:
                raise Cancelled
        # Only the part whose turn it is gets here, so that the lock need not be held.
        rest = part.data
        try:
            while rest:
                rest = rest[self._stream.write(rest) :]  # a raw stream may take less than all
        except OSError as error:
            raise _refused(error) from error
        with self._turn:
            self._next += 1
            self._turn.notify_all()

    def cancel(self) -> None:
        """Wake all that wait for their turn."""
        with self._turn:
            self._cancelled = True
            self._turn.notify_all()

    def commit(self, size: int, crc64: int) -> Commit:
        """Flush the stream."""
        try:
            self._stream.flush()
        except OSError as error:
            raise _refused(error) from error
        return Commit(None, confirmed=True)

    def abort(self) -> str | None:
        """Nothing to undo: the reader sees a stream that ends early."""
        return None


def _refused(error: OSError) -> DestinationError:
    reason = error.strerror or str(error)
    return DestinationError(ExitCode.UPLOAD_FAILED, f"could not write to standard output: {reason}")
