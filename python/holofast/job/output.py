"""The bytes of an export to come: who makes them, and the work that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from holofast.sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable

    from holofast.encoder import Encoder
    from holofast.pipeline import Work
    from holofast.sources import EncodedSource, Reading, Source


@dataclass(frozen=True, kw_only=True)
class Output:
    """The bytes of an export to come: what they are, who makes them, and the work that does.

    `columns` are names and types, `batch_size` rows, `row_floor` the least bytes of a row.
    """

    source: Source | EncodedSource
    columns: tuple[tuple[str, str], ...]
    format: str
    engine: str
    encode: Literal["client", "server"]
    batch_size: int
    row_floor: int
    work: Callable[[], Work]


def encoded_here(source: Source, encoder: Encoder) -> Output:
    """The source's batches, encoded by `encoder`."""
    spec = encoder.spec
    floor = least_row_bytes(len(spec.names), spec.format)

    def work() -> Work:
        from holofast.pipeline.runs import Export  # and pyarrow with it

        return Export(source, encoder, row_floor=floor, least_part=store.PART_SIZE)

    return Output(
        source=source,
        columns=tuple(zip(spec.names, (to.label for to in spec.types), strict=True)),
        format=spec.format,
        engine=encoder.engine,
        encode="client",
        batch_size=spec.batch_size,
        row_floor=floor,
        work=work,
    )


def encoded_there(source: EncodedSource, reading: Reading) -> Output:
    """The bytes that the source's server has encoded."""

    def work() -> Work:
        from holofast.pipeline.passage import Passage

        return Passage(source, least_part=store.PART_SIZE)

    return Output(
        source=source,
        columns=source.columns,
        format=reading.options.format,
        engine=reading.engine,
        encode="server",
        batch_size=0,
        row_floor=least_row_bytes(len(source.columns), reading.options.format),
        work=work,
    )


def least_row_bytes(columns: int, file_format: str) -> int:
    """The least a row of `columns` can take: its delimiters, or its lengths in BINARY."""
    return 2 + 4 * columns if file_format == "binary" else max(1, columns)
