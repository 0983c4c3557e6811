"""How an export's batches are cut into runs that fill about one part each."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.encoder import Encoder
from holofast.errors import EncodeError
from holofast.job.output import least_row_bytes
from holofast.options import CopyOptions
from holofast.pipeline.runs import Export, Run
from holofast.sinks import store
from holofast.sinks.store import MAX_PARTS, MIN_PART_SIZE
from holofast.sources.arrow import Arrow
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence

PART = 256 * 1024


def export(
    batches: Sequence[pa.RecordBatch],
    engine: str = "native",
    *,
    schema: pa.Schema | None = None,
    part_size: int = PART,
    **options: Any,
) -> Export:
    schema = schema or batches[0].schema
    encoder = Encoder(schema, CopyOptions(**options), engine=engine)
    return Export(
        Arrow(pa.RecordBatchReader.from_batches(schema, batches)),
        encoder,
        row_floor=least_row_bytes(len(schema), encoder.spec.format),
        least_part=part_size,
    )


def rendered(work: Export) -> list[bytes]:
    parts: list[bytes] = []
    while (run := work.claim()) is not None:
        assert run.number == len(parts) + 1
        parts.append(bytes(run.render()))
    assert work.claim() is None
    return parts


def whole(batches: Sequence[pa.RecordBatch], engine: str = "native", **options: Any) -> bytes:
    encoder = Encoder(batches[0].schema, CopyOptions(**options), engine=engine)
    return encoder.header() + bytes(encoder.encode_run(batches)) + encoder.trailer()


def numbers(rows: int, start: int = 0) -> pa.RecordBatch:
    return pa.record_batch({"a": pa.array(range(start, start + rows), pa.int64())})


@pytest.mark.parametrize(
    "options", [{}, {"format": "csv", "header": True}, {"format": "binary"}], ids=str
)
def test_no_rows_still_give_header_and_trailer(engine: str, options: dict[str, Any]) -> None:
    empty = numbers(0)
    for batches in ([], [empty], [empty, empty]):
        parts = rendered(export(batches, engine, schema=empty.schema, **options))
        assert parts == [whole([empty], engine, **options)]


@given(
    sizes=st.lists(st.integers(0, 60_000), max_size=12),
    part_size=st.integers(MIN_PART_SIZE, 3 * MIN_PART_SIZE),
    options=st.sampled_from(
        [{}, {"format": "csv", "header": True}, {"format": "binary"}, {"format": "csv"}]
    ),
)
def test_runs_join_to_the_whole(sizes: list[int], part_size: int, options: dict[str, Any]) -> None:
    batches, start = [numbers(0)], 0
    for size in sizes:
        batches.append(numbers(size, start))
        start += size
    parts = rendered(export(batches, part_size=part_size, **options))
    assert b"".join(parts) == whole(batches, **options)
    assert all(len(part) >= MIN_PART_SIZE for part in parts[:-1])


def test_a_big_batch_is_cut_without_a_copy() -> None:
    batch = numbers(1_000_000)
    part_size = 1024 * 1024
    parts = rendered(export([batch], format="csv", part_size=part_size))
    assert b"".join(parts) == whole([batch], format="csv")
    sizes = [len(part) for part in parts[2:-1]]  # the first two teach how many bytes a row gives
    assert sizes
    assert all(0.8 * part_size < size < 1.25 * part_size for size in sizes), sizes


@pytest.mark.parametrize(
    "column",
    [
        pa.array([True, False] * 200_000),
        pa.nulls(400_000),
        pa.array(["x" * 50_000] * 40),
        pa.array(["x" * 50_000, None] * 40).dictionary_encode(),
        pa.array([b"\x00" * 3_000] * 400),
        pa.array([b"\x00" * 3_000] * 400).dictionary_encode(),
        pa.array(["", None] * 300_000),
        pa.array(["y"] * 200_000 + ["z" * 60_000] * 30),
        pa.array([-1.2345678901234567e-300] * 100_000),
    ],
    ids=lambda column: f"{column.type}-{len(column)}",
)
@pytest.mark.parametrize("file_format", ["text", "csv", "binary"])
def test_every_part_but_the_last_is_large_enough(column: pa.Array, file_format: str) -> None:
    batch = pa.record_batch({"a": column})
    parts = rendered(export([batch], format=file_format, part_size=MIN_PART_SIZE))
    assert b"".join(parts) == whole([batch], format=file_format)
    assert all(len(part) >= MIN_PART_SIZE for part in parts[:-1])
    assert all(len(part) < 16 * MIN_PART_SIZE for part in parts)


def test_ten_thousand_parts_hold_the_largest_object() -> None:
    """48.8 TB (OSS, Limits), even if every part turned out a third smaller than it should."""
    total = 0.0
    for _ in range(MAX_PARTS):
        total += store.part_size(store.PART_SIZE, total) / 1.5
    assert total > 48.8e12


def test_parts_do_not_grow_before_they_must() -> None:
    """A hundred million rows of lineitem, and of much else, need no more memory than a thousand."""
    assert store.part_size(store.PART_SIZE, 20e9) == store.PART_SIZE
    assert store.part_size(store.PART_SIZE, 100e9) > store.PART_SIZE


def test_parts_grow_with_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_LEAST_PARTS", 0)
    monkeypatch.setattr(store, "_SHARE", 4)
    batches = [numbers(60_000, start) for start in range(0, 3_000_000, 60_000)]
    sizes = [len(part) for part in rendered(export(batches, part_size=MIN_PART_SIZE))]
    assert sizes[-2] > 8 * MIN_PART_SIZE
    assert sum(sizes) == len(whole(batches))


def test_the_row_of_an_error_counts_from_the_start_of_the_export(engine: str) -> None:
    texts = ["x" * 1000] * 1500
    texts[1234] = "nul \0"
    batches = [pa.record_batch({"a": texts[i : i + 100]}) for i in range(0, 1500, 100)]
    work = export(batches, engine)
    with pytest.raises(EncodeError) as caught:
        rendered(work)
    assert (caught.value.row, caught.value.column) == (1234, "a")


def test_runs_may_be_rendered_in_any_order_by_any_thread() -> None:
    batches = [numbers(50_000, start) for start in range(0, 400_000, 50_000)]
    work = export(batches)
    runs: list[Run] = []
    while (run := work.claim()) is not None:
        runs.append(run)
    rendered_by_number: dict[int, bytes] = {}

    def render(run: Run) -> None:
        rendered_by_number[run.number] = bytes(run.render())

    threads = [threading.Thread(target=render, args=(run,)) for run in reversed(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    joined = b"".join(rendered_by_number[number] for number in sorted(rendered_by_number))
    assert joined == whole(batches)


def test_a_rendered_run_lets_its_batches_go() -> None:
    held: list[weakref.ref[pa.RecordBatch]] = []

    class Watched(Encoder):
        def encode_run(self, batches: Sequence[pa.RecordBatch], **options: Any) -> Any:
            held.extend(map(weakref.ref, batches))
            return super().encode_run(batches, **options)

    batch = numbers(100)
    encoder = Watched(batch.schema, CopyOptions())
    work = Export(Arrow(batch), encoder, row_floor=1, least_part=PART)
    run = work.claim()
    assert run is not None
    assert bytes(run.render()) == whole([batch])
    assert [batch() for batch in held] == [None]


def test_the_source_is_not_read_before_the_first_claim() -> None:
    class Unread(Arrow):
        def __iter__(self) -> Any:
            raise AssertionError("read too early")

    batch = numbers(1)
    encoder = Encoder(batch.schema, CopyOptions())
    work = Export(Unread(batch), encoder, row_floor=1, least_part=PART)
    with pytest.raises(AssertionError, match="read too early"):
        work.claim()
