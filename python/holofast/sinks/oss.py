"""The requests of a multipart upload by oss2, and what each of its errors means.

oss2 is used for signing (V4) and requests alone: it never retries an upload, and its CRC64 costs
ten times the upload and holds the GIL, so retries and CRC64 are `multipart`'s.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any, Final, TypeVar
from xml.etree.ElementTree import ParseError

import oss2
from requests import RequestException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from holofast.programs import ExitCode, oss_names
from holofast.sinks.store import Reason, Stored, StoreError
from holofast.sinks.transport import Body, Session

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from holofast.programs import DumpToOss

_T = TypeVar("_T")

# Seconds to connect, or to get more of a body sent; and to wait for an answer.
_TIMEOUTS: Final = (10.0, 60.0)

# RuntimeError and ParseError are oss2's parser's, about an answer that is not OSS's.
_UNREACHABLE: Final = (HTTPError, RequestException)
_FAILURES: Final = (oss2.exceptions.OssError, *_UNREACHABLE, ParseError, RuntimeError)

_NO_OVERWRITE: Final = {"x-oss-forbid-overwrite": "true"}

# OSS's error codes that say which parameter is wrong: exit code, what is wrong, what to do.
# InvalidAccessKeyId and friends have no exception class of their own in oss2.
_CODES: Final[dict[str, tuple[ExitCode, str, str]]] = {
    "InvalidAccessKeyId": (
        ExitCode.ACCESS_KEY_ID,
        "OSS does not know the AccessKeyId {id}",
        "Check --AccessKeyId; a temporary key also needs its --SecurityToken.",
    ),
    "SignatureDoesNotMatch": (
        ExitCode.ACCESS_KEY_SECRET,
        "the AccessKeySecret does not belong to the AccessKeyId {id}",
        "Check --AccessKeySecret.",
    ),
    "InvalidSecurityToken": (
        ExitCode.ACCESS_DENIED,
        "the SecurityToken does not belong to the AccessKeyId {id}",
        "Get a new temporary key with its token.",
    ),
    "SecurityTokenExpired": (
        ExitCode.ACCESS_DENIED,
        "the SecurityToken has expired",
        "Get a new temporary key with its token.",
    ),
    "RequestTimeTooSkewed": (
        ExitCode.ACCESS_DENIED,
        "this machine's clock is more than 15 minutes off",
        "Set the clock: signatures carry the time.",
    ),
    "AccessDenied": (
        ExitCode.ACCESS_DENIED,
        "the key may not write {name}",
        "Grant it oss:PutObject and oss:AbortMultipartUpload on the bucket.",
    ),
    "NoSuchBucket": (
        ExitCode.BUCKET,
        "there is no bucket {bucket} at endpoint {endpoint}",
        "Check --BucketName and --Endpoint.",
    ),
    "InvalidBucketName": (
        ExitCode.BUCKET,
        "{bucket!r} is no valid bucket name",
        "A bucket name has 3 to 63 lower-case letters, digits and hyphens.",
    ),
    "FileAlreadyExists": (
        ExitCode.OBJECT_EXISTS,
        "object {name} exists already, and is not overwritten",
        "Choose another --FileName, or leave it out.",
    ),
}
_CODES["AccessKeyIdAndSecurityTokenNotMatch"] = _CODES["InvalidSecurityToken"]


class OssStore:
    """One key of one bucket; see `store.Store`. `connections` is how many run at a time."""

    def __init__(self, target: DumpToOss, key: str, connections: int) -> None:
        self.name = f"oss://{target.bucket_name}/{key}"
        self._target = target
        self._key = key
        self._bucket = self._call(lambda: _bucket(target, connections))

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
        except _FAILURES as error:
            raise self._failure(error) from error
        return Stored(result.content_length, result.server_crc)

    def uploads(self) -> list[str]:
        """See `store.Store`."""
        listing = oss2.MultipartUploadIterator(self._bucket, prefix=self._key, max_retries=1)
        found = self._call(lambda: list(listing))
        return [upload.upload_id for upload in found if upload.key == self._key]

    def _call(self, request: Callable[[], _T]) -> _T:
        try:
            return request()
        except _FAILURES as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> StoreError:
        """What an exception of a request means."""
        if isinstance(error, oss2.exceptions.ClientError):
            if "bucket" in error.body:
                return self._coded("InvalidBucketName")
            return self._wrong_endpoint("it is no host name")
        if isinstance(error, _UNREACHABLE):
            return self._unreachable(error)
        if not isinstance(error, oss2.exceptions.ServerError):
            return self._wrong_endpoint("what answers there is not OSS")
        if error.status >= 500 or error.code == "RequestTimeout":
            return StoreError(
                ExitCode.UPLOAD_FAILED,
                f"OSS failed on {self.name}: {_told(error)}",
                hint="Try again later.",
                transient=True,
                lost=error.status >= 500,
            )
        message = error.message or ""  # an empty element is None
        if "must be addressed using the specified endpoint" in message or error.status == 301:
            return self._elsewhere(error.details.get("Endpoint"))
        if "signing region" in message:
            return self._wrong_region()
        if error.code in _CODES:
            return self._coded(error.code)
        if error.code == "NoSuchUpload":
            return StoreError(
                ExitCode.UPLOAD_FAILED,
                f"the upload of {self.name} was aborted by someone else",
                reason=Reason.NO_SUCH_UPLOAD,
            )
        if not error.code and error.status != 403:  # HEAD's answers have no code
            return self._wrong_endpoint(f"what answers there ({error.status}) is not OSS")
        code = ExitCode.ACCESS_DENIED if error.status == 403 else ExitCode.UPLOAD_FAILED
        return StoreError(code, f"OSS refused {self.name}: {_told(error)}")

    def _coded(self, code: str) -> StoreError:
        exit_code, message, hint = _CODES[code]
        words = {
            "id": self._target.access_key_id,
            "bucket": self._target.bucket_name,
            "endpoint": self._target.endpoint,
            "name": self.name,
        }
        reason = Reason.EXISTS if code == "FileAlreadyExists" else Reason.OTHER
        return StoreError(exit_code, message.format(**words), hint=hint, reason=reason)

    def _wrong_endpoint(self, why: str) -> StoreError:
        return StoreError(
            ExitCode.ENDPOINT,
            f"endpoint {self._target.endpoint} is wrong: {why}",
            hint="Check --Endpoint, such as oss-cn-hangzhou.aliyuncs.com.",
        )

    def _elsewhere(self, told: str | None) -> StoreError:
        """The bucket is in another region, whose endpoint OSS tells in `told`."""
        target = self._target
        right = told and oss_names.like_endpoint(told, target.endpoint)
        return StoreError(
            ExitCode.ENDPOINT,
            f"bucket {target.bucket_name} is not reached by endpoint {target.endpoint}",
            hint=f"Give --Endpoint {right}; a --Region has to agree with it."
            if right
            else "Check --Endpoint: the bucket's own page names it.",
        )

    def _wrong_region(self) -> StoreError:
        target = self._target
        right = oss_names.endpoint_region(target.endpoint)
        return StoreError(
            ExitCode.ENDPOINT,
            f"the Region {target.region!r} is not that of endpoint {target.endpoint}",
            hint=f"Give --Region {right}, or leave it out."
            if right
            else "Check --Region: the bucket's own page names it.",
        )

    def _unreachable(self, cause: Exception) -> StoreError:
        causes = list(_causes(cause))
        root = causes[-1]
        if isinstance(root, socket.gaierror):
            return self._wrong_endpoint("no such host is known")
        connected = not any(
            isinstance(c, (NewConnectionError, ConnectTimeoutError)) for c in causes
        )
        distrusted = isinstance(root, ssl.SSLCertVerificationError)
        return StoreError(
            ExitCode.NETWORK,
            f"endpoint {self._target.endpoint} cannot be reached: {_words(root)}",
            hint="Check the network type: an -internal endpoint is reached from its region only.",
            transient=not distrusted,
            lost=connected and not distrusted,
        )


def _bucket(target: DumpToOss, connections: int) -> Any:
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
        session=Session(connections),
        connect_timeout=_TIMEOUTS,
        enable_crc=False,
        region=target.region,
        is_cname=oss_names.is_cname(target.endpoint),
        app_name="holofast",
    )


def _told(error: Any) -> str:
    return f"{error.status} {error.code}: {error.message} (request {error.request_id})"


def _causes(error: Exception) -> Iterator[Exception]:
    """The exceptions that urllib3 and requests have wrapped, the root last."""
    yield error
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(inner, Exception):
            yield from _causes(inner)
            return


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
