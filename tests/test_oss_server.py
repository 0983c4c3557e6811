"""The loopback OSS as oss2 sees it: objects, listings, names. Uploads in parts: the next file."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import oss2
import pytest
from holofast.testing.oss_server import OssServer

from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ["dir/übergröße &<>.csv", "a b+c%2F?#.txt", "dir//double", "日本/語"]


@pytest.fixture(params=[oss2.Auth, oss2.AuthV4], ids=["v1", "v4"])
def auth(request: pytest.FixtureRequest, oss: LoopbackOss) -> Any:
    """Both kinds of signature."""
    return oss.auth(request.param)


@pytest.mark.parametrize("enable_crc", [True, False], ids=["crc", "no-crc"])
def test_an_object_lives(oss: LoopbackOss, auth: Any, enable_crc: bool) -> None:
    bucket = oss.bucket(auth=auth, enable_crc=enable_crc)
    body = bytes(range(256)) * 5000
    headers = {"x-oss-meta-query": "select 1", "Content-Type": "text/csv"}
    put = bucket.put_object("dir/a.csv", body, headers=headers)
    assert put.status == 200
    assert put.etag == hashlib.md5(body).hexdigest().upper()
    assert put.crc == oss.objects()["dir/a.csv"].crc64

    head = bucket.head_object("dir/a.csv")
    assert (head.content_length, head.content_type) == (len(body), "text/csv")
    assert (head.object_type, head.etag, head.server_crc) == ("Normal", put.etag, put.crc)
    assert head.headers["x-oss-meta-query"] == "select 1"
    meta = bucket.get_object_meta("dir/a.csv")
    assert (meta.content_length, meta.etag) == (len(body), put.etag)
    assert abs(meta.last_modified - oss.objects()["dir/a.csv"].modified.timestamp()) < 2

    got = bucket.get_object("dir/a.csv")
    assert got.read() == body
    if enable_crc:
        assert got.client_crc == got.server_crc == put.crc
    assert bucket.delete_object("dir/a.csv").status == 204
    assert bucket.delete_object("dir/a.csv").status == 204
    oss.assert_nothing_left()


def test_the_crc_is_the_one_the_catalogues_give(oss: LoopbackOss) -> None:
    assert oss.bucket().put_object("a", b"123456789").crc == 0x995DC9BBDF1939FA


def test_every_answer_is_complete(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("a", b"xyz")
    for answer in (bucket.head_object("a"), bucket.delete_object("a"), bucket.list_objects()):
        assert len(answer.request_id) == 24
        assert {"date", "content-length"} <= {name.lower() for name in answer.headers}
    assert [e.status for e in oss.exchanges] == [200, 200, 204, 200]


@pytest.mark.parametrize(
    ("byte_range", "expected", "status"),
    [
        ((0, 3), b"0123", 206),
        ((7, None), b"789", 206),
        ((None, 2), b"89", 206),
        ((9, 9), b"9", 206),
        ((0, 9), b"0123456789", 200),
        ((5, 10), b"0123456789", 200),  # OSS ignores a range that leaves the object
        ((10, None), b"0123456789", 200),
    ],
)
def test_ranges(
    oss: LoopbackOss, byte_range: tuple[int | None, int | None], expected: bytes, status: int
) -> None:
    bucket = oss.bucket()
    bucket.put_object("digits", b"0123456789")
    got = bucket.get_object("digits", byte_range=byte_range)
    assert (got.read(), got.status) == (expected, status)
    start = b"0123456789".index(expected)
    content_range = f"bytes {start}-{start + len(expected) - 1}/10" if status == 206 else None
    assert got.content_range == content_range


def test_a_range_across_parts(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    upload_id = bucket.init_multipart_upload("two").upload_id
    sent = [b"a" * 102400, b"b" * 10]
    etags = [bucket.upload_part("two", upload_id, n + 1, sent[n]).etag for n in range(2)]
    parts = [oss2.models.PartInfo(n + 1, etags[n]) for n in range(2)]
    oss.bucket(enable_crc=False).complete_multipart_upload("two", upload_id, parts)
    assert bucket.get_object("two", byte_range=(102398, 102401)).read() == b"aabb"
    assert bucket.get_object("two", byte_range=(None, 3)).read() == b"bbb"
    assert bucket.get_object("two").read() == b"".join(sent)


@pytest.mark.parametrize("key", KEYS)
def test_any_key_comes_back(oss: LoopbackOss, auth: Any, key: str) -> None:
    bucket = oss.bucket(auth=auth)
    bucket.put_object(key, b"x")
    assert list(oss.objects()) == [key]
    assert bucket.get_object(key).read() == b"x"
    assert [found.key for found in bucket.list_objects(prefix=key).object_list] == [key]
    assert [found.key for found in bucket.list_objects_v2(prefix=key).object_list] == [key]
    assert bucket.batch_delete_objects([key]).deleted_keys == [key]
    oss.assert_nothing_left()


def test_listings_page_by_page(oss: LoopbackOss, auth: Any) -> None:
    bucket = oss.bucket(auth=auth)
    keys = [f"{n:02}" for n in range(7)]
    for key in reversed(keys):
        bucket.put_object(key, b"x" * int(key))
    first = bucket.list_objects(max_keys=3)
    assert ([o.key for o in first.object_list], first.is_truncated) == (keys[:3], True)
    assert [o.size for o in first.object_list] == [0, 1, 2]
    assert first.object_list[0].type == "Normal"
    second = bucket.list_objects(max_keys=4, marker=first.next_marker)
    assert ([o.key for o in second.object_list], second.is_truncated) == (keys[3:], False)
    assert [o.key for o in oss2.ObjectIterator(bucket, max_keys=2)] == keys
    assert [o.key for o in oss2.ObjectIteratorV2(bucket, max_keys=2)] == keys
    assert [o.key for o in bucket.list_objects_v2(start_after="04").object_list] == keys[5:]


def test_listings_with_a_delimiter(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for key in ["a", "d/1", "d/2", "d/e/3", "d/e/4", "f/5", "g"]:
        bucket.put_object(key, b"")
    listing = bucket.list_objects(delimiter="/")
    assert [o.key for o in listing.object_list] == ["a", "g"]
    assert listing.prefix_list == ["d/", "f/"]
    listing = bucket.list_objects(prefix="d/", delimiter="/")
    assert ([o.key for o in listing.object_list], listing.prefix_list) == (
        ["d/1", "d/2"],
        ["d/e/"],
    )
    for iterator in (oss2.ObjectIterator, oss2.ObjectIteratorV2):
        # One at a time: a common prefix that ends a page is not told again on the next.
        found = [o.key for o in iterator(bucket, delimiter="/", max_keys=1)]
        assert found == ["a", "d/", "f/", "g"]


def test_many_objects_are_deleted_at_once(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for key in KEYS:
        bucket.put_object(key, b"x")
    assert bucket.batch_delete_objects([*KEYS, "was never there"]).deleted_keys[-1] == (
        "was never there"
    )
    oss.assert_nothing_left()
    with pytest.raises(oss2.exceptions.ServerError, match="from 1 to 1000") as raised:
        bucket.batch_delete_objects([str(n) for n in range(1001)])
    assert (raised.value.status, raised.value.code) == (400, "MalformedXML")


def test_bucket_info(oss: LoopbackOss, auth: Any) -> None:
    info = oss.bucket(auth=auth).get_bucket_info()
    assert (info.name, info.location) == (oss.bucket_name, f"oss-{oss.region}")


def test_a_bucket_that_is_not_there(oss: LoopbackOss, auth: Any) -> None:
    bucket = oss.bucket(auth=auth, name="another-bucket")
    for call in (
        lambda: bucket.put_object("a", b"x"),
        lambda: bucket.init_multipart_upload("a"),
        bucket.list_objects,
        bucket.create_bucket,
    ):
        with pytest.raises(oss2.exceptions.NoSuchBucket):
            call()
    oss.assert_nothing_left()


def test_a_bucket_that_cannot_be_called_so(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for name in ("Bad_Name", "-ab", "ab-", "ab", "a" * 64):
        bucket.bucket_name = name  # oss2 refuses it only when it makes the Bucket
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.list_objects()
        assert (raised.value.status, raised.value.code) == (400, "InvalidBucketName")


def test_an_object_that_cannot_be_called_so(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for key in ("\\a", "k" * 1024, "é" * 512):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.put_object(key, b"x")
        assert (raised.value.status, raised.value.code) == (400, "InvalidObjectName")
    oss.assert_nothing_left()


def test_a_key_that_is_not_there(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for call in (bucket.get_object, bucket.head_object, bucket.get_object_meta):
        with pytest.raises(oss2.exceptions.OssError) as raised:
            call("nowhere")
        assert (raised.value.status, raised.value.code) == (404, "NoSuchKey")


def test_forbidden_overwrite(oss: LoopbackOss, auth: Any) -> None:
    bucket = oss.bucket(auth=auth)
    forbid = {"x-oss-forbid-overwrite": "true"}
    bucket.put_object("a", b"first", headers=forbid)
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.put_object("a", b"second", headers=forbid)
    assert (raised.value.status, raised.value.code) == (409, "FileAlreadyExists")
    assert oss.objects()["a"].read() == b"first"
    bucket.put_object("a", b"third", headers={"x-oss-forbid-overwrite": "false"})
    assert oss.objects()["a"].read() == b"third"


def test_a_body_that_is_not_what_it_says(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for header, value, code in (
        ("Content-MD5", oss2.utils.content_md5(b"other"), "InvalidDigest"),
        ("x-oss-hash-crc64ecma", "1", "InvalidCRC64"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.put_object("a", b"this", headers={header: value})
        assert (raised.value.status, raised.value.code) == (400, code)
    oss.assert_nothing_left()


BODY = bytes(range(256)) * 1_200


def test_copies_of_an_object(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("dir/ü", BODY, headers={"Content-Type": "text/csv", "x-oss-meta-a": "b"})
    copied = [bucket.copy_object(oss.bucket_name, "dir/ü", "kept")]
    replaced = {"x-oss-metadata-directive": "REPLACE", "x-oss-meta-a": "c"}
    copied.append(bucket.copy_object(oss.bucket_name, "dir/ü", "replaced", headers=replaced))
    for answer in copied:  # which oss2 leaves unread, so that its connection would never end
        assert answer.etag in answer.resp.read().decode()
    for key, meta in (("kept", "b"), ("replaced", "c")):
        head = bucket.head_object(key)
        assert (head.headers["x-oss-meta-a"], head.server_crc) == (meta, oss.objects()[key].crc64)
        assert bucket.get_object(key).read() == BODY
    for name, key, code in (
        ("another-bucket", "dir/ü", "NoSuchBucket"),
        (oss.bucket_name, "x", "NoSuchKey"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            bucket.copy_object(name, key, "never")
        assert raised.value.code == code
    forbidden = {"x-oss-forbid-overwrite": "true"}
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.copy_object(oss.bucket_name, "dir/ü", "kept", headers=forbidden)
    assert raised.value.code == "FileAlreadyExists"
    assert list(oss.objects()) == ["dir/ü", "kept", "replaced"]


def test_copies_of_parts(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("a", BODY)
    upload_id = bucket.init_multipart_upload("b").upload_id
    cut = 150_000
    ranges = [(0, cut - 1), (cut, len(BODY) - 1)]
    copies = [
        bucket.upload_part_copy(oss.bucket_name, "a", span, "b", upload_id, number)
        for number, span in enumerate(ranges, start=1)
    ]
    assert [copy.etag in copy.resp.read().decode() for copy in copies] == [True, True]
    with pytest.raises(oss2.exceptions.ServerError) as raised:
        bucket.upload_part_copy(oss.bucket_name, "a", (0, len(BODY)), "b", upload_id, 3)
    assert raised.value.code == "InvalidArgument"
    parts = [oss2.models.PartInfo(n, copy.etag) for n, copy in enumerate(copies, start=1)]
    bucket.complete_multipart_upload("b", upload_id, parts)
    assert oss.objects()["b"].read() == BODY
    assert oss.operations().count("UploadPartCopy") == 3


def test_what_the_server_does_not_have(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    bucket.put_object("a", b"x")
    for call in (
        bucket.get_bucket_acl,
        lambda: bucket.append_object("c", 0, b"x"),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            call()
        assert (raised.value.status, raised.value.code) == (501, "NotImplemented")
    assert list(oss.objects()) == ["a"]


def test_a_body_of_unknown_length(oss: LoopbackOss) -> None:
    bucket = oss.bucket(enable_crc=False)
    bucket.put_object("chunked", iter([b"in ", b"chunks " * 20]))
    assert oss.objects()["chunked"].read() == b"in " + b"chunks " * 20


def test_the_bucket_in_the_host_name(oss: LoopbackOss, auth: Any) -> None:
    proxies = {"http": oss.endpoint}
    for region in ("oss-cn-hangzhou", "oss-cn-hangzhou-internal"):
        bucket = oss.bucket(auth=auth, endpoint=f"http://{region}.aliyuncs.com", proxies=proxies)
        bucket.put_object("dir/a", b"virtual-hosted")
        assert oss.bucket(auth=auth).get_object("dir/a").read() == b"virtual-hosted"


def test_objects_as_files(tmp_path: Path) -> None:
    with LoopbackOss(root=tmp_path) as oss:
        bucket, directory = oss.bucket(), tmp_path / oss.bucket_name
        bucket.put_object("dir/a.csv", b"one")
        bucket.put_object("dir/a.csv", b"two")
        upload_id = bucket.init_multipart_upload("dir/b.csv").upload_id
        sent = {2: b"2" * 102400, 5: b"5"}
        parts = [
            oss2.models.PartInfo(n, bucket.upload_part("dir/b.csv", upload_id, n, data).etag)
            for n, data in sent.items()
        ]
        oss.bucket(enable_crc=False).complete_multipart_upload("dir/b.csv", upload_id, parts)
        assert (directory / "dir/a.csv").read_bytes() == b"two"
        assert (directory / "dir/b.csv").read_bytes() == b"".join(sent.values())
        for key in ("../outside", "dir", "dir/a.csv/below", "double//slash"):
            with pytest.raises(oss2.exceptions.ServerError) as raised:
                bucket.put_object(key, b"x")
            assert raised.value.code == "InvalidObjectName"
        bucket.delete_object("dir/a.csv")
        bucket.init_multipart_upload("never completed")
        stored = oss.objects()
    assert [path.name for path in tmp_path.rglob("*")] == [oss.bucket_name, "dir", "b.csv"]

    with LoopbackOss(root=tmp_path) as again:
        assert again.objects()["dir/b.csv"].crc64 == stored["dir/b.csv"].crc64
        assert again.bucket().get_object("dir/b.csv").read() == b"".join(sent.values())
        again.bucket().delete_object("dir/b.csv")
        assert list((tmp_path / oss.bucket_name).iterdir()) == []


def test_bodies_thrown_away() -> None:
    with LoopbackOss(discard=True) as oss:
        bucket = oss.bucket()  # oss2 checks the CRC64s
        put = bucket.put_object("a", b"x" * 1_000_000)
        assert put.etag == f"{put.crc:016X}"
        assert bucket.head_object("a").content_length == 1_000_000
        with pytest.raises(oss2.exceptions.ServerError, match="discards") as raised:
            bucket.get_object("a")
        assert raised.value.status == 501


def test_a_root_and_discard_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="either kept under a root or discarded"):
        OssServer(root=tmp_path, discard=True)
