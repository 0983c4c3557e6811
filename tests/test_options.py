"""CopyOptions and Settings as a program makes them: PostgreSQL's defaults, checks and words.

The same rules as a statement asks for them are in test_statement.py.
"""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from holofast.encodings import SPELLINGS, canonical_name
from holofast.errors import CopyError
from holofast.options import CopyOptions, encoding_name
from holofast.settings import Settings
from psycopg import pq

from tests.copy_server import Refusal, literal, refusal_of, server_outcome, spelt_out

if TYPE_CHECKING:
    from tests.postgres import Postgres

# Contents that each option changes the bytes of.
QUERY = r"""select 'x,"y|z' as a, null as "b|c", '' as c, E'\\N' as d, E'a\\b\tc' as e"""


def test_text_defaults() -> None:
    options = CopyOptions()
    assert (options.format, options.delimiter, options.null) == ("text", "\t", "\\N")
    assert (options.quote, options.escape, options.header) == (None, None, False)


def test_csv_defaults() -> None:
    options = CopyOptions(format="csv")
    assert (options.delimiter, options.null) == (",", "")
    assert (options.quote, options.escape) == ('"', '"')


def test_the_escape_follows_the_quote() -> None:
    assert CopyOptions(format="csv", quote="'").escape == "'"
    assert CopyOptions(format="csv", escape="\\").quote == '"'


def test_binary_has_no_characters() -> None:
    options = CopyOptions(format="binary")
    assert (options.delimiter, options.null, options.quote, options.escape) == (None,) * 4


VALUES: dict[str, tuple[Any, ...]] = {
    "format": ("text", "csv", "binary", "CSV"),
    "delimiter": (None, "", "|", "é", "ab", "\n", "a", "A", ".", "N", "\\", '"'),
    "null": (None, "", "\\N", "a\nb", "\r", "x|y", 'x"y', "NUL"),
    "header": (False, True),
    "quote": (None, "", "'", "ab", "é", "|"),
    "escape": (None, "", "\\", "ab"),
    "force_quote": (None, "*", ("a", "b|c")),
}


def combinations() -> list[dict[str, Any]]:
    """Every pair of options with every pair of their values, in every format."""
    found = []
    names = [name for name in VALUES if name != "format"]
    for chosen in VALUES["format"]:
        for index, name in enumerate(names):
            for other in names[index + 1 :]:
                for value, another in product(VALUES[name], VALUES[other]):
                    found.append({"format": chosen, name: value, other: another})
    return found


def as_list(given: dict[str, Any]) -> str:
    """The option list of a statement that gives the same options."""
    words = []
    for name, value in given.items():
        if name == "force_quote" and value is not None and value != "*":
            words.append("force_quote (" + ", ".join(f'"{column}"' for column in value) + ")")
        elif value == "*":
            words.append("force_quote *")
        elif value is not None:
            words.append(f"{name} {literal(value) if isinstance(value, str) else value}")
    return f"({', '.join(words)})"


def test_every_pair_of_options_as_the_server_takes_it(postgres15: Postgres) -> None:
    different = []
    accepted = 0
    with postgres15() as connection:
        for given in combinations():
            theirs = server_outcome(connection, f"COPY ({QUERY}) TO STDOUT {as_list(given)}")
            ours: Any = refusal_of(lambda given=given: CopyOptions(**given))  # type: ignore[misc]
            if isinstance(ours, CopyOptions):
                accepted += 1
                ours = server_outcome(connection, f"COPY ({QUERY}) TO STDOUT {spelt_out(ours)}")
            elif isinstance(theirs, Refusal):
                theirs = theirs._replace(position=None)  # options have no place
            if ours != theirs:
                different.append((given, ours, theirs))
    assert different == []
    assert accepted > 100


def test_options_only_copy_from_takes_stand_in_their_place() -> None:
    def message(**options: Any) -> str:
        with pytest.raises(CopyError) as caught:
            CopyOptions(**options)
        return str(caught.value)

    both = ["force not null", "force null"]
    assert message(from_only=both) == "COPY force not null available only in CSV mode"
    assert message(from_only=both, quote="'") == "COPY quote available only in CSV mode"
    late = {"format": "csv", "null": ",", "from_only": ["force null"]}
    assert message(**late) == "COPY force null only available using COPY FROM"


def test_what_no_statement_can_say() -> None:
    with pytest.raises(TypeError, match="option delimiter must be a str, not int"):
        CopyOptions(delimiter=5)  # type: ignore[arg-type]
    for null in ("a\0", "\ud800"):
        with pytest.raises(CopyError, match='invalid byte sequence for encoding "UTF8"') as caught:
            CopyOptions(null=null)
        assert caught.value.sqlstate == "22021"
    with pytest.raises(CopyError, match="must be a list of column names"):
        CopyOptions(format="csv", force_quote="a")
    for header in ("yes", 2, None):
        with pytest.raises(CopyError, match='header requires a Boolean value or "match"'):
            CopyOptions(header=header)  # type: ignore[arg-type]


def test_a_list_of_columns_is_kept_as_a_tuple() -> None:
    columns: Any = ["a", "b"]
    assert CopyOptions(format="csv", force_quote=columns).force_quote == ("a", "b")
    assert CopyOptions(force_quote=()).force_quote is None


def test_options_can_be_compared_hashed_and_replaced() -> None:
    options = CopyOptions(format="csv", force_quote=("a",))
    assert len({options, CopyOptions(format="csv", force_quote=("a",), delimiter=",")}) == 1
    assert dataclasses.replace(options, header=True).header


ALIASES = [spelling for spellings in SPELLINGS.values() for spelling in spellings.split()]
ODD_NAMES = [
    "UTF-8", "utf_8 ", "Latin-1", "ISO_8859-15", "windows-1252", "Shift_JIS", "shift-jis-2004",
    "", " ", "cp1252", "cp936", "GB2312", "ascii", "utf16", "utfé8", "x" * 64,
    "\uff35\uff34\uff26\uff18", "_" * 59 + "utf8", "_" * 60 + "utf8", "é" * 30 + "utf8",
]  # fmt: skip


def test_encoding_names_are_the_server_s(postgres15: Postgres) -> None:
    with postgres15() as connection:
        names = [*ALIASES, *map(str.upper, ALIASES), *SPELLINGS, *ODD_NAMES]
        rows = connection.execute(
            "select pg_encoding_to_char(pg_char_to_encoding(n)) from unnest(%s::text[]) n", [names]
        ).fetchall()
        assert [canonical_name(name) or "" for name in names] == [row[0] for row in rows]
        all_names = connection.execute(
            "select array_agg(pg_encoding_to_char(i)::text) from generate_series(0, 60) i"
        ).fetchone()
    assert all_names is not None
    assert {name for name in all_names[0] if name} == set(SPELLINGS)


def test_the_encoding_is_kept_by_its_own_name() -> None:
    assert CopyOptions(encoding="utf-8").encoding == "UTF8"
    assert CopyOptions(encoding="mskanji").encoding == "SJIS"
    assert encoding_name("Latin-1") == "LATIN1"
    with pytest.raises(CopyError, match="must be a valid encoding name") as caught:
        CopyOptions(encoding="cp1252")
    assert caught.value.sqlstate == "22023"


def test_a_client_encoding_is_any_that_the_server_takes(postgres15: Postgres) -> None:
    with postgres15() as connection:
        for name in (
            *SPELLINGS,
            "mskanji",
            "Latin-1",
            "utf-8",
            "cp1252",
            "",
            "é" * 80,
            "utf8" + 80 * "-",
        ):
            # By libpq itself: psycopg would need a codec of Python's for each.
            query = f"SELECT set_config('client_encoding', '{name}', false); RESET client_encoding"
            result = connection.pgconn.exec_(query.encode())
            if result.status == pq.ExecStatus.COMMAND_OK:
                assert Settings(client_encoding=name).client_encoding == encoding_name(name[:63])
                continue
            with pytest.raises(CopyError) as caught:
                Settings(client_encoding=name)
            own = (caught.value.sqlstate, caught.value.message, caught.value.detail)
            fields = (
                result.error_field(field)
                for field in (
                    pq.DiagnosticField.SQLSTATE,
                    pq.DiagnosticField.MESSAGE_PRIMARY,
                    pq.DiagnosticField.MESSAGE_DETAIL,
                )
            )
            assert own == tuple(field.decode() if field else None for field in fields)
