"""What an operation takes and gives: Request, Response, and OssError for what OSS refuses.

Incoming is the request's body, still on the wire. Sockets and headers are connection.py's business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Mapping

# A body is read, checked and stored in blocks of this size. Joining two blocks' checksums costs as
# much as taking one of 2 MiB, so that few blocks are worth more than some that stay in the cache.
BLOCK_SIZE: Final = 4 * 1024 * 1024

# No documented XML body comes near it (1,000 keys of 1,023 bytes, or 10,000 parts).
_MAX_DOCUMENT: Final = 5 * 1024 * 1024


class OssError(Exception):
    """A request that OSS refuses: the HTTP status, the documented code and its message.

    `details` are further elements of the answer, by tag.
    """

    def __init__(
        self, status: int, code: str, message: str, details: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details or {}


class Incoming:
    """A request body of known length that is still on the wire.

    `scratch` belongs to the connection and is used again for each request, so that a body that
    nobody keeps costs no memory.
    """

    def __init__(self, stream: io.BufferedIOBase, length: int, scratch: memoryview) -> None:
        self.length = length
        self._stream = stream
        self._remaining = length
        self._scratch = scratch
        self._block_size = len(scratch)
        self._pause: Callable[[float], object] | None = None

    def slow_down(self, pause: Callable[[float], object]) -> None:
        """Read the body in at least 16 pieces; `pause` is told each one's share of the whole."""
        self._block_size = min(self._block_size, -(-self.length // 16))
        self._pause = pause

    def blocks(self, into: memoryview | None = None) -> Iterator[memoryview]:
        """Each block as it is read: into `into` one after another, or all into the scratch buffer.

        Raises ConnectionAbortedError if the client goes away before the end.
        """
        yield from self._read(self._remaining, into)

    def read(self) -> bytes:
        """The whole of a small body, such as a request's XML."""
        if self._remaining > _MAX_DOCUMENT:
            raise OssError(400, "MalformedXML", "The XML you provided is too large.")
        return b"".join(bytes(block) for block in self.blocks())

    def drain(self, size: int | None = None) -> None:
        """Read `size` bytes, by default all that is left, and forget them."""
        for _ in self._read(self._remaining if size is None else size, None):
            pass

    def _read(self, size: int, into: memoryview | None) -> Iterator[memoryview]:
        start = 0
        while start < size:
            wanted = min(self._block_size, size - start)
            block = self._scratch[:wanted] if into is None else into[start : start + wanted]
            got = self._stream.readinto(block)
            if got < wanted:
                raise ConnectionAbortedError("the client went away within a request body")
            start += got
            self._remaining -= got
            yield block
            if self._pause is not None:
                self._pause(got / self.length)


@dataclass(frozen=True)
class Request:
    """One request, its target taken apart; `key` is empty for an operation on the bucket."""

    method: str
    bucket: str
    key: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: Incoming

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """An integer of the query; InvalidArgument outside of `low` to `high`."""
        text = self.query.get(name) or str(default)
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise OssError(
                400,
                "InvalidArgument",
                f"Argument {name} must be an integer between {low} and {high}: {text!r}.",
            )
        return int(text)


@dataclass
class Response:
    """An answer; `length` is its Content-Length where `body` alone does not tell it (HEAD, GET)."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes | memoryview] = ()
    length: int = 0

    @classmethod
    def of(cls, body: bytes, status: int = 200, content_type: str = "application/xml") -> Response:
        """An answer with a small body."""
        return cls(status, {"Content-Type": content_type}, (body,), len(body))
