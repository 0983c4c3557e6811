"""Where the bytes of objects and parts are kept: in memory, or nowhere; in files: see files.py.

A Storage takes bodies off the wire and gives Data for them. What an object is called and whether
it exists is store.py's business.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .checksum import crc64
from .messages import Incoming, OssError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True)
class Sums:
    """What is known of a body or an object: bytes, CRC-64/XZ, and the ETag without its quotes."""

    size: int
    crc64: int
    etag: str


class Digest:
    """The checksums of a body, taken block by block while the body is read."""

    def __init__(self, *, md5: bool) -> None:
        self._size = 0
        self._crc64 = 0
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None

    def update(self, block: bytes | memoryview) -> None:
        """Take in one more block."""
        self._crc64 = crc64(block, self._crc64)
        self._size += len(block)
        if self._md5 is not None:
            self._md5.update(block)

    def md5(self) -> bytes | None:
        """The MD5, where one was asked for."""
        return self._md5.digest() if self._md5 is not None else None

    def sums(self) -> Sums:
        """The ETag is the upper-case MD5, as OSS has it; without an MD5 the CRC64 stands in."""
        md5 = self.md5()
        etag = md5.hex().upper() if md5 is not None else f"{self._crc64:016X}"
        return Sums(self._size, self._crc64, etag)


class Data(Protocol):
    """The bytes of one object or part."""

    def blocks(self, start: int, stop: int) -> Iterable[bytes | memoryview]:
        """The bytes from `start` to `stop`."""


class Storage(Protocol):
    """One way of keeping bytes; `md5` tells whether its ETags are real ones."""

    md5: bool

    def receive(self, body: Incoming, digest: Digest) -> Data:
        """Take a body off the wire, through `digest`; nothing stays if the client goes away."""

    def keep(self, key: str, pieces: Sequence[Data]) -> Data:
        """Make the pieces, one after another, the object `key`, in place of what it held."""

    def drop(self, data: Data) -> None:
        """Forget bytes that are no longer needed."""


@dataclass(frozen=True)
class _Pieces:
    """Bytes in memory, in as many pieces as the object had parts."""

    views: tuple[memoryview, ...]

    def blocks(self, start: int, stop: int) -> Iterator[memoryview]:
        """The bytes from `start` to `stop`, uncopied."""
        for view in self.views:
            yield view[max(0, start) : max(0, stop)]
            start -= len(view)
            stop -= len(view)


class MemoryStorage:
    """All in memory; each body is read straight into the buffer it stays in."""

    md5 = True

    def receive(self, body: Incoming, digest: Digest) -> Data:
        """See Storage."""
        buffer = memoryview(bytearray(body.length))
        for block in body.blocks(buffer):
            digest.update(block)
        return _Pieces((buffer.toreadonly(),))

    def keep(self, key: str, pieces: Sequence[Data]) -> Data:
        """See Storage."""
        return _Pieces(tuple(v for p in pieces if isinstance(p, _Pieces) for v in p.views))

    def drop(self, data: Data) -> None:
        """See Storage: nobody refers to them any more, which is enough."""


class _Nothing:
    """Bytes that were thrown away."""

    def blocks(self, start: int, stop: int) -> Iterable[bytes]:
        """Raises OssError, except for no bytes at all."""
        if start < stop:
            raise OssError(501, "NotImplemented", "This server discards the bodies of objects.")
        return ()


class DiscardStorage:
    """For benchmarks: bytes are counted and their CRC64 taken, nothing is kept.

    Without MD5, which is slower than the rest of the server: an ETag here is made of the CRC64.
    """

    md5 = False

    def receive(self, body: Incoming, digest: Digest) -> Data:
        """See Storage."""
        for block in body.blocks():
            digest.update(block)
        return _Nothing()

    def keep(self, key: str, pieces: Sequence[Data]) -> Data:
        """See Storage."""
        return _Nothing()

    def drop(self, data: Data) -> None:
        """See Storage."""
