"""What a scripted server answers: the answers of PostgreSQL's protocol as data.

How they go over the wire is hologres_server.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence


class Described(NamedTuple):
    """A column of a RowDescription."""

    name: str
    oid: int = 25
    typmod: int = -1


@dataclass(frozen=True)
class Done:
    """A command without a result."""

    tag: str


@dataclass(frozen=True)
class Rows:
    """A result of rows in text."""

    columns: Sequence[Described]
    rows: Sequence[Sequence[str | None]] = ()


@dataclass(frozen=True)
class Refused:
    """An ErrorResponse, `fields` by their letters in addition."""

    sqlstate: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CopyOut:
    """COPY data, one message a piece, and what comes behind: the end, an error, or nothing.

    With `until_cancelled` a cancel request is waited for before that.
    """

    pieces: Sequence[bytes]
    end: Done | Refused | None = None
    until_cancelled: bool = False


@dataclass(frozen=True)
class Drop:
    """The connection is closed."""


Answer = Done | Rows | Refused | CopyOut | Drop
Script = Mapping["str | re.Pattern[str]", Answer]
