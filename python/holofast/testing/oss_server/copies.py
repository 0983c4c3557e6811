"""Operations that copy within the bucket: an object, and a part out of an object.

What is copied passes through memory once more, as nobody copies much in a test.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from . import multipart, objects, xml
from .bucket import iso_date
from .messages import Incoming, OssError, Request, Response

if TYPE_CHECKING:
    from .store import Store, StoredObject

SOURCE_HEADER: Final = "x-oss-copy-source"
_RANGE_HEADER: Final = "x-oss-copy-source-range"


def copy_object(store: Store, request: Request) -> Response:
    """CopyObject, whose headers come from the source unless x-oss-metadata-directive is REPLACE."""
    source = _source(store, request)
    headers = dict(request.headers)
    if headers.get("x-oss-metadata-directive", "COPY").upper() != "REPLACE":
        headers |= source.headers
    copy = replace(_filled(request, source, 0, source.size), headers=headers)
    return _told("CopyObjectResult", objects.put_object(store, copy), store.find(request.key))


def upload_part_copy(store: Store, request: Request) -> Response:
    """UploadPartCopy, of the whole source or of a range of it."""
    source = _source(store, request)
    start, stop = 0, source.size
    if _RANGE_HEADER in request.headers:
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers[_RANGE_HEADER])
        if asked is None or not int(asked[1]) <= int(asked[2]) < source.size:
            raise OssError(400, "InvalidArgument", "The copy source's range is not in the object.")
        start, stop = int(asked[1]), int(asked[2]) + 1
    copy = _filled(request, source, start, stop)
    return _told("CopyPartResult", multipart.upload_part(store, copy), source)


def _source(store: Store, request: Request) -> StoredObject:
    bucket, _, key = unquote(request.headers[SOURCE_HEADER]).lstrip("/").partition("/")
    if bucket != store.bucket:
        raise OssError(404, "NoSuchBucket", "The specified bucket does not exist.")
    return store.find(key)


def _filled(request: Request, source: StoredObject, start: int, stop: int) -> Request:
    """The request with the source's bytes for its body."""
    body = b"".join(source.data.blocks(start, stop))
    scratch = memoryview(bytearray(max(1, len(body))))
    return replace(request, body=Incoming(io.BytesIO(body), len(body), scratch))


def _told(tag: str, response: Response, about: StoredObject) -> Response:
    """The answer, which tells the ETag in its body too."""
    etag = response.headers["ETag"]
    nodes = [("ETag", etag), ("LastModified", iso_date(about.modified))]
    answer = Response.of(xml.document(tag, nodes))
    answer.headers.update(response.headers)
    return answer
