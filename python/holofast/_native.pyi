"""The native engine: holofast-core behind PyO3. The encoder and the decoder use it."""

import sys
from collections.abc import Sequence
from typing import Any, SupportsIndex, final, overload

from typing_extensions import Buffer

from holofast.schema import DecoderSpec, EncoderSpec

__all__ = ["Batch", "Block", "CopyReader", "Decoder", "Encoder", "crc64", "crc64_combine"]

@final
class Encoder:
    """Encodes record batches of one schema; threads share it."""

    def __new__(cls, schema: Any, spec: EncoderSpec) -> Encoder: ...
    def header(self) -> bytes: ...
    def trailer(self) -> bytes: ...
    def encode(
        self, batches: Sequence[Any], header: bool = False, trailer: bool = False
    ) -> Block: ...

@final
class Block:
    """Read-only encoded bytes whose memory goes back to the encoder's pool.

    A slice is a view, which holds the block and its memory.
    """

    def __len__(self) -> int: ...
    def __bytes__(self) -> bytes: ...
    @overload
    def __getitem__(self, key: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, key: slice, /) -> memoryview: ...
    if sys.version_info >= (3, 12):  # before, the buffer protocol has no name in Python
        def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class CopyReader:
    """Reads a COPY TO STDOUT from psycopg's PGconn, by the addresses of its libpq's functions."""

    def __new__(cls, pgconn: Any, get_copy_data: int, free: int) -> CopyReader: ...
    @property
    def received(self) -> int: ...
    def read(self, size: int) -> Block: ...

@final
class Decoder:
    """Decodes one stream of rows; it has a place in it, so no two threads may feed it at once."""

    def __new__(cls, schema: Any, spec: DecoderSpec) -> Decoder: ...
    def feed(self, data: Buffer) -> list[Batch]: ...
    def finish(self) -> list[Batch]: ...

@final
class Batch:
    """A record batch for whoever imports it."""

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]: ...

def crc64(data: Buffer) -> int:
    """CRC-64/XZ of a contiguous buffer; the interpreter is free meanwhile."""

def crc64_combine(first: int, second: int, second_len: int) -> int:
    """CRC-64/XZ of two buffers one after the other, from theirs and the second's length."""
