"""An export's work: the source's batches, cut into runs that fill about one part each.

Batches are sliced, never copied; how many bytes they will give is learned from the parts before.
How runs become bytes is the encoder's business, how many threads work on them the pipeline's.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from holofast.errors import EncodeError
from holofast.pipeline.weight import Scale, least_bytes
from holofast.sinks.store import MIN_PART_SIZE, part_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa
    from typing_extensions import Buffer

    from holofast.sources import Source

# Bytes of output a byte of Arrow, until a part has shown it: rather high, for small first parts.
# And the least to expect, so that a run of zeros does not make the next part gigantic.
_FIRST_RATIO: Final = 2.0
_LEAST_RATIO: Final = 0.25


class RunEncoder(Protocol):
    """The one verb of `encoder.Encoder` that an export needs."""

    def encode_run(
        self, batches: Sequence[pa.RecordBatch], *, header: bool, trailer: bool
    ) -> Any: ...


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive batches of one part; see `pipeline.Piece`."""

    number: int
    rows: int
    _encode: Callable[[], Buffer]

    def render(self) -> Buffer:
        """The encoded run, once: its batches are let go. An EncodeError's row counts from the start
        of the export.
        """
        return self._encode()


class Export:
    """Cuts a source into runs.

    `row_floor` is the least number of bytes a row can take (`least_row_bytes`); parts have about
    `least_part` bytes, more in an export of thousands of parts.
    """

    def __init__(
        self,
        source: Source,
        encoder: RunEncoder,
        *,
        row_floor: int,
        least_part: int,
    ) -> None:
        self._source = source
        self._scale = Scale(source.schema)
        self._encoder = encoder
        self._row_floor = row_floor
        self._least_part = least_part
        self._batches: Iterator[pa.RecordBatch] | None = None
        self._ahead: pa.RecordBatch | None = None  # what the next run starts with
        self._number = 0
        self._rows = 0
        self._learning = threading.Lock()  # guards what follows
        self._ratio = _FIRST_RATIO
        self._spent = 0.0  # bytes of all runs so far, expected where they are not encoded yet

    def claim(self) -> Run | None:
        """The next run; the last one is known to be the last, for one batch is read ahead."""
        if self._batches is None:
            self._batches = iter(self._source)
            self._ahead = self._read()
        elif self._ahead is None:
            return None
        self._number += 1
        first_row = self._rows
        batches, weight, expected = self._fill()
        rows = sum(map(len, batches))
        self._rows += rows
        header, trailer = self._number == 1, self._ahead is None

        def encode() -> Buffer:
            try:
                block: Buffer = self._encoder.encode_run(batches, header=header, trailer=trailer)
            except EncodeError as error:
                raise error.at_row(first_row + error.row) from None
            batches.clear()  # else the run would hold them until its part is uploaded
            self._learn(weight, rows, expected, memoryview(block).nbytes)
            return block

        return Run(self._number, rows, encode)

    def cancel(self) -> None:
        """End a read that waits for the source."""
        self._source.cancel()

    def _fill(self) -> tuple[list[pa.RecordBatch], int, float]:
        """Batches for about one part, never too few for OSS; their weight and expected bytes."""
        target = part_size(self._least_part, self._spent)
        batches: list[pa.RecordBatch] = []
        rows, weight, expected = 0, 0, 0.0
        floor = _Floor(self._row_floor)
        while self._ahead is not None and (expected < target or not floor.reached):
            # Past the target only the floor is missing: go on in small steps.
            batch, added = self._take(max(target - expected, MIN_PART_SIZE))
            batches.append(batch)
            rows += len(batch)
            weight += added
            expected = self._expected(rows, weight)
            floor.add(batch)
        with self._learning:
            self._spent += expected
        return batches, weight, expected

    def _take(self, wanted: float) -> tuple[pa.RecordBatch, int]:
        """Rows from the batch at hand that should give `wanted` bytes, at least one; their weight.

        Rows differ: what is cut off by the average row is weighed, and cut again if need be.
        """
        batch = taken = self._ahead
        assert batch is not None
        count, weight = batch.num_rows, self._scale.weight(batch)
        while count > 1 and (size := self._expected(count, weight)) > 1.5 * wanted:
            count = min(count - 1, max(1, math.ceil(count * wanted / size)))
            taken = batch.slice(0, count)
            weight = self._scale.weight(taken)
        self._ahead = self._read() if count == batch.num_rows else batch.slice(count)
        return taken, weight

    def _expected(self, rows: int, weight: int) -> float:
        """Bytes of output."""
        return weight * self._ratio + rows * self._row_floor

    def _read(self) -> pa.RecordBatch | None:
        assert self._batches is not None
        return next((batch for batch in self._batches if batch.num_rows), None)

    def _learn(self, weight: int, rows: int, expected: float, size: int) -> None:
        with self._learning:
            self._spent += size - expected
            if weight:
                seen = (size - rows * self._row_floor) / weight
                self._ratio = max(_LEAST_RATIO, seen)


class _Floor:
    """A lower bound of a run's bytes, which must reach OSS's smallest part."""

    def __init__(self, row_floor: int) -> None:
        self._row_floor = row_floor
        self._bytes = 0
        self._unread: list[pa.RecordBatch] = []

    def add(self, batch: pa.RecordBatch) -> None:
        self._bytes += batch.num_rows * self._row_floor
        self._unread.append(batch)

    @property
    def reached(self) -> bool:
        # Only few rows of long values need a closer look.
        while self._bytes < MIN_PART_SIZE and self._unread:
            self._bytes += sum(map(least_bytes, self._unread.pop().columns))
        return self._bytes >= MIN_PART_SIZE
