"""Multipart uploads to the loopback OSS, by OSS's rules, as oss2 drives them."""

from __future__ import annotations

import hashlib
import http.client
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from oss2.models import PartInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oss_fixtures import LoopbackOss

SMALLEST = 100 * 1024
UNKNOWN = "0" * 32


def upload(bucket: oss2.Bucket, key: str, parts: dict[int, bytes]) -> tuple[str, list[PartInfo]]:
    """Start an upload and send the parts; its id, and what complete_multipart_upload takes."""
    upload_id = bucket.init_multipart_upload(key).upload_id
    infos = []
    for number, data in parts.items():
        sent = bucket.upload_part(key, upload_id, number, data)
        infos.append(PartInfo(number, sent.etag, size=len(data), part_crc=sent.crc))
    return upload_id, infos


def refused(status: int, code: str, call: Callable[[], Any]) -> str:
    """The message of the refusal that `call` must run into."""
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        call()
    assert (raised.value.status, raised.value.code) == (status, code)
    return str(raised.value.message)


@pytest.mark.parametrize("kind", [oss2.Auth, oss2.AuthV4], ids=["v1", "v4"])
@pytest.mark.parametrize("enable_crc", [True, False], ids=["crc", "no-crc"])
def test_an_upload_lives(oss: LoopbackOss, kind: Any, enable_crc: bool) -> None:
    bucket = oss.bucket(auth=oss.auth(kind), enable_crc=enable_crc)
    # Parts may come in any order, have gaps, and only the last may be small.
    sent = {7: b"c" * SMALLEST, 1: b"a" * (SMALLEST + 1), 10_000: b"end"}
    headers = {"x-oss-meta-rows": "3", "Content-Type": "text/csv"}
    upload_id = bucket.init_multipart_upload("dir/m.csv", headers=headers).upload_id
    infos = []
    for number, data in sent.items():
        part = bucket.upload_part("dir/m.csv", upload_id, number, data)
        assert part.etag == hashlib.md5(data).hexdigest().upper()
        infos.append(PartInfo(number, part.etag, size=len(data), part_crc=part.crc))
    assert list(oss.objects()) == []
    listed = bucket.list_parts("dir/m.csv", upload_id).parts
    assert [(p.part_number, p.size) for p in listed] == [(n, len(sent[n])) for n in sorted(sent)]

    done = bucket.complete_multipart_upload("dir/m.csv", upload_id, infos)
    whole = b"".join(sent[number] for number in sorted(sent))
    assert done.etag.endswith("-3")
    assert oss.uploads() == []
    found = oss.objects()["dir/m.csv"]
    assert (found.read(), found.kind, found.crc64) == (whole, "Multipart", done.crc)
    head = bucket.head_object("dir/m.csv")
    assert (head.object_type, head.content_length) == ("Multipart", len(whole))
    assert (head.etag, head.server_crc, head.content_type) == (done.etag, done.crc, "text/csv")
    assert head.headers["x-oss-meta-rows"] == "3"
    if enable_crc:
        assert bucket.get_object("dir/m.csv").read() == whole


def test_a_part_sent_again_replaces_the_first(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, _ = upload(bucket, "a", {1: b"wrong"})
    sent = bucket.upload_part("a", upload_id, 1, b"right")
    bucket.complete_multipart_upload(
        "a", upload_id, [PartInfo(1, sent.etag, size=5, part_crc=sent.crc)]
    )
    assert oss.objects()["a"].read() == b"right"


def test_parts_that_are_not_listed_are_left_out(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, infos = upload(bucket, "a", {1: b"1" * SMALLEST, 2: b"2" * SMALLEST, 3: b"3"})
    bucket.complete_multipart_upload("a", upload_id, infos[::2])
    assert oss.objects()["a"].read() == b"1" * SMALLEST + b"3"


def test_abort_leaves_nothing(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, infos = upload(bucket, "a", {1: b"x" * SMALLEST})
    assert [u.upload_id for u in bucket.list_multipart_uploads().upload_list] == [upload_id]
    assert bucket.abort_multipart_upload("a", upload_id).status == 204
    oss.assert_nothing_left()
    assert bucket.list_multipart_uploads().upload_list == []
    for call in (
        lambda: bucket.upload_part("a", upload_id, 2, b"late"),
        lambda: bucket.complete_multipart_upload("a", upload_id, infos),
        lambda: bucket.abort_multipart_upload("a", upload_id),
        lambda: bucket.list_parts("a", upload_id),
    ):
        refused(404, "NoSuchUpload", call)
    oss.assert_nothing_left()


def test_an_upload_that_is_not_there(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, infos = upload(bucket, "a", {1: b"x"})
    refused(404, "NoSuchUpload", lambda: bucket.upload_part("a", UNKNOWN, 1, b"x"))
    refused(404, "NoSuchUpload", lambda: bucket.upload_part("another", upload_id, 1, b"x"))
    refused(
        404, "NoSuchUpload", lambda: bucket.complete_multipart_upload("another", upload_id, infos)
    )
    bucket.complete_multipart_upload("a", upload_id, infos)
    refused(404, "NoSuchUpload", lambda: bucket.complete_multipart_upload("a", upload_id, infos))


@pytest.mark.parametrize("number", [0, 10_001, "x"])
def test_part_numbers_are_limited(oss: LoopbackOss, number: Any) -> None:
    bucket = oss.bucket()
    upload_id, _ = upload(bucket, "a", {})
    message = refused(
        400, "InvalidArgument", lambda: bucket.upload_part("a", upload_id, number, b"x")
    )
    assert "between 1 and 10000" in message
    assert oss.uploads()[0].parts == {}


def test_small_parts_are_refused_at_the_end(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, infos = upload(bucket, "a", {1: b"x" * (SMALLEST - 1), 2: b"x"})
    message = refused(
        400, "EntityTooSmall", lambda: bucket.complete_multipart_upload("a", upload_id, infos)
    )
    assert "Part 1 has 102399 bytes" in message
    assert list(oss.objects()) == []
    assert [u.upload_id for u in oss.uploads()] == [upload_id]
    # The upload goes on: the part is sent again, large enough.
    infos[0] = upload_again(bucket, upload_id)
    bucket.complete_multipart_upload("a", upload_id, infos)
    assert oss.objects()["a"].size == SMALLEST + 1


def upload_again(bucket: oss2.Bucket, upload_id: str) -> PartInfo:
    """Part 1 of `a`, of the least size."""
    sent = bucket.upload_part("a", upload_id, 1, b"x" * SMALLEST)
    return PartInfo(1, sent.etag, size=SMALLEST, part_crc=sent.crc)


def test_an_etag_that_is_not_the_parts(oss: LoopbackOss) -> None:
    bucket = oss.bucket(enable_crc=False)
    upload_id, infos = upload(bucket, "a", {1: b"x" * SMALLEST, 2: b"y"})
    complete = partial(bucket.complete_multipart_upload, "a", upload_id)
    refused(400, "InvalidPart", lambda: complete([infos[0], PartInfo(2, infos[0].etag)]))
    refused(400, "InvalidPart", lambda: complete([infos[0], PartInfo(3, infos[1].etag)]))
    assert list(oss.objects()) == []


def test_parts_out_of_order(oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = oss.bucket(enable_crc=False)
    upload_id, infos = upload(bucket, "a", {1: b"x" * SMALLEST, 2: b"y"})
    document = oss2.xml_utils.to_complete_upload_request
    complete = partial(bucket.complete_multipart_upload, "a", upload_id, infos)
    for order in (infos[::-1], [infos[0], infos[0]]):
        # oss2 sorts the parts before it writes them down.
        fixed = document(order)
        monkeypatch.setattr(oss2.xml_utils, "to_complete_upload_request", lambda _, f=fixed: f)
        refused(400, "InvalidPartOrder", complete)
    assert list(oss.objects()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<CompleteMultipartUpload>",
        b"<CompleteMultipartUpload/>",
        b"<Delete/>",
        b"<CompleteMultipartUpload><Part><ETag>x</ETag></Part></CompleteMultipartUpload>",
        b"<CompleteMultipartUpload><Part><PartNumber>-1</PartNumber><ETag>x</ETag></Part>"
        b"</CompleteMultipartUpload>",
    ],
)
def test_a_list_of_parts_that_is_none(
    oss: LoopbackOss, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = oss.bucket(enable_crc=False)
    upload_id, infos = upload(bucket, "a", {1: b"x"})
    monkeypatch.setattr(oss2.xml_utils, "to_complete_upload_request", lambda _: body)
    refused(400, "MalformedXML", lambda: bucket.complete_multipart_upload("a", upload_id, infos))
    assert len(oss.uploads()) == 1


def test_forbidden_overwrite(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    forbid = {"x-oss-forbid-overwrite": "true"}
    upload_id, infos = upload(bucket, "a", {1: b"new"})
    bucket.put_object("a", b"old")
    refused(
        409,
        "FileAlreadyExists",
        lambda: bucket.complete_multipart_upload("a", upload_id, infos, headers=forbid),
    )
    assert oss.objects()["a"].read() == b"old"
    assert [u.upload_id for u in oss.uploads()] == [upload_id]
    bucket.complete_multipart_upload("a", upload_id, infos)
    assert oss.objects()["a"].read() == b"new"


def test_listings_of_parts_and_uploads(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, _ = upload(bucket, "d/ü", {n: b"x" * n for n in (2, 3, 5, 8)})
    page = bucket.list_parts("d/ü", upload_id, max_parts=3)
    assert ([p.part_number for p in page.parts], page.is_truncated) == ([2, 3, 5], True)
    page = bucket.list_parts("d/ü", upload_id, marker=page.next_marker, max_parts=3)
    assert ([p.part_number for p in page.parts], page.is_truncated) == ([8], False)
    assert [p.size for p in oss2.PartIterator(bucket, "d/ü", upload_id, max_parts=1)] == [
        2,
        3,
        5,
        8,
    ]

    ids = [upload_id] + [bucket.init_multipart_upload(key).upload_id for key in ("d/ü", "e", "b")]
    order = [
        (u.key, u.upload_id) for u in sorted(oss.uploads(), key=lambda u: (u.key, u.upload_id))
    ]
    assert sorted(ids) == sorted(upload_id for _, upload_id in order)
    for size in (1, 2, 1000):
        found = oss2.MultipartUploadIterator(bucket, max_uploads=size)
        assert [(u.key, u.upload_id) for u in found] == order
    listing = bucket.list_multipart_uploads(delimiter="/")
    assert ([u.key for u in listing.upload_list], listing.prefix_list) == (["b", "e"], ["d/"])
    assert len(bucket.list_multipart_uploads(prefix="d/").upload_list) == 2
    later = bucket.list_multipart_uploads(key_marker="b").upload_list
    assert [u.key for u in later] == ["d/ü", "d/ü", "e"]


def test_a_client_that_goes_away_leaves_no_part(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id, _ = upload(bucket, "a", {})
    request = oss2.http.Request(
        "PUT",
        oss.endpoint,
        params={"uploadId": upload_id, "partNumber": "1"},
        region=oss.region,
        product="oss",
    )
    bucket.auth._sign_request(request, oss.bucket_name, "a")
    connection = http.client.HTTPConnection(oss.endpoint.removeprefix("http://"), timeout=30)
    connection.putrequest("PUT", f"/{oss.bucket_name}/a?uploadId={upload_id}&partNumber=1")
    for name, value in request.headers.items():
        if value is not None:
            connection.putheader(name, value)
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"only these")
    connection.close()
    patience = time.monotonic() + 30
    while len(oss.exchanges) < 2 and time.monotonic() < patience:
        time.sleep(0.001)
    assert [(e.operation, e.status) for e in oss.exchanges][1:] == [("UploadPart", None)]
    assert oss.uploads()[0].parts == {}


def test_etags_of_whole_objects_differ_by_their_parts(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    etags = []
    for key, cut in (("a", SMALLEST), ("b", SMALLEST + 1)):
        data = b"x" * (2 * SMALLEST)
        upload_id, infos = upload(bucket, key, {1: data[:cut], 2: data[cut:]})
        etags.append(bucket.complete_multipart_upload(key, upload_id, infos).etag)
    assert etags[0] != etags[1]
    assert oss.objects()["a"].crc64 == oss.objects()["b"].crc64
