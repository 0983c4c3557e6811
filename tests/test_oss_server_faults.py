"""Each fault of the loopback OSS, as oss2 sees it, and which request it hits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from holofast.testing.oss_server import Fault
from holofast.testing.oss_server.faults import KINDS, load

if TYPE_CHECKING:
    from pathlib import Path

    from tests.oss_fixtures import LoopbackOss

BODY = b"0123456789" * 50_000


def test_status(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="status"),
        Fault(kind="status", nth=2, status=500, code="InternalError", message="Try again."),
    )
    bucket = oss.bucket()
    for expected in ((503, "ServiceUnavailable", "Injected by"), (500, "InternalError", "Try")):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.put_object("a", BODY)
        error = raised.value
        assert (error.status, error.code) == expected[:2]
        assert error.message.startswith(expected[2])
    oss.assert_nothing_left()
    bucket.put_object("a", BODY)
    assert oss.objects()["a"].read() == BODY


def test_status_for_a_head(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="status", operation="HeadObject", status=403, code="AccessDenied"))
    with pytest.raises(oss2.exceptions.OssError) as raised:
        oss.bucket().head_object("a")
    assert (raised.value.status, raised.value.code) == (403, "AccessDenied")


@pytest.mark.parametrize(
    "kind", ["reset_before_body", "reset_mid_body", "reset_after_body", "lost_answer", "hang"]
)
def test_no_answer(oss: LoopbackOss, kind: Any) -> None:
    oss.faults.add(Fault(kind=kind, method="PUT", seconds=0.01))
    bucket = oss.bucket()
    with pytest.raises(oss2.exceptions.RequestError) as raised:
        bucket.put_object("a", BODY)
    assert raised.value.status == -2
    assert [fault.kind for fault in oss.faults.fired()] == [kind]
    assert [exchange.status for exchange in oss.exchanges] == [None]
    # Only where the answer was lost has anything been done.
    assert list(oss.objects()) == (["a"] if kind == "lost_answer" else [])
    bucket.put_object("a", BODY)
    assert oss.objects()["a"].read() == BODY


def test_a_client_gives_up_on_a_hang(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="hang", seconds=600))
    with pytest.raises(oss2.exceptions.RequestError, match="timed out"):
        oss.bucket(connect_timeout=0.1).put_object("a", BODY)
    oss.close()  # does not wait for the 600 seconds
    oss.assert_nothing_left()


def test_the_lost_answer_of_a_completion(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("a").upload_id
    sent = bucket.upload_part("a", upload_id, 1, BODY)
    parts = [oss2.models.PartInfo(1, sent.etag, size=len(BODY), part_crc=sent.crc)]
    oss.faults.add(Fault(kind="lost_answer", operation="CompleteMultipartUpload"))
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.complete_multipart_upload("a", upload_id, parts)
    with pytest.raises(oss2.exceptions.NoSuchUpload):
        bucket.complete_multipart_upload("a", upload_id, parts)
    head = bucket.head_object("a")
    assert (head.content_length, head.server_crc) == (len(BODY), sent.crc)


def test_an_answer_that_breaks_off(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("a", BODY)
    oss.faults.add(Fault(kind="reset_mid_body", operation="GetObject"))
    got = bucket.get_object("a")
    assert (got.status, got.content_length) == (200, len(BODY))
    with pytest.raises(Exception, match="Connection broken"):
        got.read()
    assert bucket.get_object("a").read() == BODY


@pytest.mark.parametrize("kind", ["reset_mid_body", "reset_after_body"])
def test_a_reset_without_any_body(oss: LoopbackOss, kind: Any) -> None:
    oss.faults.add(Fault(kind=kind, operation="HeadObject"))
    with pytest.raises(oss2.exceptions.RequestError):
        oss.bucket().head_object("a")


def test_slow(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="slow", seconds=0.1, count=None))
    bucket = oss.bucket()
    bucket.put_object("a", BODY)
    assert bucket.get_object("a").read() == BODY
    assert len(oss.faults.fired()) == 2
    impatient = oss.bucket(connect_timeout=0.02)
    with pytest.raises(oss2.exceptions.RequestError, match="timed out"):
        impatient.head_object("a")


def test_wrong_crc(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="wrong_crc"), Fault(kind="wrong_crc", method="HEAD"))
    with pytest.raises(oss2.exceptions.InconsistentError):
        oss.bucket().put_object("a", BODY)
    stored = oss.objects()["a"]
    assert stored.read() == BODY
    assert oss.bucket().head_object("a").server_crc == stored.crc64 ^ 1
    assert oss.bucket().head_object("a").server_crc == stored.crc64


def test_missing_crc(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="missing_crc"))
    assert oss.bucket().put_object("a", BODY).crc is None
    assert oss.bucket().put_object("a", BODY).crc == oss.objects()["a"].crc64


def test_a_wrong_crc_where_there_is_none(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="wrong_crc"))
    assert oss.bucket().list_objects().object_list == []


def test_which_request_it_is(oss: LoopbackOss) -> None:
    """A rule counts its own matches, by operation, method and target together."""
    oss.faults.add(
        Fault(kind="status", operation="PutObject", target=r"^/holofast/dir/ü\d$", nth=2, count=2)
    )
    bucket = oss.bucket()
    outcomes = []
    for key in ("dir/ü1", "dir/x", "dir/ü2", "dir/ü3", "dir/ü4"):
        bucket.list_objects(prefix=key)
        try:
            outcomes.append(bucket.put_object(key, b"x").status)
        except oss2.exceptions.ServerError as error:
            outcomes.append(error.status)
    assert outcomes == [200, 200, 503, 503, 200]


def test_a_part_by_its_number(oss: LoopbackOss) -> None:
    oss.faults.add(Fault(kind="status", operation="UploadPart", target=r"partNumber=2(&|$)"))
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("a").upload_id
    bucket.upload_part("a", upload_id, 1, b"x")
    with pytest.raises(oss2.exceptions.ServerError):
        bucket.upload_part("a", upload_id, 2, b"x")
    bucket.upload_part("a", upload_id, 2, b"x")
    assert sorted(oss.uploads()[0].parts) == [1, 2]


def test_of_several_rules_the_first_that_is_due(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="status", status=500, code="InternalError", nth=2),
        Fault(kind="status", count=None),
    )
    statuses = []
    for _ in range(3):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            oss.bucket().list_objects()
        statuses.append(raised.value.status)
    assert statuses == [503, 500, 503]
    oss.faults.clear()
    assert oss.faults.fired() == []
    assert oss.bucket().list_objects().status == 200


def test_a_script_in_a_file(tmp_path: Path) -> None:
    rules: list[dict[str, Any]] = [{"kind": kind, "nth": 3} for kind in KINDS]
    script = tmp_path / "faults.json"
    script.write_text(json.dumps(rules))
    assert [(fault.kind, fault.nth) for fault in load(script)] == [(kind, 3) for kind in KINDS]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[", "Expecting value"),
        ("{}", "not an array of rules"),
        ("[1]", "rule 0: not an object"),
        ('[{"kind": "slow"}, {}]', "rule 1: .*'kind'"),
        ('[{"kind": "slow", "operatoin": "x"}]', "rule 0: .*'operatoin'"),
        ('[{"kind": "sleep"}]', "rule 0: fault kind 'sleep' is none of status, "),
        ('[{"kind": "slow", "nth": 0}]', "counted from 1"),
        ('[{"kind": "slow", "nth": "1"}]', "rule 0: "),
        ('[{"kind": "slow", "count": 0}]', "counted from 1"),
        ('[{"kind": "status", "status": 200}]', "status 200 is no error"),
        ('[{"kind": "hang", "seconds": 601}]', "from 0 to 600"),
        ('[{"kind": "hang", "target": "("}]', r"target '\(': "),
        ('[{"kind": "hang", "operation": "UploadPrat"}]', "operation 'UploadPrat' is none of"),
    ],
)
def test_a_script_that_is_none(tmp_path: Path, text: str, complaint: str) -> None:
    script = tmp_path / "faults.json"
    script.write_text(text)
    with pytest.raises(ValueError, match=complaint) as raised:
        load(script)
    assert str(script) in str(raised.value)
