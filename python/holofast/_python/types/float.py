"""float4 and float8 with PostgreSQL's own digits; the bits as they are in BINARY (float.c).

PostgreSQL's Ryu is built with STRICTLY_SHORTEST 0 (ryu_common.h): it takes the fewest digits that
lie strictly inside the interval that rounds to the value, the nearest such decimal, ties to an even
digit. `repr` also takes a decimal on the interval's edge: 1e23 for 9.999999999999999e+22.
"""

from __future__ import annotations

import math
import re
import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from holofast._python.field import big_endian, numbers
from holofast._python.reader import Fault, exactly

if TYPE_CHECKING:
    import pyarrow as pa

ALPHABET: Final = "-+.0123456789eNaInfity"
_WORDS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


class Float8:
    """float64."""

    alphabet = ALPHABET

    def text(self, values: pa.Array) -> list[str]:
        return [_float8(value) for value in numbers(values, "d")]

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian("Q", numbers(values, "Q"))  # as integers, which keep a NaN's payload


class Float4:
    """float32."""

    alphabet = ALPHABET

    def text(self, values: pa.Array) -> list[str]:
        given = numbers(values, "f")
        texts = _plain_float4(given)
        return [text or _float4(value) for value, text in zip(given, texts, strict=True)]

    def binary(self, values: pa.Array) -> list[bytes]:
        return big_endian("I", numbers(values, "I"))


def _float8(value: float) -> str:
    # repr differs only where an edge, an odd number of 54 bits or more times a power of two, has
    # 17 digits or fewer. Under 1e15 the power is 2^-4 or less, which takes more than 17 digits (so
    # do subnormals, of fewer bits but over 300 decimals); from 1e40 on, 10^24 divides such a
    # decimal, but 5^24 no odd number of 55 bits.
    if not 1e15 <= abs(value) < 1e40:
        text = repr(value)
        return _WORDS.get(text) or text.removesuffix(".0")
    bits = struct.unpack("<Q", struct.pack("<d", abs(value)))[0]
    digits, power = _digits(bits & (1 << 52) - 1, bits >> 52, 52, -1074)
    return _text(value, digits, power, 15)


def _plain_float4(values: list[float]) -> list[str]:
    """The text of those in fixed notation, by trial, as 6 to 9 digits tell every float4; else "".

    No such decimal lies on an edge: those have 10 digits or more in this range. Nor does a power of
    two, whose interval is lopsided, come out otherwise than by `_digits` here.
    """
    texts = [""] * len(values)
    open_ = [i for i, value in enumerate(values) if 1e-4 < abs(value) < 1e6 or value == 0]
    for precision in range(6, 10):
        show = f"%.{precision}g"
        for i in open_:
            texts[i] = show % values[i]
        packed = struct.pack(f"{len(open_)}f", *[float(texts[i]) for i in open_])
        read_back = struct.unpack(f"{len(open_)}f", packed)
        open_ = [i for i, value in zip(open_, read_back, strict=True) if value != values[i]]
    return texts


def _float4(value: float) -> str:
    if not math.isfinite(value):
        return _WORDS[repr(value)]
    bits = struct.unpack("<I", struct.pack("<f", abs(value)))[0]
    digits, power = _digits(bits & (1 << 23) - 1, bits >> 23, 23, -149)
    return _text(value, digits, power, 6)


def _digits(mantissa: int, exponent: int, bits: int, lowest: int) -> tuple[str, int]:
    """The decimal digits and the power of ten of an IEEE number's parts, by exact integers."""
    power_of_two = mantissa == 0 and exponent > 1  # the next lower number is half as far
    if exponent:
        mantissa |= 1 << bits
        exponent -= 1
    # The value, and how far away the edges of its interval are, in quarters of its last bit.
    middle, down, up = 4 * mantissa, 1 if power_of_two else 2, 2
    for power, unit, scale in _grids(exponent + lowest - 2):
        below, rest = divmod(middle * scale, unit)
        lower, upper = rest < down * scale, unit - rest < up * scale
        if lower or upper:
            above = upper and (not lower or 2 * rest > unit or (2 * rest == unit and below & 1))
            digits = str(below + 1 if above else below)
            bare = digits.rstrip("0")
            return bare, power + len(digits) - len(bare)
    raise AssertionError("the finest grid is finer than any interval")


@lru_cache(maxsize=4096)
def _grids(exponent: int) -> list[tuple[int, int, int]]:
    """Powers of ten to try, coarse to fine, for an interval of about 4 * 2^exponent.

    Each is (power, unit, scale): unit / scale is ten to the power, in 2^exponent. The first is
    wider than the interval, which holds one of its multiples at most; the last is a tenth or less.
    """
    first = math.floor((exponent + 2) * math.log10(2)) + 1
    return [
        (power, 10 ** max(power, 0) << max(-exponent, 0), 10 ** max(-power, 0) << max(exponent, 0))
        for power in range(first, first - 3, -1)
    ]


def _text(value: float, digits: str, power: int, precision: int) -> str:
    """%g's choice between plain and exponent notation, as ryu's to_chars makes it."""
    sign = "-" if value < 0 else ""
    exponent = power + len(digits) - 1
    if not -4 <= exponent < precision:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{exponent:+03}"
    if power >= 0:
        return f"{sign}{digits}{'0' * power}"
    if exponent >= 0:
        return f"{sign}{digits[:power]}.{digits[power:]}"
    return f"{sign}0.{'0' * (-exponent - 1)}{digits}"


_TEXT: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-][0-9]+)?|Infinity)|NaN")


def parse(text: str) -> bytes | None:
    """The bits of a float8's own text, None for what is none."""
    return struct.pack(">d", float(text)) if _TEXT.fullmatch(text) else None


def receive_text(data: bytes) -> str:
    """A float8's own text out of BINARY (float8recv)."""
    return _float8(struct.unpack(">d", exactly(data, 8))[0])


def receive_half(data: bytes) -> int:
    """The bits of a float4 out of BINARY that sixteen bits tell as well."""
    (value,) = struct.unpack(">f", exactly(data, 4))
    if math.isnan(value):
        bits = int.from_bytes(data, "big")
        return bits >> 16 & 0x8000 | 0x7E00 | bits >> 13 & 0x03FF
    try:
        half = struct.pack(">e", value)
    except OverflowError:
        raise Fault("float_no_place") from None
    if struct.unpack(">e", half)[0] != value:
        raise Fault("float_no_place")
    return int.from_bytes(half, "big")
