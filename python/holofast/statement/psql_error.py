"""An error as psql prints it: ERROR, the statement's LINE with a caret, DETAIL, HINT, CONTEXT.

The rules are libpq's (fe-protocol3.c: pqBuildErrorMessage3, reportErrorPosition). Nothing here
prints, and no secret of the statement is in the result.
"""

from __future__ import annotations

import unicodedata
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from holofast.errors import SourceError
from holofast.redaction import redact, redact_at

if TYPE_CHECKING:
    from holofast.errors import CopyError

_DISPLAY_COLUMNS: Final = 60  # a longer line is cut to so many screen columns
_RIGHT_MARGIN: Final = 10  # and so many are left to the right of the error where there are


def format_error(error: CopyError, sql: str = "") -> str:
    """The error as lines, without a newline at the end; `sql` is the statement it points into."""
    internal_query = error.internal_query if isinstance(error, SourceError) else None
    severity = error.severity if isinstance(error, SourceError) else "ERROR"
    lines = [f"{severity}:  {redact(error.message)}"]
    sql = internal_query or sql
    if sql and error.position:
        lines += error_position(sql, error.position)
    if error.detail:
        lines.append(f"DETAIL:  {redact(error.detail)}")
    if error.hint:
        lines.append(f"HINT:  {error.hint}")
    if internal_query:
        lines.append(f"QUERY:  {redact(internal_query)}")
    if isinstance(error, SourceError) and error.context:
        lines.append(f"CONTEXT:  {redact(error.context)}")
    return "\n".join(lines)


def error_position(sql: str, position: int) -> list[str]:
    """The line of `sql` that holds the character `position` (from 1), and a caret below it.

    Nothing where the statement is shorter. A tab counts, and is shown, as one space.
    """
    sql, at = redact_at(sql, position - 1)
    if not 0 <= at <= len(sql):
        return []
    before, after = sql[:at], sql[at:]
    number = 1 + before.count("\n") + before.count("\r") - before.count("\r\n")
    begin = max(before.rfind("\n"), before.rfind("\r")) + 1
    ends = [index for index in (after.find("\n"), after.find("\r")) if index >= 0]
    line = sql[begin : at + min(ends, default=len(after))].replace("\t", " ")
    columns = list(accumulate(map(_width, line), initial=0))  # where each character begins
    at -= begin
    start, stop = _window(columns, at)
    prefix = f"LINE {number}: " + ("..." if start else "")
    shown = line[start:stop] + ("..." if stop < len(line) else "")
    return [prefix + shown, " " * (len(prefix) + columns[at] - columns[start]) + "^"]


def _window(columns: list[int], at: int) -> tuple[int, int]:
    """The characters of a line to show, so that the one `at` is among them."""
    start, stop = 0, len(columns) - 1
    if columns[stop] <= _DISPLAY_COLUMNS:
        return start, stop
    if columns[at] + _RIGHT_MARGIN <= _DISPLAY_COLUMNS:
        while columns[stop] > _DISPLAY_COLUMNS:
            stop -= 1
        return start, stop
    while columns[at] + _RIGHT_MARGIN < columns[stop]:
        stop -= 1
    while columns[stop] - columns[start] > _DISPLAY_COLUMNS:
        start += 1
    return start, stop


def _width(char: str) -> int:
    """Screen columns, as libpq counts them: what takes none, control characters too, takes one."""
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
