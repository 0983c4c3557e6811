"""OssServer: the loopback OSS as an object, its socket and its threads.

One thread a connection; `close` ends them all before it returns, so that nothing a test started can
reach into the next one.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from collections import deque
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

from .auth import Credentials
from .bodies import DiscardStorage, MemoryStorage, Storage
from .connection import Connection, Exchange
from .faults import Fault, FaultScript
from .files import FileStorage
from .store import Store, StoredObject, Upload

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

DEFAULT_ACCESS_KEY_ID: Final = "holofast-key-id"
DEFAULT_ACCESS_KEY_SECRET: Final = "holofast-key-secret"  # a published one, which guards nothing
DEFAULT_REGION: Final = "cn-hangzhou"
DEFAULT_BUCKET: Final = "holofast"

_KEPT_EXCHANGES: Final = 10_000


class HttpServer(ThreadingHTTPServer):
    """The listening socket, and what its connections share."""

    daemon_threads = False  # so that server_close() waits for them
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        store: Store,
        credentials: Credentials,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.store = store
        self.tls = tls
        self.credentials = credentials
        self.faults = FaultScript()
        self.exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        """As the base class does, without its look-up of the host's name, which may take long."""
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, to end it in `hang_up`."""
        self._open.add(request)
        super().process_request(request, client_address)

    def wrap(self, connection: socket.socket, tls: ssl.SSLContext) -> ssl.SSLSocket:
        """Go on with a connection over TLS, and still be able to end it."""
        wrapped = tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._open.add(wrapped)
        try:
            wrapped.do_handshake()
        except OSError as error:
            self.shutdown_request(wrapped)
            raise ConnectionAbortedError("the client does not trust the certificate") from error
        return wrapped

    def shutdown_request(self, request: Any) -> None:
        """The connection's own end."""
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End all connections, whatever their threads are waiting for."""
        self.closing.set()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may go away at any time; anything else is a bug, and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class OssServer:
    """A bucket of OSS on loopback, for one key: `with OssServer() as server: server.endpoint`.

    Bodies are kept in memory, with `root` as files under it, with `discard` not at all. `cname` is
    a domain of the bucket's own. A client that has the endpoint for its proxy (`http_proxy`) may
    use OSS's real endpoints, and with `tls`, which `https_proxy` reaches, those by https.

    Raises OSError if the address cannot be listened on, ValueError for `root` with `discard`.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        access_key_id: str = DEFAULT_ACCESS_KEY_ID,
        access_key_secret: str = DEFAULT_ACCESS_KEY_SECRET,
        security_token: str | None = None,
        region: str = DEFAULT_REGION,
        bucket: str = DEFAULT_BUCKET,
        root: Path | None = None,
        discard: bool = False,
        cname: str | None = None,
        tls: ssl.SSLContext | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        if root is not None and discard:
            raise ValueError("objects are either kept under a root or discarded")
        self.bucket_name = bucket
        self.region = region
        self.tls = tls
        self.credentials = Credentials(access_key_id, access_key_secret, security_token)
        self._files = FileStorage(root, bucket) if root is not None else None
        storage: Storage = self._files or (DiscardStorage() if discard else MemoryStorage())
        self._store = Store(bucket, region, storage, cname)
        if self._files is not None:
            for key, data, sums in self._files.existing():
                self._store.objects[key] = StoredObject(key, "Normal", sums, {}, data)
        self._http = HttpServer((host, port), self._store, self.credentials, tls)
        self.faults.add(*faults)
        # Looking often whether to stop makes a server that lives for one test cheap.
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, name="oss-server"
        )

    @property
    def endpoint(self) -> str:
        """`http://HOST:PORT`, as an OSS client takes it."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def faults(self) -> FaultScript:
        """The fault script in force."""
        return self._http.faults

    @property
    def exchanges(self) -> list[Exchange]:
        """What was asked and answered so far, the last 10,000."""
        return list(self._http.exchanges)

    def objects(self) -> dict[str, StoredObject]:
        """The objects there are, by key, without a request."""
        with self._store.lock:
            return dict(sorted(self._store.objects.items()))

    def uploads(self) -> list[Upload]:
        """The multipart uploads that are open, without a request."""
        with self._store.lock:
            return list(self._store.uploads.values())

    def start(self) -> Self:
        """Serve, in threads of its own."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop: no connection and no thread is left when this returns."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.hang_up()
        self._http.server_close()
        if self._files is not None:
            self._files.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
