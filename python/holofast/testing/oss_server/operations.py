"""From a request's method and target to the operation it means, by OSS's name for it.

Targets are path-style (`/bucket/key`), or the bucket is told by the host's name, as a client sends
them that has this server for a proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from . import bucket, copies, multipart, objects
from .auth import SUBRESOURCES
from .messages import OssError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .store import Store

# OSS's own endpoints, with a bucket before them or not: public and internal, dual-stack, and those
# of transfer acceleration, which are of no region.
_OSS_HOST: Final = re.compile(
    r"(?:(?P<bucket>[^.]+)\.)??(?:"
    r"(?:vpc100-)?oss-(?:accelerate(?:-overseas)?|(?P<region>[a-z0-9-]+?)(?:-internal)?)"
    r"|(?P<dual>[a-z0-9-]+)\.oss"
    r")\.aliyuncs\.com",
    re.IGNORECASE,
)
BUCKET_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Operation:
    """One operation of OSS: where it is found, and what it does."""

    name: str
    method: str
    on_object: bool
    parameters: frozenset[str]  # of the query, all required
    copies: bool  # from another object, which a header names
    run: Callable[[Store, Request], Response]


def _operation(
    name: str, request: str, run: Callable[[Store, Request], Response], *, copies: bool = False
) -> Operation:
    method, _, target = request.partition(" ")
    path, _, query = target.partition("?")
    parameters = frozenset(query.split("&")) - {""}
    return Operation(name, method, path == "/bucket/key", parameters, copies, run)


_PART: Final = "PUT /bucket/key?partNumber&uploadId"


# Of those that fit a request the first is meant: the ones with parameters come before the others.
_OPERATIONS: Final = (
    _operation("UploadPartCopy", _PART, copies.upload_part_copy, copies=True),
    _operation("UploadPart", _PART, multipart.upload_part),
    _operation("InitiateMultipartUpload", "POST /bucket/key?uploads", multipart.initiate),
    _operation("CompleteMultipartUpload", "POST /bucket/key?uploadId", multipart.complete),
    _operation("AbortMultipartUpload", "DELETE /bucket/key?uploadId", multipart.abort),
    _operation("ListParts", "GET /bucket/key?uploadId", multipart.list_parts),
    _operation("GetObjectMeta", "HEAD /bucket/key?objectMeta", objects.get_object_meta),
    _operation("CopyObject", "PUT /bucket/key", copies.copy_object, copies=True),
    _operation("PutObject", "PUT /bucket/key", objects.put_object),
    _operation("GetObject", "GET /bucket/key", objects.get_object),
    _operation("HeadObject", "HEAD /bucket/key", objects.head_object),
    _operation("DeleteObject", "DELETE /bucket/key", objects.delete_object),
    _operation("ListMultipartUploads", "GET /bucket/?uploads", multipart.list_uploads),
    _operation("GetBucketInfo", "GET /bucket/?bucketInfo", bucket.get_bucket_info),
    _operation("DeleteMultipleObjects", "POST /bucket/?delete", bucket.delete_multiple_objects),
    _operation("ListObjectsV2", "GET /bucket/?list-type", bucket.list_objects_v2),
    _operation("ListObjects", "GET /bucket/", bucket.list_objects),
    _operation("PutBucket", "PUT /bucket/", bucket.put_bucket),
)

NAMES: Final = tuple(operation.name for operation in _OPERATIONS)


def find(
    method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> Operation | None:
    """The operation, or None for one that this server does not have."""
    copying = copies.SOURCE_HEADER in headers
    for operation in _OPERATIONS:
        if (
            operation.method == method
            and operation.on_object == bool(key)
            and operation.copies == copying
            and operation.parameters <= query.keys()
        ):
            # A sub-resource nobody here knows makes it another operation.
            others = query.keys() & SUBRESOURCES - operation.parameters - {"continuation-token"}
            return None if others else operation
    return None


class Target(NamedTuple):
    """Where a request goes; `region` is the endpoint's, None for one that tells none."""

    bucket: str
    key: str
    query: dict[str, str]
    region: str | None


def parse_target(store: Store, target: str, host: str) -> Target:
    """A request line's target taken apart; InvalidObjectName if it is not UTF-8."""
    parts = urlsplit(target) if target.startswith("http://") else urlsplit(f"http://{host}{target}")
    try:
        path = unquote_to_bytes(parts.path).decode().removeprefix("/")
    except UnicodeDecodeError:
        raise OssError(400, "InvalidObjectName", "The object's name is not UTF-8.") from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if store.cname is not None and parts.hostname == store.cname:
        return Target(store.bucket, path, query, None)
    own = _OSS_HOST.fullmatch(parts.hostname or "")
    region = own and (own["region"] or own["dual"])
    if own is not None and own["bucket"]:
        return Target(own["bucket"], path, query, region)
    name, _, key = path.partition("/")
    return Target(name, key, query, region)


def check_region(store: Store, target: Target) -> None:
    """Refuse an endpoint of another region than the bucket's, telling the right one, as OSS does.

    Sources: OSS's page on HTTP status code 403, and answers of it that others have published.
    """
    if target.region not in (None, store.region) and target.bucket == store.bucket:
        raise OssError(
            403,
            "AccessDenied",
            "The bucket you are attempting to access must be addressed using the specified "
            "endpoint. Please send all future requests to this endpoint.",
            {"Bucket": store.bucket, "Endpoint": f"oss-{store.region}.aliyuncs.com"},
        )


def check_names(store: Store, request: Request) -> None:
    """Refuse a bucket or an object that cannot be called so, and a bucket that does not exist."""
    if not BUCKET_NAME.fullmatch(request.bucket):
        raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.")
    if request.bucket != store.bucket:
        raise OssError(404, "NoSuchBucket", "The specified bucket does not exist.")
    if len(request.key.encode()) > 1023 or request.key.startswith(("/", "\\")):
        raise OssError(400, "InvalidObjectName", "The specified object is not valid.")
