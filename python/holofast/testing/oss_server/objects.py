"""Operations on one object: put, get, head, delete."""

from __future__ import annotations

import base64
import re
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from .bodies import Data, Digest, Sums
from .messages import OssError, Request, Response
from .store import Store, StoredObject, kept_headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

CRC64_HEADER: Final = "x-oss-hash-crc64ecma"
MAX_BODY: Final = 5 * 1024**3  # of one Put, and of one part


def put_object(store: Store, request: Request) -> Response:
    """PutObject."""
    data, sums = receive(store, request)
    try:
        store.put(
            request.key,
            "Normal",
            sums,
            [data],
            kept_headers(request.headers),
            forbid_overwrite=forbids_overwrite(request.headers),
        )
    except OssError:
        store.storage.drop(data)
        raise
    return Response(headers=sum_headers(sums))


def get_object(store: Store, request: Request) -> Response:
    """GetObject, whole or one range of it."""
    found = store.find(request.key)
    start, stop = _range(request.headers.get("range"), found.size)
    body = found.data.blocks(start, stop)
    response = Response(200, _object_headers(found), body, stop - start)
    if (start, stop) != (0, found.size):
        response.status = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{found.size}"
    return response


def head_object(store: Store, request: Request) -> Response:
    """HeadObject."""
    found = store.find(request.key)
    return Response(200, _object_headers(found), length=found.size)


def get_object_meta(store: Store, request: Request) -> Response:
    """GetObjectMeta: as HeadObject, without the headers the object was stored with."""
    found = store.find(request.key)
    headers = {**sum_headers(found.sums), "Last-Modified": http_date(found.modified)}
    return Response(200, headers, length=found.size)


def delete_object(store: Store, request: Request) -> Response:
    """DeleteObject, which does not tell whether there was one."""
    store.delete(request.key)
    return Response(204)


def receive(store: Store, request: Request) -> tuple[Data, Sums]:
    """Take the body in, and refuse it if it is not what the request says it is."""
    if request.body.length > MAX_BODY:
        raise OssError(400, "EntityTooLarge", f"A body may have {MAX_BODY} bytes at most.")
    content_md5 = request.headers.get("content-md5")
    digest = Digest(md5=store.storage.md5 or content_md5 is not None)
    data = store.storage.receive(request.body, digest)
    sums = digest.sums()
    try:
        check_md5(content_md5, digest)
        if request.headers.get(CRC64_HEADER, str(sums.crc64)) != str(sums.crc64):
            raise OssError(400, "InvalidCRC64", f"The {CRC64_HEADER} you specified is invalid.")
    except OssError:
        store.storage.drop(data)
        raise
    return data, sums


def check_md5(content_md5: str | None, digest: Digest) -> None:
    """InvalidDigest unless the Content-MD5 header, if there is one, is right."""
    md5 = digest.md5()
    if content_md5 is None or md5 is None:
        return
    if base64.b64encode(md5).decode() != content_md5:
        raise OssError(400, "InvalidDigest", "The Content-MD5 you specified is invalid.")


def forbids_overwrite(headers: Mapping[str, str]) -> bool:
    """Whether x-oss-forbid-overwrite says so."""
    return headers.get("x-oss-forbid-overwrite", "").lower() == "true"


def sum_headers(sums: Sums) -> dict[str, str]:
    """ETag and CRC64, as every answer about bytes carries them."""
    return {"ETag": f'"{sums.etag}"', CRC64_HEADER: str(sums.crc64)}


def http_date(moment: datetime) -> str:
    """As Last-Modified has it."""
    return format_datetime(moment, usegmt=True)


def _object_headers(found: StoredObject) -> dict[str, str]:
    return {
        "accept-ranges": "bytes",
        "content-type": "application/octet-stream",
        "x-oss-object-type": found.kind,
        "x-oss-storage-class": "Standard",
        **found.headers,
        **sum_headers(found.sums),
        "Last-Modified": http_date(found.modified),
    }


def _range(header: str | None, size: int) -> tuple[int, int]:
    """The bytes that a Range header asks for; OSS ignores a range that is not in the object."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", (header or "").split(",")[0].strip())
    if match is None or not any(match.groups()):
        return 0, size
    first, last = match.groups()
    if not first:
        start, stop = size - int(last), size
    else:
        start, stop = int(first), int(last) + 1 if last else size
    return (start, stop) if 0 <= start < stop <= size else (0, size)
