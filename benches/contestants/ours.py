"""holofast as the comparison times it: with its usual batches, with small ones, and its twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import holofast

from benches.contestants.base import BATCH_ROWS, Contestant, in_threads

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

_TWIN_ROWS: Final = 8192


class Holofast(Contestant):
    """Encoder.encode batch by batch, its memory reused; threads share it, batches alternate."""

    formats = frozenset(("csv", "text", "binary"))
    engine = "native"
    batch_size: ClassVar[int] = 65_536

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table, threads, time_zone)
        self._batches = table.to_batches(BATCH_ROWS)
        self._encoders = {
            file_format: holofast.Encoder(
                table.schema,
                holofast.CopyOptions(format=file_format),
                settings=holofast.Settings(time_zone=time_zone),
                engine=self.engine,
                batch_size=self.batch_size,
            )
            for file_format in self.formats
        }

    def run(self, file_format: str, out: Path | None) -> int:
        encoder = self._encoders[file_format]
        kept = [b""] * len(self._batches)

        def share(thread: int) -> int:
            size = 0
            for index in range(thread, len(self._batches), self.threads):
                block = encoder.encode(self._batches[index])
                size += len(block)
                if out:
                    kept[index] = bytes(block)
                del block  # else the next one could not have its memory
            return size

        sizes = in_threads(share, self.threads)
        header, trailer = encoder.header(), encoder.trailer()
        if out:
            out.write_bytes(b"".join([header, *kept, trailer]))
        return len(header) + sum(sizes) + len(trailer)


class HolofastBatchSize1000(Holofast):
    """The same with hg_dump_to_oss's default BatchSize: so many rows are encoded at a time."""

    batch_size = 1000


class Twin(Holofast):
    """The Python engine, on few rows; threads would only wait for each other."""

    engine = "python"
    most_threads = 1

    def __init__(self, table: pa.Table, threads: int, time_zone: str) -> None:
        super().__init__(table.slice(0, _TWIN_ROWS), threads, time_zone)
