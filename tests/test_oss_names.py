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


@given(st.text("ab1-_.A\n", max_size=66))
@example("a" * 63)
@example("a" * 64)
def test_bucket_names_are_those_oss2_takes(name: str) -> None:
    assert oss_names.is_bucket(name) == oss2.utils.is_valid_bucket_name(name)
