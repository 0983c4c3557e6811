"""The Python engine's Encoder: batches → slices → columns of cells → rows.

Options and types are checked before it is built (schema.py), so nothing is refused here but values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from holofast._python.dispatch import field
from holofast._python.field import BadValue
from holofast._python.rows import BinaryLayout, Layout, TextLayout, row_of
from holofast.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from holofast.schema import EncoderSpec

_ROWS: Final = 4096  # of so many at a time the cells stay in the caches, and their memory is reused


class Encoder:
    """Encodes record batches of `schema`; it never changes, so threads may share it."""

    def __init__(self, schema: pa.Schema, spec: EncoderSpec) -> None:
        self._schema = schema
        self._spec = spec
        fields = [
            field(column.type, to, spec.zone, spec.settings, spec.encoding)
            for column, to in zip(schema, spec.types, strict=True)
        ]
        self._layout: Layout[Any] = (
            BinaryLayout(fields) if spec.format == "binary" else TextLayout(spec, fields)
        )

    def header(self) -> bytes:
        """BINARY's signature, or the header line if HEADER asks for one."""
        return self._layout.header()

    def trailer(self) -> bytes:
        """BINARY's trailer, or nothing."""
        return self._layout.trailer()

    def encode(
        self, batches: Sequence[pa.RecordBatch], header: bool = False, trailer: bool = False
    ) -> bytes:
        """All rows of `batches` in one block, with header and trailer if asked.

        Raises EncodeError for the first bad value by row, then by column; the row counts from the
        first row of the first batch. Raises TypeError for a batch of other types.
        """
        pieces = [self.header()] if header else []
        first_row = 0
        step = min(self._spec.batch_size, _ROWS)
        for batch in batches:
            self._check(batch.schema)
            for start in range(0, batch.num_rows, step):
                piece = batch.slice(start, step)
                pieces.append(self._rows(piece, first_row + start))
            first_row += batch.num_rows
        if trailer:
            pieces.append(self.trailer())
        return b"".join(pieces)

    def _check(self, schema: pa.Schema) -> None:
        if len(schema) != len(self._schema):
            raise TypeError(f"the batch has {len(schema)} columns, the encoder {len(self._schema)}")
        pairs = zip(schema.types, self._schema.types, strict=True)
        for i, (got, expected) in enumerate(pairs):
            if got != expected:
                raise TypeError(
                    f"column {i} of the batch has Arrow type {got}, the encoder expects {expected}"
                )

    def _rows(self, batch: pa.RecordBatch, first_row: int) -> bytes:
        columns = []
        failures: list[tuple[int, int, BadValue]] = []
        for i, values in enumerate(batch.columns):
            try:
                columns.append(self._layout.cells(i, values))
            except BadValue as error:
                failures.append((row_of(values, error.index), i, error))
        if failures:
            row, column, bad = min(failures, key=lambda failure: failure[:2])
            self._rows(batch.slice(0, row), first_row)  # a row before it may be too long
            name = self._spec.names[column]
            raise EncodeError(bad.reason, bad.value, name, first_row + row) from None
        rows = self._layout.join(columns, batch.num_rows)
        if len(rows) > self._spec.most_row_bytes:
            self._check_lengths(columns, first_row)
        return rows

    def _check_lengths(self, columns: list[list[Any]], first_row: int) -> None:
        """Refuse the first row that is too long, for the cell that makes it so."""
        for row, cells in enumerate(zip(*columns, strict=True)):
            length = self._layout.before
            for name, cell in zip(self._spec.names, cells, strict=True):
                length += len(cell) + self._layout.behind
                if length > self._spec.most_row_bytes:
                    raise EncodeError("row_too_long", "", name, first_row + row)
