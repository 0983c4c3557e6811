"""Hologres' `COPY … TO STDOUT (FORMAT arrow | arrow_lz4)`, as bytes, into Arrow record batches.

It is PostgreSQL's binary COPY with one field a tuple: a whole Arrow IPC stream, which arrow_lz4
packs into one raw LZ4 block behind its size. What the columns mean is not known here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LIMIT: Final = 256 << 20
"""Bytes of one payload, packed or unpacked; the vendor's own readers stop at 20 and 50 MiB."""

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
_LZ4_RATIO: Final = 255  # a block's byte stands for so many at most


def read_batches(
    pieces: Iterable[bytes | bytearray | memoryview], *, lz4: bool, limit: int = LIMIT
) -> Iterator[pa.RecordBatch]:
    """The record batches of a COPY whose data come in `pieces`, cut anywhere.

    Raises SourceError 08P01 for what is no such COPY or ends before its trailer, 54000 for a
    payload over `limit` bytes, packed or unpacked.
    """
    stream = _Pieces(pieces)
    _skip_header(stream, limit)
    while (fields := stream.number(">h", "the number of fields")) != -1:
        if fields != 1:
            raise _broken(f"a tuple has {fields} fields instead of one")
        size = stream.number(">i", "the length of a tuple")
        if size < 0:
            raise _broken(f"a tuple has a length of {size} bytes")
        payload = stream.take(_within(size, limit), "a tuple")
        if payload:  # the vendor's reader takes none for no rows
            yield from _batches(_unpacked(payload, limit) if lz4 else pa.py_buffer(payload))
    if stream.has_more():
        raise _broken("bytes follow the trailer")


class _Pieces:
    """The bytes of all pieces in a row."""

    def __init__(self, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def take(self, size: int, what: str) -> bytes:
        """The next `size` bytes, copied: where they lie is aligned as Arrow wants it."""
        parts = [self._rest[:size]]
        missing = size - len(parts[0])
        self._rest = self._rest[size:]
        while missing:
            piece = next(self._pieces, None)
            if piece is None:
                raise _broken(f"it ends {missing} bytes before the end of {what}")
            self._rest = memoryview(piece)
            parts.append(self._rest[:missing])
            self._rest = self._rest[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def number(self, layout: str, what: str) -> int:
        """The next integer, of a layout of struct."""
        number: int
        (number,) = struct.unpack(layout, self.take(struct.calcsize(layout), what))
        return number

    def has_more(self) -> bool:
        """Whether a byte is left."""
        return bool(self._rest) or any(len(piece) for piece in self._pieces)


def _skip_header(stream: _Pieces, limit: int) -> None:
    if stream.take(len(_SIGNATURE), "its signature") != _SIGNATURE:
        raise _broken("it does not begin with the signature of binary COPY")
    flags = stream.number(">I", "its flags")
    if flags >> 16:  # what a reader must know of; none is in use
        raise _broken(f"its header has the flags {flags:#x}")
    extension = stream.number(">i", "the length of its header")
    if extension < 0:
        raise _broken(f"its header is extended by {extension} bytes")
    stream.take(_within(extension, limit), "its header")


def _unpacked(payload: bytes, limit: int) -> pa.Buffer:
    if len(payload) < 4:
        raise _broken(f"a tuple of {len(payload)} bytes has no room for the size of its LZ4 block")
    (size,) = struct.unpack_from(">i", payload)
    block = memoryview(payload)[4:]
    # Before so much memory is asked for.
    if not 0 <= size <= len(block) * _LZ4_RATIO:
        raise _broken(f"{len(block)} bytes of LZ4 cannot be the {size} bytes they are said to be")
    try:
        return pa.Codec("lz4_raw").decompress(block, decompressed_size=_within(size, limit))
    except OSError as error:
        raise _broken(f"an LZ4 block is damaged, or not of the {size} bytes it says") from error


def _batches(payload: pa.Buffer) -> Iterator[pa.RecordBatch]:
    source = pa.BufferReader(payload)
    try:
        with pa.ipc.open_stream(source) as reader:
            for batch in reader:
                _check(batch)
                yield batch
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the last of a name
        raise _broken(f"a tuple is no Arrow IPC stream: {error}") from error
    # The codec leaves memory as it was behind a block that is shorter than it says.
    if (left := payload.size - source.tell()) != 0:
        raise _broken(f"{left} bytes follow the Arrow IPC stream of a tuple")


def _check(batch: pa.RecordBatch) -> None:
    """Look at every value, as the engines rely on offsets that are in order."""
    for column in batch.columns:
        # Hologres' date64 are no whole days and its times may be 24:00:00, which Arrow minds.
        of_its_own = pa.types.is_date64(column.type) or pa.types.is_time(column.type)
        column.validate(full=not of_its_own)


def _within(size: int, limit: int) -> int:
    if size > limit:
        raise SourceError(
            "54000",
            f"a batch of Hologres' Arrow COPY has {size} bytes, over the limit of {limit}",
        )
    return size


def _broken(reason: str) -> SourceError:
    return SourceError("08P01", f"Hologres' Arrow COPY is damaged: {reason}")
