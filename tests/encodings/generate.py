"""Asks a real PostgreSQL 15 for every character in every encoding and writes encodings.zip.

    python -m tests.encodings.generate

Two minutes, for the server is asked 43 million times. The file's form is described in
holofast/conversions.py, its reader.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holofast import conversions

from tests.encodings.server import CONVERTED, equivalents, pairs, prepare
from tests.postgres import debian_15

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDEST: Final = 4
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the same table is the same file


def check(encoding: str, single: Mapping[int, bytes], double: Mapping[str, bytes]) -> None:
    """What the engines rely on, beside that a character has no more than four bytes."""
    for code, converted in (*single.items(), *((0x80, code) for code in double.values())):
        where = f"{encoding}, U+{code:04X}"
        assert 0 < len(converted) <= _WIDEST, where
        assert 0 not in converted, where
        # ASCII is as it is, for what protects a value is looked for before it is converted.
        assert code >= 0x80 or converted == bytes([code]), where
        # No other character begins like ASCII, but for those that are read as ASCII as a whole.
        assert converted[0] >= 0x80 or len(converted) == 1, where
    assert set(range(1, 0x80)) <= set(single), encoding
    for characters in double:
        assert len(characters) == 2, encoding
        assert min(characters) >= "\x80", encoding


def planes(single: Mapping[int, bytes]) -> bytes:
    """The table as it is stored: the first bytes of all characters, then the second ones, …"""
    width = max(map(len, single.values()))
    rows = [single.get(code, b"").ljust(width, b"\0") for code in range(max(single) + 1)]
    return bytes([width]) + b"".join(bytes(row[i] for row in rows) for i in range(width))


def pair_rows(double: Mapping[str, bytes]) -> bytes:
    """The pairs as they are stored."""
    return b"".join(
        struct.pack(conversions.PAIR, *map(ord, characters), code)
        for characters, code in sorted(double.items())
    )


def main() -> None:
    """Write the file anew."""
    path = Path(conversions.TABLES)
    with (
        debian_15() as server,
        server() as connection,
        zipfile.ZipFile(path, "w") as out,
    ):
        prepare(connection)
        for encoding in CONVERTED:
            single = equivalents(connection, encoding)
            several = max(map(len, single.values())) > 1
            double = pairs(connection, encoding, single) if several else {}
            check(encoding, single, double)
            members = {encoding: planes(single)}
            if double:
                members[f"{encoding}.pairs"] = pair_rows(double)
            for name, data in members.items():
                member = zipfile.ZipInfo(name, _EPOCH)
                out.writestr(member, data, zipfile.ZIP_DEFLATED, compresslevel=9)
            print(f"{encoding}: {len(single):,} characters, {len(double)} pairs", flush=True)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
