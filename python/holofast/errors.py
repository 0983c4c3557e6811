"""The errors that holofast raises, and the words PostgreSQL has for them.

    CopyError                 what PostgreSQL would refuse, in its words
    ├── EncodeError           a value that has no COPY form: the column and the row
    ├── SourceError           the query could not be read to its end
    └── DestinationError      the destination refused or broke: the exit code of hg_dump_to_oss
        └── ProgramError      the same, as the server that started the program reports it

Errors are data first: the engines hand over a reason's name and a value, the words are made here,
so that both engines say the same. Nothing here prints.
"""

from __future__ import annotations

import signal
from typing import Final


class CopyError(Exception):
    """What PostgreSQL would refuse, as its ErrorResponse carries it.

    `sqlstate` is the five-character code, `message` the primary message, `detail` and `hint` its
    optional lines, `position` the character of the statement it points at, counted from 1.
    """

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        position: int | None = None,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.hint = hint
        self.position = position

    def __str__(self) -> str:
        lines = [self.message]
        if self.detail:
            lines.append(f"DETAIL:  {self.detail}")
        if self.hint:
            lines.append(f"HINT:  {self.hint}")
        return "\n".join(lines)


class EncodeError(CopyError):
    """A value without a COPY form; `column` is its name, `row` counts from 0.

    Of several such values the first by row, then by column, is reported. The row counts within
    the encoded batch, or within the export where `copy` or `export` raises it.
    """

    def __init__(self, reason: str, value: str, column: str, row: int) -> None:
        sqlstate, template = _REASONS[reason]
        self.reason = reason
        self.value = value
        self.column = column
        self.row = row
        # A second field is the encoding that the first one has no place in.
        super().__init__(sqlstate, template.format(*value.split("; ", template.count("{}") - 1)))
        self.detail = f'Column "{column}", row {row}.'
        self.hint = _HINTS.get(reason)

    def at_row(self, row: int) -> EncodeError:
        """The same error, its row counted from another origin."""
        return EncodeError(self.reason, self.value, self.column, row)

    def __reduce__(self) -> tuple[type[EncodeError], tuple[str, str, str, int]]:
        return (EncodeError, (self.reason, self.value, self.column, self.row))


class SourceError(CopyError):
    """The query could not be planned, or failed while its rows were read."""


class DestinationError(CopyError):
    """The destination refused or broke; `exit_code` is hg_dump_to_oss's code for it."""

    def __init__(
        self,
        exit_code: int,
        message: str,
        *,
        sqlstate: str = "58030",
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(sqlstate, message, detail=detail, hint=hint)
        self.exit_code = exit_code


class ProgramError(DestinationError):
    """COPY … TO PROGRAM failed: `program "…" failed`, with the child's status as DETAIL.

    `status` is its exit code, or below zero the signal that ended it; then `exit_code` is 128 and
    the signal's number, as a shell has it.
    """

    def __init__(self, command: str, status: int, *, hint: str | None = None) -> None:
        super().__init__(
            status if status >= 0 else 128 - status,
            f'program "{command}" failed',
            sqlstate="38000",
            detail=_wait_result(status),
            hint=hint,
        )


def _wait_result(status: int) -> str:
    """What wait_result_to_str (wait_error.c) says of a child's status."""
    if status < 0:
        return f"child process was terminated by signal {-status}: {signal.strsignal(-status)}"
    words = {126: "command not executable", 127: "command not found"}
    return words.get(status, f"child process exited with exit code {status}")


NO_EQUIVALENT: Final = (
    'character with byte sequence {} in encoding "UTF8" has no equivalent in encoding "{}"'
)

_HINTS: Final = {
    "nanoseconds": "Ask for the microsecond before by floor_nanoseconds (--floor-nanoseconds).",
    "row_too_long": "A row has at most 1,073,741,822 bytes as PostgreSQL's COPY writes it.",
}

# reason -> (SQLSTATE, message); the engines know the reasons, this table alone knows the words.
# date.c, timestamp.c, mbutils.c of PostgreSQL 15, except where it has no such case.
_REASONS: Final[dict[str, tuple[str, str]]] = {
    "date_out_of_range": ("22008", "date out of range"),
    "timestamp_out_of_range": ("22008", "timestamp out of range"),
    "time_out_of_range": ("22008", 'date/time field value out of range: "{}"'),
    "date_not_whole_day": ("22008", "date64 value {} is not a whole day in milliseconds"),
    "nanoseconds": ("22008", "value {} has nanoseconds, which PostgreSQL cannot hold"),
    "row_too_long": ("54000", "out of memory"),
    "nul_byte": ("22021", 'invalid byte sequence for encoding "UTF8": 0x00'),
    "interval_out_of_range": ("22008", "interval out of range"),
    "int_out_of_range": ("22003", "{} out of range"),
    "too_long": ("22001", "value too long for type character({})"),
    "invalid_text": ("22P02", "invalid input syntax for type {}"),
    "ragged": (
        "2202E",
        "multidimensional arrays must have array expressions with matching dimensions",
    ),
    "dimensions": ("54000", "number of array dimensions (7) exceeds the maximum allowed (6)"),
    "duplicate_key": ("22023", 'hstore key "{}" is there twice'),
    "json_invalid": ("22P02", "invalid input syntax for type json"),
    "json_nul": ("22P05", "unsupported Unicode escape sequence"),
    "json_number": ("22003", "value overflows numeric format"),
    "invalid_bytes": ("22021", 'invalid byte sequence for encoding "UTF8": {}'),
    "no_equivalent": ("22P05", NO_EQUIVALENT),
}
