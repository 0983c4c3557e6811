"""What each failure of a request by oss2 means: the exit code, what is wrong, what to do."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

import oss2
from requests import RequestException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from holofast.programs import ExitCode, oss_names
from holofast.sinks.store import Reason, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holofast.programs import DumpToOss

# RuntimeError and ParseError are oss2's parser's, about an answer that is not OSS's.
_UNREACHABLE: Final = (HTTPError, RequestException)
FAILURES: Final = (oss2.exceptions.OssError, *_UNREACHABLE, ParseError, RuntimeError)

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
        "the key is denied access to {name}",
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


class Failures:
    """Words the failures of requests about `name`, an object or a prefix at `target`."""

    def __init__(self, target: DumpToOss, name: str) -> None:
        self._target = target
        self._name = name

    def meaning(self, error: Exception) -> StoreError:
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
                f"OSS failed on {self._name}: {_told(error)}",
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
                f"the upload of {self._name} was aborted by someone else",
                reason=Reason.NO_SUCH_UPLOAD,
            )
        if not error.code and error.status != 403:  # HEAD's answers have no code
            return self._wrong_endpoint(f"what answers there ({error.status}) is not OSS")
        code = ExitCode.ACCESS_DENIED if error.status == 403 else ExitCode.UPLOAD_FAILED
        return StoreError(code, f"OSS refused {self._name}: {_told(error)}")

    def _coded(self, code: str) -> StoreError:
        exit_code, message, hint = _CODES[code]
        words = {
            "id": self._target.access_key_id,
            "bucket": self._target.bucket_name,
            "endpoint": self._target.endpoint,
            "name": self._name,
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
