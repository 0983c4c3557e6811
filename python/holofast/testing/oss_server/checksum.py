"""CRC-64/XZ, the checksum that OSS calls crc64ecma; who computes it is known here alone."""

from __future__ import annotations

_POLY = 0xC96C5795D7870F42
_MASK = (1 << 64) - 1


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_POLY if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def crc64(data: bytes | memoryview, value: int = 0) -> int:
    """The checksum of `data` after bytes whose checksum is `value`."""
    value ^= _MASK
    for byte in bytes(data):
        value = _TABLE[(value ^ byte) & 255] ^ (value >> 8)
    return value ^ _MASK


def crc64_combine(first: int, second: int, length: int) -> int:
    """The checksum of two runs of bytes from theirs and the second's length."""

    def multiply(a: int, b: int) -> int:
        product = 0
        while a:
            if a & (1 << 63):
                product ^= b
            b = (b >> 1) ^ (_POLY if b & 1 else 0)
            a = (a << 1) & _MASK
        return product

    power, square = 1 << 63, 1 << 55
    while length:
        if length & 1:
            power = multiply(power, square)
        square = multiply(square, square)
        length >>= 1
    return multiply(power, first) ^ second
