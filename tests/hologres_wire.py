"""The wire of the scripted server: PostgreSQL's protocol 3, as far as psycopg and libpq speak it.

Which answers there are is hologres_script.py's; what they are is said where they are asked for.
"""

from __future__ import annotations

import contextlib
import re
import socketserver
import struct
import threading
from typing import TYPE_CHECKING

from tests.hologres_script import CopyOut, Done, Drop, Refused, Rows

if TYPE_CHECKING:
    from tests.hologres_script import Answer, Script

_SSL, _GSS, _CANCEL = 80877103, 80877104, 80877102
PARAMETERS = {
    "server_version": "11.3",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "standard_conforming_strings": "on",
}


class Server(socketserver.ThreadingTCPServer):
    """Answers by a script, a thread a connection; records what it gets in `received`."""

    daemon_threads = True

    def __init__(self, script: Script, password: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.script = script
        self.password = password
        self.received: list[tuple[str, str]] = []
        self.sessions: dict[int, _Session] = {}

    def answer(self, statement: str) -> Answer:
        """What the script says of a statement."""
        text = statement.strip().rstrip(";")
        for said, answer in self.script.items():
            if said == text or (isinstance(said, re.Pattern) and said.fullmatch(text)):
                return answer
        return Refused("42601", f"not in the script: {text}")


class _Session(socketserver.StreamRequestHandler):
    """One connection, from its startup on."""

    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.cancelled = threading.Event()
        self.status = b"I"
        self.prepared: dict[str, str] = {}
        self.portals: dict[str, str] = {}
        self.skips = False  # after an error, all before a Sync

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            if self._starts():
                while True:
                    self._message()

    def _starts(self) -> bool:
        while True:
            size, code = struct.unpack(">II", self._read(8))
            body = self._read(size - 8)
            if code in (_SSL, _GSS):
                self.wfile.write(b"N")
            elif code == _CANCEL:
                number, key = struct.unpack(">II", body)
                self.server.received.append(("cancel", str(number)))
                if key == number + 1 and number in self.server.sessions:
                    self.server.sessions[number].cancelled.set()
                return False
            else:
                break
        words = body.decode().split("\0")
        asked = dict(zip(words[::2], words[1::2], strict=False))
        self.server.received.append(("startup", f"{asked.get('user')}@{asked.get('database')}"))
        self._authenticate()
        number = len(self.server.sessions) + 1
        self.server.sessions[number] = self
        for pair in PARAMETERS.items():
            self._send("S", "".join(f"{word}\0" for word in pair).encode())
        self._send("K", struct.pack(">II", number, number + 1))
        self._ready()
        return True

    def _authenticate(self) -> None:
        if self.server.password is not None:
            self._send("R", struct.pack(">I", 3))
            _, body = self._receive()
            if _first(body) != self.server.password:
                self._refuse(Refused("28P01", "password authentication failed"))
                raise ConnectionAbortedError
        self._send("R", struct.pack(">I", 0))

    def _message(self) -> None:
        letter, body = self._receive()
        if letter == "X":
            raise ConnectionAbortedError
        if letter == "Q":
            self.cancelled.clear()
            answer = self.server.answer(_first(body))
            self._describe(answer, or_nothing=False)
            self._run(answer)
            self._ready()
        elif letter == "S":
            self.skips = False
            self._ready()
        elif letter != "H" and not self.skips:
            self._extended(letter, body)

    def _extended(self, letter: str, body: bytes) -> None:
        name, _, rest = body.partition(b"\0")
        if letter == "P":
            statement = _first(rest)
            self.prepared[name.decode()] = statement
            answer = self.server.answer(statement)
            if isinstance(answer, Refused):
                self._run(answer)
            else:
                self._send("1")
        elif letter == "B":
            self.portals[name.decode()] = self.prepared[_first(rest)]
            self._send("2")
        elif letter == "D":
            what, statements = name[:1], self.prepared if name[:1] == b"S" else self.portals
            statement = statements[name[1:].decode()]
            if what == b"S":
                count = len(set(re.findall(r"\$\d+", statement)))
                self._send("t", struct.pack(f">H{count}I", count, *[25] * count))
            self._describe(self.server.answer(statement), or_nothing=True)
        elif letter == "E":
            self.cancelled.clear()
            self._run(self.server.answer(self.portals[name.decode()]))
        elif letter == "C":
            self._send("3")

    def _describe(self, answer: Answer, *, or_nothing: bool) -> None:
        if isinstance(answer, Rows):
            columns = b"".join(
                name.encode() + struct.pack(">xIHIhih", 0, 0, oid, -1, typmod, 0)
                for name, oid, typmod in answer.columns
            )
            self._send("T", struct.pack(">H", len(answer.columns)) + columns)
        elif or_nothing:
            self._send("n")

    def _run(self, answer: Answer) -> None:
        match answer:
            case Done(tag):
                self.status = {"BEGIN": b"T", "COMMIT": b"I", "ROLLBACK": b"I"}.get(
                    tag, self.status
                )
                self._send("C", tag.encode() + b"\0")
            case Rows(_, rows):
                for row in rows:
                    self._send("D", struct.pack(">H", len(row)) + b"".join(map(_cell, row)))
                self._send("C", f"SELECT {len(rows)}\0".encode())
            case Refused():
                self._refuse(answer)
            case CopyOut():
                self._copy(answer)
            case Drop():
                raise ConnectionAbortedError

    def _copy(self, answer: CopyOut) -> None:
        self._send("H", struct.pack(">bHH", 1, 1, 1))
        for piece in answer.pieces:
            self._send("d", piece)
        if answer.until_cancelled:
            self.cancelled.wait()
        if answer.end is None:
            raise ConnectionAbortedError
        if isinstance(answer.end, Done):
            self._send("c")
        self._run(answer.end)

    def _refuse(self, answer: Refused) -> None:
        fields = {"S": "ERROR", "V": "ERROR", "C": answer.sqlstate, "M": answer.message}
        words = (fields | dict(answer.fields)).items()
        self._send("E", "".join(f"{letter}{text}\0" for letter, text in words).encode() + b"\0")
        self.status = b"E" if self.status == b"T" else self.status
        self.skips = True

    def _ready(self) -> None:
        self.skips = False
        self._send("Z", self.status)

    def _send(self, letter: str, body: bytes = b"") -> None:
        self.wfile.write(letter.encode() + struct.pack(">I", len(body) + 4) + body)

    def _receive(self) -> tuple[str, bytes]:
        letter = self._read(1).decode()
        body = self._read(struct.unpack(">I", self._read(4))[0] - 4)
        self.server.received.append((letter, _text(letter, body)))
        return letter, body

    def _read(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) != size:
            raise ConnectionAbortedError
        return data


def _first(body: bytes) -> str:
    """The string at the beginning of a message."""
    return body.partition(b"\0")[0].decode(errors="replace")


def _text(letter: str, body: bytes) -> str:
    """What to record of a message."""
    if letter == "P":  # name and statement
        return _first(body.partition(b"\0")[2])
    if letter == "B":  # portal, statement, formats, parameters, formats
        rest = body.split(b"\0", 2)[2]
        rest = rest[2 + 2 * int.from_bytes(rest[:2]) :]
        values = []
        count, rest = int.from_bytes(rest[:2]), rest[2:]
        for _ in range(count):
            size = max(0, int.from_bytes(rest[:4], signed=True))
            values.append(rest[4 : 4 + size].decode(errors="replace"))
            rest = rest[4 + size :]
        return ", ".join(values)
    return _first(body)


def _cell(value: str | None) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    return struct.pack(">i", len(value.encode())) + value.encode()
