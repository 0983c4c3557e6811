"""CRC-64/XZ (ECMA-182's polynomial, reflected, all ones in and out), as OSS reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed import ReadableBuffer as Buffer

_POLYNOMIAL: Final = 0xC96C5795D7870F42
_ONES: Final = 0xFFFFFFFFFFFFFFFF


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(map(_entry, range(256)))


def crc64(data: Buffer, value: int = 0) -> int:
    """The CRC of `data`, or of what had CRC `value` followed by `data`."""
    crc = value ^ _ONES
    table = _TABLE
    for byte in memoryview(data).cast("B"):
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ _ONES


def crc64_combine(crc1: int, crc2: int, len2: int) -> int:
    """The CRC of two pieces one after the other, from theirs and the second's length in bytes.

    `len2` zero bytes are appended to the first by a 64 by 64 matrix over GF(2), squared for every
    bit of the length, as zlib's crc32_combine does it.
    """
    # Column n is where bit n goes when one zero bit is appended; three squarings make it a byte.
    matrix = [_POLYNOMIAL, *(1 << n for n in range(63))]
    for _ in range(3):
        matrix = _square(matrix)
    while len2:
        if len2 & 1:
            crc1 = _times(matrix, crc1)
        matrix = _square(matrix)
        len2 >>= 1
    return crc1 ^ crc2


def _square(matrix: list[int]) -> list[int]:
    return [_times(matrix, column) for column in matrix]


def _times(matrix: Iterable[int], vector: int) -> int:
    product = 0
    for column in matrix:
        if vector & 1:
            product ^= column
        vector >>= 1
    return product
