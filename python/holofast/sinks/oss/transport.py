"""How requests reach OSS: the HTTP session that oss2 is given, and a part's body in it.

oss2's own session is one of requests, whose work for each request costs as much as sending two
megabytes. Here requests chooses the proxy and the certificates, once, and urllib3 does the rest.
What is asked, and what answers and failures mean, is `oss`'s business.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Timeout

from holofast.sinks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse
    from urllib3.connectionpool import HTTPConnectionPool


# A body that is not sent in this time counts as lost: 8 MiB by 28 kB/s.
_SENDING_SECONDS: Final = 300.0


class Session:
    """What `oss2.Bucket` needs of a session; keeps up to `connections` open between requests.

    Raises urllib3's HTTPError, and requests' RequestException for a host or proxy that has no
    valid name. No credentials from ~/.netrc get in the way of the signature.
    """

    def __init__(self, connections: int) -> None:
        self._adapter = HTTPAdapter(pool_maxsize=connections)
        self._opening = threading.Lock()
        self._pool: HTTPConnectionPool | None = None  # of the bucket's host; there is no other
        self._lines: weakref.WeakSet[Any] = weakref.WeakSet()

    def do_request(self, request: Any, timeout: tuple[float, float]) -> Answer:
        """The answer to an `oss2.http.Request`, as soon as its headers are there.

        `timeout` is in seconds: to connect or to get more of a body sent, and to wait for answers.
        """
        url = f"{request.url}?{urlencode(request.params)}"
        headers = {name: value for name, value in request.headers.items() if value is not None}
        if isinstance(request.data, Body):
            headers["Content-Length"] = str(len(request.data))
        with self._opening:
            pool = self._pool = self._pool or self._opened(url)
        parts = urlsplit(url)
        forwarded = pool.proxy is not None and parts.scheme == "http"
        connect, read = timeout
        response = pool.urlopen(
            request.method,
            url if forwarded else f"{parts.path}?{parts.query}",
            body=request.data,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=connect, read=read),
            preload_content=False,
            decode_content=False,
        )
        return Answer(response)

    def hang_up(self) -> None:
        """End all connections, whatever waits on them; a later request opens a new one."""
        for connection in list(self._lines):
            line = connection.sock
            if line is not None:
                with contextlib.suppress(OSError):
                    # Not SSLSocket's own, which forgets the encryption first: a thread that sends
                    # at that moment would send in the clear.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _opened(self, url: str) -> HTTPConnectionPool:
        """Connections to the host of `url`, by the proxy and certificates of the environment."""
        request = requests.PreparedRequest()
        request.url = url
        with requests.Session() as session:
            chosen = session.merge_environment_settings(url, {}, None, None, None)
        verify = chosen["verify"]
        pool: HTTPConnectionPool = self._adapter.get_connection_with_tls_context(
            request, verify, proxies=chosen["proxies"]
        )
        self._adapter.cert_verify(pool, url, verify, None)
        bases = (_Connection, pool.ConnectionCls)
        pool.ConnectionCls = type("Connection", bases, {"lines": self._lines})
        return pool


class Answer:
    """What oss2 reads of a response."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers = response.headers
        self.request_id = response.headers.get("x-oss-request-id", "")

    def read(self, size: int | None = None) -> bytes:
        """The body, or its next `size` bytes at most."""
        return self._response.read(size)


class Body:
    """A part's bytes, uncopied; sending them ends early once `cancelled` is set."""

    def __init__(self, data: memoryview, cancelled: threading.Event) -> None:
        self._data = data
        self._cancelled = cancelled

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Body]:
        """The chunks that urllib3 hands to its connection: one, which knows how to be sent."""
        yield self

    def send(self, line: socket.socket) -> None:
        """Send as much at a time as the line takes.

        So the socket's timeout bounds each wait for the line to take more. With sendall() it would
        bound a whole block, and blocks small enough for a slow line cost a sixth of the upload. A
        line that takes a little now and then is given up in the end: TimeoutError.
        """
        left = self._data
        end = time.monotonic() + _SENDING_SECONDS
        while left:
            if self._cancelled.is_set():
                raise Cancelled
            if time.monotonic() > end:
                raise TimeoutError(f"sending took more than {_SENDING_SECONDS:.0f} seconds")
            left = left[line.send(left) :]


class _Connection:
    """A connection that can be ended from outside, and lets a Body send itself."""

    lines: weakref.WeakSet[Any]

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.lines.add(self)

    def send(self, data: Any) -> None:
        if isinstance(data, Body):
            data.send(self.sock)  # type: ignore[attr-defined]
        else:
            super().send(data)  # type: ignore[misc]
