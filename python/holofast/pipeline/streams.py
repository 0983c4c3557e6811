"""A stream's work: bytes that are COPY output already, cut into parts as they are read.

What hg_dump_to_oss does with its standard input. The rows in it are not counted; all that is known
of the data is whether it is BINARY, which must end with its trailer to be whole, and whether the
backend it comes from has lived to its end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from holofast.errors import DestinationError
from holofast.pipeline.backend import Backend
from holofast.programs import ExitCode
from holofast.sinks.store import part_size

if TYPE_CHECKING:
    from typing_extensions import Buffer

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"  # copyto.c, BinarySignature
_PIPE_SIZE: Final = 1024 * 1024
_TRAILER: Final = b"\xff\xff"  # copyto.c, DoCopyTo: int16 -1


@dataclass(frozen=True, slots=True)
class Chunk:
    """A length of bytes that are encoded already; see `pipeline.Piece`."""

    number: int
    _data: Buffer
    rows: None = None

    def render(self) -> Buffer:
        """The bytes as they were read."""
        return self._data


class Stream:
    """Cuts a binary stream of COPY output into parts, through one reused buffer a thread.

    `stream` must be unread: where it is buffered, its raw stream is read.
    """

    def __init__(self, stream: BinaryIO, *, least_part: int) -> None:
        self._raw: Any = getattr(stream, "raw", stream)
        self._least_part = least_part
        self._spent = 0
        self._buffers = threading.local()
        self._wake, self._waker = os.pipe()
        self._inputs = _poll(self._raw, self._wake)
        self._head = b""
        self._tail = b""
        self._number = 0
        self._ended = False
        self._backend = Backend()

    def close(self) -> None:
        """Give back what cancel() needs; the stream itself stays open."""
        os.close(self._wake)
        os.close(self._waker)

    def is_binary(self) -> bool:
        """Whether the stream starts as BINARY does; waits for its first bytes."""
        if not self._head:
            start = memoryview(bytearray(len(_SIGNATURE)))
            self._head = bytes(start[: self._read(start)])
        return self._head == _SIGNATURE

    def claim(self) -> Chunk | None:
        """The next part; DestinationError where the input ends before its end."""
        if self._ended:
            return None
        binary = self.is_binary()
        wanted = part_size(self._least_part, self._spent)
        data: memoryview | None = getattr(self._buffers, "data", None)
        if data is None or len(data) < wanted:
            data = self._buffers.data = memoryview(bytearray(wanted))
        start = 0
        if self._number == 0:
            start = len(self._head)
            data[:start] = self._head
        size = start + self._read(data[start:])
        self._tail = (self._tail + bytes(data[max(0, size - 2) : size]))[-2:]
        self._ended = size < len(data)
        if self._ended:
            self._check_end(binary=binary)
        self._number += 1
        self._spent += size
        return Chunk(self._number, data[:size])

    def _check_end(self, *, binary: bool) -> None:
        if binary and self._tail != _TRAILER:
            raise DestinationError(
                ExitCode.INCOMPLETE_INPUT,
                "the input ends before the end of its BINARY data: the query must have failed",
                hint="See the server's error; nothing was exported.",
            )
        if self._backend.has_died():
            raise DestinationError(
                ExitCode.INCOMPLETE_INPUT,
                "the PostgreSQL backend that the input comes from has died",
                hint="See the server's log; nothing was exported.",
            )

    def cancel(self) -> None:
        """End a read that waits for input."""
        os.write(self._waker, b"\0")

    def _read(self, into: memoryview) -> int:
        """Fill `into` unless the stream ends before; the number of bytes read."""
        done = 0
        while done < len(into) and self._ready():
            try:
                count = self._raw.readinto(into[done:])
            except OSError as error:
                raise DestinationError(
                    ExitCode.INCOMPLETE_INPUT,
                    f"the input cannot be read: {error.strerror or error}",
                    hint="Nothing was exported.",
                ) from error
            if not count:
                break
            done += count
        return done

    def _ready(self) -> bool:
        """Wait until there is input, and not be deaf to cancel() in the meantime."""
        return self._inputs is None or all(ready != self._wake for ready, _ in self._inputs.poll())


def _poll(stream: Any, wake: int) -> select.poll | None:
    """What tells that the stream or `wake` can be read; None for a stream in memory."""
    try:
        descriptor = stream.fileno()
    except OSError:
        return None
    # Writer and reader take turns less often by a larger pipe, where it is one and may grow.
    with contextlib.suppress(OSError, AttributeError):  # only Linux has it
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    inputs = select.poll()
    inputs.register(descriptor, select.POLLIN)
    inputs.register(wake, select.POLLIN)
    return inputs
