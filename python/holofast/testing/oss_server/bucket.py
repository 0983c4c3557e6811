"""Operations on the bucket: what it is, what is in it, and deleting many objects at once."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from . import xml
from .bodies import Digest
from .messages import OssError, Request, Response
from .objects import check_md5

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .store import Store, StoredObject

_MAX_KEYS: Final = 1000
_OWNER: Final = "1000000000000000"

T = TypeVar("T")


def put_bucket(store: Store, request: Request) -> Response:
    """PutBucket. There is one bucket, and it exists: its owner may create it again."""
    return Response(headers={"Location": f"/{store.bucket}"})


def get_bucket_info(store: Store, request: Request) -> Response:
    """GetBucketInfo."""
    host = request.headers.get("host", "")
    info: list[xml.Node] = [
        ("Name", store.bucket),
        ("CreationDate", iso_date(store.created)),
        ("StorageClass", "Standard"),
        ("DataRedundancyType", "LRS"),
        ("Location", f"oss-{store.region}"),
        ("ExtranetEndpoint", host),
        ("IntranetEndpoint", host),
        ("Owner", [("ID", _OWNER), ("DisplayName", _OWNER)]),
        ("AccessControlList", [("Grant", "private")]),
    ]
    return Response.of(xml.document("BucketInfo", [("Bucket", info)]))


def list_objects(store: Store, request: Request) -> Response:
    """ListObjects (GetBucket)."""
    query, limit = request.query, request.number("max-keys", 100, 1, _MAX_KEYS)
    name, encoding = xml.names(query.get("encoding-type"))
    marker, prefix, delimiter = (query.get(n, "") for n in ("marker", "prefix", "delimiter"))
    page = paginate(_objects(store), _position, prefix, delimiter, (marker, ""), limit)
    nodes: list[xml.Node] = [
        ("Name", store.bucket),
        ("Prefix", name(prefix)),
        ("Marker", name(marker)),
        ("MaxKeys", str(limit)),
        ("Delimiter", name(delimiter)),
        *encoding,
        ("IsTruncated", str(page.truncated).lower()),
    ]
    if page.truncated:
        nodes.append(("NextMarker", name(page.last[0])))
    return _listing(nodes, page, name)


def list_objects_v2(store: Store, request: Request) -> Response:
    """ListObjectsV2; its continuation token is the last key, in base64."""
    query, limit = request.query, request.number("max-keys", 100, 1, _MAX_KEYS)
    name, encoding = xml.names(query.get("encoding-type"))
    start, prefix, delimiter = (query.get(n, "") for n in ("start-after", "prefix", "delimiter"))
    token = query.get("continuation-token", "")
    try:
        marker = base64.b64decode(token, validate=True).decode() if token else start
    except (binascii.Error, UnicodeDecodeError):
        raise OssError(400, "InvalidArgument", "The continuation token is invalid.") from None
    page = paginate(_objects(store), _position, prefix, delimiter, (marker, ""), limit)
    nodes: list[xml.Node] = [
        ("Name", store.bucket),
        ("Prefix", name(prefix)),
        ("StartAfter", name(start)),
        ("ContinuationToken", token),
        ("MaxKeys", str(limit)),
        ("Delimiter", name(delimiter)),
        *encoding,
        ("KeyCount", str(len(page.items) + len(page.prefixes))),
        ("IsTruncated", str(page.truncated).lower()),
    ]
    if page.truncated:
        nodes.append(("NextContinuationToken", base64.b64encode(page.last[0].encode()).decode()))
    return _listing(nodes, page, name)


def delete_multiple_objects(store: Store, request: Request) -> Response:
    """DeleteMultipleObjects: up to 1,000 keys; a key without an object counts as deleted."""
    body, digest = request.body.read(), Digest(md5=True)
    digest.update(body)
    check_md5(request.headers.get("content-md5"), digest)
    root = xml.parse(body, "Delete")
    name, encoding = xml.names(request.query.get("encoding-type"))
    keys = [xml.text(node, "Key") for node in root.findall("Object")]
    if not 1 <= len(keys) <= _MAX_KEYS:
        raise OssError(400, "MalformedXML", f"Delete from 1 to {_MAX_KEYS} objects at a time.")
    for key in keys:
        store.delete(key)
    if root.findtext("Quiet") == "true":
        return Response()
    deleted: list[xml.Node] = [("Deleted", [("Key", name(key))]) for key in keys]
    return Response.of(xml.document("DeleteResult", [*encoding, *deleted]))


# Where a listing stands: a key, and an upload id where a key may come more than once.
Position: TypeAlias = tuple[str, str]


@dataclass
class Page(Generic[T]):
    """One page of a listing; `last` is where it ends, which may be a common prefix."""

    items: list[T] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: Position = ("", "")


def paginate(
    items: Iterable[T],
    position: Callable[[T], Position],
    prefix: str,
    delimiter: str,
    marker: Position,
    limit: int,
) -> Page[T]:
    """The first `limit` items with `prefix` after `marker`; items come sorted by position.

    Keys that share what follows the prefix up to `delimiter` count as one, as a common prefix.
    """
    page: Page[T] = Page()
    for item in items:
        here = position(item)
        if not here[0].startswith(prefix) or here <= marker:
            continue
        group = _common_prefix(here[0], prefix, delimiter)
        if group is not None and group in (page.last[0], marker[0]):
            continue
        if len(page.items) + len(page.prefixes) == limit:
            page.truncated = True
            break
        if group is None:
            page.items.append(item)
            page.last = here
        else:
            page.prefixes.append(group)
            page.last = (group, "")
    return page


def _common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    end = key.find(delimiter, len(prefix)) if delimiter else -1
    return None if end < 0 else key[: end + len(delimiter)]


def iso_date(moment: datetime) -> str:
    """As OSS's XML has it, whose milliseconds are always 000."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def prefix_nodes(prefixes: Iterable[str], name: Callable[[str], str]) -> list[xml.Node]:
    """The common prefixes of a listing."""
    return [("CommonPrefixes", [("Prefix", name(prefix))]) for prefix in prefixes]


def _position(found: StoredObject) -> Position:
    return (found.key, "")


def _objects(store: Store) -> list[StoredObject]:
    with store.lock:
        return sorted(store.objects.values(), key=lambda found: found.key)


def _listing(
    nodes: list[xml.Node], page: Page[StoredObject], name: Callable[[str], str]
) -> Response:
    contents: list[xml.Node] = [
        (
            "Contents",
            [
                ("Key", name(found.key)),
                ("LastModified", iso_date(found.modified)),
                ("ETag", f'"{found.etag}"'),
                ("Type", found.kind),
                ("Size", str(found.size)),
                ("StorageClass", "Standard"),
                ("Owner", [("ID", _OWNER), ("DisplayName", _OWNER)]),
            ],
        )
        for found in page.items
    ]
    prefixes = prefix_nodes(page.prefixes, name)
    return Response.of(xml.document("ListBucketResult", [*nodes, *contents, *prefixes]))
