"""jsonb out of any JSON text: random ones, and random damage to them, native against python against
the server. What strings and numbers are hard stands in the vectors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from hypothesis import event, given
from hypothesis import strategies as st

from tests.test_twins import ENGINES

if TYPE_CHECKING:
    from collections.abc import Sequence

SPACES = st.text(" \t\n\r", max_size=3)
NUMBERS = st.sampled_from(
    ["0", "-0", "1", "-17", "1.50", "-0.0", "0e5", "1e2", "12E-3", "1.5e+20", "-0.25e-7",
     "123456789", "9007199254740993", "00", "1.", ".5", "-", "+1", "1e", "0x1", "1e400", "1e200000"]
)  # fmt: skip
CHARACTERS = st.sampled_from(
    ["a", "b", "Z", "é", "日", "😀", "/", "\\/", "\\n", "\\t", "\\\"", "\\\\", "\\b", "\\f",
     "\\r", "\\u0041", "\\u00e9", "\\ud83d\\ude00", "\\u0001", "\\u001f", "\\u0022",
     "\\u005C", "\x7f", " "]
)  # fmt: skip
FAULTS = st.sampled_from(["\\u0000", "\\ud800", "\\udc00", "\\x", "\\u12", "\n", "\x01", "\\"])
STRINGS = st.lists(CHARACTERS, max_size=12).map(lambda parts: f'"{"".join(parts)}"')
FAULTY = st.tuples(STRINGS, FAULTS).map(lambda pair: f'{pair[0][:-1]}{pair[1]}"')
# Few and short, so that some are equal.
KEYS = st.lists(CHARACTERS, max_size=2).map(lambda parts: f'"{"".join(parts)}"')
LEAVES = st.one_of(
    NUMBERS, STRINGS, STRINGS, st.sampled_from(["true", "false", "null", "tru"]), FAULTY
)


@st.composite
def spaced(draw: st.DrawFn, opening: str, items: Sequence[str], closing: str) -> str:
    """Items between brackets, with space or none around each."""
    comma = draw(st.sampled_from([", ", ",", " ,\n"]))
    return opening + comma.join(items) + draw(SPACES) + closing


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=4).flatmap(lambda items: spaced("[", items, "]"))


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    colon = st.sampled_from([": ", ":", " : ", "\t:  "])
    pair = st.tuples(KEYS, colon, values).map("".join)
    return st.lists(pair, max_size=6).flatmap(lambda items: spaced("{", items, "}"))


TEXTS = st.recursive(LEAVES, lambda values: arrays(values) | objects(values), max_leaves=25)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A JSON text, sometimes with one character put in or left out.

    Not if it has what jsonb alone refuses: of two faults the server tells the one that it reads
    first, and it reads a token further than its grammar has looked.
    """
    text = draw(SPACES) + draw(TEXTS) + draw(SPACES)
    if "\\u0000" in text or "e200000" in text:
        return text
    at = draw(st.integers(0, len(text)))
    match draw(st.integers(0, 9)):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + draw(st.sampled_from(list('{}[]",:\\ 0e-.\v'))) + text[at:]
    return text


def outcome(text: str, engine: str, format_: str) -> Any:
    """The bytes, or the SQLSTATE of an error."""
    field = pa.field("j", pa.utf8(), metadata={"pg_type": "jsonb"})
    batch = pa.record_batch([pa.array([text])], schema=pa.schema([field]))
    try:
        return bytes(
            Encoder(batch.schema, CopyOptions(format=format_), engine=engine).encode(batch)
        )
    except EncodeError as error:
        return error.sqlstate


@given(text=texts(), format_=st.sampled_from(["text", "csv"]))
def test_engines_and_postgres_15_agree(
    session15: psycopg.Connection, text: str, format_: str
) -> None:
    statement = psycopg.sql.SQL("COPY (SELECT {}::jsonb) TO STDOUT (FORMAT {})").format(
        psycopg.sql.Literal(text), psycopg.sql.SQL(format_)
    )
    expected: Any
    try:
        with session15.cursor().copy(statement) as copy:
            expected = b"".join(map(bytes, copy))
    except psycopg.Error as error:
        expected = error.sqlstate
    event("refused" if isinstance(expected, str) else "written")
    for engine in ENGINES:
        assert outcome(text, engine, format_) == expected, engine


@given(text=texts())
def test_what_is_written_is_read_as_the_same(text: str) -> None:
    written = outcome(text, "native", "binary")
    if isinstance(written, bytes):
        document = written[2 + 4 + 1 :]
        assert outcome(document.decode(), "native", "binary") == written
        json.loads(document)
