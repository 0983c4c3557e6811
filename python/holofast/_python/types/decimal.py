"""numeric: plain digits with the column's scale; base-10000 digits in BINARY (numeric.c).

Never an exponent, never a negative zero; a negative scale prints its zeros and has dscale 0.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from holofast._python.field import numbers

if TYPE_CHECKING:
    import pyarrow as pa


class Decimal:
    """decimal of any width, and uint64 with scale 0, whose 64 bits are read instead."""

    alphabet = "-.0123456789"

    def __init__(self, scale: int, *, unsigned: bool = False) -> None:
        self._unsigned = unsigned
        self._scale = max(scale, 0)
        self._factor = 10 ** max(-scale, 0)

    def text(self, values: pa.Array) -> list[str]:
        unscaled = self._unscaled(values)
        if self._scale == 0:
            return list(map(str, unscaled))
        one, show = 10**self._scale, f"%d.%0{self._scale}d"
        texts = [show % (value // one, value % one) for value in map(abs, unscaled)]
        if min(unscaled, default=0) >= 0:
            return texts
        signed = zip(unscaled, texts, strict=True)
        return [f"-{text}" if value < 0 else text for value, text in signed]

    def binary(self, values: pa.Array) -> list[bytes]:
        return [send(value, self._scale) for value in self._unscaled(values)]

    def _unscaled(self, values: pa.Array) -> list[int]:
        """The values as integers, to be divided by ten to the power of the scale."""
        if self._unsigned:
            return numbers(values, "Q")
        unscaled = _integers(values)
        factor = self._factor
        return unscaled if factor == 1 else [value * factor for value in unscaled]


def _integers(values: pa.Array) -> list[int]:
    """Signed integers of 32 bits, or of one or more words of 64, the lowest first."""
    parts = values.type.bit_width // 64
    if parts < 2:
        return numbers(values, "q" if parts else "i")
    integers = numbers(values, "Q", part=0, parts=parts)
    for part in range(1, parts):
        code = "q" if part == parts - 1 else "Q"
        words = numbers(values, code, part=part, parts=parts)
        if any(words):
            shift = 64 * part
            integers = [high << shift | low for low, high in zip(integers, words, strict=True)]
    return integers


def send(value: int, scale: int) -> bytes:
    """numeric_send: ndigits, weight, sign, dscale, then the base-10000 digits."""
    padding = -scale % 4
    rest = abs(value) * 10**padding
    weight = -(scale + padding) // 4 - 1
    digits: list[int] = []
    while rest:
        rest, digit = divmod(rest, 10_000)
        weight += 1
        if digit or digits:  # zeros at the end are not sent
            digits.append(digit)
    if not digits:
        weight = 0
    sign = 0x4000 if value < 0 else 0
    head = (len(digits), weight, sign, scale)
    return struct.pack(f">HhHH{len(digits)}H", *head, *reversed(digits))
