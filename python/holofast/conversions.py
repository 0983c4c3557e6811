"""PostgreSQL's conversions from UTF8 to its other encodings, as a table that both engines read.

encodings.zip beside this file is what a PostgreSQL 15 answered for every character there is
(tests/encodings/generate.py): neither Python's codecs nor WHATWG's agree with it. The encodings'
names belong to `encodings`; which text is converted, and when, to the engines.

A member of the file is named for its encoding. It holds a width in one byte, then for the first,
second, … byte of that width one byte a code point from U+0000 on, zero where there is none. A
member `<encoding>.pairs` has records of `PAIR`: two code points with one code, and that code.
"""

from __future__ import annotations

import re
import struct
import zipfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from holofast.errors import NO_EQUIVALENT, CopyError

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLES: Final = Path(__file__).with_name("encodings.zip")
PAIR: Final = "<II4s"

_WIDTH: Final = 4  # bytes of a character, in any of PostgreSQL's encodings


class NoEquivalentError(Exception):
    """The character that an encoding does not have, as the argument."""

    def __init__(self, character: str) -> None:
        super().__init__(character)
        self.character = character

    @property
    def byte_sequence(self) -> str:
        """The character's bytes in UTF8, as PostgreSQL's messages show them."""
        return " ".join(f"0x{byte:02x}" for byte in self.character.encode())


@dataclass(frozen=True)
class Encoding:
    """An encoding other than UTF8, as PostgreSQL converts to it.

    `codes` has four bytes for each code point from U+0000 on: the character's, then zeros; four
    zeros, or none at the end, are no equivalent. `pairs` are strings of two characters with one
    code together. `folded` are the characters beyond ASCII that become an ASCII character, and that
    one: COPY protects a value for what it has been converted to.
    """

    name: str
    codes: bytes
    pairs: tuple[tuple[str, bytes], ...]
    folded: tuple[tuple[str, str], ...]

    def encode(self, text: str) -> bytes:
        """The text converted; raises NoEquivalentError for the first character that cannot be."""
        if self.pairs:
            parts = self._split.split(text)
            parts[::2] = (part.translate(self._table) for part in parts[::2])
            parts[1::2] = (self._joined[part] for part in parts[1::2])
            return "".join(parts).encode("latin-1")
        return text.translate(self._table).encode("latin-1")

    @cached_property
    def _table(self) -> _Table:
        return _Table(self.codes)

    @cached_property
    def _joined(self) -> dict[str, str]:
        return {characters: code.decode("latin-1") for characters, code in self.pairs}

    @cached_property
    def _split(self) -> re.Pattern[str]:
        return re.compile(f"({'|'.join(map(re.escape, self._joined))})")


class _Table(dict[int, str]):
    """For str.translate: a code point's bytes as a byte string, kept once it was asked for."""

    def __init__(self, codes: bytes) -> None:
        super().__init__({0: "\0"})  # no character of PostgreSQL's: the engines' own marks survive
        self._codes = codes

    def __missing__(self, code: int) -> str:
        converted = self._codes[_WIDTH * code : _WIDTH * (code + 1)].rstrip(b"\0")
        if not converted:
            raise NoEquivalentError(chr(code))
        self[code] = converted.decode("latin-1")
        return self[code]


def to(name: str, texts: Iterable[str]) -> Encoding | None:
    """What converts COPY's output to the encoding `name`; None where it stays as it is.

    `texts` are what COPY converts before its first row. Raises CopyError 22P05 for the first
    character of theirs without an equivalent (mbutils.c), 42883 for MULE_INTERNAL.
    """
    if name in ("UTF8", "SQL_ASCII"):
        return None
    if name == "MULE_INTERNAL":
        raise CopyError(
            "42883",
            'default conversion function for encoding "UTF8" to "MULE_INTERNAL" does not exist',
        )
    encoding = load(name)
    for text in texts:
        try:
            encoding.encode(text)
        except NoEquivalentError as error:
            raise CopyError("22P05", NO_EQUIVALENT.format(error.byte_sequence, name)) from None
    return encoding


@lru_cache(maxsize=8)
def load(name: str) -> Encoding:
    """The encoding of PostgreSQL's own `name`, which is one that it converts UTF8 to."""
    with zipfile.ZipFile(TABLES) as tables:
        member = tables.read(name)
        pairs = f"{name}.pairs"
        records = tables.read(pairs) if pairs in tables.namelist() else b""
    width, planes = member[0], member[1:]
    size = len(planes) // width
    codes = bytearray(_WIDTH * size)
    for i in range(width):
        codes[i::_WIDTH] = planes[i * size : (i + 1) * size]
    # Of characters beyond ASCII, the first byte tells whether they become one of it.
    ascii_again = re.compile(rb"[\x01-\x7f]").finditer(planes, 0x80, size)
    return Encoding(
        name=name,
        codes=bytes(codes),
        pairs=tuple(
            (chr(first) + chr(second), code.rstrip(b"\0"))
            for first, second, code in struct.iter_unpack(PAIR, records)
        ),
        folded=tuple((chr(found.start()), found[0].decode()) for found in ascii_again),
    )
