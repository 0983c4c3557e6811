"""Multipart uploads, by OSS's rules.

Part numbers are 1 to 10,000 and may have gaps; a number sent again replaces its part; sizes, order
and ETags are looked at only when the upload is completed, and a refused completion leaves it open.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING, Final

from . import xml
from .bodies import Sums
from .bucket import iso_date, paginate, prefix_nodes
from .checksum import crc64_combine
from .messages import OssError, Request, Response
from .objects import forbids_overwrite, receive, sum_headers
from .store import Store, StoredPart, Upload, kept_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

MIN_PART: Final = 100 * 1024  # of all parts but the last
MAX_PARTS: Final = 10_000
_MAX_UPLOADS: Final = 1000
_AFTER_ALL: Final = "\U0010ffff"  # sorts after every upload id


def initiate(store: Store, request: Request) -> Response:
    """InitiateMultipartUpload, which neither looks at nor touches an object of that name."""
    name, encoding = xml.names(request.query.get("encoding-type"))
    upload = Upload(request.key, kept_headers(request.headers))
    with store.lock:
        store.uploads[upload.upload_id] = upload
    nodes: list[xml.Node] = [
        *encoding,
        ("Bucket", store.bucket),
        ("Key", name(upload.key)),
        ("UploadId", upload.upload_id),
    ]
    return Response.of(xml.document("InitiateMultipartUploadResult", nodes))


def upload_part(store: Store, request: Request) -> Response:
    """UploadPart."""
    upload_id = request.query["uploadId"]
    number = request.number("partNumber", 0, 1, MAX_PARTS)
    store.upload(request.key, upload_id)
    data, sums = receive(store, request)
    try:
        store.add_part(request.key, upload_id, StoredPart(number, sums, data))
    except OssError:
        store.storage.drop(data)
        raise
    return Response(headers=sum_headers(sums))


def complete(store: Store, request: Request) -> Response:
    """CompleteMultipartUpload."""
    listed = _listed_parts(request.body.read())
    name, encoding = xml.names(request.query.get("encoding-type"))
    with store.lock:
        upload = store.upload(request.key, request.query["uploadId"])
        parts = _checked_parts(upload, listed)
        sums = _joined_sums(parts, real_etag=store.storage.md5)
        store.put(
            upload.key,
            "Multipart",
            sums,
            [part.data for part in parts],
            upload.headers,
            forbid_overwrite=forbids_overwrite(request.headers),
        )
        store.close_upload(upload, used=[part.number for part in parts])
    nodes: list[xml.Node] = [
        *encoding,
        ("Location", f"http://{request.headers.get('host', '')}/{store.bucket}/{name(upload.key)}"),
        ("Bucket", store.bucket),
        ("Key", name(upload.key)),
        ("ETag", f'"{sums.etag}"'),
    ]
    response = Response.of(xml.document("CompleteMultipartUploadResult", nodes))
    response.headers.update(sum_headers(sums))
    return response


def abort(store: Store, request: Request) -> Response:
    """AbortMultipartUpload."""
    with store.lock:
        store.close_upload(store.upload(request.key, request.query["uploadId"]))
    return Response(204)


def list_parts(store: Store, request: Request) -> Response:
    """ListParts."""
    name, encoding = xml.names(request.query.get("encoding-type"))
    limit = request.number("max-parts", 1000, 1, 1000)
    marker = request.number("part-number-marker", 0, 0, MAX_PARTS)
    with store.lock:
        upload = store.upload(request.key, request.query["uploadId"])
        later = sorted(number for number in upload.parts if number > marker)
        shown = [upload.parts[number] for number in later[:limit]]
    nodes: list[xml.Node] = [
        *encoding,
        ("Bucket", store.bucket),
        ("Key", name(upload.key)),
        ("UploadId", upload.upload_id),
        ("PartNumberMarker", str(marker)),
        ("NextPartNumberMarker", str(shown[-1].number if shown else marker)),
        ("MaxParts", str(limit)),
        ("IsTruncated", str(len(later) > limit).lower()),
    ]
    for part in shown:
        fields: list[xml.Node] = [
            ("PartNumber", str(part.number)),
            ("LastModified", iso_date(part.modified)),
            ("ETag", f'"{part.sums.etag}"'),
            ("HashCrc64ecma", str(part.sums.crc64)),
            ("Size", str(part.sums.size)),
        ]
        nodes.append(("Part", fields))
    return Response.of(xml.document("ListPartsResult", nodes))


def list_uploads(store: Store, request: Request) -> Response:
    """ListMultipartUploads."""
    query, limit = request.query, request.number("max-uploads", 1000, 1, _MAX_UPLOADS)
    name, encoding = xml.names(query.get("encoding-type"))
    key_marker, id_marker, prefix, delimiter = (
        query.get(n, "") for n in ("key-marker", "upload-id-marker", "prefix", "delimiter")
    )
    with store.lock:
        uploads = sorted(store.uploads.values(), key=_position)
    marker = (key_marker, id_marker or _AFTER_ALL)
    page = paginate(uploads, _position, prefix, delimiter, marker, limit)
    last_key, last_id = page.last if page.truncated else ("", "")
    nodes: list[xml.Node] = [
        ("Bucket", store.bucket),
        *encoding,
        ("KeyMarker", name(key_marker)),
        ("UploadIdMarker", id_marker),
        ("NextKeyMarker", name(last_key)),
        ("NextUploadIdMarker", last_id),
        ("Delimiter", name(delimiter)),
        ("Prefix", name(prefix)),
        ("MaxUploads", str(limit)),
        ("IsTruncated", str(page.truncated).lower()),
    ]
    for upload in page.items:
        fields: list[xml.Node] = [
            ("Key", name(upload.key)),
            ("UploadId", upload.upload_id),
            ("StorageClass", "Standard"),
            ("Initiated", iso_date(upload.initiated)),
        ]
        nodes.append(("Upload", fields))
    nodes += prefix_nodes(page.prefixes, name)
    return Response.of(xml.document("ListMultipartUploadsResult", nodes))


def _position(upload: Upload) -> tuple[str, str]:
    return (upload.key, upload.upload_id)


def _listed_parts(body: bytes) -> list[tuple[int, str]]:
    """Numbers and ETags of a CompleteMultipartUpload document, in its order."""
    listed = []
    for node in xml.parse(body, "CompleteMultipartUpload").findall("Part"):
        number = xml.text(node, "PartNumber")
        if not number.isascii() or not number.isdigit():
            raise OssError(400, "MalformedXML", f"PartNumber {number!r} is not a number.")
        listed.append((int(number), xml.text(node, "ETag").strip().strip('"').upper()))
    if not listed:
        raise OssError(400, "MalformedXML", "CompleteMultipartUpload lists no Part.")
    return listed


def _checked_parts(upload: Upload, listed: list[tuple[int, str]]) -> list[StoredPart]:
    """The parts to join; OssError where a rule is broken, the upload staying as it is."""
    numbers = [number for number, _ in listed]
    if any(later <= number for number, later in itertools.pairwise(numbers)):
        raise OssError(
            400, "InvalidPartOrder", "The list of parts was not in ascending order of PartNumber."
        )
    parts = []
    for number, etag in listed:
        part = upload.parts.get(number)
        if part is None or part.sums.etag != etag:
            raise OssError(
                400,
                "InvalidPart",
                f"Part {number} could not be found, or its ETag is not the one specified.",
            )
        parts.append(part)
    for part in parts[:-1]:
        if part.sums.size < MIN_PART:
            raise OssError(
                400,
                "EntityTooSmall",
                f"Part {part.number} has {part.sums.size} bytes; all parts but the last must have "
                f"at least {MIN_PART}.",
            )
    return parts


def _joined_sums(parts: Sequence[StoredPart], *, real_etag: bool) -> Sums:
    """The sums of the object: its ETag is not the MD5 of its bytes, but of its parts' MD5s."""
    crc64 = 0
    for part in parts:
        crc64 = crc64_combine(crc64, part.sums.crc64, part.sums.size)
    etag = f"{crc64:016X}"
    if real_etag:
        joined = b"".join(bytes.fromhex(part.sums.etag) for part in parts)
        etag = hashlib.md5(joined, usedforsecurity=False).hexdigest().upper()
    return Sums(sum(part.sums.size for part in parts), crc64, f"{etag}-{len(parts)}")
