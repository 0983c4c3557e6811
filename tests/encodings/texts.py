"""Texts of an encoding: its characters as the engines are given them, and columns made of them."""

from __future__ import annotations

import random
from functools import cache
from typing import Final

from holofast import conversions
from hypothesis import strategies as st

from tests.encodings.server import is_misjudged
from tests.literals import KINDS, Kind, Named

# Those that have the yen sign and the overline in the places of ASCII characters.
ASCII_AGAIN: Final = {"SJIS", "SHIFT_JIS_2004"}


@cache
def table(encoding: str) -> dict[int, bytes]:
    """The characters that an encoding has, and their bytes, as the engines are given them."""
    codes = conversions.load(encoding).codes
    every = ((at // 4, codes[at : at + 4].rstrip(b"\0")) for at in range(4, len(codes), 4))
    return {point: code for point, code in every if code}


@st.composite
def converted_columns(draw: st.DrawFn, encoding: str) -> tuple[list[Named[Kind]], int]:
    """Columns of text that the encoding has, with a few characters that it has not, and a number.

    Left out is what PostgreSQL misjudges: see below.
    """
    known = [n for n in table(encoding) if not is_misjudged(encoding, table(encoding)[n])]
    own = st.sampled_from(known).map(chr)
    again = "¥‾" if encoding in ASCII_AGAIN else ""
    special = st.sampled_from("\\,\"'\t\n|~^aA@[]`{}09x.N" + again)
    # Of two-byte characters, those whose second byte is an ASCII one that COPY would escape.
    trailing = [n for n in known if n > 0x7F and table(encoding)[n][-1:] in b"\\|~^aA@[]`{}09x"]
    nasty = st.sampled_from(trailing or known).map(chr)
    rare = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    alien = draw(st.integers(0, 9)) == 0
    letters = own | special | nasty | nasty | (rare if alien else own)
    letters = letters.filter(lambda c: not is_misjudged(encoding, table(encoding).get(ord(c), b"")))
    rows = draw(st.integers(0, 20))
    pool = draw(st.lists(st.text(letters, max_size=40), min_size=1, max_size=5))
    pick = random.Random(draw(st.integers(0, 9)))
    named = []
    for i in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["c", 'a"b', "\\.", draw(st.text(letters, max_size=4))]))
        values = [pick.choice([*pool, None]) for _ in range(rows)]
        named.append(Named(f"{name}{i or ''}" or "c", KINDS["string"], values))
    if draw(st.booleans()):
        named.append(Named("n", KINDS["int32"], list(range(rows))))
    return named, rows
