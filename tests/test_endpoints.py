"""OSS's real endpoints by name: the loopback OSS is the proxy that http_proxy and https_proxy name.

Requests are what the real OSS would see: virtual-hosted, signed for their region, over TLS where
the endpoint says so.
"""

from __future__ import annotations

import io
import ssl
from typing import TYPE_CHECKING, Any

import oss2
import pytest
import trustme
from holofast import api
from holofast.errors import DestinationError
from holofast.programs import ExitCode, parse_arguments
from holofast.testing.oss_server import Fault

from tests.oss_fixtures import LoopbackOss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CNAME = "files.example.com"
HOSTS = ["*.oss-cn-hangzhou-internal.aliyuncs.com", "*.oss-cn-hangzhou.aliyuncs.com", CNAME]


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackOss]:
    """A bucket in cn-hangzhou behind every endpoint, by http and by https."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(tls)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    with LoopbackOss(tls=tls, cname=CNAME) as server:
        monkeypatch.setenv("http_proxy", server.endpoint)
        monkeypatch.setenv("https_proxy", server.endpoint)
        yield server


def export(oss: LoopbackOss, endpoint: str, *more: str) -> Any:
    key = oss.credentials
    arguments = [
        *("--AccessKeyId", key.access_key_id, "--AccessKeySecret", key.access_key_secret),
        *("--Endpoint", endpoint, "--BucketName", oss.bucket_name, "--DirName", "d"),
        *more,
    ]
    return api.dump_stream(io.BytesIO(b"a\tb\n" * 1_000_000), parse_arguments(arguments, {}))


@pytest.mark.parametrize(
    ("endpoint", "flags"),
    [
        ("oss-cn-hangzhou-internal.aliyuncs.com", ()),
        ("https://oss-cn-hangzhou.aliyuncs.com", ()),
        ("http://oss-cn-hangzhou.aliyuncs.com", ()),
        ("http://oss-cn-hangzhou-internal.aliyuncs.com", ()),
        ("http://vpc100-oss-cn-hangzhou.aliyuncs.com", ()),
        ("http://cn-hangzhou.oss.aliyuncs.com", ()),
        ("http://oss-accelerate.aliyuncs.com", ("--Region", "cn-hangzhou")),
        ("http://oss-accelerate-overseas.aliyuncs.com", ("--Region", "cn-hangzhou")),
        (f"http://{CNAME}", ("--Region", "cn-hangzhou")),
        (CNAME, ("--Region", "cn-hangzhou")),
    ],
)
def test_every_kind_of_endpoint(proxy: LoopbackOss, endpoint: str, flags: tuple[str, ...]) -> None:
    report = export(proxy, endpoint, *flags)
    (key,) = proxy.objects()
    assert report.object == f"oss://{proxy.bucket_name}/{key}"
    assert proxy.objects()[key].read() == b"a\tb\n" * 1_000_000
    assert proxy.uploads() == []


@pytest.mark.parametrize(
    ("endpoint", "flags", "message", "hint"),
    [
        (
            "http://oss-cn-beijing.aliyuncs.com",
            (),
            "bucket holofast is not reached by endpoint http://oss-cn-beijing.aliyuncs.com",
            "Give --Endpoint oss-cn-hangzhou.aliyuncs.com",
        ),
        (
            "http://oss-cn-beijing-internal.aliyuncs.com",
            (),
            "bucket holofast is not reached by endpoint",
            "Give --Endpoint oss-cn-hangzhou-internal.aliyuncs.com",
        ),
        (
            "http://cn-beijing.oss.aliyuncs.com",
            ("--Region", "cn-hangzhou"),
            "bucket holofast is not reached by endpoint",
            "Give --Endpoint oss-cn-hangzhou.aliyuncs.com",
        ),
        (
            "oss-cn-hangzhou.aliyuncs.com",
            ("--Region", "cn-beijing"),
            "the Region 'cn-beijing' is not that of endpoint https://oss-cn-hangzhou.aliyuncs.com",
            "Give --Region cn-hangzhou, or leave it out.",
        ),
        (
            "http://oss-accelerate.aliyuncs.com",
            ("--Region", "cn-beijing"),
            "the Region 'cn-beijing' is not that of endpoint http://oss-accelerate.aliyuncs.com",
            "Check --Region",
        ),
        ("oss-accelerate.aliyuncs.com", (), "--Region, which the Endpoint does not name", "Region"),
    ],
)
def test_a_wrong_one_is_recognised_and_the_right_one_named(
    proxy: LoopbackOss, endpoint: str, flags: tuple[str, ...], message: str, hint: str
) -> None:
    with pytest.raises(DestinationError) as caught:
        export(proxy, endpoint, *flags)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code in (ExitCode.ENDPOINT, ExitCode.MISSING_PARAMETER)
    proxy.assert_nothing_left()


@pytest.mark.usefixtures("hurry")
def test_over_tls_too_a_failure_ends_what_hangs(proxy: LoopbackOss) -> None:
    proxy.faults.add(
        Fault(kind="slow", operation="UploadPart", nth=1, seconds=600),
        Fault(kind="status", operation="UploadPart", nth=2, status=403, code="AccessDenied"),
    )
    with pytest.raises(DestinationError) as caught:
        export(proxy, "oss-cn-hangzhou.aliyuncs.com")
    assert caught.value.exit_code == ExitCode.ACCESS_DENIED
    proxy.assert_nothing_left()


def test_a_certificate_nobody_vouches_for_is_refused(
    proxy: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(DestinationError) as caught:
        export(proxy, "oss-cn-hangzhou.aliyuncs.com")
    assert caught.value.exit_code == ExitCode.NETWORK
    assert "certificate" in caught.value.message.lower()
    proxy.assert_nothing_left()


def test_without_a_certificate_there_is_no_tunnel(
    oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", oss.endpoint)
    with pytest.raises(DestinationError) as caught:
        export(oss, "oss-cn-hangzhou.aliyuncs.com")
    assert caught.value.exit_code == ExitCode.NETWORK


@pytest.mark.parametrize("version", [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4])
@pytest.mark.parametrize("token", [None, "sts-token"])
@pytest.mark.parametrize(
    "endpoint", ["http://oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"]
)
def test_clients_of_both_signatures_find_their_bucket(
    proxy: LoopbackOss, endpoint: str, token: str | None, version: str
) -> None:
    """oss2 as it comes, its session included: objects, listings, ranges."""
    with LoopbackOss(security_token=token, tls=proxy.tls) as server:
        key = server.credentials
        auth: Any = oss2.make_auth(key.access_key_id, key.access_key_secret, version)
        if token:
            auth = oss2.StsAuth(key.access_key_id, key.access_key_secret, token, version)
        proxies = {"http": server.endpoint, "https": server.endpoint}
        session = oss2.Session()
        bucket = oss2.Bucket(
            auth,
            endpoint,
            server.bucket_name,
            session=session,
            proxies=proxies,
            region=server.region,
        )
        bucket.put_object("dir/ü x", b"0123456789")
        assert bucket.get_object("dir/ü x", byte_range=(2, 4)).read() == b"234"
        assert [found.key for found in bucket.list_objects().object_list] == ["dir/ü x"]
        assert [found.key for found in bucket.list_objects_v2().object_list] == ["dir/ü x"]
        assert bucket.get_object_meta("dir/ü x").content_length == 10
        session.session.close()
