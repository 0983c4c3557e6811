"""The public Decoder, over either engine, and `decode`: PostgreSQL's BINARY COPY format → Arrow.

The counterpart of encoder.py for `COPY … TO STDOUT (FORMAT binary)`. What a column's bytes mean is
told by the schema, as the encoder has it: TEXT and CSV have other readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from holofast.engine import engine_name, native

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from holofast.schema import DecoderSpec


class Engine(Protocol):
    """What an engine's Decoder does; built from a pyarrow schema and a `DecoderSpec`."""

    def feed(self, data: Any) -> Sequence[Any]: ...
    def finish(self) -> Sequence[Any]: ...


class Decoder:
    """Decodes the rows of one binary COPY file as they come.

    `schema` is anything with `__arrow_c_schema__`; batches carry it, its metadata included. The
    metadata `pg_type`, `pg_oid` and `pg_typmod` of a field mean what they mean to an Encoder. A
    batch has at most 16,384 rows and about 16 MB; memory is that of one batch and of one row.
    A decoder has a place in its stream: no two threads may feed it at once.

    Raises CopyError 0A000 for a column that cannot be read, 54011 for more than 1664 of them, and
    for an unknown engine or a native engine that is not built.
    """

    def __init__(self, schema: Any, *, engine: str | None = None) -> None:
        import pyarrow as pa

        from holofast.schema import resolve_decoder

        self.schema: pa.Schema = pa.schema(schema)
        self.engine = engine_name(engine)
        self._engine = _build(self.engine, self.schema, resolve_decoder(self.schema))

    def feed(self, data: Any) -> list[pa.RecordBatch]:
        """Take the next piece of the file, any contiguous bytes-like object, cut anywhere; give the
        batches that are complete.

        Raises DecodeError for the first fault by row, then by column; its row counts from the
        stream's first one. That piece's batches are lost, and every later call raises it again.
        """
        return _batches(self._engine.feed(data))

    def finish(self) -> list[pa.RecordBatch]:
        """The rows that are in no batch yet, in one batch or none.

        Raises DecodeError as `feed` does, and where the file's trailer has not come.
        """
        return _batches(self._engine.finish())


def decode(data: Any, schema: Any, *, engine: str | None = None) -> pa.Table:
    """A whole binary COPY file, header and trailer included, as a table of `schema`.

    `data` is any contiguous bytes-like object. Raises as a Decoder does.
    """
    import pyarrow as pa

    decoder = Decoder(schema, engine=engine)
    batches = [*decoder.feed(data), *decoder.finish()]
    return pa.Table.from_batches(batches, decoder.schema)


def _batches(found: Sequence[Any]) -> list[pa.RecordBatch]:
    import pyarrow as pa

    return [
        batch if isinstance(batch, pa.RecordBatch) else pa.record_batch(batch) for batch in found
    ]


def _build(engine: str, schema: pa.Schema, spec: DecoderSpec) -> Engine:
    if engine == "python":
        from holofast._python.decoder import Decoder as Twin

        return Twin(schema, spec)
    built: Engine = native().Decoder(schema, spec)
    return built
