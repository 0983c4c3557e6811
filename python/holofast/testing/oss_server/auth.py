"""Who signed a request: OSS signatures V1 and V4 in the Authorization header, really verified.

Sources: OSS's pages "Include a V1 / V4 signature in the Authorization header". Signed URLs, V2 and
other clouds' signatures are refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote

from .messages import OssError, Request

MAX_SKEW_SECONDS: Final = 15 * 60

# The query parameters that a V1 signature covers, as the V1 page lists them.
_SUBRESOURCES: Final = """
    acl append asyncFetch bucketInfo callback callback-var cname comp continuation-token cors
    delete encryption group img inventory inventoryId lifecycle link live location logging
    metaQuery objectInfo objectMeta partNumber policy position qos qosInfo referer replication
    replicationLocation replicationProgress requestPayment response-cache-control
    response-content-disposition response-content-encoding response-content-language
    response-content-type response-expires restore security-token sequential startTime stat status
    style styleName symlink tagging transferAcceleration uploadId uploads versionId versioning
    versions vod website worm wormExtend wormId x-oss-process x-oss-request-payer
    x-oss-traffic-limit endTime resourceGroup regionList x-oss-async-process"""
SUBRESOURCES: Final = frozenset(_SUBRESOURCES.split())

_V4: Final = "OSS4-HMAC-SHA256"
_UNSIGNED: Final = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True)
class Credentials:
    """The one key that the server knows; with `security_token` it is an STS key."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


def verify(request: Request, credentials: Credentials, region: str) -> None:
    """Raise OssError unless the request is signed by the key, for the region, and is fresh.

    The order is OSS's: an unknown key before the clock, the clock before the signature.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise OssError(403, "AccessDenied", "You have no right to access this bucket.")
    scheme, _, value = authorization.partition(" ")
    if scheme == "OSS":
        _verify_v1(request, value, credentials)
    elif scheme == _V4:
        _verify_v4(request, value, credentials, region)
    else:
        raise OssError(400, "InvalidArgument", f"Unsupported authorization type: {scheme}.")


def _verify_v1(request: Request, value: str, credentials: Credentials) -> None:
    key_id, _, signature = value.partition(":")
    _check_key(request, key_id, credentials)
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    try:
        _check_clock(parsedate_to_datetime(date))
    except ValueError:
        raise OssError(403, "AccessDenied", "OSS authentication requires a valid Date.") from None
    headers = sorted((n, v) for n, v in request.headers.items() if n.startswith("x-oss-"))
    subresources = sorted((n, v) for n, v in request.query.items() if n in SUBRESOURCES)
    resource = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    if subresources:
        resource += "?" + _join(subresources)
    lines = (
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        date,
        "".join(f"{name}:{value}\n" for name, value in headers) + resource,
    )
    digest = _hmac(credentials.access_key_secret.encode(), "\n".join(lines), "sha1")
    _compare(base64.b64encode(digest).decode(), signature)


def _verify_v4(request: Request, value: str, credentials: Credentials, region: str) -> None:
    fields = dict(re.findall(r"(\w+)=([^,\s]*)", value))
    key_id, *scope = fields.get("Credential", "").rsplit("/", 4)
    if len(scope) != 4 or scope[3] != "aliyun_v4_request" or "Signature" not in fields:
        raise OssError(400, "InvalidArgument", "Invalid Credential in Authorization header.")
    _check_key(request, key_id, credentials)
    date = request.headers.get("x-oss-date", "")
    try:
        _check_clock(datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        raise OssError(403, "AccessDenied", "OSS authentication requires a valid Date.") from None
    for name, given, expected in zip(
        ("date", "region", "product"), scope, (date[:8], region, "oss"), strict=False
    ):
        if given != expected:
            raise OssError(
                400, "InvalidArgument", f"Invalid signing {name} in Authorization header."
            )
    if request.headers.get("x-oss-content-sha256") != _UNSIGNED:
        raise OssError(400, "InvalidArgument", f"x-oss-content-sha256 must be {_UNSIGNED}.")
    additional = [name for name in fields.get("AdditionalHeaders", "").split(";") if name]
    canonical = _canonical_request_v4(request, additional)
    string_to_sign = "\n".join(
        (_V4, date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = ("aliyun_v4" + credentials.access_key_secret).encode()
    for step in scope:
        key = _hmac(key, step, "sha256")
    _compare(_hmac(key, string_to_sign, "sha256").hex(), fields["Signature"])


def _canonical_request_v4(request: Request, additional: list[str]) -> str:
    path = f"/{request.bucket}/{request.key}" if request.bucket else "/"
    query = sorted((quote(n, safe=""), quote(v, safe="")) for n, v in request.query.items())
    signed = {"content-type", "content-md5", *additional}
    headers = sorted(
        (name, value)
        for name, value in request.headers.items()
        if name.startswith("x-oss-") or name in signed
    )
    return "\n".join(
        (
            request.method,
            quote(path, safe="/"),
            _join(query),
            "".join(f"{name}:{value}\n" for name, value in headers),
            ";".join(sorted(additional)),
            _UNSIGNED,
        )
    )


def _check_key(request: Request, key_id: str, credentials: Credentials) -> None:
    token = request.headers.get("x-oss-security-token")
    # OSS looks keys with a token and keys without one up in different records, so that a missing
    # or a needless token reads as an unknown key.
    if key_id != credentials.access_key_id or (token is None) != (
        credentials.security_token is None
    ):
        raise OssError(
            403,
            "InvalidAccessKeyId",
            "The OSS Access Key Id you provided does not exist in our records.",
        )
    if token != credentials.security_token:
        raise OssError(403, "InvalidSecurityToken", "The security token you provided is invalid.")


def _check_clock(signed_at: datetime) -> None:
    if abs(time.time() - signed_at.timestamp()) > MAX_SKEW_SECONDS:
        raise OssError(
            403,
            "RequestTimeTooSkewed",
            "The difference between the request time and the current time is too large.",
        )


def _compare(expected: str, given: str) -> None:
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise OssError(
            403,
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )


def _hmac(key: bytes, text: str, algorithm: str) -> bytes:
    return hmac.digest(key, text.encode(), algorithm)


def _join(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" if value else name for name, value in pairs)
