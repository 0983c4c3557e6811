"""An export of several objects to a loopback OSS: all of them whole, or none and no open upload.

What interrupts do to it is test_interrupts.py's.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast.encoder import crc64
from holofast.errors import CopyError, DestinationError, EncodeError
from holofast.pipeline import Progress
from holofast.sinks.multipart import Multipart
from holofast.testing.oss_server import Fault

from tests.several_objects import EXPECTED, KEYS, TABLES, export, sink

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss

pytestmark = pytest.mark.usefixtures("hurry")


def failure(oss: LoopbackOss, **options: Any) -> str:
    """What is said of an export that fails, notes included."""
    with pytest.raises(CopyError) as caught:
        export(oss, **options)
    return "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def denied(operation: str, key: str, **options: Any) -> Fault:
    refusal: dict[str, Any] = {"status": 403, "code": "AccessDenied", "count": None} | options
    return Fault(kind="status", operation=operation, target=key, **refusal)


def test_all_become_visible(oss: LoopbackOss, engine: str) -> None:
    seen: list[Progress] = []
    outcomes = export(oss, engine=engine, progress=seen.append)
    assert {key: found.read() for key, found in oss.objects().items()} == EXPECTED
    assert oss.uploads() == []
    for outcome, table, data in zip(outcomes, TABLES, EXPECTED.values(), strict=True):
        assert outcome.progress.rows == len(table)
        assert outcome.progress.bytes == len(data)
        assert outcome.crc64 == crc64(data, engine)
        assert outcome.commit.confirmed
    assert [outcome.commit.name for outcome in outcomes] == [
        f"oss://{oss.bucket_name}/{key}" for key in KEYS
    ]
    total = Progress(0, 0, 0)
    for outcome in outcomes:
        total += outcome.progress
    assert seen[-1] == total
    assert [done.parts for done in seen] == list(range(1, total.parts + 1))


def test_one_without_rows_is_an_object_too(oss: LoopbackOss) -> None:
    export(oss, [TABLES[0], TABLES[1].slice(0, 0), TABLES[2]])
    assert {key: found.size for key, found in oss.objects().items()} == {
        key: 0 if key == KEYS[1] else len(data) for key, data in EXPECTED.items()
    }
    assert oss.uploads() == []


def test_all_are_open_before_anything_is_sent_and_none_is_committed_before_all_is(
    oss: LoopbackOss,
) -> None:
    export(oss)
    asked = oss.operations()
    assert asked[:3] == ["InitiateMultipartUpload"] * 3
    assert asked[-3:] == ["CompleteMultipartUpload"] * 3
    assert set(asked[3:-3]) == {"UploadPart"}
    assert [exchange.key for exchange in oss.exchanges[-3:]] == KEYS


def test_they_are_sent_at_the_same_time(oss: LoopbackOss) -> None:
    """Each waits in its first part until all three are there."""
    meeting = threading.Barrier(3, timeout=10)

    class Meeting(Multipart):
        def write(self, part: Any) -> None:
            if part.number == 1:
                meeting.wait()
            super().write(part)

    export(oss, sinks=[sink(oss, key, Meeting) for key in KEYS])
    assert list(oss.objects()) == KEYS


def test_a_value_without_a_form_in_one_stops_all(oss: LoopbackOss, engine: str) -> None:
    texts = ["x" * 100] * 9_000
    texts[7_777] = texts[8_888] = "nul \0"
    tables = [TABLES[0], pa.table({"a": texts}), TABLES[2]]
    with pytest.raises(EncodeError) as caught:
        export(oss, tables, engine=engine)
    assert caught.value.detail == 'Column "a", row 7777.'
    assert "of object 2 failed" in caught.value.__notes__[0]
    oss.assert_nothing_left()


def test_the_error_of_the_first_object_comes_first(oss: LoopbackOss) -> None:
    """Though it comes last; the other is its note."""
    meeting = threading.Barrier(2, timeout=10)

    class Refusing(Multipart):
        def write(self, part: Any) -> None:
            meeting.wait()
            if self._store.name.endswith(KEYS[0]):
                assert self._cancelled.wait(10)
            raise DestinationError(109, f"no {self._store.name}")

    sinks = [sink(oss, key, Refusing if key != KEYS[2] else Multipart) for key in KEYS]
    tables = [table.slice(0, 10) for table in TABLES]
    lines = failure(oss, tables=tables, sinks=sinks).splitlines()
    assert lines[0].endswith(KEYS[0])
    assert lines[1] == "Part 1 of object 1 failed"
    assert lines[2].startswith("Part 1 of object 2 failed too: no oss://")
    oss.assert_nothing_left()


STEPS = ["InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
# What may have been carried out all the same, and is then seen to have been.
SETTLED = ("lost_answer", "wrong_crc", "reset_mid_body")


@pytest.mark.parametrize("key", KEYS[1:])
@pytest.mark.parametrize("operation", STEPS)
@pytest.mark.parametrize("kind", ["status", "reset_after_body", "hang", "wrong_crc", "lost_answer"])
def test_a_fault_at_one_object(oss: LoopbackOss, key: str, operation: str, kind: Any) -> None:
    """One that passes is overcome, one that stays ends all."""
    oss.faults.add(Fault(kind=kind, operation=operation, target=key))
    export(oss)
    assert oss.faults.fired()
    assert {key: found.read() for key, found in oss.objects().items()} == EXPECTED
    assert oss.uploads() == []
    for made in KEYS:
        oss.bucket().delete_object(made)
    oss.faults.clear()
    oss.faults.add(Fault(kind=kind, operation=operation, target=key, count=None))
    try:
        export(oss)
    except CopyError:
        oss.assert_nothing_left()
    else:
        assert kind in SETTLED
        assert list(oss.objects()) == KEYS
        assert oss.uploads() == []


@pytest.mark.parametrize("key", KEYS[1:])
def test_a_fault_of_head_at_one_object(oss: LoopbackOss, key: str) -> None:
    lost = Fault(kind="lost_answer", operation="CompleteMultipartUpload", target=key)
    oss.faults.add(lost, Fault(kind="status", operation="HeadObject", target=key))
    assert all(outcome.commit.confirmed for outcome in export(oss))
    for made in KEYS:
        oss.bucket().delete_object(made)
    oss.faults.clear()
    oss.faults.add(lost, denied("HeadObject", key))
    confirmed = [outcome.commit.confirmed for outcome in export(oss)]
    assert confirmed == [made != key for made in KEYS]
    assert {key: found.read() for key, found in oss.objects().items()} == EXPECTED
    assert oss.uploads() == []


@pytest.mark.parametrize("key", KEYS[1:])
def test_what_cannot_be_aborted_is_named_and_nothing_else_is_left(
    oss: LoopbackOss, key: str
) -> None:
    oss.faults.add(denied("UploadPart", KEYS[1]), denied("AbortMultipartUpload", key))
    said = failure(oss)
    assert oss.objects() == {}
    (upload,) = oss.uploads()
    assert upload.key == key
    assert upload.upload_id in said


@pytest.mark.parametrize("failing", [1, 2])
def test_a_commit_that_fails_withdraws_those_before(oss: LoopbackOss, failing: int) -> None:
    oss.faults.add(denied("CompleteMultipartUpload", KEYS[failing]))
    assert "denied access" in failure(oss)
    oss.assert_nothing_left()
    deleted = [e.key for e in oss.exchanges if e.operation == "DeleteObject"]
    assert deleted == KEYS[:failing]


def test_a_delete_is_tried_again(oss: LoopbackOss) -> None:
    oss.faults.add(
        denied("CompleteMultipartUpload", KEYS[2]),
        Fault(kind="status", operation="DeleteObject", target=KEYS[0]),
        Fault(kind="lost_answer", operation="DeleteObject", target=KEYS[1]),
    )
    assert "by hand" not in failure(oss)
    oss.assert_nothing_left()


@pytest.mark.parametrize("standing", KEYS[:2])
def test_an_object_that_cannot_be_deleted_is_named(oss: LoopbackOss, standing: str) -> None:
    oss.faults.add(
        denied("CompleteMultipartUpload", KEYS[2]), denied("DeleteObject", standing, count=None)
    )
    said = failure(oss)
    assert list(oss.objects()) == [standing]
    assert oss.uploads() == []
    assert f"object oss://{oss.bucket_name}/{standing} was not deleted (" in said
    assert said.count("by hand") == 1


def test_a_commit_whose_outcome_is_unknown_is_named_and_not_deleted(oss: LoopbackOss) -> None:
    """Only what is known to be ours is deleted."""
    damaged: dict[str, Any] = {"kind": "wrong_crc", "target": KEYS[1], "count": None}
    oss.faults.add(
        Fault(operation="CompleteMultipartUpload", **damaged),
        Fault(operation="HeadObject", **damaged),
    )
    said = failure(oss)
    assert list(oss.objects()) == [KEYS[1]]
    assert oss.uploads() == []
    assert f"object oss://{oss.bucket_name}/{KEYS[1]} stands there all the same" in said


def test_an_object_whose_name_is_not_ours_alone_is_named_and_not_deleted(
    oss: LoopbackOss,
) -> None:
    oss.faults.add(denied("CompleteMultipartUpload", KEYS[1]))
    said = failure(oss, sinks=[sink(oss, key, sole=False) for key in KEYS])
    assert "DeleteObject" not in oss.operations()
    assert list(oss.objects()) == [KEYS[0]]
    assert f"oss://{oss.bucket_name}/{KEYS[0]} was not deleted (" in said
    assert oss.uploads() == []


def test_what_a_commit_has_left_is_said_when_a_later_one_fails(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="lost_answer", operation="InitiateMultipartUpload", target=KEYS[0]),
        denied("ListMultipartUploads", KEYS[0]),
        denied("CompleteMultipartUpload", KEYS[1]),
    )
    said = failure(oss)
    assert oss.objects() == {}
    assert [upload.key for upload in oss.uploads()] == [KEYS[0]]
    assert f"of oss://{oss.bucket_name}/{KEYS[0]} could not be aborted" in said
