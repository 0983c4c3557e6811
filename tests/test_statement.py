"""parse_statement beside a real PostgreSQL 15: what is refused and how, and what options mean."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest
from holofast.errors import CopyError
from holofast.statement import Dialect, Statement, parse_statement
from holofast.statement.psql_error import format_error
from hypothesis import given
from hypothesis import strategies as st

from tests.copy_server import Refusal, our_outcome, server_outcome, spelt_out
from tests.copy_statements import QUERY, generated, pairs, written

if TYPE_CHECKING:
    import psycopg

    from tests.postgres import Postgres

# Where we differ from PostgreSQL 15, and why.
GRAMMAR_OF_18 = {
    # numbers in other bases and with underscores, which 15 calls trailing junk
    "COPY (select 1) TO STDOUT (HEADER 0x1)",
    "COPY (select 1) TO STDOUT (NULL 1_0)",
    "COPY (select 0x1F) TO STDOUT",
    # vertical tabs, which 15 does not skip, and a comment amid a string, which 15 does
    "COPY (select 1) TO STDOUT\v(x)",
    "COPY (select 'a' -- )\n 'b' as a) TO STDOUT",
    # a position where 15 gives none
    "COPY (select 1 fetch first 1 rows with ties) TO STDOUT",
    # a subquery without an alias, and a word that 18 reserves
    "COPY (select * from (select 1)) TO STDOUT",
    "COPY (select 1) TO STDOUT (NULL system_user)",
}
OURS_TO_REFUSE = {  # what a server would do is not for us to do
    "COPY made FROM STDIN": "COPY FROM is not supported",
    "COPY made (a) TO STDOUT": "COPY of a table is not supported",
    "COPY (select 1) TO '/tmp/x'": "COPY TO a file is not supported",
    "select 1": "only COPY statements can be run",
    "": "the statement is empty",
    " ; -- nothing": "the statement is empty",
    "COPY (select 1) TO STDOUT; select 2": "2 statements found, but only one COPY can be run",
}


@pytest.fixture(scope="module")
def server(postgres15: Postgres) -> Any:
    with postgres15() as connection:
        connection.execute("create temp table made (a int)")
        yield connection


def differences(server: psycopg.Connection, statements: list[str]) -> list[tuple[Any, ...]]:
    """(statement, ours, theirs) where the two differ, in the refusal or in the bytes."""
    found = []
    for statement in statements:
        theirs: Any = server_outcome(server, statement)
        ours: Any = our_outcome(statement)
        if not isinstance(ours, Refusal):
            if f"({QUERY})" not in statement:
                theirs, ours = isinstance(theirs, bytes), True
            else:
                ours = server_outcome(server, f"COPY ({QUERY}) TO STDOUT {spelt_out(ours)}")
        if ours != theirs:
            found.append((statement, ours, theirs))
    return found


def test_written_statements_are_taken_as_the_server_takes_them(server: psycopg.Connection) -> None:
    assert len(written()) > 250
    assert differences(server, written()) == []


def test_generated_options_are_taken_as_the_server_takes_them(server: psycopg.Connection) -> None:
    statements = generated(1500)
    assert differences(server, statements) == []
    accepted = [s for s in statements if not isinstance(our_outcome(s), Refusal)]
    messages = {outcome[1] for s in statements if isinstance(outcome := our_outcome(s), Refusal)}
    assert len(accepted) > 200
    assert len(messages) > 30


def test_every_pair_of_options_is_taken_as_the_server_takes_it(server: psycopg.Connection) -> None:
    statements = pairs()
    assert len(statements) > 7000
    assert differences(server, statements) == []
    refused = {outcome for s in statements if isinstance(outcome := our_outcome(s), Refusal)}
    assert len({refusal.message for refusal in refused}) > 60


def test_the_known_differences_are_still_there(server: psycopg.Connection) -> None:
    for statement in GRAMMAR_OF_18:
        assert differences(server, [statement]) != []


@pytest.mark.parametrize("statement", OURS_TO_REFUSE)
def test_what_is_not_for_us_is_refused_clearly(statement: str) -> None:
    with pytest.raises(CopyError) as caught:
        parse_statement(statement)
    assert caught.value.message.startswith(OURS_TO_REFUSE[statement])
    assert caught.value.hint or caught.value.position


def test_the_second_statement_is_pointed_at() -> None:
    with pytest.raises(CopyError) as caught:
        parse_statement("COPY (select 'é;') TO STDOUT ;; select 2")
    assert caught.value.position == 33


@pytest.mark.parametrize("char", ["\0", "\ud800"])
def test_what_cannot_be_sent_to_a_server(char: str) -> None:
    with pytest.raises(CopyError, match='invalid byte sequence for encoding "UTF8"') as caught:
        parse_statement(f"COPY (select 'a{char}b') TO STDOUT")
    assert (caught.value.sqlstate, caught.value.position) == ("22021", 16)


def test_an_unknown_dialect() -> None:
    dialect: Any = "mysql"
    with pytest.raises(ValueError, match="dialect is 'mysql'"):
        parse_statement("COPY (select 1) TO STDOUT", dialect=dialect)


# The mission's examples, after Hologres's documentation.
COMMAND = (
    "hg_dump_to_oss --AccessKeyId <access id> --AccessKeySecret <access key> --Endpoint "
    "oss-cn-hangzhou-internal.aliyuncs.com --BucketName hologres-demo --DirName holotest/ "
    "--BatchSize 3000"
)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("DELIMITER ','", ("text", ",", False)),
        ("(DELIMITER ',', HEADER true)", ("text", ",", True)),
        ("(DELIMITER ',', HEADER true, FORMAT CSV)", ("csv", ",", True)),
    ],
)
def test_documented_examples(options: str, expected: tuple[str, str, bool]) -> None:
    sql = f"COPY (select * from holo_test LIMIT 2) TO PROGRAM '{COMMAND}' {options};"
    for dialect in DIALECTS:
        statement = parse_statement(sql, dialect=dialect)
        assert statement.query == "select * from holo_test LIMIT 2"
        assert statement.program == COMMAND
        parsed = statement.options
        assert (parsed.format, parsed.delimiter, parsed.header) == expected


DIALECTS: tuple[Dialect, ...] = ("postgresql", "duckdb")


@pytest.mark.parametrize(
    ("literal", "program"),
    [
        ("''", ""),
        ("'a ''b'' \\'", "a 'b' \\"),
        ("E'a\\'\\x62'", "a'b"),
        ("$$it's $1$$", "it's $1"),
        ("U&'\\0061 é'", "a é"),
        ("'a'\n'b'", "ab"),
    ],
)
def test_the_program_is_what_its_literal_says(literal: str, program: str) -> None:
    statement = parse_statement(f"COPY (select 1) TO PROGRAM {literal} csv")
    assert (statement.program, statement.options.format) == (program, "csv")
    assert parse_statement("COPY (select 1) TO STDIN").program is None


# A query of any depth and length is for the source to judge, not for a parser's limits.
@pytest.mark.parametrize("terms", [100, 1_000, 200_000])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_deep_query_passes(terms: int, dialect: Dialect) -> None:
    query = "select " + "+".join(["1"] * terms)
    assert parse_statement(f"COPY ({query}) TO STDOUT", dialect=dialect).query == query


@pytest.mark.parametrize(
    "query",
    [
        "FROM 'x.parquet' SELECT * EXCLUDE a",
        "from t",
        "select * from 'a)b.parquet'",
        "select {'a': [1, 2]}[1:], x -> x + 1, 7 // 2, 1a, 'é' || 2b",
        "/* ) */ pivot t on a using sum(b) -- )",
        "select * replace (1 as a) from read_csv('x;y', delim = ';')",
        "select 1,2,3 from",
    ],
)
def test_a_query_in_duckdb_s_words_is_left_to_duckdb(query: str) -> None:
    sql = f"COPY (\t{query}\n) TO PROGRAM 'p' (FORMAT csv)"
    statement = parse_statement(sql, dialect="duckdb")
    assert statement == Statement(query, "p", statement.options, 8)
    assert statement.options.format == "csv"


@pytest.mark.parametrize(
    ("sql", "message", "position"),
    [
        ("COPY (from 'é' as x) TO STDOUT (x 1)", 'option "x" not recognized', 33),
        ("COPY (from 'é') TO STDOUT (format json)", 'COPY format "json" not recognized', 28),
        ("COPY (from 1a) TO STDOUT csv csv", "conflicting or redundant options", 30),
        ("COPY () TO STDOUT", 'syntax error at or near ")"', 7),
        ("COPY (-- none\n) TO STDOUT", 'syntax error at or near ")"', 15),
        ("COPY (abc) TO STDOUT", 'syntax error at or near "abc"', 7),
        ("COPY (from x; drop table x) TO STDOUT", 'syntax error at or near ";"', 13),
        ("COPY ((from x) TO STDOUT", "syntax error at end of input", 25),
        ("COPY (from x) TO STDOUT)", 'syntax error at or near ")"', 24),
        ("COPY (from x) TO STDOUT; select y", "2 statements found", 26),
        ("COPY (from 'x) TO STDOUT", "unterminated quoted string at or near \"'x", 12),
        ("COPY (from x) TO 'x'", "relative path not allowed for COPY to file", None),
        ("COPY x TO STDOUT", "COPY of a table is not supported", None),
        ("from x", "only COPY statements can be run", None),
        ("", "the statement is empty", None),
    ],
)
def test_the_wrapper_of_a_duckdb_query(sql: str, message: str, position: int | None) -> None:
    with pytest.raises(CopyError) as caught:
        parse_statement(sql, dialect="duckdb")
    assert caught.value.message.startswith(message)
    assert caught.value.position == position


def inside(text: st.SearchStrategy[str], quote: str) -> st.SearchStrategy[str]:
    return text.map(lambda inner: quote + inner.replace(quote, quote * 2) + quote)


TEXT = st.text(
    st.one_of(st.sampled_from("()'\";$-/*\\\n é喵𝒳"), st.characters(codec="utf-8")), max_size=8
).map(lambda text: text.replace("\0", ""))
PIECES = st.one_of(
    inside(TEXT, "'"),
    inside(TEXT.map(lambda text: "x" + text), '"'),
    TEXT.map(lambda text: "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    TEXT.map(lambda text: "$x$" + text.replace("$", "") + "$x$"),
    TEXT.map(lambda text: "1 -- " + text.replace("\n", "").replace("\r", "") + "\n"),
    TEXT.map(lambda text: "/* " + text.replace("*", "").replace("/", "") + " */ 1"),
    st.sampled_from(["1", "(1)", "((2) + (3))", "é", "/* /* ) */ */ 1", "1 as x", "(select 1)"]),
)
SPACE = st.text(" \t\n\r\f\v", max_size=3)


@given(st.lists(PIECES, min_size=1, max_size=6), SPACE, SPACE, st.sampled_from(DIALECTS))
def test_the_query_is_verbatim(pieces: list[str], left: str, right: str, dialect: Dialect) -> None:
    query = "select " + ", ".join(pieces)
    sql = f"COPY ({left}{query}\n{right}) TO STDOUT (FORMAT csv);"
    statement = parse_statement(sql, dialect=dialect)
    assert statement.query == query.rstrip(" \t\n\r\f\v")
    assert sql[statement.query_position - 1 :].startswith(statement.query)


SECRET = "nT8%Q;é7/+k=="
SPILLING = [
    f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret {SECRET}' csv csv",
    f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret={SECRET} --x y' (FORMAT x)",
    f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret ''{SECRET} {SECRET}''' (x)",
    f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --ACCESSKEYSECRET \"{SECRET} {SECRET}\"' (x)",
    f"COPY (select 1) TO PROGRAM E'hg_dump_to_oss --accesskeysecret \\'{SECRET} {SECRET}\\'' (x)",
    f'COPY (select 1) TO PROGRAM "hg_dump_to_oss --AccessKeySecret {SECRET}"',
    f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret {SECRET}",
    f"COPY (select 1) TO PROGRAM $$hg_dump_to_oss --AccessKeySecret {SECRET}",
    f"COPY (select 1) TO PROGRAM hg_dump_to_oss --AccessKeySecret {SECRET}",
    f"COPY (select 1) TO PROGRAM 'OSS_ACCESS_KEY_SECRET={SECRET} hg_dump_to_oss' (x)",
    f"COPY (select 1) TO PROGRAM 'x' (FORMAT 'hg_dump_to_oss --SecurityToken {SECRET}')",
    f"COPY (select 1) TO PROGRAM 'x' (\"--SecurityToken {SECRET}\" 1)",
    f"COPY (select 1) TO PROGRAM 'x' (HEADER '--AccessKeySecret {SECRET}')",
    f"COPY (select 1 /* --AccessKeySecret {SECRET} */) TO PROGRAM 'x' (x)",
    f"COPY (select 1) TO PROGRAM 'x --AccessKeySecret {SECRET}'; select 1",
    f"select 'hg_dump_to_oss --AccessKeySecret {SECRET}'",
    f"COPY (select 1) TO STDOUT '--AccessKeySecret {SECRET}\0'",
]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("sql", SPILLING)
def test_no_error_spills_a_secret(sql: str, dialect: Dialect) -> None:
    with pytest.raises(CopyError) as caught:
        parse_statement(sql, dialect=dialect)
    error = caught.value
    shown = [str(error), repr(error), format_error(error, sql), str(vars(error))]
    shown += traceback.format_exception(error)[-1:]
    for chained in (error.__context__, error.__cause__):
        assert chained is None
    for text in shown:
        assert SECRET not in text
        assert SECRET[:6] not in text


def test_the_repr_hides_the_secret() -> None:
    sql = f"COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret {SECRET} --BatchSize 5'"
    statement = parse_statement(sql)
    assert statement.program == sql[28:-1]
    assert repr(statement).count("***") == 1
    assert SECRET not in repr(statement)
    assert SECRET not in str(statement)
    assert "--BatchSize 5" in repr(statement)
