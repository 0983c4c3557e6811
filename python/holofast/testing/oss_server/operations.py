"""From a request's method and target to the operation it means, by OSS's name for it.

Targets are path-style (`/bucket/key`), or absolute with the bucket in the host's name, as a client
sends them that has this server for a proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from . import bucket, multipart, objects
from .auth import SUBRESOURCES
from .messages import OssError, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from .store import Store

# A bucket's own host name, as in `bucket.oss-cn-hangzhou.aliyuncs.com`.
_BUCKET_HOST: Final = re.compile(r"(?:([^.]+)\.)?oss-[a-z0-9-]+\.aliyuncs\.com", re.IGNORECASE)
BUCKET_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


@dataclass(frozen=True)
class Operation:
    """One operation of OSS: where it is found, and what it does."""

    name: str
    method: str
    on_object: bool
    parameters: frozenset[str]  # of the query, all required
    run: Callable[[Store, Request], Response]


def _operation(name: str, request: str, run: Callable[[Store, Request], Response]) -> Operation:
    method, _, target = request.partition(" ")
    path, _, query = target.partition("?")
    parameters = frozenset(query.split("&")) - {""}
    return Operation(name, method, path == "/bucket/key", parameters, run)


# Of those that fit a request the first is meant: the ones with parameters come before the others.
_OPERATIONS: Final = (
    _operation("UploadPart", "PUT /bucket/key?partNumber&uploadId", multipart.upload_part),
    _operation("InitiateMultipartUpload", "POST /bucket/key?uploads", multipart.initiate),
    _operation("CompleteMultipartUpload", "POST /bucket/key?uploadId", multipart.complete),
    _operation("AbortMultipartUpload", "DELETE /bucket/key?uploadId", multipart.abort),
    _operation("ListParts", "GET /bucket/key?uploadId", multipart.list_parts),
    _operation("GetObjectMeta", "HEAD /bucket/key?objectMeta", objects.get_object_meta),
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


def find(method: str, key: str, query: dict[str, str]) -> Operation | None:
    """The operation, or None for one that this server does not have."""
    for operation in _OPERATIONS:
        if (
            operation.method == method
            and operation.on_object == bool(key)
            and operation.parameters <= query.keys()
        ):
            # A sub-resource nobody here knows makes it another operation.
            others = query.keys() & SUBRESOURCES - operation.parameters - {"continuation-token"}
            return None if others else operation
    return None


def parse_target(target: str, host: str) -> tuple[str, str, dict[str, str]]:
    """Bucket, key and query of a request line's target; InvalidObjectName if it is not UTF-8."""
    parts = urlsplit(target) if target.startswith("http://") else urlsplit(f"http://{host}{target}")
    try:
        path = unquote_to_bytes(parts.path).decode().removeprefix("/")
    except UnicodeDecodeError:
        raise OssError(400, "InvalidObjectName", "The object's name is not UTF-8.") from None
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    virtual = _BUCKET_HOST.fullmatch(parts.hostname or "")
    if virtual is not None and virtual[1]:
        return virtual[1], path, query
    name, _, key = path.partition("/")
    return name, key, query


def check_names(store: Store, request: Request) -> None:
    """Refuse a bucket or an object that cannot be called so, and a bucket that does not exist."""
    if not BUCKET_NAME.fullmatch(request.bucket):
        raise OssError(400, "InvalidBucketName", "The specified bucket is not valid.")
    if request.bucket != store.bucket:
        raise OssError(404, "NoSuchBucket", "The specified bucket does not exist.")
    if len(request.key.encode()) > 1023 or request.key.startswith(("/", "\\")):
        raise OssError(400, "InvalidObjectName", "The specified object is not valid.")
