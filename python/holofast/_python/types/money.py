"""money out of PostgreSQL's own text under lc_monetary C, which Arrow carries it as (cash_send):
`-$1,234.50`, an int64 of cents in BINARY.
"""

from __future__ import annotations

import re
import struct
from typing import Final

from holofast._python.reader import signed

_TEXT: Final = re.compile(r"(-?)\$([0-9]{1,3}(?:,[0-9]{3})*)\.([0-9]{2})")


def parse(text: str) -> bytes | None:
    """The cents, None for what is no money."""
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    cents = int(found[1] + found[2].replace(",", "") + found[3])
    return struct.pack(">q", cents) if -(2**63) <= cents < 2**63 else None


def receive(data: bytes) -> str:
    """PostgreSQL's own text of the cents (cash_recv, cash_out)."""
    cents = signed(data, 8)
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}${whole:,}.{rest:02}"
