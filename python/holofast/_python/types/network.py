"""inet, cidr, macaddr and macaddr8 out of PostgreSQL's own text, which Arrow carries them as
(inet_send, cidr_send, macaddr_send, macaddr8_send).
"""

from __future__ import annotations

import ipaddress
import re
from itertools import groupby
from typing import Final

from holofast._python.reader import Fault, exactly

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


def receive_inet(data: bytes, *, is_cidr: bool) -> str:
    """PostgreSQL's own text of an inet or a cidr out of BINARY (inet_recv, cidr_recv)."""
    if len(data) < 4:
        raise Fault("insufficient_data")
    family, bits, _, count = data[:4]
    address = data[4:]
    if (family, count) not in ((2, 4), (3, 16)):
        raise Fault("incorrect_format")
    if len(address) < count:
        raise Fault("insufficient_data")
    if len(address) > count or bits > 8 * count:
        raise Fault("incorrect_format")
    text = _ipv4(address) if count == 4 else _ipv6(address)
    return f"{text}/{bits}" if is_cidr or bits != 8 * count else text


def _ipv4(address: bytes) -> str:
    return ".".join(map(str, address))


def _ipv6(address: bytes) -> str:
    """The longest run of zeros becomes two colons; what is an IPv4 address in disguise, its last
    four bytes (pg_inet_net_ntop).
    """
    words = [f"{address[i] << 8 | address[i + 1]:x}" for i in range(0, 16, 2)]
    start, run, at = 8, 1, 0
    for word, group in groupby(words):
        length = len(list(group))
        if word == "0" and length > run:
            start, run = at, length
        at += length
    if start == 8:
        return ":".join(words)
    tail = words[start + run :]
    if start == 0 and (run == 6 or (run == 5 and words[5] == "ffff")):
        tail = [*tail[:-2], _ipv4(address[12:])]
    return f"{':'.join(words[:start])}::{':'.join(tail)}"


def receive_mac(data: bytes, count: int) -> str:
    """PostgreSQL's own text of a macaddr or a macaddr8 out of BINARY (macaddr_recv)."""
    return exactly(data, count).hex(":")
