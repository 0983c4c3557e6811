"""The Python engine's Decoder: pieces of a stream → rows → batches.

Types are checked before it is built (schema.py), so nothing is refused here but bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from holofast._python import frame
from holofast._python.dispatch import column
from holofast._python.frame import Short
from holofast._python.reader import Fault
from holofast.errors import DecodeError

if TYPE_CHECKING:
    from holofast.schema import DecoderSpec

_MOST_ROWS: Final = 16_384
_MOST_BYTES: Final = 16 << 20  # of BINARY


class Decoder:
    """Decodes one stream of rows of `schema`; it has a place in it."""

    def __init__(self, schema: pa.Schema, spec: DecoderSpec) -> None:
        self._schema = schema
        self._names = spec.names
        pairs = zip(schema, spec.types, strict=True)
        self._columns = [column(field, from_) for field, from_ in pairs]
        self._begun = bytearray()
        self._in_header = True
        self._at_end = False
        self._rows: list[tuple[Any, ...]] = []
        self._bytes = 0
        self._row = 0
        self._failed: DecodeError | None = None

    def feed(self, data: Any) -> list[pa.RecordBatch]:
        """The batches that this piece completes; raises DecodeError."""
        if self._failed is not None:
            raise self._failed
        self._begun += memoryview(data).cast("B")
        batches: list[pa.RecordBatch] = []
        try:
            self._skip_header()
            at = 0
            try:
                while self._begun and not self._at_end:
                    at = self._next_row(at)
                    if len(self._rows) == _MOST_ROWS or self._bytes >= _MOST_BYTES:
                        batches.append(self._batch())
            except Short:
                pass
            del self._begun[:at]
            if self._at_end and self._begun:
                raise self._error(Fault("after_eof"), None)
        except Short:
            pass
        return batches

    def finish(self) -> list[pa.RecordBatch]:
        """The rows that are in no batch yet; raises DecodeError."""
        if self._failed is not None:
            raise self._failed
        if self._in_header:
            raise self._error(frame.cut_header(self._begun), None)
        if not self._at_end:
            raise self._error(Fault("unexpected_eof"), None)
        return [self._batch()] if self._rows else []

    def _skip_header(self) -> None:
        if not self._in_header:
            return
        try:
            length = frame.header(self._begun)
        except Fault as fault:
            raise self._error(fault, None) from None
        if len(self._begun) < length:
            raise Short
        del self._begun[:length]
        self._in_header = False

    def _next_row(self, at: int) -> int:
        """Read the row at `at`, or the trailer; where the next one begins. Raises Short."""
        if frame.is_trailer(self._begun, at):
            self._at_end = True
            return at + 2
        row: list[Any] = []
        cells = frame.cells(self._begun, at, len(self._columns))
        at += 2
        try:
            for column_, cell in zip(self._columns, cells, strict=True):
                row.append(column_.read(cell))
                at += 4 + len(cell or b"")
                self._bytes += len(cell or b"")
        except Fault as fault:
            in_column = None if fault.reason == "field_count" else self._names[len(row)]
            raise self._error(fault, in_column) from None
        self._rows.append(tuple(row))
        self._row += 1
        return at

    def _batch(self) -> pa.RecordBatch:
        rows, self._rows, self._bytes = self._rows, [], 0
        if not self._columns:
            return pa.record_batch([pa.nulls(len(rows))], names=["x"]).select([])
        values = zip(*rows, strict=True)
        pairs = zip(self._columns, values, strict=True)
        arrays = [column_.array(list(cells)) for column_, cells in pairs]
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _error(self, fault: Fault, column_name: str | None) -> DecodeError:
        self._failed = DecodeError(fault.reason, fault.value, column_name, self._row)
        return self._failed
