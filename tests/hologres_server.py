"""A server of PostgreSQL's protocol 3 on loopback that answers what a script says, and records.

It knows no SQL: a script maps statements to answers, and any other statement is a syntax error.
The protocol is hologres_wire.py's; what Hologres' COPY sends, hologres_copies.py's.
"""

from __future__ import annotations

import contextlib
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hologres_script import Done
from tests.hologres_wire import Server

if TYPE_CHECKING:
    from types import TracebackType

    from tests.hologres_script import Script

# What a driver sends by itself.
_BESIDES: Script = {
    "BEGIN": Done("BEGIN"),
    "COMMIT": Done("COMMIT"),
    "ROLLBACK": Done("ROLLBACK"),
    re.compile("DEALLOCATE .*"): Done("DEALLOCATE"),
}


class ScriptedServer:
    """Serves in a process of its own between `with` and its end.

    Not in a thread: psycopg's describe_prepared holds the interpreter's lock while it waits.
    A `password` is asked for in clear text.
    """

    def __init__(self, script: Script, password: str | None = None) -> None:
        self._script = {**script, **_BESIDES}
        self._password = password

    @property
    def received(self) -> list[tuple[str, str]]:
        """All messages so far: their letter (or startup, cancel) and their text, which is the
        statement, the parameters, the password, user@database, or the session's number.
        """
        self._tell(None)
        messages: list[tuple[str, str]] = self._told()
        return messages

    @property
    def statements(self) -> list[str]:
        """What was asked, by simple queries and by Parse."""
        return [text for letter, text in self.received if letter in "QP"]

    def __enter__(self) -> ScriptedServer:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._tell((self._script, self._password))
        self.port: int = self._told()
        self.dsn = f"host=127.0.0.1 port={self.port} user=holo dbname=db"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._process:
            self._process.kill()

    def _tell(self, what: Any) -> None:
        assert self._process.stdin
        pickle.dump(what, self._process.stdin)
        self._process.stdin.flush()

    def _told(self) -> Any:
        assert self._process.stdout
        return pickle.load(self._process.stdout)


def _main() -> None:
    """Serve a script from standard input; tell the port, and what was received when asked."""
    server = Server(*pickle.load(sys.stdin.buffer))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said: Any = server.server_address[1]
    with contextlib.suppress(EOFError):
        while True:
            pickle.dump(said, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            pickle.load(sys.stdin.buffer)
            said = server.received


if __name__ == "__main__":
    _main()
