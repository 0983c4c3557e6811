"""What the planner expects of a query: rows, width and cost; and how many bytes of COPY that is.

It is an estimate of an estimate, for a plan to show; nothing is refused by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from holofast.errors import SourceError
from holofast.sources.postgres.connection import execute

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from holofast.sources.postgres.columns import Column

_COST: Final = re.compile(r"\(cost=([\d.]+)\.\.([\d.]+) rows=(\d+) width=(\d+)\)")

# What a server says that is like PostgreSQL, but explains its plans otherwise.
_NO_EXPLAIN: Final = ("0A000", "42601")

# Types of a fixed length (pg_type.typlen), and what a value of them usually takes as text.
_FIXED: Final = {
    "bool": (1, 1),
    "char": (1, 1),
    "int2": (2, 3),
    "int4": (4, 6),
    "int8": (8, 8),
    "oid": (4, 5),
    "float4": (4, 7),
    "float8": (8, 12),
    "date": (4, 10),
    "time": (8, 12),
    "timetz": (12, 15),
    "timestamp": (8, 23),
    "timestamptz": (8, 26),
    "interval": (16, 10),
    "uuid": (16, 36),
    "money": (8, 8),
}
_NUMERIC: Final = 1.1  # bytes of text a byte of numeric: four digits in two bytes, and a head
_BYTEA: Final = 2.0


@dataclass(frozen=True)
class Estimate:
    """The planner's: `width` is a row's bytes in memory, costs are in its own unit."""

    rows: int
    width: int
    startup_cost: float
    total_cost: float

    def bytes(self, columns: Sequence[Column], file_format: str) -> int:
        """Of COPY output."""
        count = len(columns)
        if file_format == "binary":
            return self.rows * (2 + 4 * count + self.width)
        fixed = [_FIXED[column.name] for column in columns if column.name in _FIXED]
        rest = max(0, self.width - sum(length for length, _ in fixed))
        others = [column.name for column in columns if column.name not in _FIXED]
        factors = [{"numeric": _NUMERIC, "bytea": _BYTEA}.get(name, 1.0) for name in others]
        factor = sum(factors) / len(factors) if factors else 1.0
        text = sum(length for _, length in fixed) + rest * factor
        return int(self.rows * (text + max(1, count)))


def estimate(connection: psycopg.Connection[Any], query: str) -> Estimate | None:
    """The planner's estimate of `query`, None where it does not tell.

    Raises SourceError where it cannot plan the query, which is where a COPY of it would fail.
    """
    try:
        lines = execute(connection, f"EXPLAIN {query}")
    except SourceError as error:
        if error.sqlstate in _NO_EXPLAIN:
            return None
        raise
    found = _COST.search(str(lines[0][0])) if lines else None
    if found is None:
        return None
    startup, total, rows, width = found.groups()
    return Estimate(int(rows), int(width), float(startup), float(total))
