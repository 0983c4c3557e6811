"""The native engine: holofast-core behind PyO3. `holofast.encoder` is its only user."""

import sys
from collections.abc import Sequence
from typing import Any, SupportsIndex, final, overload

from typing_extensions import Buffer

from holofast.schema import EncoderSpec

__all__ = ["Block", "Encoder", "crc64", "crc64_combine"]

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

def crc64(data: Buffer) -> int:
    """CRC-64/XZ of a contiguous buffer; the interpreter is free meanwhile."""

def crc64_combine(first: int, second: int, second_len: int) -> int:
    """CRC-64/XZ of two buffers one after the other, from theirs and the second's length."""
