"""float4 and float8 with as many digits as extra_float_digits asks for where it is not above zero:
C's %g, exactly rounded (float4out, float8out). The shortest digits are float.py's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from holofast._python.field import numbers
from holofast._python.types.float import ALPHABET

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast._python.types.float import Float4, Float8


class Printed:
    """float32 or float64 with so many significant digits in text; in BINARY as `floats` has it."""

    alphabet = ALPHABET

    def __init__(self, floats: Float4 | Float8, code: str, digits: int) -> None:
        self._code = code
        self._show = f"%.{max(digits, 1)}g"
        self.binary = floats.binary

    def text(self, values: pa.Array) -> list[str]:
        return [self._text(value) for value in numbers(values, self._code)]

    def _text(self, value: float) -> str:
        if math.isfinite(value):
            return self._show % value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
