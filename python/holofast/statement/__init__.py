"""COPY (query) TO as text, read into its query, its program and its options.

PostgreSQL's own grammar reads the statement; the query's text is cut out of it, never printed anew.
What the options may be is options.py's, how an error is shown psql_error.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeVar

from holofast.errors import CopyError
from holofast.redaction import redact
from holofast.statement.grammar import Token, parse, parse_if_shallow, scan
from holofast.statement.option_list import read_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from holofast.options import CopyOptions

Dialect = Literal["postgresql", "duckdb"]
_T = TypeVar("_T")

_WHITESPACE: Final = " \t\n\r\f\v"  # scan.l's

# A query of PostgreSQL, and the shortest; in either dialect no query is shorter.
_PLACEHOLDER: Final = "SELECT"

_HINT: Final = "Write COPY (query) TO PROGRAM 'command' or COPY (query) TO STDOUT."

# Stands for the word json after FORMAT, which 18's grammar reserves and 15's does not.
_JSON: Final = "jso_"

# Stands for words that 18's grammar takes and 15's does not: neither takes it for an argument.
_REFUSED: Final = "="

_NEAR: Final = 'syntax error at or near "{}"'
_REWORDED: Final = (_NEAR.format(_JSON), _NEAR.format(_REFUSED))


@dataclass(frozen=True, repr=False)
class Statement:
    """A COPY (query) TO statement: `program` is the command, or None for STDOUT.

    `query` is the text between the outer parentheses as it was written, comments included, without
    the white space around it; `query_position` is the character of the statement, from 1, that it
    begins at. The repr hides secrets; the fields hold them.
    """

    query: str
    program: str | None
    options: CopyOptions
    query_position: int = 1

    def __repr__(self) -> str:
        program = None if self.program is None else redact(self.program)
        query = redact(self.query)
        return f"Statement(query={query!r}, program={program!r}, options={self.options!r})"


def parse_statement(sql: str, *, dialect: Dialect = "postgresql") -> Statement:
    """Read one COPY (query) TO PROGRAM or TO STDOUT statement; a trailing semicolon is fine.

    With `dialect="duckdb"` PostgreSQL's grammar reads all but the query, which DuckDB reads later.

    Raises CopyError with PostgreSQL 15's SQLSTATE, words and position (characters, from 1) for
    what it refuses, and 0A000 for COPY FROM, COPY table TO, COPY TO a file and other statements.
    """
    return read_grammar(sql, dialect).statement()


def read_grammar(sql: str, dialect: Dialect) -> Parsed:
    """The statement as the grammar reads it, its options not looked at; raises as parse_statement.

    That is where PostgreSQL checks the privilege to run its program.
    """
    if dialect not in ("postgresql", "duckdb"):
        raise ValueError(f"dialect is {dialect!r}, but must be 'postgresql' or 'duckdb'")
    return _redacting(sql, lambda: _read_grammar(sql, dialect))


class Parsed:
    """A statement that the grammar has taken."""

    def __init__(
        self,
        sql: str,
        wrapper: str,
        parts: _Parts,
        json_formats: frozenset[int],
        copy: Any,
        query_node: Any,
    ) -> None:
        self._sql = sql
        self._wrapper = wrapper
        self._parts = parts
        self._json_formats = json_formats
        self._copy = copy
        self._query_node = query_node  # None where the query has another grammar
        self.program: str | None = copy.filename if copy.is_program else None

    def statement(self) -> Statement:
        """The whole, its options and what kind of query it has checked; raises CopyError."""
        return _redacting(self._sql, self._checked)

    def _checked(self) -> Statement:
        node, copy, parts = self._query_node, self._copy, self._parts
        if node and node.HasField("merge_stmt"):  # before the options, unlike the rest
            raise CopyError("0A000", "MERGE not supported in COPY")
        options = read_options(copy.options, self._wrapper, self._json_formats)
        if node:
            _check_query(node)
        if not copy.is_program and parts.rest[1].word not in ("stdout", "stdin"):
            raise _file_refused(copy.filename)
        text = self._sql[parts.start : parts.end].lstrip(_WHITESPACE)
        position = parts.end - len(text) + 1
        return Statement(text.rstrip(_WHITESPACE), self.program, options, position)


def _redacting(sql: str, read: Callable[[], _T]) -> _T:
    """What `read` gives; no secret of the statement is in its error."""
    try:
        return read()
    except CopyError as error:
        refusal = error
        if refusal.position and refusal.message in _REWORDED:
            word = re.compile(r"\w+|.", re.DOTALL).match(sql, refusal.position - 1)
            refusal.message = _NEAR.format(word and word[0])
    # Raised outside the handler, as the original, secrets and all, would hang on as its context.
    raise CopyError(
        refusal.sqlstate,
        redact(refusal.message),
        hint=refusal.hint,
        position=refusal.position,
    )


def _read_grammar(sql: str, dialect: Dialect) -> Parsed:
    foreign = dialect != "postgresql"
    _check_characters(sql)
    tokens = scan(sql, junk_allowed=True) if foreign else _scan_or_parse(sql)
    parts = _take_apart(tokens, len(sql))
    sql_for_18, json_formats = _reword_format_json(sql, parts.rest)
    sql_for_18 = _reword_refused(sql_for_18, parts.rest)
    trees: Any = None
    if foreign:
        _check_foreign(sql, tokens, parts)
    else:
        trees = parse_if_shallow(sql_for_18, len(tokens))
    wrapper = _without_query(sql_for_18, parts)
    copy = _the_copy(parse(wrapper), parts.rest)
    query_node = trees and trees[0].stmt.copy_stmt.query
    return Parsed(sql, wrapper, parts, json_formats, copy, query_node)


def _check_characters(sql: str) -> None:
    """Refuse what no server can be sent: a NUL byte, and what has no form in UTF8."""
    bad = re.search("[\0\ud800-\udfff]", sql)
    if bad:
        byte = "0x00" if bad[0] == "\0" else f"U+{ord(bad[0]):04X}"
        message = f'invalid byte sequence for encoding "UTF8": {byte}'
        raise CopyError("22021", message, position=bad.start() + 1)


def _scan_or_parse(sql: str) -> list[Token]:
    """The tokens; where the scanner fails, the grammar may have failed on an earlier one."""
    try:
        return scan(sql)
    except CopyError:
        parse(sql)
        raise


class _Parts(NamedTuple):
    """A statement's tokens, cut at the query's parentheses; offsets count characters from 0."""

    start: int  # of the text between the parentheses
    end: int
    query: list[Token]
    rest: list[Token]  # from TO on; the whole statement where it does not begin with COPY (


def _take_apart(tokens: list[Token], length: int) -> _Parts:
    """Find the query's parentheses; where they are not closed, all that follows is the query."""
    if [token.word for token in tokens[:2]] != ["copy", "("]:
        return _Parts(0, 0, [], tokens)
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0 and token.word == ")":
            return _Parts(tokens[1].end, token.start, tokens[2:index], tokens[index + 1 :])
    return _Parts(tokens[1].end, length, tokens[2:], [])


def _without_query(sql: str, parts: _Parts) -> str:
    """The statement with a placeholder of the same length for its query, so positions stay.

    What is too short to be a query is left for the grammar to point at.
    """
    if not parts.query:
        return sql
    start, end = parts.query[0].start, parts.query[-1].end
    if end - start < len(_PLACEHOLDER):
        return sql
    return sql[:start] + _PLACEHOLDER.ljust(end - start) + sql[end:]


def _reword_format_json(sql: str, rest: list[Token]) -> tuple[str, frozenset[int]]:
    """`FORMAT json` respelt for a grammar that reserves it, and where (characters, from 1).

    PostgreSQL 15 takes json for a format's name like any other, and refuses it as such.
    """
    positions = set()
    for token, argument in pairwise(rest):
        if (token.word, argument.word) == ("format", "json"):
            positions.add(token.start + 1)
            sql = sql[: argument.start] + _JSON + sql[argument.end :]
    return sql, frozenset(positions)


def _reword_refused(sql: str, rest: list[Token]) -> str:
    """The statement respelt for 18's grammar to refuse what 15's does, in the same place.

    That is DEFAULT as an option's argument, and the star of FORCE NULL * and FORCE NOT NULL *.
    """
    before = ["", ""]
    for token in rest:
        is_argument = token.word == "default" and before[1] not in ("(", ",")
        if is_argument or (token.word == "*" and before in (["force", "null"], ["not", "null"])):
            respelt = _REFUSED.ljust(token.end - token.start)
            sql = sql[: token.start] + respelt + sql[token.end :]
        before = [before[1], token.word]
    return sql


def _check_foreign(sql: str, tokens: list[Token], parts: _Parts) -> None:
    """What can be said of a statement whose query has another grammar, before that reads it."""
    if tokens and tokens[0].word != "copy":
        raise _not_copy()
    for token in parts.query:
        if token.word == ";":
            raise _syntax_error(sql, token)


def _the_copy(statements: Any, rest: list[Token]) -> Any:
    """The one COPY (query) TO of a parsed text, or CopyError."""
    if not statements:
        raise CopyError("42601", "the statement is empty", hint=_HINT)
    if len(statements) > 1:
        ends = [after for token, after in pairwise(rest) if token.word == ";"]
        second = next(token for token in ends if token.word != ";")
        message = f"{len(statements)} statements found, but only one COPY can be run at a time"
        raise CopyError("42601", message, position=second.start + 1)
    statement = statements[0].stmt
    if not statement.HasField("copy_stmt"):
        raise _not_copy()
    copy = statement.copy_stmt
    if copy.is_from:
        raise CopyError("0A000", "COPY FROM is not supported", hint=_HINT)
    if not copy.HasField("query"):
        hint = "Try the COPY (SELECT ...) TO variant."
        raise CopyError("0A000", "COPY of a table is not supported", hint=hint)
    return copy


def _check_query(query: Any) -> None:
    """The statements that BeginCopyTo refuses as COPY's query (copyto.c of PostgreSQL 15)."""
    kind = query.WhichOneof("node")
    if kind == "select_stmt":
        select = query.select_stmt
        while select.HasField("larg"):  # INTO belongs to the first SELECT of a set operation
            select = select.larg
        if select.HasField("into_clause"):
            raise CopyError("0A000", "COPY (SELECT INTO) is not supported")
    elif not getattr(query, kind).HasField("returning_clause"):
        raise CopyError("0A000", "COPY query must have a RETURNING clause")


def _file_refused(name: str) -> CopyError:
    if not name.startswith("/"):
        return CopyError("42602", "relative path not allowed for COPY to file")
    hint = "Use TO STDOUT and redirect standard output to the file."
    return CopyError("0A000", "COPY TO a file is not supported", hint=hint)


def _not_copy() -> CopyError:
    return CopyError("0A000", "only COPY statements can be run", hint=_HINT)


def _syntax_error(sql: str, token: Token) -> CopyError:
    message = _NEAR.format(sql[token.start : token.end])
    return CopyError("42601", message, position=token.start + 1)
