"""Which format a COPY from Hologres asks for, by what is known of its releases and of Arrow COPY.

From its connectors' source: CopyOutContext.java, CopyOutTest.java. It is decided here alone;
nothing is asked of a server.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holofast.sources.postgres.hologres.columns import Column

# Plain arrow is older, nobody says by how much, and lz4 is there for as long as it is known to be:
# so it is never asked for, and a release before lz4 gets the COPY that every release has.
_LZ4_SINCE: Final = (3, 0, 24)
# 4.0.18 of 4.0, and all from 4.1.0 on.
_CLEARS_SINCE: Final = (4, 0, 18)
_CLEAR: Final = "SET hg_experimental_copy_out_arrow_clear_fields_meta = true"
# Fields of these types bear metadata that only the vendor's old Arrow can read.
_TO_BE_CLEARED: Final = ("timetz", "bytea", '"char"', "bpchar", "varchar", "roaringbitmap")


@dataclass(frozen=True)
class Choice:
    """How to COPY a query: the format, what to SET before, and each column's cast or None."""

    format: Literal["arrow_lz4", "binary"]
    settings: tuple[str, ...]
    casts: tuple[str | None, ...]


def choose(version: str, columns: Sequence[Column]) -> Choice:
    """The choice for a query of `columns` at a server whose hg_version() says `version`."""
    release = release_of(version)
    needs_clear = any(column.kind in _TO_BE_CLEARED for column in columns)
    as_arrow = (
        len(columns) > 0  # a batch without columns has no rows
        and all(column.comes_as_arrow for column in columns)
        and release >= (_CLEARS_SINCE if needs_clear else _LZ4_SINCE)
    )
    if not as_arrow:
        return Choice("binary", (), (None,) * len(columns))
    casts = tuple("text" if column.is_carried else None for column in columns)
    return Choice("arrow_lz4", (_CLEAR,) if needs_clear else (), casts)


def release_of(version: str) -> tuple[int, int, int]:
    """The release in what hg_version() says, (0, 0, 0) where there is none to be found.

    "Hologres 3.0.24 (tag: … build: …), compatible with PostgreSQL 11.3 …", for example.
    """
    found = re.search(r"\bHologres\s+[vr]?(\d+)\.(\d+)(?:\.(\d+))?", version)
    if found is None:
        return (0, 0, 0)
    major, minor, patch = (int(number or 0) for number in found.groups())
    return (major, minor, patch)
