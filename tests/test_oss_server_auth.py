"""The loopback OSS verifies signatures: what oss2 signs passes, anything else does not."""

from __future__ import annotations

import datetime
import http.client
from typing import TYPE_CHECKING, Any

import oss2
import pytest

from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = pytest.mark.parametrize("kind", [oss2.Auth, oss2.AuthV4], ids=["v1", "v4"])


def refusal(oss: LoopbackOss, auth: Any, **options: Any) -> tuple[int, str]:
    """Status and code of three requests with that key, which must all be the same."""
    bucket = oss.bucket(auth=auth, **options)
    answers = set()
    calls: tuple[Callable[[], Any], ...] = (
        lambda: bucket.put_object("dir/a", b"x" * 1000),
        lambda: bucket.init_multipart_upload("dir/a"),
        lambda: bucket.list_objects(prefix="dir/"),
        lambda: bucket.head_object("dir/a"),
    )
    for call in calls:
        with pytest.raises(oss2.exceptions.ServerError) as raised:
            call()
        answers.add((raised.value.status, raised.value.code))
        assert oss.credentials.access_key_secret not in str(raised.value)
    oss.assert_nothing_left()
    (answer,) = answers
    return answer


@KINDS
def test_unknown_key(oss: LoopbackOss, kind: Any) -> None:
    auth = kind("nobody", oss.credentials.access_key_secret)
    assert refusal(oss, auth) == (403, "InvalidAccessKeyId")


@KINDS
def test_wrong_secret(oss: LoopbackOss, kind: Any) -> None:
    auth = kind(oss.credentials.access_key_id, "wrong")
    assert refusal(oss, auth) == (403, "SignatureDoesNotMatch")


@KINDS
def test_no_such_bucket_comes_after_the_key(oss: LoopbackOss, kind: Any) -> None:
    auth = kind(oss.credentials.access_key_id, "wrong")
    assert refusal(oss, auth, name="no-such-bucket") == (403, "SignatureDoesNotMatch")


@KINDS
@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_wrong(
    oss: LoopbackOss, kind: Any, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift_clock(monkeypatch, minutes)
    # The clock is looked at before the signature.
    assert refusal(oss, kind(oss.credentials.access_key_id, "wrong")) == (
        403,
        "RequestTimeTooSkewed",
    )


@KINDS
@pytest.mark.parametrize("minutes", [-14, 14])
def test_a_clock_that_is_nearly_right(
    oss: LoopbackOss, kind: Any, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift_clock(monkeypatch, minutes)
    oss.bucket(auth=oss.auth(kind)).put_object("a", b"x")
    assert list(oss.objects()) == ["a"]


def shift_clock(monkeypatch: pytest.MonkeyPatch, minutes: int) -> None:
    """Let oss2 sign as if it were so much later."""
    shift = datetime.timedelta(minutes=minutes)

    class Clock:
        @staticmethod
        def utcnow() -> datetime.datetime:
            return datetime.datetime.now(datetime.UTC) + shift

    http_date: Callable[..., str] = oss2.utils.http_date
    now = datetime.datetime.now(datetime.UTC) + shift
    monkeypatch.setattr(oss2.auth, "datetime", Clock)
    monkeypatch.setattr(oss2.utils, "http_date", lambda: http_date(int(now.timestamp())))


def test_wrong_region(oss: LoopbackOss) -> None:
    assert refusal(oss, oss.auth(oss2.AuthV4), region="cn-beijing") == (400, "InvalidArgument")
    with pytest.raises(oss2.exceptions.ServerError, match="Invalid signing region"):
        oss.bucket(region="cn-beijing").list_objects()


@pytest.mark.parametrize("version", ["v1", "v4"])
def test_sts_keys(version: str) -> None:
    key = {"access_key_id": "STS.key", "access_key_secret": "of-the-sts-key"}
    with LoopbackOss(**key, security_token="the+token/==") as oss:
        good = oss2.StsAuth("STS.key", "of-the-sts-key", "the+token/==", auth_version=version)
        oss.bucket(auth=good).put_object("a", b"x")
        oss.bucket(auth=good).delete_object("a")
        stale = oss2.StsAuth("STS.key", "of-the-sts-key", "another", auth_version=version)
        assert refusal(oss, stale) == (403, "InvalidSecurityToken")
        kind = oss2.Auth if version == "v1" else oss2.AuthV4
        assert refusal(oss, oss.auth(kind)) == (403, "InvalidAccessKeyId")
        assert "of-the-sts-key" not in repr(oss.credentials)
        assert "the+token" not in repr(oss.credentials)


def test_a_token_that_a_plain_key_does_not_have(oss: LoopbackOss) -> None:
    known = oss.credentials
    auth = oss2.StsAuth(known.access_key_id, known.access_key_secret, "needless")
    assert refusal(oss, auth) == (403, "InvalidAccessKeyId")


def test_nobody_and_other_signatures(oss: LoopbackOss) -> None:
    assert refusal(oss, oss2.AnonymousAuth()) == (403, "AccessDenied")
    assert refusal(oss, oss.auth(oss2.AuthV2)) == (400, "InvalidArgument")


@KINDS
def test_every_signed_thing_counts(oss: LoopbackOss, kind: Any) -> None:
    """A request that is changed after it was signed is refused, whatever was changed."""
    bucket = oss.bucket(auth=oss.auth(kind))
    bucket.put_object("a", b"x")
    signed = oss2.http.Request(
        "PUT",
        f"{oss.endpoint}/{oss.bucket_name}/a",
        params={"uploadId": "u", "partNumber": "1"},
        headers={"Content-Type": "text/csv", "x-oss-meta-m": "1"},
        region=oss.region,
        product="oss",
    )
    bucket.auth._sign_request(signed, oss.bucket_name, "a")
    target = f"/{oss.bucket_name}/a?uploadId=u&partNumber=1"
    # The signature is right: what is refused is the upload, which does not exist.
    assert answer(oss, "PUT", target, signed.headers) == (404, "NoSuchUpload")
    for method, changed, headers in [
        ("GET", target, {}),
        ("PUT", target.replace("/a?", "/b?"), {}),
        ("PUT", target.replace("uploadId=u", "uploadId=v"), {}),
        ("PUT", target.replace("partNumber=1", "partNumber=2"), {}),
        ("PUT", target, {"Content-Type": "text/plain"}),
        ("PUT", target, {"x-oss-meta-m": "2"}),
        ("PUT", target, {"x-oss-forbid-overwrite": "true"}),
    ]:
        refused = answer(oss, method, changed, {**signed.headers, **headers})
        assert refused == (403, "SignatureDoesNotMatch")


def answer(oss: LoopbackOss, method: str, target: str, headers: Any) -> tuple[int, str]:
    """Status and error code of one request, sent as it is."""
    connection = http.client.HTTPConnection(oss.endpoint.removeprefix("http://"), timeout=30)
    sent = {name: value for name, value in headers.items() if value is not None}
    try:
        connection.request(method, target, body=b"", headers=sent)
        response = connection.getresponse()
        body = response.read().decode()
    finally:
        connection.close()
    return response.status, body.partition("<Code>")[2].partition("</Code>")[0]
