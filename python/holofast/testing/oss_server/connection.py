"""One client's connection: HTTP in and out, and the faults, which are the connection's to suffer.

What a request means is in operations.py, who sent it in auth.py.
"""

from __future__ import annotations

import base64
import io
import os
import secrets
import socket
import struct
import sys
import traceback
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Final

from . import auth, operations, xml
from .faults import Fault
from .messages import BLOCK_SIZE, Incoming, OssError, Request, Response
from .objects import CRC64_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .server import HttpServer

# Closing a socket that lingers for no time sends RST in place of FIN.
_NO_LINGER: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Exchange:
    """One request and what it was answered; `status` is None where no answer was sent."""

    operation: str
    method: str
    key: str
    status: int | None
    fault: Fault | None


class _ResetWantedError(Exception):
    """The connection is to be reset now, as the fault script wants it."""


class Connection(BaseHTTPRequestHandler):
    """Answers requests until the client closes, or a fault does."""

    protocol_version = "HTTP/1.1"
    rbufsize = wbufsize = 65536
    disable_nagle_algorithm = True
    server: HttpServer

    def setup(self) -> None:
        """One scratch buffer a connection, so that a body passes through without an allocation."""
        super().setup()
        self._scratch = memoryview(bytearray(BLOCK_SIZE))

    def finish(self) -> None:
        """Close what TLS has put in the place of the connection."""
        try:
            super().finish()
        finally:
            if self.connection is not self.request:
                self.server.shutdown_request(self.connection)

    def _serve(self) -> None:
        """Any request: what is to be done hangs on more than the method."""
        name, request, fault, response = "", None, None, None
        try:
            target, request, operation = self._request()
            name = operation.name if operation else ""
            fault = self.server.faults.next(name, request)
            self._before(fault, request.body)
            answer = self._carry_out(target, operation, request, fault)
            request.body.drain()
            self._after(fault, answer)
            response = answer
        except OssError as error:  # where the body begins or ends is not known, so the last answer
            response = self._refusal(error)
            self.close_connection = True
        except (_ResetWantedError, ConnectionError):
            pass  # the script's wish, or the client is gone
        # Before the answer, so that a client that has it finds its exchange here.
        key = request.key if request else self.path
        status = response.status if response else None
        self.server.exchanges.append(Exchange(name, self.command, key, status, fault))
        if response is None:
            self._reset()
        else:
            self._send(response, fault)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815

    def do_CONNECT(self) -> None:
        """Be the proxy of a client that wants TLS, and the server behind it."""
        if self.server.tls is None:
            self.send_error(501, "This server has no certificate")
            return
        self.send_response_only(200)
        self.end_headers()
        self.wfile.flush()
        self.connection = self.server.wrap(self.connection, self.server.tls)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", self.wbufsize)
        self.close_connection = False

    def _request(self) -> tuple[operations.Target, Request, operations.Operation | None]:
        headers = {name.lower(): value.strip() for name, value in self.headers.items()}
        host = headers.get("host", "")
        target = operations.parse_target(self.server.store, self.path, host)
        body = Incoming(*self._body(headers), self._scratch)
        request = Request(self.command, target.bucket, target.key, target.query, headers, body)
        return target, request, operations.find(self.command, target.key, target.query, headers)

    def _body(self, headers: dict[str, str]) -> tuple[io.BufferedIOBase, int]:
        """The stream to read the body from, and the body's length."""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            # oss2 sends even an empty body so; nobody sends a large one so, hence in memory.
            body = b"".join(self._chunks())
            return io.BytesIO(body), len(body)
        length = headers.get("content-length", "" if self.command == "PUT" else "0")
        if not length.isascii() or not length.isdigit():
            raise OssError(
                411, "MissingContentLength", "You must provide the Content-Length HTTP header."
            )
        return self.rfile, int(length)

    def _chunks(self) -> Iterator[bytes]:
        """A body in HTTP's chunks (RFC 9112, 7.1); trailing headers are skipped."""
        while size := self._chunk_size():
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _chunk_size(self) -> int:
        try:
            return int(self.rfile.readline().partition(b";")[0], 16)
        except ValueError:
            raise ConnectionAbortedError("a chunk without a size") from None

    def _carry_out(
        self,
        target: operations.Target,
        operation: operations.Operation | None,
        request: Request,
        fault: Fault | None,
    ) -> Response:
        try:
            if fault is not None and fault.kind == "status":
                raise OssError(fault.status, fault.code, fault.message)
            operations.check_region(self.server.store, target)
            auth.verify(request, self.server.credentials, self.server.store.region)
            operations.check_names(self.server.store, request)
            if operation is None:
                raise OssError(
                    501, "NotImplemented", f"This server has no {self.command} {self.path}."
                )
            return operation.run(self.server.store, request)
        except OssError as error:
            return self._refusal(error)
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return self._refusal(OssError(500, "InternalError", "The server has a bug."))

    def _before(self, fault: Fault | None, body: Incoming) -> None:
        """What a fault does while the request comes in."""
        match fault:
            case Fault(kind="reset_before_body"):
                raise _ResetWantedError
            case Fault(kind="reset_mid_body") if body.length:
                body.drain(body.length // 2)
                raise _ResetWantedError
            case Fault(kind="reset_after_body"):
                body.drain()
                raise _ResetWantedError
            case Fault(kind="hang"):
                self.server.closing.wait(fault.seconds)
                raise _ResetWantedError
            case Fault(kind="slow") if body.length:
                body.slow_down(lambda part: self.server.closing.wait(part * fault.seconds))
            case Fault(kind="slow"):
                self.server.closing.wait(fault.seconds)

    def _after(self, fault: Fault | None, response: Response) -> None:
        """What a fault does to the answer."""
        match fault:
            case Fault(kind="lost_answer"):
                raise _ResetWantedError
            case Fault(kind="reset_mid_body") if not response.length or self.command == "HEAD":
                raise _ResetWantedError
            case Fault(kind="missing_crc"):
                response.headers.pop(CRC64_HEADER, None)
            case Fault(kind="wrong_crc") if CRC64_HEADER in response.headers:
                response.headers[CRC64_HEADER] = str(int(response.headers[CRC64_HEADER]) ^ 1)

    def _send(self, response: Response, fault: Fault | None) -> None:
        self.send_response(response.status)
        self.send_header("x-oss-request-id", response.headers.pop("x-oss-request-id", _new_id()))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(response.length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        left = response.length
        if fault is not None and fault.kind == "reset_mid_body":
            left //= 2
        for block in response.body:
            self.wfile.write(block[:left])
            left -= min(left, len(block))
        if fault is not None and fault.kind == "reset_mid_body":
            self.wfile.flush()
            self._reset()

    def _refusal(self, error: OssError) -> Response:
        request_id = _new_id()
        body = xml.document(
            "Error",
            [
                ("Code", error.code),
                ("Message", error.message),
                ("RequestId", request_id),
                ("HostId", self.headers.get("Host", "")),
                *error.details.items(),
            ],
        )
        if self.command == "HEAD":
            encoded = base64.b64encode(body).decode()
            response = Response(error.status, {"x-oss-err": encoded})
        else:
            response = Response.of(body, error.status)
        response.headers["x-oss-request-id"] = request_id
        return response

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        os.close(self.connection.detach())

    def version_string(self) -> str:
        """The Server header."""
        return "AliyunOSS"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is logged; `OssServer.exchanges` tells what happened."""


def _new_id() -> str:
    return secrets.token_hex(12).upper()
