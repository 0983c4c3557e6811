"""Hologres' Arrow COPY read: its envelope however it is cut or damaged, and the choice of a format.

What its columns become is test_hologres_columns.py's.
"""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pytest
from holofast.errors import SourceError
from holofast.sources.postgres.hologres.choice import Choice, choose, release_of
from holofast.sources.postgres.hologres.columns import Column
from holofast.sources.postgres.hologres.envelope import read_batches
from hypothesis import given
from hypothesis import strategies as st

from tests.hologres_copies import HEADER, TRAILER, arrow_copy, ipc, one_tuple, packed

if TYPE_CHECKING:
    from collections.abc import Iterable

BATCHES = [
    pa.record_batch({"n": [1, 2, None], "s": ["a", "", None], "l": [[1], [], None]}),
    pa.record_batch({"n": [3], "s": ["Hologres"], "l": [[4, 5]]}),
]
NO_NAME = ipc(pa.record_batch({"column": [1]})).replace(b"column", b"c\xfflumn")
COPIES = {lz4: b"".join(arrow_copy(BATCHES, lz4=lz4)) for lz4 in (False, True)}

both_formats = pytest.mark.parametrize("lz4", [False, True], ids=["arrow", "arrow_lz4"])


def read(pieces: Iterable[bytes], lz4: bool, limit: int = 1 << 20) -> list[pa.RecordBatch]:
    return list(read_batches(pieces, lz4=lz4, limit=limit))


def refusal(copy: bytes, lz4: bool = False, limit: int = 1 << 20) -> str:
    """The words of the SourceError that a COPY is refused with."""
    with pytest.raises(SourceError) as caught:
        read([copy], lz4, limit)
    assert caught.value.sqlstate == ("54000" if "limit" in caught.value.message else "08P01")
    return caught.value.message


@both_formats
def test_batches_are_read_from_the_messages_of_a_copy(lz4: bool) -> None:
    assert read(arrow_copy(BATCHES, lz4=lz4), lz4) == BATCHES


@both_formats
def test_pieces_may_be_cut_anywhere(lz4: bool) -> None:
    copy = COPIES[lz4]
    for at in range(len(copy) + 1):
        assert read([copy[:at], b"", copy[at:]], lz4) == BATCHES
    assert read([copy[at : at + 1] for at in range(len(copy))], lz4) == BATCHES


@both_formats
def test_pieces_may_be_cut_everywhere(lz4: bool) -> None:
    copy = COPIES[lz4]

    @given(st.lists(st.integers(0, len(copy)), max_size=20).map(sorted))
    def each(cuts: list[int]) -> None:
        ends = zip([0, *cuts], [*cuts, len(copy)], strict=True)
        assert read([copy[start:end] for start, end in ends], lz4) == BATCHES

    each()


def test_a_batch_is_there_before_the_next_is_asked_for() -> None:
    messages = iter(arrow_copy(BATCHES, lz4=True))
    batches = read_batches(messages, lz4=True)
    assert next(batches) == BATCHES[0]
    assert len(list(messages)) == 2


@both_formats
def test_no_rows_are_no_batches(lz4: bool) -> None:
    assert read(arrow_copy([], lz4=lz4), lz4) == []
    assert read([HEADER, one_tuple(b""), TRAILER], lz4) == []


def test_a_header_may_be_extended() -> None:
    header = HEADER[:-4] + struct.pack(">i", 5) + b"later"
    assert read([header + COPIES[False][len(HEADER) :]], False) == BATCHES


def test_streams_of_arrow_before_its_mark_are_read() -> None:
    old = ipc(BATCHES[0], use_legacy_format=True, metadata_version=pa.ipc.MetadataVersion.V4)
    assert read([HEADER, one_tuple(old), TRAILER], False) == BATCHES[:1]


@both_formats
def test_a_copy_that_ends_early_is_refused(lz4: bool) -> None:
    copy = COPIES[lz4]
    for end in range(len(copy)):
        assert " before the end of " in refusal(copy[:end], lz4)


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        (b"PGCOPY\n\xff\n\0" + bytes(9), "it does not begin with the signature of binary COPY"),
        (HEADER[:11] + b"\0\1" + bytes(6), "its header has the flags 0x10000"),
        (HEADER[:15] + b"\xff" * 4, "its header is extended by -1 bytes"),
        (HEADER + struct.pack(">hi", 2, 0), "a tuple has 2 fields instead of one"),
        (HEADER + struct.pack(">h", 0), "a tuple has 0 fields instead of one"),
        (HEADER + struct.pack(">h", -2), "a tuple has -2 fields instead of one"),
        (HEADER + struct.pack(">hi", 1, -1), "a tuple has a length of -1 bytes"),
        (HEADER + struct.pack(">hi", 1, -(2**31)), "a tuple has a length of -2147483648 bytes"),
        (HEADER + TRAILER + b"\0", "bytes follow the trailer"),
        (HEADER + one_tuple(ipc(BATCHES[0]) + bytes(3)), "3 bytes follow the Arrow IPC stream"),
        (HEADER + one_tuple(b"no stream at all"), "a tuple is no Arrow IPC stream: "),
        (HEADER + one_tuple(ipc(BATCHES[0])[:-60]), "a tuple is no Arrow IPC stream: "),
        (HEADER + one_tuple(NO_NAME), "a tuple is no Arrow IPC stream: 'utf-8' codec can't"),
    ],
)
def test_damage_is_named(copy: bytes, words: str) -> None:
    assert refusal(copy).startswith(f"Hologres' Arrow COPY is damaged: {words}")


def test_bytes_after_the_trailer_may_come_late() -> None:
    with pytest.raises(SourceError, match="bytes follow the trailer"):
        read([HEADER, TRAILER, b"", b"more"], False)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\0\0\0", "a tuple of 3 bytes has no room for the size of its LZ4 block"),
        (struct.pack(">i", -1) + bytes(9), "9 bytes of LZ4 cannot be the -1 bytes"),
        (struct.pack(">i", 2**31 - 1) + bytes(9), "9 bytes of LZ4 cannot be the 2147483647"),
        (packed(ipc(BATCHES[0]), len(ipc(BATCHES[0])) - 1), "an LZ4 block is damaged, or not of"),
        (packed(ipc(BATCHES[0]), len(ipc(BATCHES[0])) + 9), "9 bytes follow the Arrow IPC stream"),
        (packed(ipc(BATCHES[0]))[:-1], "an LZ4 block is damaged, or not of"),
        (packed(b""), "a tuple is no Arrow IPC stream"),
    ],
)
def test_a_block_that_lies_is_refused(payload: bytes, words: str) -> None:
    assert words in refusal(HEADER + one_tuple(payload) + TRAILER, lz4=True)


def test_lengths_are_limited() -> None:
    stream = ipc(pa.record_batch({"s": ["x" * 10_000]}))
    plain = HEADER + one_tuple(stream) + TRAILER
    small = HEADER + one_tuple(packed(stream)) + TRAILER
    assert len(read([plain], False, len(stream))) == len(read([small], True, len(stream))) == 1
    words = f"a batch of Hologres' Arrow COPY has {len(stream)} bytes, over the limit of 9000"
    assert refusal(plain, False, 9_000) == refusal(small, True, 9_000) == words
    assert "has 2147483647 bytes" in refusal(HEADER + struct.pack(">hi", 1, 2**31 - 1))
    assert "has 2147483647 bytes" in refusal(HEADER[:15] + b"\x7f" + b"\xff" * 3)


@both_formats
def test_bytes_changed_are_refused_or_are_other_valid_batches(lz4: bool) -> None:
    copy = COPIES[lz4]

    @given(st.lists(st.tuples(st.integers(0, len(copy) - 1), st.integers(1, 255)), min_size=1))
    def each(damage: list[tuple[int, int]]) -> None:
        changed = bytearray(copy)
        for place, bits in damage:
            changed[place] ^= bits
        with contextlib.suppress(SourceError):
            for batch in read([bytes(changed)], lz4):
                assert set(map(len, batch.columns)) == {batch.num_rows}

    each()


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("Hologres 3.0.24 (tag: release-3.0.x build: Release), compatible with PostgreSQL 11.3",
         (3, 0, 24)),
        ("Hologres 0.11.1 (tag: release-0.11.x build: Release,Skylake,clang,no-coroutine)",
         (0, 11, 1)),
        ("Hologres 4.1.0-SNAPSHOT", (4, 1, 0)),
        ("Hologres r4.2.10", (4, 2, 10)),
        ("Hologres 5.1", (5, 1, 0)),
        ("PostgreSQL 11.3 (Release-build@4bf700d062 on origin/release-0.8.x)", (0, 0, 0)),
        ("Hologres", (0, 0, 0)),
        ("", (0, 0, 0)),
    ],
)  # fmt: skip
def test_releases_are_found_in_the_words_of_a_server(
    version: str, release: tuple[int, int, int]
) -> None:
    assert release_of(version) == release


def columns(*labels: str) -> list[Column]:
    return [Column(f"c{at}", label, 0) for at, label in enumerate(labels)]


CLEAR = "SET hg_experimental_copy_out_arrow_clear_fields_meta = true"
PLAIN = ("integer", "timestamp with time zone", "numeric(18,4)", "boolean[]", "text")


@pytest.mark.parametrize(
    ("release", "wanted"),
    [("1.3.60", "binary"), ("3.0.23", "binary"), ("3.0.24", "arrow_lz4"), ("10.0.0", "arrow_lz4")],
)
def test_arrow_is_asked_for_from_the_release_on_that_has_lz4(
    release: str, wanted: Literal["binary", "arrow_lz4"]
) -> None:
    choice = choose(f"Hologres {release} (tag: x)", columns(*PLAIN))
    assert choice == Choice(wanted, (), (None,) * len(PLAIN))


@pytest.mark.parametrize(
    "label",
    [
        "time with time zone", "bytea", '"char"', "character(5)", "character varying(10)",
        "character varying", "character varying(9)[]", "roaringbitmap", "public.roaringbitmap",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("release", "cleared"),
    [("3.0.24", False), ("4.0.17", False), ("4.0.18", True), ("4.1.0", True), ("5.0.0", True)],
)
def test_fields_with_metadata_need_a_release_that_clears_it(
    label: str, release: str, cleared: bool
) -> None:
    choice = choose(f"Hologres {release}", columns("integer", label))
    assert choice.format == ("arrow_lz4" if cleared else "binary")
    assert choice.settings == ((CLEAR,) if cleared else ())


def test_what_arrow_cannot_hold_is_cast_to_text() -> None:
    kept = columns("jsonb", "numeric(9,2)", "json", "numeric", "text")
    choice = choose("Hologres 4.1.0", kept)
    assert choice == Choice("arrow_lz4", (), ("text", None, "text", "text", None))
    assert choose("Hologres 2.0.0", kept).casts == (None,) * 5


@pytest.mark.parametrize(
    "label",
    [
        "uuid", "inet", "interval", "money", "bit(3)", "oid", "mood", "sparsevector", "date[]",
        "jsonb[]", "numeric(9,2)[]", "bytea[]", "numeric(100,2)", "record",
    ],
)  # fmt: skip
def test_what_does_not_come_as_arrow_makes_the_copy_binary(label: str) -> None:
    choice = choose("Hologres 4.1.0", columns("jsonb", label))
    assert choice == Choice("binary", (), (None, None))


def test_rows_of_no_columns_come_in_binary() -> None:
    assert choose("Hologres 4.1.0", []) == Choice("binary", (), ())
