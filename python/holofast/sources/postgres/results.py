"""Results of a query on a session: record batches decoded from BINARY, or the server's own bytes.

A query may change the database by what it calls or returns: then its transaction stays open until
the export is there. Which of the two a result becomes is choosing.py's.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import pyarrow as pa

from holofast.decoder import Decoder
from holofast.errors import CopyError, DecodeError
from holofast.sources.postgres.command import Command, copy_as, copy_command
from holofast.sources.postgres.connection import cancel, execute
from holofast.sources.postgres.copying import Copying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holofast.sources.postgres.choosing import Decision
    from holofast.sources.postgres.columns import Transport
    from holofast.sources.postgres.session import Session

# Bytes that are read before they are decoded: while a larger block is, the socket fills up and the
# server waits (1 MB: 7 % fewer rows a second).
_BLOCK: Final = 1 << 16

# Whether the transaction has written anything.
_WRITTEN: Final = "SELECT txid_current_if_assigned() IS NOT NULL"


class Result:
    """A COPY of a query, which runs from the first read on: in a transaction of its own, or where
    `in_transaction` as the session is, in one that only reads or in none at all.
    """

    rows: int | None = None
    expected_bytes: int | None = None

    def __init__(
        self, session: Session, command: Command, decision: Decision, *, in_transaction: bool
    ) -> None:
        self._session = session
        self._connection = session.connection
        self._command = command
        self._engine = decision.reading.engine
        self._in_transaction = in_transaction
        self._copying: Copying | None = None
        self._writes = False  # the transaction has written, and is not committed
        self.why: str | None = decision.why

    def read(self, size: int) -> Any:
        """The next bytes of the COPY, a buffer; fewer than `size` at its end alone."""
        with self._session.busy:
            if self._copying is None:
                if not self._in_transaction:
                    execute(self._connection, "BEGIN")
                self._copying = Copying(self._connection, *self._command, self._engine)
            block = self._copying.read(size)
            if len(block) < size:
                self._end()
            return block

    def sample(self, seconds: float) -> float:
        """Rows a second of the query's first rows, which are thrown away; then it is cancelled.

        To be called within a transaction that is rolled back. Raises SourceError where the query
        fails by itself.
        """
        copying = Copying(self._connection, *self._command, self._engine)
        use, failures = self._user(), []
        ended = threading.Event()  # a thread's join() that is interrupted takes it for ended

        def read() -> None:
            size = _BLOCK
            try:
                while size >= _BLOCK:
                    block = copying.read(_BLOCK)
                    use(block)
                    size = len(block)
            except CopyError as error:
                failures.append(error)
            finally:
                ended.set()

        started = time.perf_counter()
        threading.Thread(target=read, name="holofast-sample", daemon=True).start()
        try:
            ended.wait(seconds)
            failed, rate = list(failures), copying.received / (time.perf_counter() - started)
        finally:  # an interrupt comes here too
            if not ended.is_set():
                cancel(self._connection)
            ended.wait()
        if failed:
            raise failed[0]
        return rate

    def _user(self) -> Callable[[Any], object]:
        """What takes the bytes of a sample as it takes those of the export."""
        return len

    def cancel(self) -> None:
        """Have the server end the query."""
        if self._session.busy.locked():
            cancel(self._connection)

    def commit(self) -> None:
        """End the transaction, if it has written anything."""
        if self._writes:
            execute(self._connection, "COMMIT")
            self._writes = False

    def close(self) -> None:
        """Give the query up: its transaction ends with the session."""
        self._session.close()

    def _end(self) -> None:
        assert self._copying is not None
        self.rows = self._copying.rows
        self._session.read_utf8()
        if self._in_transaction:
            return
        ((self._writes,),) = execute(self._connection, _WRITTEN)
        if not self._writes:
            execute(self._connection, "COMMIT")


class Encoded(Result):
    """The server's own bytes; see `sources.EncodedSource`."""

    encode: Literal["server"] = "server"

    def __init__(
        self, session: Session, query: str, decision: Decision, *, in_transaction: bool
    ) -> None:
        options = decision.reading.options
        command = copy_command(query, options, session.settings.client_encoding)
        super().__init__(session, command, decision, in_transaction=in_transaction)
        self.columns = tuple((column.column, column.label) for column in decision.columns)


class Batches(Result):
    """Record batches, decoded from the server's BINARY; see `sources.Source`."""

    encode: Literal["client"] = "client"
    copy_format: ClassVar[str] = "binary"

    def __init__(
        self, session: Session, transport: Transport, decision: Decision, *, in_transaction: bool
    ) -> None:
        # To TEXT and CSV the encoder converts; in BINARY values are not looked into.
        is_binary = decision.reading.options.format == "binary"
        encoding = session.settings.client_encoding if is_binary else "UTF8"
        text, prefix = copy_as(f"FORMAT {self.copy_format}", transport.query, encoding)
        command = Command(text, prefix + transport.prefix)
        super().__init__(session, command, decision, in_transaction=in_transaction)
        self._decoded = transport.decoded
        self.schema = transport.encoded

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        decoder = Decoder(self._decoded, engine=self._engine)
        try:
            for block in self.blocks():
                yield from map(self._declared, decoder.feed(block))
            yield from map(self._declared, decoder.finish())
        except DecodeError as error:
            error.hint = "Have the server encode it (--encode server), or cast it in the query."
            raise

    def blocks(self) -> Iterator[Any]:
        """All bytes of the COPY."""
        size = _BLOCK
        while size >= _BLOCK:
            block = self.read(_BLOCK)
            size = len(block)
            yield block

    def _user(self) -> Callable[[Any], object]:
        return Decoder(self._decoded, engine=self._engine).feed

    def _declared(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays(batch.columns, schema=self.schema)
