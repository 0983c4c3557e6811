"""The requests of a multipart upload by oss2.

oss2 is used for signing (V4) and requests alone: it never retries an upload, and its CRC64 costs
ten times the upload and holds the GIL, so retries and CRC64 are `multipart`'s. How requests reach
OSS is `transport`'s, what its errors mean `failures`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import oss2

from holofast.programs import oss_names
from holofast.sinks.oss.failures import FAILURES, Failures
from holofast.sinks.oss.transport import Body, Session
from holofast.sinks.store import Stored

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from holofast.programs import DumpToOss

_T = TypeVar("_T")

# Seconds to connect, or to get more of a body sent; and to wait for an answer.
_TIMEOUTS: Final = (10.0, 60.0)

_NO_OVERWRITE: Final = {"x-oss-forbid-overwrite": "true"}


@dataclass(frozen=True, order=True)
class PendingUpload:
    """A multipart upload that is open: neither completed nor aborted. Its parts are charged."""

    key: str
    initiated: datetime
    upload_id: str


class OssStore:
    """One key of one bucket; see `store.Store`. `connections` is how many run at a time."""

    def __init__(self, target: DumpToOss, key: str, connections: int) -> None:
        self.name = f"oss://{target.bucket_name}/{key}"
        self._target = target
        self._key = key
        self._failures = Failures(target, self.name)
        self._session = Session(connections)
        self._bucket = self._call(lambda: _bucket(target, self._session))

    def initiate(self) -> str:
        """See `store.Store`."""
        bucket = self._bucket
        result = self._call(lambda: bucket.init_multipart_upload(self._key, headers=_NO_OVERWRITE))
        return str(result.upload_id)

    def upload_part(
        self, upload_id: str, number: int, data: memoryview, cancelled: threading.Event
    ) -> tuple[str, int | None]:
        """See `store.Store`."""
        body = Body(data, cancelled)
        bucket = self._bucket
        result = self._call(lambda: bucket.upload_part(self._key, upload_id, number, body))
        return result.etag, result.crc

    def complete(self, upload_id: str, etags: list[tuple[int, str]]) -> int | None:
        """See `store.Store`."""
        parts = [oss2.models.PartInfo(number, etag) for number, etag in etags]
        result = self._call(
            lambda: self._bucket.complete_multipart_upload(
                self._key, upload_id, parts, headers=_NO_OVERWRITE
            )
        )
        crc64: int | None = result.crc
        return crc64

    def abort(self, upload_id: str) -> None:
        """See `store.Store`."""
        self._call(lambda: self._bucket.abort_multipart_upload(self._key, upload_id))

    def put_empty(self) -> int | None:
        """See `store.Store`."""
        result = self._call(lambda: self._bucket.put_object(self._key, b"", headers=_NO_OVERWRITE))
        crc64: int | None = result.crc
        return crc64

    def head(self) -> Stored | None:
        """See `store.Store`."""
        try:
            result = self._bucket.head_object(self._key)
        except oss2.exceptions.NotFound:
            return None
        except FAILURES as error:
            raise self._failures.meaning(error) from error
        return Stored(result.content_length, result.server_crc)

    def delete(self) -> None:
        """See `store.Store`."""
        self._call(lambda: self._bucket.delete_object(self._key))

    def uploads(self) -> list[str]:
        """See `store.Store`."""
        return [upload.upload_id for upload in self.pending() if upload.key == self._key]

    def hang_up(self) -> None:
        """See `store.Store`."""
        self._session.hang_up()

    def pending(self) -> list[PendingUpload]:
        """All open uploads whose keys begin with ours, by key, then by age."""
        listing = oss2.MultipartUploadIterator(self._bucket, prefix=self._key, max_retries=1)
        found = self._call(lambda: list(listing))
        return sorted(
            PendingUpload(
                upload.key, datetime.fromtimestamp(upload.initiation_date, UTC), upload.upload_id
            )
            for upload in found
        )

    def _call(self, request: Callable[[], _T]) -> _T:
        try:
            return request()
        except FAILURES as error:
            raise self._failures.meaning(error) from error


def _bucket(target: DumpToOss, session: Session) -> Any:
    key, secret, token = target.access_key_id, target.access_key_secret, target.security_token
    auth = (
        oss2.StsAuth(key, secret, token, auth_version=oss2.AUTH_VERSION_4)
        if token
        else oss2.AuthV4(key, secret)
    )
    return oss2.Bucket(
        auth,
        target.endpoint,
        target.bucket_name,
        session=session,
        connect_timeout=_TIMEOUTS,
        enable_crc=False,
        region=target.region,
        is_cname=oss_names.is_cname(target.endpoint),
        app_name="holofast",
    )
