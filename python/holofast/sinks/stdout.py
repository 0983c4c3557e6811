"""An ordered byte stream as a sink: each part waits for the one before it.

What was written stays written: a stream has no abort. Opening files is not done here.
"""

from __future__ import annotations

from typing import BinaryIO

from holofast.errors import DestinationError
from holofast.programs import ExitCode
from holofast.sinks import Commit, Part
from holofast.sinks.ordered import Turns


class Stdout:
    """Writes parts to `stream`, a writable binary file object, in the order of their numbers."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._turns = Turns()

    def open(self) -> None:
        """A stream that is there needs no proof."""

    def write(self, part: Part) -> None:
        """Wait for the part's turn, then write all of it.

        Raises DestinationError when the stream refuses, as a closed pipe does.
        """
        with self._turns.turn(part.number):
            rest = part.data
            try:
                while rest:
                    rest = rest[self._stream.write(rest) :]  # a raw stream may take less than all
            except OSError as error:
                raise _refused(error) from error

    def cancel(self) -> None:
        """Wake all that wait for their turn."""
        self._turns.cancel()

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

    def withdraw(self) -> str | None:
        """Nothing to undo: what was read is read."""
        return "standard output has got all of its data"


def _refused(error: OSError) -> DestinationError:
    reason = error.strerror or str(error)
    return DestinationError(ExitCode.UPLOAD_FAILED, f"could not write to standard output: {reason}")
