"""How long a row may be: PostgreSQL makes each in memory of less than 1 GiB, in every format.

The limit is tried where it is, and far below it at rows of all kinds.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from holofast import schema
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.options import CopyOptions
from holofast.settings import Settings
from hypothesis import given
from hypothesis import strategies as st

from tests.postgres import copy_out
from tests.strategies import part_columns, part_layouts
from tests.test_twins import ENGINES

if TYPE_CHECKING:
    from collections.abc import Sequence

HALF = 2**29
MOST = 2**30 - 2
FORMATS = st.sampled_from(["text", "csv", "binary"])


def outcome(
    batches: Sequence[pa.RecordBatch], engine: str, most: int | None = None, **options: Any
) -> Any:
    """The rows, or the row, column and reason of an error."""
    with pytest.MonkeyPatch.context() as patch:
        if most is not None:
            patch.setattr(schema, "MAX_ROW_BYTES", most)
        encoder = Encoder(
            batches[0].schema, CopyOptions(**options), settings=Settings(), engine=engine
        )
    try:
        return encoder.encode_run(batches)
    except EncodeError as error:
        return error.row, error.column, error.reason


@given(
    data=st.data(),
    file_format=FORMATS,
    encoding=st.sampled_from(["UTF8", "GB18030"]),
    most=st.integers(2, 60),
    valid=st.booleans(),
)
def test_the_first_row_that_is_too_long_is_told(
    data: st.DataObject, file_format: str, encoding: str, most: int, valid: bool
) -> None:
    named, rows = data.draw(part_columns(valid=valid))
    batches = data.draw(part_layouts(named, rows))
    options: dict[str, Any] = {"format": file_format, "encoding": encoding}
    names = batches[0].schema.names
    expected: Any = b""
    row = 0
    for batch in batches:
        for at in range(batch.num_rows):
            one = outcome([batch.slice(at, 1)], "python", **options)
            if isinstance(one, tuple):
                expected = (row, *one[1:])
            elif len(one) > most:
                expected = (row, None, "row_too_long")
            else:
                expected += bytes(one)
                row += 1
                continue
            break
        else:
            continue
        break
    got = [outcome(batches, engine, most, **options) for engine in ENGINES]
    got = [one if isinstance(one, tuple) else bytes(one) for one in got]
    assert got[0] == got[1]
    if isinstance(expected, tuple) and expected[1] is None:
        assert (got[0][0], got[0][2]) == (expected[0], expected[2])
        assert got[0][1] in names
    else:
        assert got[0] == expected


@pytest.mark.parametrize(
    ("file_format", "most", "column"),
    [("text", 6, None), ("text", 5, "b"), ("text", 4, "b"), ("text", 3, "a"), ("binary", 12, None),
     ("binary", 11, "b"), ("binary", 7, "b"), ("binary", 6, "a")],
)  # fmt: skip
def test_the_column_is_the_one_that_is_too_much(
    engine: str, file_format: str, most: int, column: str | None
) -> None:
    batch = pa.record_batch({"a": ["xyz"[: 3 if file_format == "text" else 1]], "b": ["w"]})
    got = outcome([batch], engine, most, format=file_format)
    assert got == (0, column, "row_too_long") if column else len(got) == most


def halves(more: int) -> pa.RecordBatch:
    """A row of two strings, the second one of `more` bytes more than half a gibibyte."""

    def string(length: int) -> pa.Array:
        offsets = pa.array([0, length], pa.int64()).buffers()[1]
        data = pa.py_buffer(b"x" * length)
        return pa.Array.from_buffers(pa.large_utf8(), 1, [None, offsets, data])

    return pa.record_batch({"a": string(HALF), "b": string(HALF + more)})


thorough = pytest.mark.skipif(
    os.environ.get("HOLOFAST_FUZZ") != "thorough",
    reason="a minute and some gigabytes; the property above has the same checks at other limits",
)


@thorough
@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_below_one_gibibyte(engine: str, over: int) -> None:
    got = outcome([halves(-4 + over)], engine)
    assert got == (0, "b", "row_too_long") if over else len(got) == MOST


@thorough
def test_the_limit_is_the_servers(session15: psycopg.Connection) -> None:
    query = f"SELECT repeat('x', {HALF}), repeat('x', {HALF} + %d)"
    assert len(copy_out(session15, f"COPY ({query % -4}) TO STDOUT")) == MOST
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as refused:
        copy_out(session15, f"COPY ({query % -3}) TO STDOUT")
    error = EncodeError("row_too_long", "", "b", 0)
    assert (refused.value.diag.sqlstate, refused.value.diag.message_primary) == (
        error.sqlstate,
        error.message,
    )
