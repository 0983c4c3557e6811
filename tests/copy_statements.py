"""Statements for the comparison with a real PostgreSQL; what is made of them is the tests'."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Final

# Contents that each option changes the bytes of; columns a, B, c, d and e.
QUERY: Final = r"""select 'x,"y|z' as a, null as "B", '' as c, E'\\N' as d, E'a\\b\tc' as e"""

# Whatever may follow COPY (query) TO STDOUT, one a line.
_TAILS: Final = Path(__file__).with_name("copy_tails.txt").read_text(encoding="utf-8")

# Whole statements, in particular those whose query, target or kind is refused, one a line.
_WHOLE: Final = r"""
COPY (select 1,2,3 from ) TO PROGRAM 'cat > /dev/null'
COPY (select 'äöü',2,3 from ) TO STDOUT
COPY (select 1) TO STDIN
COPY (select 1) TO PROGRAM 'cat > /dev/null' (FORMAT csv)
COPY (select 1) TO PROGRAM STDOUT
COPY (select 1) TO PROGRAM STDIN (nonsense)
COPY (select 1) TO PROGRAM
COPY (select 1) TO PROGRAM true
COPY (select 1) TO PROGRAM "true"
COPY (select 1) TO PROGRAM $$cat > /dev/null$$
COPY (select 1) TO PROGRAM E'c\x61t > /dev/null'
COPY (select 1) TO PROGRAM U&'c\0061t > /dev/null'
COPY (select 1) TO PROGRAM 'tr' 'ue' csv
COPY (select 1) TO 'file'
COPY (select 1) TO ''
COPY (select 1) TO 'stdout' (FORMAT csv, QUOTE '')
COPY (select 1) TO 'file' (nonsense)
COPY (select 1) TO
COPY (select 1) STDOUT
COPY (select 1) FROM STDIN
COPY (select 1) FROM 'file'
COPY select 1 TO STDOUT
COPY BINARY (select 1) TO STDOUT
COPY () TO STDOUT
COPY (/* nothing */) TO STDOUT
COPY (;) TO STDOUT
COPY (select 1;) TO STDOUT
COPY (select 1; select 2) TO STDOUT
COPY (select 1)) TO STDOUT
COPY ((select 1) TO STDOUT
COPY ((select 1)) TO STDOUT
COPY (((select 1) union (select 2) order by 1)) TO STDOUT
COPY(select)TO STDOUT
copy(table pg_am limit 0)to stdout(header)
COPY (values (1), (2)) TO STDOUT
COPY (with x as (select 1) select * from x) TO STDOUT
COPY (select 1 AS into) TO STDOUT
COPY (select 1 INTO x) TO STDOUT
COPY (select 1 INTO TEMP x UNION select 2) TO STDOUT
COPY ((select 1 INTO x)) TO STDOUT
COPY (select 1 INTO x) TO STDOUT (nonsense)
COPY (select 1 INTO x) TO 'file'
COPY (insert into made values (1)) TO STDOUT
COPY (insert into made values (1) returning a) TO STDOUT
COPY (with x as (select 1) insert into made table x) TO STDOUT
COPY (update made set a = 2) TO STDOUT
COPY (update made set a = 2 where false returning *) TO STDOUT
COPY (delete from made) TO STDOUT
COPY (delete from made where false returning *) TO STDOUT
COPY (delete from made) TO STDOUT (HEADER match)
COPY (delete from made) TO 'file'
COPY (merge into made using made m on true when matched then delete) TO STDOUT
COPY (merge into made using made m on true when matched then delete) TO STDOUT (FORMAT x)
COPY (create table y as select 1) TO STDOUT
COPY (explain select 1) TO STDOUT
COPY (execute x) TO STDOUT
COPY (notify x) TO STDOUT
COPY (copy (select 1) to stdout) TO STDOUT
COPY (select 1 limit 1,2) TO STDOUT
COPY (select sum(1) over (rows unbounded following)) TO STDOUT
COPY (select 1::float(99)) TO STDOUT
COPY (select unique (select 1)) TO STDOUT
COPY (select u&'\zzzz') TO STDOUT
COPY (select e'\u00') TO STDOUT
COPY (select e'\xff') TO STDOUT
COPY (select 1a) TO STDOUT
COPY (select 'abc) TO STDOUT
COPY (select "abc) TO STDOUT
COPY (select /* abc) TO STDOUT
COPY (select $x$ abc) TO STDOUT
COPY (select from from 'abc) TO STDOUT
COPY (select "") TO STDOUT
COPY (select * from) TO STDOUT (nonsense)
COPY
COPY (
COPY (select 1
COPY (select 1)
COPI (select 1) TO STDOUT
SELEKT 1
"""

_LONGER: Final = (
    f"COPY ({QUERY}) TO STDOUT /* a /* nested */ comment */ (format /* here */ csv -- there\n)",
    f"COPY ({QUERY}) TO STDOUT\t\r\n\f csv",
    "COPY (select 'é', ')' /* ) */, $$)$$, \")\" from (select 1 as \")\") q -- )\n) TO STDOUT (x)",
    "COPY (select 1) TO STDOUT (\n  FORMAT csv,\n  NONSENSE 'é'\n)",
    "-- first\n  COPY -- second\n (select 1 -- ) TO\n ) TO STDOUT (FORMAT x)",
    "COPY (select " + "+".join(["1"] * 500) + ") TO STDOUT (FORMAT x)",
    "COPY (select " + "(" * 500 + "1" + ")" * 500 + ") TO STDOUT (FORMAT csv)",
)

# One of each makes a list in which several things may be wrong, so that the order shows.
_PARTS: Final = (
    ("format csv", "format text", "format binary", "format x", "format"),
    (
        "delimiter ';'",
        "delimiter ''",
        "delimiter E'\\n'",
        "delimiter a",
        "delimiter N",
        "delimiter",
    ),
    ("null 'N'", "null E'\\r'", "null ';|'", "null"),
    ("header", "header false", "header x", "header match"),
    ("quote '|'", "quote ''", "quote ';'", "quote N"),
    ("escape '|'", "escape 'ab'"),
    ("force_quote *", "force_quote (a)", "force_quote a"),
    ("force_not_null (a)", "force_not_null *"),
    ("force_null (a)", "force_null x"),
    ("encoding utf8", "encoding latin1", "encoding x"),
    ("freeze", "freeze x"),
    ("unknown", "format csv", "null 'z'", "encoding utf8", "delimiter '|'"),
)
# Other spellings and values, and options that COPY FROM, other versions or nobody takes.
_MORE: Final = (
    "format 'CSV'", "format json", "format *", "header 2", "header 'yes'", "delimiter 'é'",
    "delimiter '\"'", "null '\"'", "null 5", "quote", "quote 'ab'", "escape", "escape ''",
    "escape 'é'", "force_quote", "force_quote (a, a)", "force_quote (zz)", "force_not_null",
    "force_null a", "encoding", "freeze false", "convert_selectively", "convert_selectively (a)",
    "convert_selectively x", "default 'x'", "null default", "on_error ignore", "on_error stop",
    "log_verbosity verbose", "reject_limit 5", "oids", "force_array", "force_array (a)",
    "ignore_errors", "delimiters ','", '"Format" csv', "where true",
)  # fmt: skip
_LEGACY: Final = (
    "csv", "csv", "binary", "header", "freeze", "delimiter ';'", "delimiter as 'N'", "null 'N'",
    "null as ';'", "quote '|'", "quote ''", "escape as '|'", "force quote a", "force quote *",
    "force not null a", "force null a, c", "encoding 'utf8'", "encoding 'x'",
)  # fmt: skip


def written() -> list[str]:
    """Every statement written down above."""
    tails = [f"COPY ({QUERY}) TO STDOUT {tail}" for tail in _TAILS.strip("\n").split("\n")]
    return [*tails, *_WHOLE.strip("\n").split("\n"), *_LONGER]


# Beside _LEGACY's in pairs.
_MORE_LEGACY: Final = (
    "header true", "delimiter ''", "delimiter E'\\n'", "delimiter", "delimiters ','", "null E'\\r'",
    "null", "quote ';'", "quote", "escape 'ab'", "escape as", "force quote zz", "force quote a, a",
    "force quote (a)", "force quote", "force not null *", "force null *", "force_quote *",
    "encoding as 'utf8'", "encoding", "oids", "format csv", "on_error ignore", "default 'x'",
    "with", "where true", "as", ",", "()", "(header)", ";",
)  # fmt: skip


def pairs() -> list[str]:
    """Statements with every option alone and with every pair of them, in either order.

    FORMAT is one of them, so that each stands before and behind each format.
    """
    options = dict.fromkeys([word for words in _PARTS for word in words] + list(_MORE))
    tails = [f"({one})" for one in options]
    tails += [f"({one}, {other})" for one, other in product(options, repeat=2)]
    legacy = dict.fromkeys(_LEGACY + _MORE_LEGACY)
    tails += [f"{one} {other}" for one, other in product(legacy, repeat=2)]
    return [f"COPY ({QUERY}) TO STDOUT {tail}" for tail in tails]


def generated(count: int) -> list[str]:
    """So many statements with options drawn at random, the same ones each time."""
    draw = random.Random(15)
    statements = []
    for number in range(count):
        if number % 3:
            chosen = draw.sample(_PARTS, draw.randint(1, 6))
            tail = "(" + ", ".join(draw.choice(words) for words in chosen) + ")"
        else:
            tail = " ".join(draw.sample(_LEGACY, draw.randint(1, 4)))
        statements.append(f"COPY ({QUERY}) TO STDOUT {tail}")
    return statements
