"""The errors that holofast raises, and the words PostgreSQL has for them.

    CopyError                 what PostgreSQL would refuse, in its words
    ├── EncodeError           a value that has no COPY form: the column and the row
    ├── DecodeError           bytes that are no BINARY COPY file of the schema: where they are not
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


class DecodeError(CopyError):
    """Bytes that are no binary COPY file of the schema, or a value that its Arrow type cannot hold.

    `column` is its name, None where the fault is in none; `row` counts from 0 in the stream. The
    first such fault by row, then by column, is reported.
    """

    def __init__(self, reason: str, value: str, column: str | None, row: int) -> None:
        sqlstate, template = _FAULTS.get(reason) or _REASONS[reason]
        self.reason = reason
        self.value = value
        self.column = column
        self.row = row
        super().__init__(sqlstate, template.format(*value.split("; ", template.count("{}") - 1)))
        self.detail = f"Row {row}." if column is None else f'Column "{column}", row {row}.'
        self.hint = _FAULT_HINTS.get(reason)

    def __reduce__(self) -> tuple[type[DecodeError], tuple[str, str, str | None, int]]:
        return (DecodeError, (self.reason, self.value, self.column, self.row))


class SourceError(CopyError):
    """The query could not be planned, or failed while its rows were read.

    `context` is a server's CONTEXT, a line for each level. `internal_query` is the query of a
    function's own that failed; then `position` counts in it, not in the statement. `severity` is
    ERROR, or FATAL where the server ended the session.
    """

    def __init__(
        self,
        sqlstate: str,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        position: int | None = None,
        context: str | None = None,
        internal_query: str | None = None,
        severity: str = "ERROR",
    ) -> None:
        super().__init__(sqlstate, message, detail=detail, hint=hint, position=position)
        self.context = context
        self.internal_query = internal_query
        self.severity = severity

    def move(self, characters: int) -> None:
        """Count the position in a text in which the query stands so many characters further on."""
        if self.position is not None and self.internal_query is None:
            self.position += characters


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

# The same for what is read. copyfromparse.c, pqformat.c and the types' receive functions of
# PostgreSQL 15; the words for what Arrow cannot hold are ours.
_FAULTS: Final[dict[str, tuple[str, str]]] = {
    "signature": ("22P04", "COPY file signature not recognized"),
    "missing_flags": ("22P04", "invalid COPY file header (missing flags)"),
    "with_oids": ("22P04", "invalid COPY file header (WITH OIDS)"),
    "critical_flags": ("22P04", "unrecognized critical flags in COPY file header"),
    "missing_length": ("22P04", "invalid COPY file header (missing length)"),
    "wrong_length": ("22P04", "invalid COPY file header (wrong length)"),
    "field_count": ("22P04", "row field count is {}, expected {}"),
    "unexpected_eof": ("22P04", "unexpected EOF in COPY data"),
    "field_size": ("22P04", "invalid field size"),
    "after_eof": ("22P04", "received copy data after EOF marker"),
    "incorrect_format": ("22P03", "incorrect binary data format"),
    "no_data_left": ("08P01", "no data left in message"),
    "insufficient_data": ("08P01", "insufficient data left in message"),
    "received_time": ("22008", "time out of range"),
    "received_zone": ("22009", "time zone displacement out of range"),
    "numeric_sign": ("22P03", 'invalid sign in external "numeric" value'),
    "numeric_scale": ("22P03", 'invalid scale in external "numeric" value'),
    "numeric_digit": ("22P03", 'invalid digit in external "numeric" value'),
    "jsonb_version": ("XX000", "unsupported jsonb version number {}"),
    "null_value": ("23502", "null value in a field that the schema calls not nullable"),
    "not_null": ("22000", "value in a column of Arrow type null"),
    "int_no_place": ("22003", 'value "{}" is out of range for Arrow type {}'),
    "float_no_place": ("22003", "float4 value has no place in Arrow type halffloat"),
    "time_no_place": ("22008", "value {} has no place in the Arrow type"),
    "numeric_overflow": ("22003", "numeric field overflow"),
    "numeric_inexact": ("22003", "numeric value has more decimals than the Arrow type"),
    "numeric_special": ("22003", "numeric value {} has no place in an Arrow decimal"),
    "byte_width": ("22026", "value has {} bytes, but the Arrow type {}"),
    "array_dimensions": ("22000", "array has {} dimensions, but the schema {}"),
    "array_bound": ("0A000", "array has the lower bound {}, which an Arrow list cannot have"),
    "list_size": ("22000", "array has {} elements, but the Arrow type {}"),
    "wrong_type": ("42804", "binary data has type {} instead of expected {}"),
    "column_count": ("42804", "wrong number of columns: {}, expected {}"),
    "null_key": ("22004", "null value not allowed for hstore key"),
}

_OTHER_TYPE: Final = "Give the field another Arrow type, or cast the column in the query."
_FAULT_HINTS: Final = {
    "row_too_long": "PostgreSQL sends no row of more than 1,073,741,822 bytes.",
    "unexpected_eof": "The query that sent the data may have failed: its trailer is missing.",
    "int_no_place": _OTHER_TYPE,
    "float_no_place": _OTHER_TYPE,
    "time_no_place": _OTHER_TYPE,
    "numeric_overflow": _OTHER_TYPE,
    "numeric_inexact": "Give the field a greater scale, or read it as utf8 with pg_type numeric.",
    "numeric_special": "Read the column as utf8 with the field metadata pg_type numeric.",
    "array_bound": "Cast the column to text in the query.",
    "array_dimensions": "Nest as many lists in the schema, or cast it to text in the query.",
}
