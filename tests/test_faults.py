"""Whatever fails, wherever: the object is whole, or there is no object and no open upload."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from holofast import api
from holofast.errors import CopyError, DestinationError, SourceError
from holofast.programs import ExitCode
from holofast.testing.oss_server import Fault
from holofast.testing.oss_server.faults import KINDS

if TYPE_CHECKING:
    from holofast.report import Report

    from tests.oss_fixtures import LoopbackOss

TABLE = pa.table({"a": range(60_000), "b": [f"row {row}" for row in range(60_000)]})
EMPTY = TABLE.slice(0, 0)
EXPECTED = {True: b"", False: api.encode(TABLE)}
PARTS = 5
HIDDEN = Fault(kind="status", operation="HeadObject", status=403, code="AccessDenied", count=None)


pytestmark = pytest.mark.usefixtures("hurry")


def export(oss: LoopbackOss, data: Any = TABLE, name: str = "", **options: Any) -> Report:
    key = oss.credentials
    return api.export(
        data,
        f"oss://{oss.bucket_name}/dir/{name}",
        format="text",
        endpoint=oss.endpoint,
        region=oss.region,
        access_key_id=key.access_key_id,
        access_key_secret=key.access_key_secret,
        **options,
    )


def assert_whole(oss: LoopbackOss, report: Report, *, empty: bool = False) -> None:
    (key,) = oss.objects()
    assert report.object == f"oss://{oss.bucket_name}/{key}"
    assert oss.bucket().get_object(key).read() == EXPECTED[empty]
    assert report.bytes == len(EXPECTED[empty])
    assert oss.uploads() == []


def failure(oss: LoopbackOss, data: Any = TABLE, **options: Any) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        export(oss, data, **options)
    assert oss.credentials.access_key_secret not in str(caught.value)
    return caught.value


def test_without_faults_it_takes_one_request_a_part_and_two(oss: LoopbackOss) -> None:
    report = export(oss)
    assert_whole(oss, report)
    assert report.parts >= PARTS
    asked = [name for name in oss.operations() if name != "GetObject"]
    assert len(asked) == report.parts + 2


OPERATIONS = ["InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]


@pytest.mark.parametrize(
    ("operation", "nth"),
    [
        *((name, 1) for name in [*OPERATIONS, "PutObject", "AbortMultipartUpload"]),
        (OPERATIONS[1], 4),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_is_overcome(oss: LoopbackOss, operation: str, kind: str, nth: int) -> None:
    empty = operation in ("PutObject", "AbortMultipartUpload")
    oss.faults.add(Fault(kind=kind, operation=operation, nth=nth))  # type: ignore[arg-type]
    data = EMPTY if empty else TABLE
    if (operation, kind) == ("UploadPart", "missing_crc"):
        assert "does not tell the CRC64" in failure(oss).message
        oss.assert_nothing_left()
        oss.faults.clear()
        oss.faults.add(Fault(kind="missing_crc", operation=operation, nth=nth))
        assert_whole(oss, export(oss, require_crc64=False))
        return
    report = export(oss, data)
    assert_whole(oss, report, empty=empty)
    assert report.confirmed
    assert oss.faults.fired()


AFTER_THE_FACT = ("lost_answer", "wrong_crc", "reset_mid_body")


@pytest.mark.parametrize("operation", [*OPERATIONS, "PutObject"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("slow", "missing_crc")])
def test_a_fault_that_stays_leaves_nothing(oss: LoopbackOss, operation: str, kind: str) -> None:
    empty = operation == "PutObject"
    oss.faults.add(Fault(kind=kind, operation=operation, count=None))  # type: ignore[arg-type]
    data = EMPTY if empty else TABLE
    try:
        report = export(oss, data)
    except DestinationError as error:
        code = error.exit_code
        oss.assert_nothing_left()
        assert code in (ExitCode.UPLOAD_FAILED, ExitCode.NETWORK)
    else:
        # Only the answer was lost or wrong, and HEAD said that the object was made.
        assert kind in AFTER_THE_FACT
        assert_whole(oss, report, empty=empty)


def test_a_wrong_crc64_of_the_whole_is_settled_by_head(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="wrong_crc", operation="CompleteMultipartUpload"))
    report = export(oss)
    assert_whole(oss, report)
    assert "HeadObject" in oss.operations()
    oss.faults.clear()


def test_a_damaged_object_is_named(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="wrong_crc", operation="CompleteMultipartUpload"),
        Fault(kind="wrong_crc", operation="HeadObject", count=None),
    )
    error = failure(oss)
    assert "is not what was sent" in error.message
    assert error.hint is not None
    assert "stands there all the same" in error.hint


def test_without_the_right_to_read_it_is_unconfirmed(oss: LoopbackOss) -> None:
    denied = Fault(
        kind="status", operation="HeadObject", status=403, code="AccessDenied", count=None
    )
    oss.faults.add(Fault(kind="lost_answer", operation="CompleteMultipartUpload"), denied)
    report = export(oss)
    assert_whole(oss, report)
    assert not report.confirmed
    assert "unconfirmed" in str(report)


@pytest.mark.parametrize("name", ["", "x.txt"])
def test_an_upload_whose_id_was_lost_is_aborted_or_named(oss: LoopbackOss, name: str) -> None:
    oss.faults.add(Fault(kind="lost_answer", operation="InitiateMultipartUpload", count=2))
    report = export(oss, name=name)
    if name:  # others may write this key too, so that no upload is known to be ours
        assert len(oss.uploads()) == 2
        assert "may be left open" in str(report)
    else:
        assert_whole(oss, report)
        assert report.left_behind is None


def test_an_upload_that_cannot_be_aborted_is_named(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="status", operation="UploadPart", nth=3, status=403, code="AccessDenied"),
        Fault(kind="status", operation="AbortMultipartUpload", count=None),
    )
    error = failure(oss)
    (upload,) = oss.uploads()
    assert error.exit_code == ExitCode.ACCESS_DENIED
    assert error.hint is not None
    assert upload.upload_id in error.hint


@pytest.mark.parametrize(
    ("status", "code", "message", "exit_code"),
    [
        (403, "AccessDenied", "You have no right.", ExitCode.ACCESS_DENIED),
        (403, "AccessDenied", "It must be addressed using the specified endpoint.", 103),
        (403, "SecurityTokenExpired", "", ExitCode.ACCESS_DENIED),
        (403, "RequestTimeTooSkewed", "", ExitCode.ACCESS_DENIED),
        (403, "UserDisable", "", ExitCode.ACCESS_DENIED),
        (409, "FileAlreadyExists", "", ExitCode.OBJECT_EXISTS),
        (404, "NoSuchBucket", "", ExitCode.BUCKET),
        (400, "InvalidArgument", "", ExitCode.UPLOAD_FAILED),
    ],
)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_refusal_has_its_exit_code_wherever_it_comes(
    oss: LoopbackOss, operation: str, status: int, code: str, message: str, exit_code: int
) -> None:
    oss.faults.add(
        Fault(kind="status", operation=operation, status=status, code=code, message=message)
    )
    error = failure(oss)
    assert error.exit_code == exit_code
    assert error.message
    assert len(oss.faults.fired()) == 1
    oss.assert_nothing_left()


def test_other_refusals_are_not_retried(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="status", operation="UploadPart", status=400, code="Odd", count=None))
    assert "400 Odd" in failure(oss, workers=1).message
    assert oss.operations().count("UploadPart") == 1
    oss.assert_nothing_left()


def test_request_timeout_is_retried_although_it_is_a_400(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="status", operation="UploadPart", status=400, code="RequestTimeout"))
    assert_whole(oss, export(oss))


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("data", [TABLE, EMPTY], ids=["rows", "empty"])
def test_an_object_that_stands_there_is_not_overwritten(
    oss: LoopbackOss, data: pa.Table, lost: bool
) -> None:
    oss.bucket().put_object("dir/x.txt", b"mine")
    if lost:  # then it is seen only when it is completed
        oss.faults.add(
            Fault(kind="status", operation="HeadObject", status=403, code="AccessDenied")
        )
    error = failure(oss, data, name="x.txt")
    assert error.exit_code == ExitCode.OBJECT_EXISTS
    assert "x.txt exists already" in error.message
    assert oss.bucket().get_object("dir/x.txt").read() == b"mine"
    assert oss.uploads() == []
    assert ("UploadPart" in oss.operations()) == (lost and data is TABLE)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_query_that_fails_midway_never_commits(oss: LoopbackOss, workers: int) -> None:
    command = "hg_dump_to_oss " + " ".join(oss.arguments())
    query = "select if(range = 3500000, error('midway'), range) from range(4000000)"
    with pytest.raises(SourceError, match="midway"):
        api.copy(f"COPY ({query}) TO PROGRAM '{command}'", workers=workers)
    assert "UploadPart" in oss.operations()
    oss.assert_nothing_left()


def test_a_value_without_a_form_never_commits(oss: LoopbackOss, engine: str) -> None:
    texts = ["x" * 100] * 9_000
    texts[7_777] = texts[8_888] = "nul \0"
    with pytest.raises(CopyError) as caught:
        export(oss, pa.table({"a": texts}), engine=engine)
    assert caught.value.detail == 'Column "a", row 7777.'
    oss.assert_nothing_left()


def test_a_hanging_part_does_not_hold_up_a_failure(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="slow", operation="UploadPart", nth=1, seconds=600),
        Fault(kind="status", operation="UploadPart", nth=2, status=403, code="AccessDenied"),
    )
    error = failure(oss)
    assert error.exit_code == ExitCode.ACCESS_DENIED
    assert not hasattr(error, "__notes__")  # what was ended for its sake did not fail too
    oss.assert_nothing_left()


def test_stdout_that_is_closed_is_an_error() -> None:
    class Closed(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(DestinationError, match="could not write to standard output: Broken pipe"):
        api.copy("COPY (select 1) TO STDOUT", stdout=Closed())  # type: ignore[arg-type]
