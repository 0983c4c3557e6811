"""CRC-64/XZ of both engines against the catalogue's check value and against oss2's own CRC."""

from __future__ import annotations

import random

import oss2
import pytest
from holofast.encoder import crc64, crc64_combine
from oss2.crc64_combine import mkCombineFun

_PIECES = [random.Random(size).randbytes(size) for size in (0, 1, 7, 8, 9, 63, 64, 1000, 4099)]


def _oss2_crc(data: bytes) -> int:
    crc = oss2.utils.Crc64()
    crc.update(data)
    value: int = crc.crc
    return value


def test_check_value(engine: str) -> None:
    assert crc64(b"123456789", engine) == 0x995DC9BBDF1939FA  # the catalogue of CRC parameters
    assert crc64(b"", engine) == 0


@pytest.mark.parametrize("data", _PIECES, ids=len)
def test_any_buffer_as_oss2_has_it(engine: str, data: bytes) -> None:
    expected = _oss2_crc(data)
    assert crc64(data, engine) == expected
    assert crc64(memoryview(b"x" + data)[1:], engine) == expected
    assert crc64(bytearray(data), engine) == expected


def test_combined_is_the_crc_of_the_whole(engine: str) -> None:
    for first in _PIECES:
        for second in _PIECES:
            parts = crc64(first, engine), crc64(second, engine)
            assert crc64_combine(*parts, len(second), engine) == _oss2_crc(first + second)


def test_combined_over_five_gigabytes_as_oss2_has_it(engine: str) -> None:
    combine = mkCombineFun(0x142F0E1EBA9EA3693, 0, True, 0xFFFFFFFFFFFFFFFF)
    first, second, length = 0x995DC9BBDF1939FA, 0x0123456789ABCDEF, 5 * 1024**3
    assert crc64_combine(first, second, length, engine) == combine(first, second, length)
