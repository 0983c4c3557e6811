"""decode and Decoder in both engines: recorded bytes of a real server, pieces cut anywhere, and the
raw carrier. What is wrong with bytes is test_decode_faults's, what servers send today
test_decode_servers's.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import holofast
import pyarrow as pa
import pytest
from holofast.decoder import Decoder, decode
from holofast.encoder import Encoder
from holofast.errors import CopyError, DecodeError
from holofast.options import CopyOptions
from hypothesis import given
from hypothesis import strategies as st

from tests.literals import record_batch
from tests.strategies import filled
from tests.test_twins import ENGINES
from tests.vectors.cases import cases
from tests.vectors.generate import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.vectors.cases import Case

CASES = [case for case in cases() if case.options.get("format") == "binary"]
RECORDED = load()


def binary(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> bytes:
    """The batches as a whole binary COPY file."""
    encoder = Encoder(schema, CopyOptions(format="binary"), engine="native")
    return bytes(encoder.encode_run(batches, header=True, trailer=True))


def pieces(data: bytes, schema: pa.Schema, engine: str, cuts: Sequence[int]) -> pa.Table:
    """The file as it is decoded in pieces."""
    decoder = Decoder(schema, engine=engine)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    batches: list[pa.RecordBatch] = []
    for start, end in pairwise(edges):
        batches += decoder.feed(data[start:end])
    batches += decoder.finish()
    return pa.Table.from_batches(batches, decoder.schema)


def same(table: pa.Table, other: pa.Table) -> bool:
    """Whether two tables are one, NaNs included, whose bytes in BINARY are compared elsewhere."""
    kinds = str(table.schema.types)
    floats = any(word in kinds for word in ("float", "double"))
    alike = table.schema.equals(other.schema, check_metadata=True)
    return bool(alike and (floats or table.equals(other)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.family}: {case.name}")
def test_what_a_server_sent_is_decoded_and_encoded_again(case: Case) -> None:
    data = bytes.fromhex(RECORDED[case.family, case.name]["expected"])
    schema = record_batch(case.columns, case.rows).schema
    native, python = (decode(data, schema, engine=engine) for engine in ENGINES)
    for table in (native, python):
        assert table.num_rows == case.rows
        assert binary(table.to_batches(), schema) == data
    assert same(native, python)
    cuts = random.Random(len(data)).sample(range(len(data)), min(len(data), 20))
    assert same(pieces(data, schema, "native", cuts), native)


@given(data=st.data(), cuts=st.lists(st.integers(0, 100_000), max_size=8))
def test_what_is_encoded_is_decoded(data: st.DataObject, cuts: list[int]) -> None:
    _, rows, batches = data.draw(filled())
    table = pa.Table.from_batches(batches)
    plain = [pa.field(f.name, _values(f.type), metadata=f.metadata) for f in table.schema]
    sent = binary(batches, table.schema)
    try:
        tables = [pieces(sent, pa.schema(plain), engine, cuts) for engine in ENGINES]
    except DecodeError as error:
        # Two empty lists in a list of two are an empty array.
        assert error.reason == "list_size"  # noqa: PT017
        return
    assert same(*tables)
    for decoded in tables:
        assert decoded.num_rows == rows
        assert binary(decoded.to_batches(), decoded.schema) == sent


def _values(arrow: pa.DataType) -> pa.DataType:
    """What a column is read as."""
    encoded = pa.types.is_dictionary(arrow) or pa.types.is_run_end_encoded(arrow)
    return _values(arrow.value_type) if encoded else arrow


def test_a_stream_comes_byte_by_byte(engine: str) -> None:
    batch = pa.record_batch({"a": pa.array([1, None, 3]), "b": pa.array(["x", "", None])})
    data = binary([batch], batch.schema)
    decoder = Decoder(batch.schema, engine=engine)
    assert [decoder.feed(memoryview(data)[i : i + 1]) for i in range(len(data))] == [[]] * len(data)
    assert decoder.finish() == [batch]
    assert decoder.feed(b"") == decoder.feed(bytearray()) == []


def test_batches_have_bounds_and_the_schemas_metadata(engine: str) -> None:
    fields = [pa.field("a", pa.int32(), metadata={"k": "v"}), pa.field("u", pa.uuid())]
    schema = pa.schema(fields, metadata={"of": "all"})
    ids = pa.array([bytes(16)] * 40_000, pa.uuid())
    batch = pa.RecordBatch.from_arrays([pa.array(range(40_000), pa.int32()), ids], schema=schema)
    decoder = Decoder(schema, engine=engine)
    found = [*decoder.feed(binary([batch], schema)), *decoder.finish()]
    assert [one.num_rows for one in found] == [16_384, 16_384, 40_000 - 2 * 16_384]
    assert all(one.schema.equals(schema, check_metadata=True) for one in found)
    long = pa.record_batch({"s": pa.array(["x" * 2_000_000] * 20)})
    decoder = Decoder(long.schema, engine=engine)
    found = [*decoder.feed(binary([long], long.schema)), *decoder.finish()]
    assert sum(one.num_rows for one in found) == 20
    assert max(one.nbytes for one in found) < 20_000_000


def test_an_extension_of_the_header_is_skipped(engine: str) -> None:
    batch = pa.record_batch({"a": pa.array([7])})
    data = binary([batch], batch.schema)
    longer = data[:15] + (300).to_bytes(4, "big") + b"\0\xff" * 150 + data[19:]
    assert decode(longer, batch.schema, engine=engine).to_batches() == [batch]
    assert pieces(longer, batch.schema, engine, [16, 100, 318, 319]).to_batches() == [batch]


def test_rows_without_columns_are_counted(engine: str) -> None:
    data = binary([], pa.schema([]))[:-2] + b"\0\0" * 20_000 + b"\xff\xff"
    assert decode(data, pa.schema([]), engine=engine).num_rows == 20_000


RAW = [pa.binary(), pa.large_binary()]


@pytest.mark.parametrize("arrow", RAW)
@pytest.mark.parametrize("label", ["inet", "int4[]", "mood", "public.vector(3)", "uuid", "bytea"])
def test_raw_bytes_go_through_binary_as_they_are(
    engine: str, arrow: pa.DataType, label: str
) -> None:
    schema = pa.schema([pa.field("r", arrow, metadata={"pg_type": label})])
    batch = pa.RecordBatch.from_arrays([pa.array([b"\0\xff", b"", None], arrow)], schema=schema)
    encoder = Encoder(schema, CopyOptions(format="binary"), engine=engine)
    data = bytes(encoder.encode_run([batch], header=True, trailer=True))
    assert data[19:] == b"\0\1\0\0\0\2\0\xff\0\1\0\0\0\0\0\1\xff\xff\xff\xff\xff\xff"
    assert decode(data, schema, engine=engine).to_batches() == [batch]


@pytest.mark.parametrize("format_", ["text", "csv"])
def test_raw_bytes_have_no_text(engine: str, format_: str) -> None:
    raw = pa.field("r", pa.binary(), metadata={"pg_type": "inet"})
    for arrow in (raw, pa.field("r", pa.struct([raw])), pa.field("r", pa.list_(raw))):
        with pytest.raises(CopyError) as refused:
            Encoder(pa.schema([arrow]), CopyOptions(format=format_), engine=engine)
        assert refused.value.sqlstate == "0A000"
        assert "inet" in refused.value.message
        assert refused.value.hint == "Use BINARY, or cast it to text in the query."


REFUSED: dict[str, Any] = {
    "dictionary": pa.field("x", pa.dictionary(pa.int8(), pa.utf8())),
    "run_end": pa.field("x", pa.run_end_encoded(pa.int32(), pa.utf8())),
    "xml": pa.field("x", pa.utf8(), metadata={"pg_type": "xml"}),
    "dictionary<": pa.field("x", pa.list_(pa.dictionary(pa.int8(), pa.utf8()))),
    "mood": pa.field("x", pa.struct([pa.field("m", pa.utf8(), metadata={"pg_type": "mood"})])),
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_read_is_refused_at_once(engine: str, word: str) -> None:
    with pytest.raises(CopyError) as refused:
        holofast.Decoder(pa.schema([REFUSED[word]]), engine=engine)
    assert refused.value.sqlstate == "0A000"
    assert 'column "x' in refused.value.message
    assert word in refused.value.message
    assert refused.value.hint
