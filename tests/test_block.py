"""What `encode` returns: bytes to index, to slice and to hand to psycopg, of either engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.options import CopyOptions

if TYPE_CHECKING:
    from tests.postgres import Postgres


def encoder(engine: str, schema: pa.Schema, format_: str = "text") -> Encoder:
    return Encoder(schema, CopyOptions(format=format_), engine=engine)


def test_indexes_and_slices(engine: str) -> None:
    batch = pa.record_batch({"word": ["hello"]})
    block = encoder(engine, batch.schema).encode(batch)
    assert (block[0], block[-1]) == (ord("h"), ord("\n"))
    slices = [block[1:3], block[:], block[-3:99], block[::-2], block[6:]]
    assert slices == [b"el", b"hello\n", b"lo\n", b"\nle", b""]
    with pytest.raises(IndexError):
        block[6]
    with pytest.raises(TypeError):
        block["0"]  # type: ignore[call-overload]


def test_a_slice_outlives_its_block(engine: str) -> None:
    first, second = (pa.record_batch({"word": [word]}) for word in ("first", "second"))
    shared = encoder(engine, first.schema)
    part = shared.encode(first)[1:4]
    # Memory that went back to the pool would be written over here.
    assert bytes(shared.encode(second)) == b"second\n"
    assert part == b"irs"


def test_nobody_writes_to_a_slice(engine: str) -> None:
    batch = pa.record_batch({"word": ["hello"]})
    part = encoder(engine, batch.schema).encode(batch)[1:]
    assert memoryview(part).readonly


def test_psycopg_writes_a_block_larger_than_it_sends_at_once(
    engine: str, postgres15: Postgres
) -> None:
    batch = pa.record_batch({"i": pa.array(range(50_000), pa.int32())})
    binary = encoder(engine, batch.schema, "binary")
    block: Any = binary.encode(batch)
    assert len(block) > 128 * 1024  # psycopg's MAX_BUFFER_SIZE
    with postgres15() as connection:
        connection.execute("CREATE TEMP TABLE t (i int)")
        with connection.cursor().copy("COPY t FROM STDIN (FORMAT binary)") as copy:
            for piece in (binary.header(), block, binary.trailer()):
                copy.write(piece)
        rows = connection.execute("SELECT count(*), sum(i), count(DISTINCT i) FROM t").fetchone()
    assert rows == (50_000, 1_249_975_000, 50_000)
