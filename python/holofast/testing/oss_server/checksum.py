"""CRC-64/XZ, the checksum that OSS calls crc64ecma; who computes it is known here alone.

The server is no engine under test: it takes the fast one where that is built, else the plain one.
"""

from __future__ import annotations

try:
    from holofast import _native as _crc64
except ImportError:
    from holofast._python import crc64 as _crc64  # type: ignore[no-redef]


def crc64(data: bytes | memoryview, value: int = 0) -> int:
    """The checksum of `data` after bytes whose checksum is `value`."""
    added = _crc64.crc64(data)
    return _crc64.crc64_combine(value, added, len(data)) if value else added


def crc64_combine(first: int, second: int, second_len: int) -> int:
    """The checksum of two runs of bytes, from theirs and the second's length in bytes."""
    return _crc64.crc64_combine(first, second, second_len)
