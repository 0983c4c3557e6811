"""The state of the one bucket: its objects and open uploads, and the lock they are under.

No rule of HTTP or XML here; bytes are kept by a Storage.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from .messages import OssError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .bodies import Data, Storage, Sums

# Of a Put's or an Initiate's headers these are kept, and given back by Get and Head; so are all
# that begin with x-oss-meta-.
_KEPT_HEADERS: Final = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-type",
    "expires",
    "x-oss-server-side-encryption",
    "x-oss-server-side-encryption-key-id",
    "x-oss-storage-class",
)


@dataclass(frozen=True)
class StoredObject:
    """A complete object. `kind` is Normal or Multipart; `headers` are those it was stored with."""

    key: str
    kind: str
    sums: Sums
    headers: Mapping[str, str]
    data: Data = field(repr=False)
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return self.sums.size

    @property
    def crc64(self) -> int:
        """CRC-64/XZ of its bytes."""
        return self.sums.crc64

    @property
    def etag(self) -> str:
        """Its ETag, without quotes."""
        return self.sums.etag

    def read(self) -> bytes:
        """All its bytes."""
        return b"".join(self.data.blocks(0, self.size))


@dataclass(frozen=True)
class StoredPart:
    """One part of an open upload."""

    number: int
    sums: Sums
    data: Data = field(repr=False)
    modified: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Upload:
    """An open multipart upload; `parts` by number."""

    key: str
    headers: Mapping[str, str]
    upload_id: str = field(default_factory=lambda: secrets.token_hex(16).upper())
    initiated: datetime = field(default_factory=lambda: datetime.now(UTC))
    parts: dict[int, StoredPart] = field(default_factory=dict)


class Store:
    """The bucket. Whoever reads `objects` or `uploads` holds `lock`; the methods below need it."""

    def __init__(
        self, bucket: str, region: str, storage: Storage, cname: str | None = None
    ) -> None:
        self.bucket = bucket
        self.region = region
        self.cname = cname  # a domain of the bucket's own
        self.storage = storage
        self.created = datetime.now(UTC)
        self.lock = threading.RLock()
        self.objects: dict[str, StoredObject] = {}
        self.uploads: dict[str, Upload] = {}

    def find(self, key: str) -> StoredObject:
        """The object; NoSuchKey without one."""
        with self.lock:
            found = self.objects.get(key)
        if found is None:
            raise OssError(404, "NoSuchKey", "The specified key does not exist.")
        return found

    def put(
        self,
        key: str,
        kind: str,
        sums: Sums,
        pieces: Sequence[Data],
        headers: Mapping[str, str],
        *,
        forbid_overwrite: bool,
    ) -> None:
        """Make `pieces` the object; FileAlreadyExists if it exists and must not be replaced."""
        with self.lock:
            if forbid_overwrite and key in self.objects:
                raise OssError(409, "FileAlreadyExists", "The object you specified already exists.")
            data = self.storage.keep(key, pieces)
            self.objects[key] = StoredObject(key, kind, sums, headers, data)

    def delete(self, key: str) -> None:
        """Remove the object, if there is one."""
        with self.lock:
            found = self.objects.pop(key, None)
            if found is not None:
                self.storage.drop(found.data)

    def upload(self, key: str, upload_id: str) -> Upload:
        """The open upload of that key and id; NoSuchUpload without one."""
        with self.lock:
            found = self.uploads.get(upload_id)
        if found is None or found.key != key:
            raise OssError(
                404,
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                "may have been aborted or completed.",
            )
        return found

    def add_part(self, key: str, upload_id: str, part: StoredPart) -> None:
        """Add a part, or replace the one of the same number; NoSuchUpload if it ended meanwhile."""
        with self.lock:
            parts = self.upload(key, upload_id).parts
            replaced = parts.get(part.number)
            parts[part.number] = part
            if replaced is not None:
                self.storage.drop(replaced.data)

    def close_upload(self, upload: Upload, used: Sequence[int] = ()) -> None:
        """End an upload; the bytes of its parts are dropped, except of the numbers in `used`."""
        with self.lock:
            del self.uploads[upload.upload_id]
            for number in upload.parts.keys() - set(used):
                self.storage.drop(upload.parts[number].data)


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request that stay with the object."""
    return {
        name: value
        for name, value in headers.items()
        if name in _KEPT_HEADERS or name.startswith("x-oss-meta-")
    }
