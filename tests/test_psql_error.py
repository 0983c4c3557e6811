"""Errors shown as psql shows them, compared with psql itself; no secret among them."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from holofast.errors import CopyError, ProgramError
from holofast.statement import parse_statement
from holofast.statement.psql_error import error_position, format_error

from tests.postgres import POSTGRES15_BIN

if TYPE_CHECKING:
    from tests.postgres import Postgres

SECRET = "nT8%Q;é7/+k=="


def psql(postgres15: Postgres, sql: str) -> str:
    """What psql prints on standard error for a statement that is refused."""
    done = subprocess.run(
        [POSTGRES15_BIN / "psql", "-X", "-d", postgres15.dsn, "-c", sql],
        env={**os.environ, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    return done.stderr.decode()


LONG = "select " + ", ".join(f"column_{n} as a" for n in range(12))
SHOWN = [
    "COPY (select 1,2,3 from ) TO PROGRAM 'hg_dump_to_oss --AccessKeyId a'",
    "COPY (select 1) TO STDOUT (x)",
    "COPY (select 1)",
    "\n\nCOPY (select 1,\n\t2,\n3 from ) TO STDOUT\nWITH csv",
    "COPY (\r\nselect 1\r\n\r\n from ) TO STDOUT\r",
    "COPY\r(select\r1 from\r) TO STDOUT",
    f"COPY ({LONG} from ) TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')",
    f"COPY (from {LONG}) TO STDOUT (FORMAT csv, HEADER, DELIMITER ';')",
    f"COPY ({LONG}) TO STDOUT (FORMAT csv, HEADER, DELIMITER ';') nonsense",
    f"COPY ({LONG} from from xxxxxxx) TO STDOUT",
    f"COPY (select '{'喵' * 40}', from x) TO STDOUT",
    f"COPY (select from '{'喵' * 40}' from x) TO STDOUT",
    f"COPY (select '喵e\u0301\t\x01\u200b{'é' * 30}', from x, {LONG}) TO STDOUT",
    f"COPY (select 'ｶﾞ\U0001f600\U0001f468\u200d\U0001f469', {LONG} from from x) TO STDOUT",
    "COPY (select 1 limit 1,2) TO STDOUT",
    "COPY (select u&'\\zzzz') TO STDOUT",
    "COPY (delete from pg_class) TO STDOUT (HEADER match)",
]


@pytest.mark.parametrize("sql", SHOWN)
def test_an_error_is_shown_as_psql_shows_it(postgres15: Postgres, sql: str) -> None:
    with pytest.raises(CopyError) as caught:
        parse_statement(sql)
    assert format_error(caught.value, sql) + "\n" == psql(postgres15, sql)


def test_each_character_can_be_pointed_at(postgres15: Postgres) -> None:
    line = "喵e\u0301\t" + "".join(f"{n}喵é" for n in range(30))
    sql = f"/* {line} */"
    for length in range(0, len(line), 3):
        asked = f"/* {line[:length]} */ from /* {line[length:]} */"
        shown = psql(postgres15, asked).split("\n")[1:3]
        assert error_position(asked, asked.index("from") + 1) == shown
    assert error_position(sql, len(sql) + 1)[0].startswith("LINE 1: ...")
    assert error_position(sql, len(sql) + 2) == []
    assert error_position(sql, 0) == []


def test_a_hidden_secret_moves_the_caret_with_it() -> None:
    sql = f"COPY (select 1) TO PROGRAM 'hg --AccessKeySecret {SECRET}' (x)"
    line, caret = error_position(sql, sql.index("(x)") + 2)
    assert line.endswith("--AccessKeySecret ***' (x)")
    assert line[caret.index("^")] == "x"
    inner = error_position(sql, sql.index(SECRET) + 4)
    assert inner[0][inner[1].index("^")] == "*"


def test_a_failed_program_is_shown_as_psql_shows_it(postgres15: Postgres) -> None:
    command = "exit 105"
    theirs = psql(postgres15, f"COPY (select 1) TO PROGRAM '{command}'")
    assert format_error(ProgramError(command, 105)) + "\n" == theirs
    secret = ProgramError(f"hg_dump_to_oss --AccessKeySecret {SECRET}", 102, hint="Check it.")
    assert format_error(secret).split("\n") == [
        'ERROR:  program "hg_dump_to_oss --AccessKeySecret ***" failed',
        "DETAIL:  child process exited with exit code 102",
        "HINT:  Check it.",
    ]
