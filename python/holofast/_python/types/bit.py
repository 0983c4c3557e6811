"""bit and varbit out of PostgreSQL's own text, which Arrow carries them as (bit_send)."""

from __future__ import annotations

import struct


def parse(text: str) -> bytes | None:
    """The number of bits, and the bits from the highest of the first byte on."""
    if set(text) - {"0", "1"}:
        return None
    padded = text + "0" * (-len(text) % 8)
    packed = int(padded, 2).to_bytes(len(padded) // 8, "big") if padded else b""
    return struct.pack(">i", len(text)) + packed
