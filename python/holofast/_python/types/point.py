"""point out of PostgreSQL's own text, which Arrow carries it as (point_send): `(1,2.5)`, two
float8 in BINARY.
"""

from __future__ import annotations

from holofast._python.reader import exactly
from holofast._python.types import float as float_


def parse(text: str) -> bytes | None:
    """Both coordinates, None for what is no point."""
    if not (len(text) > 1 and text[0] == "(" and text[-1] == ")"):
        return None
    coordinates = [float_.parse(part) for part in text[1:-1].split(",")]
    if len(coordinates) != 2 or None in coordinates:
        return None
    return b"".join(part for part in coordinates if part is not None)


def receive(data: bytes) -> str:
    """PostgreSQL's own text of both coordinates (point_recv)."""
    exactly(data, 16)
    return f"({float_.receive_text(data[:8])},{float_.receive_text(data[8:])})"
