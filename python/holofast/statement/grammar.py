"""PostgreSQL's scanner and grammar by libpg_query, with positions in characters and its SQLSTATEs.

The grammar is PostgreSQL 18's. What a COPY statement means does not live here, but statement.py's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator

# libpg_query recurses without a limit of its own: 100,000 operators in a row overflow the stack.
_MAX_TOKENS: Final = 10_000

# What is no plain syntax error (42601): the message's start -> SQLSTATE. gram.y, scan.l, mbutils.c.
_SQLSTATES: Final = {
    "frame ": "42P20",
    "precision for type float must be": "22023",
    "UNIQUE predicate is not yet implemented": "0A000",
    "invalid byte sequence for encoding": "22021",
    "stack depth limit exceeded": "54001",
}

# libpg_query drops the hints; (message, source file) -> hint of gram.y, parser.c or scan.l.
_HINTS: Final = {
    ("LIMIT #,# syntax is not supported", "gram.y"): "Use separate LIMIT and OFFSET clauses.",
    ("invalid Unicode escape", "parser.c"): "Unicode escapes must be \\XXXX or \\+XXXXXX.",
    ("invalid Unicode escape", "scan.l"): "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.",
}


class Token(NamedTuple):
    """A token and where it stands, in characters from 0; `word` is its text, in lower case.

    A keyword is known by its word, as no quoted name or string has the same text.
    """

    word: str
    start: int
    end: int


def scan(sql: str, *, junk_allowed: bool = False) -> list[Token]:
    """The tokens of `sql` without its comments; CopyError where PostgreSQL's scanner finds none.

    With `junk_allowed` a number may run into a word (`1a`), as other dialects read it.
    """
    postgast = _postgast()
    readable = sql
    while True:
        try:
            found = postgast.scan(readable).tokens
            break
        except postgast.PgQueryError as error:
            junk = error.message.startswith("trailing junk after") and error.cursorpos > 0
            if not (junk_allowed and junk):
                raise _copy_error(error) from None
            at = error.cursorpos - 1  # positions are all that matters, so its first digit may go
            readable = f"{readable[:at]} {readable[at + 1 :]}"
    characters = _Characters(readable)
    tokens = []
    for token in found:
        start, end = characters.at(token.start), characters.at(token.end)
        if not sql.startswith(("--", "/*"), start):
            tokens.append(Token(sql[start:end].lower(), start, end))
    return tokens


def parse(sql: str) -> Any:
    """The statements of `sql` as libpg_query's RawStmt; CopyError where it does not parse.

    Locations in the trees count bytes from 0.
    """
    postgast = _postgast()
    try:
        return postgast.parse(sql).stmts
    except postgast.PgQueryError as error:
        raise _copy_error(error) from None


def parse_if_shallow(sql: str, tokens: int) -> Any | None:
    """As `parse`, but None where a valid statement's tree is too deep to be handed over.

    `tokens` is how many it has. Nobody is refused for it: whoever runs the query parses it again.
    """
    if tokens > _MAX_TOKENS:
        return None
    try:
        return parse(sql)
    except import_module("google.protobuf.message").DecodeError:
        return None  # the decoder stops at 100 levels, which 60 operators in a row reach


def walk(tree: Any) -> Iterator[Any]:
    """The nodes of a tree, itself first."""
    return (node for _, node in _postgast().walk(tree))


def character(sql: str, offset: int) -> int:
    """The position, from 1, of the character at a byte offset of `sql` in UTF8."""
    return _Characters(sql).at(offset) + 1


class _Characters:
    """Byte offsets of a text in UTF8 as offsets in characters; ascending ones cost little."""

    def __init__(self, sql: str) -> None:
        self._data = sql.encode()
        self._ascii = sql.isascii()
        self._offset = self._count = 0

    def at(self, offset: int) -> int:
        if self._ascii:
            return offset
        if offset < self._offset:
            self._offset = self._count = 0
        self._count += len(self._data[self._offset : offset].decode())
        self._offset = offset
        return self._count


def _copy_error(error: Any) -> CopyError:
    message = error.message
    sqlstate = next((code for start, code in _SQLSTATES.items() if message.startswith(start)), None)
    file = (error.filename or "").removeprefix("src_backend_parser_")
    if (message, file) == ("invalid Unicode escape", "scan.l"):
        sqlstate = "22025"
    return CopyError(
        sqlstate or "42601",
        message,
        hint=_HINTS.get((message, file)),
        position=error.cursorpos or None,
    )


def _postgast() -> Any:
    return import_module("postgast")  # late, as it takes 80 ms; its stubs are no valid Python
