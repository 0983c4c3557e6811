"""What Hologres' Arrow COPY sends, made from Arrow tables: as its Java connector reads it.

Nothing of the code under test is used.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = struct.pack(">h", -1)


def arrow_copy(batches: Iterable[pa.RecordBatch], *, lz4: bool) -> list[bytes]:
    """The CopyData messages of a COPY of `batches` as arrow_lz4, or as arrow."""
    tuples = [one_tuple(packed(ipc(batch)) if lz4 else ipc(batch)) for batch in batches]
    return [HEADER, *tuples, TRAILER]


def one_tuple(payload: bytes) -> bytes:
    """A tuple of one field."""
    return struct.pack(">hi", 1, len(payload)) + payload


def packed(payload: bytes, size: int | None = None) -> bytes:
    """arrow_lz4's payload: a raw LZ4 block behind its size, or behind `size`."""
    block: bytes = pa.Codec("lz4_raw").compress(payload, asbytes=True)
    return struct.pack(">i", len(payload) if size is None else size) + block


def ipc(batch: pa.RecordBatch, **options: Any) -> bytes:
    """A whole Arrow IPC stream of a batch, `options` as pa.ipc.IpcWriteOptions has them."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(batch)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream
