"""bit and varbit out of PostgreSQL's own text, which Arrow carries them as (bit_send)."""

from __future__ import annotations

import struct

from holofast._python.reader import Fault


def parse(text: str) -> bytes | None:
    """The number of bits, and the bits from the highest of the first byte on."""
    if set(text) - {"0", "1"}:
        return None
    padded = text + "0" * (-len(text) % 8)
    packed = int(padded, 2).to_bytes(len(padded) // 8, "big") if padded else b""
    return struct.pack(">i", len(text)) + packed


def receive(data: bytes) -> str:
    """PostgreSQL's own text of the bits (bit_recv, varbit_recv)."""
    if len(data) < 4:
        raise Fault("insufficient_data")
    (count,) = struct.unpack_from(">i", data)
    if count < 0:
        raise Fault("incorrect_format")
    if len(data) - 4 != -(-count // 8):
        raise Fault("insufficient_data" if len(data) - 4 < -(-count // 8) else "incorrect_format")
    return "".join(f"{byte:08b}" for byte in data[4:])[:count]
