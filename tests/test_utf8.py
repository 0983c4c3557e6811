"""Strings that Arrow holds and PostgreSQL could not: what is no UTF-8, in both engines and formats.

Arrow's readers trust their writers, so a batch may have any bytes where a string should be. The
words are those that a server has for the same bytes.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import psycopg
import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.postgres import Postgres

ENGINES = ("native", "python")
FORMATS = ("text", "csv", "binary")

BAD = [
    b"\x80", b"\xbf", b"\xc0", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3(", b"\xe4", b"\xe4\xbd",
    b"\xe4\xbda", b"\xe4\xbd\x00", b"\xe4\x00a", b"\xe0\x80\x80", b"\xe0\x9f\xbf",
    b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80", b"\xf7abc", b"\xf8\x88\x80\x80\x80", b"\xfc", b"\xfe", b"\xff",
    b"\xff\xfe", b"a\x00\xff", b"\xff\x00", b"a\x00b", b"\xe6\x97\xa5\xe6\x97",
]  # fmt: skip


@pytest.fixture(scope="module")
def session(postgres15: Postgres) -> Iterator[psycopg.Connection]:
    with postgres15() as connection:
        yield connection


def lying(values: Sequence[bytes], present: Sequence[bool] | None = None) -> pa.Array:
    """An array of strings made of any bytes."""
    ends = [0]
    for value in values:
        ends.append(ends[-1] + len(value))
    offsets = pa.py_buffer(struct.pack(f"<{len(ends)}i", *ends))
    bitmap = pa.array(present).buffers()[1] if present is not None else None
    data = pa.py_buffer(b"".join(values))
    return pa.Array.from_buffers(pa.utf8(), len(values), [bitmap, offsets, data])


def outcome(column: pa.Array, engine: str, format_: str) -> bytes | tuple[str, str, int]:
    batch = pa.record_batch({"n": pa.array(range(len(column)), pa.int32()), "c": column})
    encoder = Encoder(batch.schema, CopyOptions(format=format_), engine=engine)
    try:
        return bytes(encoder.encode(batch))
    except EncodeError as error:
        return (error.sqlstate, error.message, error.row if error.column == "c" else -1)


def refusal(session: psycopg.Connection, value: bytes) -> tuple[str, str] | None:
    """What the server says of such a string, or None."""
    try:
        session.execute("SELECT convert_from(%s, 'UTF8')", (value,))
    except psycopg.Error as error:
        return (error.diag.sqlstate or "", error.diag.message_primary or "")
    return None


@pytest.mark.parametrize("bad", BAD, ids=bytes.hex)
def test_the_words_and_the_row(session: psycopg.Connection, engine: str, bad: bytes) -> None:
    """Alone, in a long value, among many; in a dictionary too."""
    for value in (bad, b"x" * 40 + bad, b"good, " * 50 + bad, "日本".encode() * 40 + bad):
        told = refusal(session, value)
        assert told is not None
        for before, after in ((0, 0), (3, 1), (70, 5), (63, 64)):
            values = [*["é\t".encode()] * before, value, *[b"\xff"] * after]
            column = lying(values)
            indices = pa.array(range(len(values)), pa.int32())
            for array in (column, pa.DictionaryArray.from_arrays(indices, column)):
                for format_ in FORMATS:
                    assert outcome(array, engine, format_) == (*told, before), format_


def test_halves_of_a_character_are_no_whole(engine: str) -> None:
    for cut in (1, 2):
        for before in (["a"], ["é"] * 62, ["long " * 30]):
            whole = "日".encode()
            values = [*(text.encode() for text in before), whole[:cut], whole[cut:], b"b"]
            shown = " ".join(f"0x{byte:02x}" for byte in whole[:cut])
            message = f'invalid byte sequence for encoding "UTF8": {shown}'
            for format_ in FORMATS:
                assert outcome(lying(values), engine, format_) == ("22021", message, len(before))
            # From the second half on, as a slice that begins in the middle of a character.
            message = f'invalid byte sequence for encoding "UTF8": 0x{whole[cut]:02x}'
            rest = lying(values).slice(len(before) + 1)
            for format_ in FORMATS:
                assert outcome(rest, engine, format_) == ("22021", message, 0)


def test_what_lies_under_a_null_is_not_looked_at(engine: str) -> None:
    values = [b"\xe4", b"\xbd", "é".encode(), b"\xff" * 300, b"x\0"]
    for format_ in FORMATS:
        assert isinstance(
            outcome(lying(values, [False, False, True, False, False]), engine, format_), bytes
        )
        told = outcome(lying(values, [False, True, True, True, True]), engine, format_)
        assert told == ("22021", 'invalid byte sequence for encoding "UTF8": 0xbd', 1)


@given(
    values=st.lists(
        st.binary(max_size=12)
        | st.text(max_size=90).map(str.encode)
        | st.tuples(st.text(max_size=30), st.sampled_from(BAD)).map(lambda t: t[0].encode() + t[1]),
        max_size=70,
    )
)
def test_engines_agree_with_the_server_on_any_bytes(
    session: psycopg.Connection, values: list[bytes]
) -> None:
    refusals = ((refusal(session, value), row) for row, value in enumerate(values))
    first = next(((*told, row) for told, row in refusals if told is not None), None)
    for format_ in FORMATS:
        native, python = (outcome(lying(values), engine, format_) for engine in ENGINES)
        assert native == python
        if first is None:
            assert isinstance(native, bytes)
        else:
            assert native == first
