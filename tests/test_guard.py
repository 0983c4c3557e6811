"""What benches/guard.py lets through and what not; the counting itself is `make guard`."""

from __future__ import annotations

from typing import Any

import pytest

from benches.guard import compare

RECORD: dict[str, Any] = {
    "rustc": "rustc 1.90.0",
    "machine": "x86_64 with AVX2",
    "counts": {"int8, csv": 100.0, "text, csv": 200.0},
}


def found(**changes: Any) -> dict[str, Any]:
    return RECORD | changes


def counts(int8: float, text: float = 200.0) -> dict[str, float]:
    return {"int8, csv": int8, "text, csv": text}


def test_the_same_counts_are_nothing_to_tell() -> None:
    assert compare(RECORD, found()) == ([], [])
    assert compare(RECORD, found(counts=counts(104.9, 191.0))) == ([], [])


def test_more_instructions_are_a_fault() -> None:
    faults, remarks = compare(RECORD, found(counts=counts(105.1)))
    assert faults == ["int8, csv: 105.1 instructions a row instead of 100.0 (+5.1%)"]
    assert remarks == []


def test_many_fewer_are_to_be_recorded() -> None:
    faults, remarks = compare(RECORD, found(counts=counts(60.0)))
    assert faults == []
    assert "int8, csv: 60.0" in remarks[0]
    assert "guard-renew" in remarks[-1]


def test_another_compiler_is_told_and_has_more_room() -> None:
    faults, remarks = compare(RECORD, found(rustc="rustc 1.91.0", counts=counts(124.0)))
    assert faults == []
    assert "recorded with rustc 1.90.0, but this is rustc 1.91.0" in remarks[0]
    faults, _ = compare(RECORD, found(rustc="rustc 1.91.0", counts=counts(126.0)))
    assert len(faults) == 1


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"machine": "aarch64"}, "recorded on x86_64 with AVX2, but this is aarch64"),
        ({"counts": {"int8, csv": 100.0}}, "recorded or counted alone: text, csv"),
        ({"counts": counts(100.0) | {"new": 1.0}}, "recorded or counted alone: new"),
    ],
)
def test_what_cannot_be_compared_is_a_fault(change: dict[str, Any], fault: str) -> None:
    assert compare(RECORD, found(**change)) == ([fault], [])
