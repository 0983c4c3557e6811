"""A Hologres as the source, played by the scripted server: whole exports.

The bytes expected are what a real PostgreSQL prints of the same values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast import api
from holofast.errors import CopyError, SourceError
from holofast.sources.postgres import zones

from tests.exports import statement, to_stdout
from tests.hologres_script import CopyOut, Described, Done, Refused, Rows
from tests.hologres_server import ScriptedServer
from tests.hologres_world import (
    QUERY,
    SETTINGS,
    TABLE,
    arrow,
    by_arrow,
    column,
    copy,
    integers,
    together,
    uri,
    world,
)
from tests.postgres import copy_out
from tests.test_hologres_columns import KINDS, Kind

if TYPE_CHECKING:
    import psycopg

    from tests.hologres_script import Answer, Script
    from tests.oss_fixtures import LoopbackOss

EVERY = [*KINDS, Kind("roaringbitmap", [r"\x3a30", None], pa.array([b":0", None]))]
LENGTH = max(len(kind.literals) for kind in EVERY)

CSV = "(FORMAT csv)"
IN_FULL = """FORMAT csv, DELIMITER ',', NULL '', QUOTE '"', ESCAPE '"'"""


def rows_of(kinds: list[Kind]) -> str:
    """A query of PostgreSQL's for the values of all kinds, filled up with NULLs."""
    items = []
    for at, kind in enumerate(kinds):
        literals = [*kind.literals, *[None] * (LENGTH - len(kind.literals))]
        words = ", ".join("NULL" if text is None else f"'{text}'" for text in literals)
        label = kind.label.replace("roaringbitmap", "bytea")
        items.append(f"unnest(ARRAY[{words}]::text[])::{label} AS c{at}")
    return f"SELECT {', '.join(items)}"


def sent(kinds: list[Kind]) -> pa.RecordBatch:
    """The same values in Arrow."""
    arrays = [
        pa.concat_arrays([kind.sent, pa.nulls(LENGTH - len(kind.sent), kind.sent.type)])
        for kind in kinds
    ]
    return pa.RecordBatch.from_arrays(arrays, names=["jsonb_out"] * len(arrays))


def wrapped(query: str, kinds: list[Kind]) -> str:
    names = [f"c{at}" for at in range(len(kinds))]
    casts = ["::text" if kind.label in ("numeric", "json", "jsonb") else "" for kind in kinds]
    items = ", ".join(map("".join, zip(names, casts, strict=True)))
    return f"SELECT {items} FROM ({query}\n) AS q({', '.join(names)})"


@pytest.fixture
def postgres11(session15: psycopg.Connection) -> psycopg.Connection:
    """PostgreSQL 15, which prints floats as 11 does by default."""
    session15.execute("SET extra_float_digits = 0; SET TimeZone = 'UTC'")
    return session15


@pytest.mark.parametrize("encode", ["auto", "client"])
@pytest.mark.parametrize("options", ["", "(FORMAT csv, HEADER)", "(FORMAT csv, FORCE_QUOTE *)"])
def test_every_type_comes_by_arrow_copy(
    postgres11: psycopg.Connection, oss: LoopbackOss, engine: str, encode: Any, options: str
) -> None:
    query = "SELECT * FROM every"
    columns = [column(postgres11, f"c{at}", kind.label) for at, kind in enumerate(EVERY)]
    batch = sent(EVERY)
    copies = arrow(wrapped(query, EVERY), batch, batch.slice(0, 1))
    with ScriptedServer(together(copies, world(query, columns))) as server:
        how: dict[str, Any] = {"engine": engine, "encode": encode}
        ours = to_stdout(f"COPY ({query}) TO STDOUT {options}", source=uri(server), **how)
        report = api.copy(statement(oss, query, options=options), uri(server), **how)
        statements = server.statements
    theirs = rows_of(EVERY)
    twice = f"SELECT * FROM ({theirs}) AS q UNION ALL (SELECT * FROM ({theirs}) AS q LIMIT 1)"
    assert ours == copy_out(postgres11, f"COPY ({twice}) TO STDOUT {options}")
    (found,) = oss.objects().values()
    assert found.read() == ours
    assert report.rows == LENGTH + 1
    assert report.encode == "client"
    assert report.encode_reason == (
        "Arrow COPY" if encode == "auto" else "as asked for, by Arrow COPY"
    )
    assert "BEGIN" not in statements
    clear = "SET hg_experimental_copy_out_arrow_clear_fields_meta = true"
    assert statements.index(clear) < statements.index(by_arrow(wrapped(query, EVERY)))


def test_the_plan_says_what_it_is() -> None:
    with ScriptedServer(TABLE) as server:
        plan = api.plan_copy(f"COPY ({QUERY}) TO STDOUT", uri(server))
        assert by_arrow(QUERY) not in server.statements
    assert plan.source.startswith("Hologres 4.1.0 at 127.0.0.1:")
    assert plan.source.endswith(", database db, user holo")
    assert (plan.encode, plan.encode_reason) == ("client", "Arrow COPY")


UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
BINARY: dict[str, tuple[str, list[str], Script, str]] = {
    "old": ("3.0.23", ["integer", "jsonb", "numeric"], {}, "this release has none of these"),
    "type": ("4.1.0", ["integer", "jsonb", "uuid"], {}, "uuid does not come so"),
    "refused": (
        "4.1.0",
        ["integer", "jsonb", "numeric"],
        {re.compile(r".*arrow_lz4\)", re.DOTALL): Refused("22023", "no arrow_lz4")},
        "22023, no arrow_lz4",
    ),
    "another": (
        "4.1.0",
        ["integer", "jsonb", "numeric"],
        {re.compile(r".*arrow_lz4\)", re.DOTALL): CopyOut([b"?"], Done("COPY 0"))},
        "08P01, Hologres' Arrow COPY is damaged",
    ),
}


@pytest.mark.parametrize("case", BINARY)
@pytest.mark.parametrize("encode", ["auto", "client", "server"])
def test_where_there_is_no_arrow_it_is_as_on_postgresql(
    postgres11: psycopg.Connection, engine: str, encode: Any, case: str
) -> None:
    release, labels, before, words = BINARY[case]
    values = ["1", '{"b": [1]}', UUID if labels[2] == "uuid" else "1.50"]
    items = [f"'{value}'::{label}" for value, label in zip(values, labels, strict=True)]
    theirs = f"SELECT {', '.join(items)}"
    columns = [column(postgres11, label, label) for label in labels]
    copies: dict[str | re.Pattern[str], Answer] = {}
    for options in (IN_FULL, "FORMAT binary"):
        data = copy_out(postgres11, f"COPY ({theirs}) TO STDOUT ({options})")
        copies[copy(QUERY, options)] = CopyOut([data], Done("COPY 1"))
    script = together(before, copies, world(QUERY, columns, release=release))
    text = f"COPY ({QUERY}) TO STDOUT {CSV}"
    how: dict[str, Any] = {"engine": engine, "encode": encode}
    with ScriptedServer(script) as server:
        plan = api.plan_copy(text, uri(server), **how)
        ours = to_stdout(text, source=uri(server), **how)
        statements = server.statements
    assert ours == copy_out(postgres11, f"COPY ({theirs}) TO STDOUT {CSV}")
    assert plan.encode == ("client" if encode == "client" else "server")
    assert plan.encode_reason is not None
    if encode == "server":
        assert plan.encode_reason == "as asked for"
    else:
        start = "as asked for" if encode == "client" else "the rows are too few to measure"
        assert plan.encode_reason.startswith(f"{start}; no Arrow COPY: {words}")
    assert "BEGIN" not in statements


@pytest.mark.parametrize("encode", ["auto", "client", "server"])
def test_binary_goes_through_as_it_is(postgres11: psycopg.Connection, encode: Any) -> None:
    data = copy_out(postgres11, "COPY (VALUES (1), (2)) TO STDOUT (FORMAT binary)")
    script = together(TABLE, {copy(QUERY, "FORMAT binary"): CopyOut([data], Done("COPY 2"))})
    with ScriptedServer(script) as server:
        text = f"COPY ({QUERY}) TO STDOUT (FORMAT binary)"
        assert to_stdout(text, source=uri(server), encode=encode) == data
        assert not any("arrow" in asked for asked in server.statements)


@pytest.mark.parametrize(
    ("label", "settings"),
    [
        ("timestamp with time zone", ("Asia/Shanghai", *SETTINGS[1:])),  # it does not say how
        ("real[]", (*SETTINGS[:3], "1", "hex")),
    ],
)
def test_what_only_the_server_prints_is_left_to_it(
    postgres11: psycopg.Connection, label: str, settings: tuple[str, ...]
) -> None:
    known = world(QUERY, [column(postgres11, "a", label)], settings=settings)
    printed: Script = {copy(QUERY, IN_FULL): CopyOut([b"its own\n"], Done("COPY 1"))}
    with ScriptedServer(together(known, printed)) as server:
        text = f"COPY ({QUERY}) TO STDOUT {CSV}"
        plan = api.plan_copy(text, uri(server))
        assert to_stdout(text, source=uri(server)) == b"its own\n"
    assert plan.encode_reason is not None
    assert plan.encode_reason.endswith(f"only the server prints {label} as it does")


@pytest.mark.parametrize(("label", "encode"), [("integer", "client"), ("jsonb", "server")])
def test_an_order_is_not_entrusted_to_another_query(
    postgres11: psycopg.Connection, label: str, encode: str
) -> None:
    query = f"{QUERY} ORDER BY 1"
    script = together(arrow(query, integers(1)), world(query, [column(postgres11, "a", label)]))
    with ScriptedServer(script) as server:
        plan = api.plan_copy(f"COPY ({query}) TO STDOUT", uri(server))
        assert plan.encode == encode
        words = plan.encode_reason or ""
        assert ("its ORDER BY may be lost" in words) == (label == "jsonb")
        if label == "integer":
            assert to_stdout(f"COPY ({query}) TO STDOUT", source=uri(server)) == b"1\n"


def test_a_binary_copy_is_not_wrapped_where_there_is_an_order(
    postgres11: psycopg.Connection,
) -> None:
    query = f"{QUERY} ORDER BY 1"
    script = world(query, [column(postgres11, "a", "integer[]")], release="3.0.0")
    with ScriptedServer(script) as server, pytest.raises(CopyError) as caught:
        to_stdout(f"COPY ({query}) TO STDOUT", source=uri(server), encode="client")
    assert "its ORDER BY may be lost" in caught.value.message


def test_instants_are_printed_by_the_sessions_zone(
    postgres11: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = next(kind for kind in KINDS if kind.label == "timestamp with time zone")
    batch = pa.RecordBatch.from_arrays([kind.sent], names=["a"])
    settings = ("Asia/Shanghai", "SQL, DMY", *SETTINGS[2:])
    known = world(QUERY, [column(postgres11, "a", kind.label)], settings=settings)
    monkeypatch.setattr(zones, "zone_agrees", lambda *_: True)  # test_postgres_source.py's
    with ScriptedServer(together(arrow(QUERY, batch), known)) as server:
        ours = to_stdout(f"COPY ({QUERY}) TO STDOUT", source=uri(server))
    postgres11.execute("SET TimeZone = 'Asia/Shanghai'; SET DateStyle = 'SQL, DMY'")
    literals = ["NULL" if text is None else f"'{text}'" for text in kind.literals]
    theirs = f"SELECT unnest(ARRAY[{', '.join(literals)}]::timestamptz[])"
    assert ours == copy_out(postgres11, f"COPY ({theirs}) TO STDOUT")
    postgres11.execute("RESET TimeZone; RESET DateStyle")


def test_the_header_of_text_is_refused() -> None:
    with ScriptedServer(TABLE) as server, pytest.raises(CopyError) as caught:
        to_stdout(f"COPY ({QUERY}) TO STDOUT (HEADER)", source=uri(server))
    assert caught.value.sqlstate == "0A000"
    assert caught.value.message == "COPY HEADER available only in CSV mode"


def test_a_program_needs_the_privilege_here_too(oss: LoopbackOss) -> None:
    answer = Rows([Described("may", 16)], [["f"]])
    may_not: Script = {re.compile(r"SELECT r\.rolsuper.*", re.DOTALL): answer}
    with ScriptedServer(together(TABLE, may_not)) as server:
        with pytest.raises(CopyError, match="must be superuser or have privileges") as caught:
            api.copy(statement(oss, QUERY), uri(server))
        assert caught.value.sqlstate == "42501"
        assert api.copy(statement(oss, QUERY), uri(server), privilege_check=False).rows == 3


def test_a_server_that_is_no_hologres_is_refused() -> None:
    postgres: Script = {"SELECT hg_version()": Refused("42883", "no such function")}
    with (
        ScriptedServer(together(TABLE, postgres)) as server,
        pytest.raises(SourceError, match="no such function"),
    ):
        to_stdout(f"COPY ({QUERY}) TO STDOUT", source=uri(server))


def test_settings_reach_the_server_in_order() -> None:
    settings = {"hg_computing_resource": "serverless", "statement_timeout": "8h"}
    with ScriptedServer(TABLE) as server:
        to_stdout(f"COPY ({QUERY}) TO STDOUT", source=uri(server), settings=settings)
        bound = [text for letter, text in server.received if letter == "B"]
    assert bound[:2] == ["hg_computing_resource, serverless", "statement_timeout, 8h"]
