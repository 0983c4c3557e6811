"""Arrow data as a source: anything with the Arrow C stream or array interface.

That is pyarrow's tables, batches and readers, polars' and pandas' data frames, DuckDB's results.
Which types have a COPY form is `schema`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from holofast.errors import CopyError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Arrow:
    """The batches of `data`, read as they are asked for.

    Raises TypeError for an object without the interface, CopyError 42804 for data that is no
    table. See `sources.Source`.
    """

    encode: Literal["client"] = "client"
    why: str | None = None
    expected_bytes: int | None = None

    def __init__(self, data: Any) -> None:
        self._batches = _reader(data)
        self.rows: int | None = data.num_rows if isinstance(data, _COUNTED) else None
        self.schema = self._batches.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._batches
        except (OSError, pa.ArrowException) as error:
            # An exception in Python's own generator comes with its traceback as text.
            reason = str(error).partition(". Detail: Python exception")[0]
            raise SourceError("XX000", f"the Arrow stream failed: {reason}") from error

    def cancel(self) -> None:
        """A producer of Arrow data has no means to be interrupted."""

    def commit(self) -> None:
        """Nothing was changed."""

    def close(self) -> None:
        """Release the producer's data."""
        self._batches.close()


_COUNTED = (pa.Table, pa.RecordBatch)


def _reader(data: Any) -> pa.RecordBatchReader:
    try:
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if hasattr(data, "__arrow_c_array__"):
            batch = pa.record_batch(data)
            return pa.RecordBatchReader.from_batches(batch.schema, [batch])
    except pa.ArrowException as error:
        raise CopyError(
            "42804",
            f"the {type(data).__name__} is no table: {error}",
            hint="Give a table, a record batch or a stream of record batches.",
        ) from error
    raise TypeError(
        f"data must have __arrow_c_stream__ or __arrow_c_array__, {type(data).__name__} has neither"
    )
