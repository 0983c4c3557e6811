"""inet, cidr, macaddr and macaddr8 out of PostgreSQL's own text, which Arrow carries them as
(inet_send, cidr_send, macaddr_send, macaddr8_send).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

_FAMILIES: Final = {4: 2, 6: 3}  # PGSQL_AF_INET and PGSQL_AF_INET6 of inet.h


def parse_inet(text: str, *, is_cidr: bool) -> bytes | None:
    """Family, bits, whether it is a cidr, the number of bytes, and these; None for what is none."""
    address, slash, given = text.partition("/")
    if "%" in address or (slash and re.fullmatch("[0-9]{1,3}", given) is None):
        return None
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    bits = int(given) if slash else parsed.max_prefixlen
    if bits > parsed.max_prefixlen:
        return None
    head = bytes([_FAMILIES[parsed.version], bits, is_cidr, len(parsed.packed)])
    return head + parsed.packed


def parse_mac(text: str, count: int) -> bytes | None:
    """The bytes of `count` pairs of hex digits between colons, None for what is none."""
    pair = "[0-9a-fA-F]{2}"
    found = re.fullmatch(f"{pair}(:{pair}){{{count - 1}}}", text)
    return bytes.fromhex(text.replace(":", "")) if found else None
