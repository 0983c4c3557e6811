"""How a SELECT can be cut into queries that share its rows out among them, by its parse tree.

    by blocks    SELECT a FROM t WHERE x OR y
              ─▶ SELECT a FROM t WHERE ( x OR y) AND "t".ctid >= '(64,0)'::tid AND …
    by shards ─▶ SELECT a FROM t WHERE ( x OR y) AND "t".hg_shard_id IN (0, 2, …)
    by a column  ─▶ SELECT * FROM (… the query …) AS q WHERE q."a" >= '1000' AND …

The grammar says where the text is cut, which stays as it was written, with its comments: they may
be hints. What only a server knows (what a relation is, which functions are aggregates, where the
bounds should be) is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from holofast.statement.grammar import parse_if_shallow, scan, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from holofast.statement.grammar import Token

_CHANGES: Final = ("InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")

# Clauses by which a row of the result is not made of one row of a table.
_CLAUSES: Final = (
    "larg",
    "distinct_clause",
    "group_clause",
    "having_clause",
    "window_clause",
    "with_clause",
)

# What the grammar itself knows for functions of many rows: nodes, and fields of function calls.
_AGGREGATES: Final = ("GroupingFunc", "JsonArrayAgg", "JsonObjectAgg")
# By which a table's rows are shared out: a name in the query would hide them.
_HIDDEN: Final = ("ctid", "hg_shard_id")

_AGGREGATE_MARKS: Final = ("agg_order", "agg_filter", "agg_star", "agg_distinct", "over")


@dataclass(frozen=True, slots=True)
class Table:
    """The one relation a query reads: the parts of its name, and what the query calls it."""

    names: tuple[str, ...]
    alias: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of a query, and the queries it can be cut into.

    `refusal` says in a short phrase why it must not be cut at all, or is None. `table` is there
    where the query reads one relation, row by row. It is for the server to say whether that has
    blocks, as tables and materialized views have, and whether one of `functions` is an aggregate.
    `attributes` are names behind a dot, which are functions too where there is no such column
    (`t.count`). Functions that return sets do no harm.
    """

    text: str
    refusal: str | None = None
    table: Table | None = None
    functions: frozenset[tuple[str, ...]] = frozenset()
    attributes: frozenset[str] = frozenset()
    _where: int | None = None  # behind the word WHERE, in characters
    _end: int = 0  # behind the last word of the SELECT

    def by_blocks(self, first: int | None, end: int | None) -> str:
        """The rows in the blocks from `first` up to, not including, `end`.

        The part without `first` begins at the first block, the one without `end` has the last.
        """
        conditions = [
            f"{self._hidden('ctid')} {operator} '({block},0)'::tid"
            for operator, block in ((">=", first), ("<", end))
            if block is not None
        ]
        return self._with(" AND ".join(conditions)) if conditions else self.text

    def by_shards(self, shards: Iterable[int]) -> str:
        """The rows in some of the shards that Hologres has the table in."""
        return self._with(f"{self._hidden('hg_shard_id')} IN ({', '.join(map(str, shards))})")

    def _hidden(self, name: str) -> str:
        """A column that every table has."""
        assert self.table is not None, "the query does not read one table"
        return f"{quoted(self.table.alias)}.{name}"

    def _with(self, condition: str) -> str:
        """The rows that meet one more condition."""
        if self._where is None:
            return f"{self.text[: self._end]} WHERE {condition}{self.text[self._end :]}"
        head, old = self.text[: self._where], self.text[self._where : self._end]
        return f"{head} ({old}) AND {condition}{self.text[self._end :]}"

    def by_column(self, name: str, first: str | None, end: str | None) -> str:
        """The rows whose column `name` is from `first` up to, not including, `end`.

        The bounds are written as the column's type reads them. The part without `first` has the
        rows in which the column is NULL.
        """
        assert self.refusal is None, self.refusal
        column = f"q.{quoted(name)}"
        condition = " AND ".join(
            f"{column} {operator} {literal(bound)}"
            for operator, bound in ((">=", first), ("<", end))
            if bound is not None
        )
        if not condition:
            return self.text
        if first is None:
            condition += f" OR {column} IS NULL"
        # The new line ends a comment.
        return f"SELECT * FROM ({self.text}\n) AS q WHERE {condition}"


def read_query(text: str) -> Query:
    """What the grammar tells of a query; raises CopyError where it cannot read it."""
    tokens = scan(text)
    statements = parse_if_shallow(text, len(tokens))
    if statements is None:
        return Query(text, "its expressions are nested too deeply")
    if len(statements) != 1 or any(token.word == ";" for token in tokens):
        return Query(text, "it is not one statement")
    statement = statements[0].stmt
    nodes = list(walk(statement))
    refusal = next(_refusals(statement, nodes), None)
    if refusal is not None:
        return Query(text, refusal)
    body = _without_parentheses(tokens)
    table = None
    if body[0].word == "select" and _is_row_by_row(statement.select_stmt, nodes):
        table = _table(statement.select_stmt)
    functions, attributes = _functions(nodes), _attributes(nodes)
    return Query(text, None, table, functions, attributes, _where(body), body[-1].end)


def is_ordered(text: str) -> bool:
    """Whether a query's rows have an order, of which it is one too not to be known."""
    statements = parse_if_shallow(text, len(scan(text)))
    return statements is None or any(one.stmt.select_stmt.sort_clause for one in statements)


def _refusals(statement: Any, nodes: Sequence[Any]) -> Iterator[str]:
    """Why the parts of the query would not be the whole.

    Its subqueries are run again for each part, and must have the same rows every time; and what
    locks rows waits for the other parts, which wait for it.
    """
    kinds = set(map(_kind, nodes))
    if not kinds.isdisjoint(_CHANGES):
        yield "it changes data"
    if not statement.HasField("select_stmt"):
        yield "it is not a SELECT"
    select = statement.select_stmt
    if select.sort_clause:
        yield "its ORDER BY would be lost"
    selects = [node for node in nodes if _kind(node) == "SelectStmt"]
    if any(node.HasField("limit_count") or node.HasField("limit_offset") for node in selects):
        yield "LIMIT, OFFSET or FETCH may choose other rows each time"
    if any(node.locking_clause for node in selects):
        yield "FOR UPDATE and FOR SHARE lock rows"
    if "RangeTableSample" in kinds:
        yield "TABLESAMPLE chooses other rows each time"
    if any(map(_is_distinct_on, selects)):
        yield "DISTINCT ON may choose other rows each time"
    if any(node.HasField("into_clause") for node in selects):
        yield "INTO makes a table"
    if not _has_from(select):
        yield "it has no FROM"


def _is_distinct_on(select: Any) -> bool:
    return any(node.WhichOneof("node") for node in select.distinct_clause)  # DISTINCT's is empty


def _has_from(select: Any) -> bool:
    if select.HasField("larg"):
        return _has_from(select.larg) or _has_from(select.rarg)
    return bool(select.from_clause)


def _is_row_by_row(select: Any, nodes: Iterable[Any]) -> bool:
    """Whether each row of the result is made of one row of FROM, as far as the grammar knows."""
    return _fields(select).isdisjoint(_CLAUSES) and not any(
        _kind(node) in _AGGREGATES
        or (_kind(node) == "FuncCall" and not _fields(node).isdisjoint(_AGGREGATE_MARKS))
        for node in nodes
    )


def _table(select: Any) -> Table | None:
    """The one relation in FROM, if its hidden columns can be asked for."""
    if len(select.from_clause) != 1 or not select.from_clause[0].HasField("range_var"):
        return None
    relation = select.from_clause[0].range_var
    if any(column.string.sval in _HIDDEN for column in relation.alias.colnames):
        return None
    names = (relation.catalogname, relation.schemaname, relation.relname)
    return Table(tuple(filter(None, names)), relation.alias.aliasname or relation.relname)


def _functions(nodes: Iterable[Any]) -> frozenset[tuple[str, ...]]:
    calls = (node for node in nodes if _kind(node) == "FuncCall")
    return frozenset(tuple(part.string.sval for part in call.funcname) for call in calls)


def _attributes(nodes: Iterable[Any]) -> frozenset[str]:
    parts: list[Any] = []
    for node in nodes:
        if _kind(node) == "ColumnRef":
            parts += node.fields[1:]
        elif _kind(node) == "A_Indirection":
            parts += node.indirection
    return frozenset(part.string.sval for part in parts if part.HasField("string"))


def _without_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens of a query without the parentheses around all of it."""
    depth = next(index for index, token in enumerate(tokens) if token.word != "(")
    return tokens[depth : len(tokens) - depth]


def _where(tokens: Sequence[Token]) -> int | None:
    """Behind the WHERE of a SELECT; behind AS or a dot the word is a name."""
    depth = 0
    for before, token in pairwise(tokens):
        depth += (token.word == "(") - (token.word == ")")
        if depth == 0 and token.word == "where" and before.word not in ("as", "."):
            return token.end
    return None


def _kind(node: Any) -> str:
    return str(node.DESCRIPTOR.name)


def _fields(node: Any) -> set[str]:
    """The names of the fields that are there."""
    return {field.name for field, _ in node.ListFields()}


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A string as SQL writes it, whatever standard_conforming_strings is."""
    text = "'" + value.replace("'", "''") + "'"
    return " E" + text.replace("\\", "\\\\") if "\\" in text else text
