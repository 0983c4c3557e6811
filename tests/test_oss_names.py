"""Endpoints, regions and bucket names, beside what oss2 takes."""

from __future__ import annotations

import oss2
import pytest
from holofast.programs import oss_names
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("endpoint", "url", "region"),
    [
        ("oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"),
        ("OSS-cn-Beijing-internal.aliyuncs.com/", None, "cn-beijing"),
        ("http://oss-us-west-1.aliyuncs.com", "http://oss-us-west-1.aliyuncs.com", "us-west-1"),
        ("oss-cn-shanghai-finance-1.aliyuncs.com:443", None, "cn-shanghai-finance-1"),
        ("oss-accelerate-overseas.aliyuncs.com", None, None),
        ("cn-hangzhou.oss.aliyuncs.com", None, "cn-hangzhou"),
        ("vpc100-oss-cn-shenzhen.aliyuncs.com", None, "cn-shenzhen"),
        ("files.example.com", None, None),
        ("oss-cn-hangzhou.aliyuncs.com.evil.example", None, None),
        ("127.0.0.1:8080", "http://127.0.0.1:8080", None),
        ("127.9.9.9", "http://127.9.9.9", None),
        ("localhost:1", "http://localhost:1", None),
        ("https://localhost:1", "https://localhost:1", None),
        ("10.0.0.1:80", "https://10.0.0.1:80", None),
        ("localhost.example.com", "https://localhost.example.com", None),
    ],
)
def test_endpoints(endpoint: str, url: str | None, region: str | None) -> None:
    found = oss_names.endpoint_url(endpoint)
    assert found == (url or f"https://{endpoint.lower().rstrip('/')}")
    assert oss_names.endpoint_region(endpoint) == region
    assert oss2.utils.is_valid_endpoint(found)


@pytest.mark.parametrize(
    ("endpoint", "cname"),
    [
        ("oss-cn-hangzhou-internal.aliyuncs.com", False),
        ("cn-hangzhou.oss.aliyuncs.com", False),
        ("127.0.0.1:9000", False),
        ("http://10.1.2.3", False),
        ("localhost:9000", False),
        ("files.example.com", True),
        ("http://files.example.com:8080", True),
        ("oss-cn-hangzhou.aliyuncs.com.evil.example", True),
    ],
)
def test_a_name_that_is_not_oss_own_is_the_buckets(endpoint: str, cname: bool) -> None:
    assert oss_names.is_cname(oss_names.endpoint_url(endpoint) or "") == cname


@given(st.text("ab1-_.A\n", max_size=66))
@example("a" * 63)
@example("a" * 64)
def test_bucket_names_are_those_oss2_takes(name: str) -> None:
    assert oss_names.is_bucket(name) == oss2.utils.is_valid_bucket_name(name)
