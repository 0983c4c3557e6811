"""Arrow's null type: a text column that is NULL throughout, so that no value ever comes here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class Null:
    """text without values."""

    alphabet = ""

    def text(self, values: pa.Array) -> list[str]:
        return []

    def binary(self, values: pa.Array) -> list[bytes]:
        return []
