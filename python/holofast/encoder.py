"""The public Encoder, over either engine; which one is engine.py's choice.

Both engines are handed the same resolved `EncoderSpec` and give the same bytes and errors. Both are
imported, and pyarrow with them, when an encoder is built: hg_dump_to_oss needs the CRC64 alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, overload

from holofast.engine import engine_name, native
from holofast.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from holofast.options import CopyOptions
    from holofast.schema import EncoderSpec

DEFAULT_BATCH_SIZE = 65_536


class Block(Protocol):
    """Read-only encoded bytes: the buffer protocol, `len()`, `bytes()`, indexes and slices.

    The native engine's slices are views without a copy, which hold the block and its memory.
    """

    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> bytes | memoryview: ...


class Engine(Protocol):
    """What an engine's Encoder does; built from a pyarrow schema and an `EncoderSpec`."""

    def header(self) -> bytes: ...
    def trailer(self) -> bytes: ...
    def encode(
        self, batches: Sequence[pa.RecordBatch], header: bool = False, trailer: bool = False
    ) -> Any: ...


class Encoder:
    """Encodes Arrow record batches of one schema as PostgreSQL's COPY TO writes their rows.

    `schema` is anything with `__arrow_c_schema__`. An encoder never changes: threads may share
    it, and header, bodies and trailer concatenate to one complete COPY file.
    `batch_size` is the number of rows encoded at a time.

    Raises CopyError for a column without a COPY rule, an unknown or repeated FORCE_QUOTE column,
    a NULL string or a header that the encoding lacks, a setting that is not supported, an unknown
    engine, or a native engine that is not built.
    """

    def __init__(
        self,
        schema: Any,
        options: CopyOptions,
        *,
        settings: Settings | None = None,
        engine: str | None = None,
        batch_size: int = DEFAULT_BATCH_SIZE,
    ) -> None:
        import pyarrow as pa

        from holofast.schema import resolve

        arrow_schema = pa.schema(schema)
        self.spec: EncoderSpec = resolve(arrow_schema, options, settings or Settings(), batch_size)
        self.schema: pa.Schema = arrow_schema
        self.engine = engine_name(engine)
        self._engine = _build(self.engine, arrow_schema, self.spec)

    def header(self) -> bytes:
        """BINARY's signature and header, or the header line if HEADER asks for one."""
        return self._engine.header()

    def encode(self, batch: Any) -> Block:
        """The rows of one record batch, anything with `__arrow_c_array__`.

        The block's memory goes back to the encoder's pool when it and its slices are dropped.
        Raises EncodeError for a value without a COPY form; its row counts within the batch.
        """
        import pyarrow as pa

        # A batch of pyarrow's would be exported and imported again, column by column.
        ours = isinstance(batch, pa.RecordBatch)
        return self.encode_run([batch if ours else pa.record_batch(batch)])

    def encode_run(
        self, batches: Sequence[pa.RecordBatch], *, header: bool = False, trailer: bool = False
    ) -> Block:
        """Several batches in one block, with the header before and the trailer behind if asked.

        Raises EncodeError; its row counts from the first row of the first batch.
        """
        block: Block = self._engine.encode(batches, header, trailer)
        return block

    def trailer(self) -> bytes:
        """BINARY's trailer, or nothing."""
        return self._engine.trailer()


def crc64(data: Any, engine: str) -> int:
    """CRC-64/XZ of a buffer, as OSS reports it; by the engine that wrote the bytes."""
    if engine == "python":
        from holofast._python import crc64 as twin

        return twin.crc64(data)
    value: int = native().crc64(data)
    return value


def crc64_combine(first: int, second: int, second_len: int, engine: str) -> int:
    """The CRC-64/XZ of two buffers one after the other, from theirs."""
    if engine == "python":
        from holofast._python import crc64 as twin

        return twin.crc64_combine(first, second, second_len)
    value: int = native().crc64_combine(first, second, second_len)
    return value


def _build(engine: str, schema: pa.Schema, spec: EncoderSpec) -> Engine:
    if engine == "python":
        from holofast._python.encoder import Encoder as Twin

        return Twin(schema, spec)
    built: Engine = native().Encoder(schema, spec)
    return built
