"""Cells → rows: NULL, quoting and delimiters in TEXT and CSV, length words in BINARY.

A layout owns everything that is not a value; how a value looks belongs to its field.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from holofast._python.encoding import converted, folded
from holofast._python.escape import csv_forced, csv_rule, text_rule
from holofast._python.field import NULL_LENGTH, BadValue, plain, scatter, split

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from holofast._python.escape import Rule
    from holofast._python.field import Field
    from holofast.schema import EncoderSpec

_Cell = TypeVar("_Cell", str, bytes)

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)


class Layout(Protocol[_Cell]):
    """A format's rows; `cells` may raise BadValue, counted among the column's values.

    A row has so many bytes before the first cell, and so many behind each.
    """

    @property
    def before(self) -> int: ...
    @property
    def behind(self) -> int: ...

    def header(self) -> bytes: ...
    def trailer(self) -> bytes: ...
    def cells(self, column: int, values: pa.Array) -> list[_Cell]: ...
    def join(self, columns: Sequence[list[_Cell]], rows: int) -> bytes: ...


class TextLayout:
    """TEXT and CSV: cells are byte strings, ready to be joined."""

    before, behind = 0, 1

    def __init__(self, spec: EncoderSpec, fields: Sequence[Field]) -> None:
        self._spec = spec
        self._fields = fields
        self._delimiter = chr(spec.delimiter)
        self._null = spec.null.decode("latin-1")
        self._null_cell = self._convert([self._null])[0]
        self._rules = [
            csv_forced(chr(spec.quote), chr(spec.escape)) if forced else self._rule(field.alphabet)
            for field, forced in zip(fields, spec.force_quote, strict=True)
        ]

    def header(self) -> bytes:
        """The line of column names, protected like values but never by FORCE_QUOTE."""
        if not self._spec.header:
            return b""
        names = [name.encode().decode("latin-1") for name in self._spec.names]
        cells = self._convert(self._protect(self._rule(None), names))
        return self._delimiter.join(cells).encode("latin-1") + b"\n"

    def trailer(self) -> bytes:
        return b""

    def cells(self, column: int, values: pa.Array) -> list[str]:
        present, nulls = split(plain(values))
        try:
            values_text = self._fields[column].text(present)
        except BadValue as error:
            self.cells(column, present.slice(0, error.index))  # what is wrong before it goes first
            raise
        cells = self._convert(self._protect(self._rules[column], values_text))
        return scatter(cells, nulls, self._null_cell)

    def join(self, columns: Sequence[list[str]], rows: int) -> bytes:
        if not columns:
            return b"\n" * rows
        lines = map(self._delimiter.join, zip(*columns, strict=True))
        return "\n".join((*lines, "")).encode("latin-1")

    def _protect(self, rule: Rule | None, values: list[str]) -> list[str]:
        if rule is None:
            return values
        if self._spec.encoding is None or not self._spec.encoding.folded:
            return rule(values, values)
        return rule(folded(values, self._spec.encoding), values)

    def _convert(self, cells: list[str]) -> list[str]:
        """The protected cells in COPY's encoding: no character of one ends or begins in another."""
        if self._spec.encoding is None:
            return cells
        content = [cell.encode("latin-1") for cell in cells]
        return [cell.decode("latin-1") for cell in converted(content, self._spec.encoding)]

    def _rule(self, alphabet: str | None) -> Rule | None:
        spec = self._spec
        if spec.format == "text":
            return text_rule(self._delimiter, alphabet)
        single = len(spec.names) == 1
        quote, escape = chr(spec.quote), chr(spec.escape)
        return csv_rule(self._delimiter, quote, escape, self._null, single, alphabet)


class BinaryLayout:
    """BINARY: cells carry their length word."""

    before, behind = 2, 0

    def __init__(self, fields: Sequence[Field]) -> None:
        self._fields = fields
        self._count = struct.pack(">h", len(fields))

    def header(self) -> bytes:
        return _SIGNATURE

    def trailer(self) -> bytes:
        return struct.pack(">h", -1)

    def cells(self, column: int, values: pa.Array) -> list[bytes]:
        present, nulls = split(plain(values))
        contents = self._fields[column].binary(present)
        words = {length: struct.pack(">i", length) for length in set(map(len, contents))}
        cells = [words[len(content)] + content for content in contents]
        return scatter(cells, nulls, NULL_LENGTH)

    def join(self, columns: Sequence[list[bytes]], rows: int) -> bytes:
        if not columns:
            return self._count * rows
        count = self._count
        return b"".join([count + b"".join(row) for row in zip(*columns, strict=True)])


def row_of(values: pa.Array, index: int) -> int:
    """The row in which a column has its value number `index`, NULLs not counted."""
    _, nulls = split(plain(values))
    row = index
    for null in nulls:
        row += null <= row
    return row
