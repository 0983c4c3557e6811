"""What an object store must do for a multipart upload: its requests, and how they fail.

`multipart` is written over it, `oss` implements it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from holofast.errors import DestinationError

if TYPE_CHECKING:
    import threading

# OSS, UploadPart and CompleteMultipartUpload: numbers are 1 to 10000, and all parts but the last
# have at least 100 KB (EntityTooSmall).
MAX_PARTS: Final = 10_000
MIN_PART_SIZE: Final = 100 * 1024

# Large enough that requests cost little, small enough that a few at a time are no burden.
PART_SIZE: Final = 8 * 1024 * 1024

# Parts have the least size up to 25 GB (both numbers together, times 8 MiB), so that memory does
# not grow with the export. Then each has about a 400th of the bytes since: so 10,000 parts hold all
# that OSS takes (48.8 TB), even if they turn out too small.
_LEAST_PARTS: Final = 2600
_SHARE: Final = 400


def part_size(least: int, so_far: float) -> int:
    """The size that a part should have after `so_far` bytes: `least`, doubled at need."""
    size = least
    while least * _LEAST_PARTS + size * _SHARE < so_far:
        size *= 2
    return size


class Reason(enum.Enum):
    """Why a store refused, as far as the protocol must tell one refusal from another."""

    NO_SUCH_UPLOAD = enum.auto()
    EXISTS = enum.auto()
    OTHER = enum.auto()


class StoreError(DestinationError):
    """A request that failed.

    `transient` if the same request may succeed later, `lost` if only its answer may have been lost,
    so that it may have been carried out; then it is transient too.
    """

    def __init__(
        self,
        exit_code: int,
        message: str,
        *,
        reason: Reason = Reason.OTHER,
        transient: bool = False,
        lost: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(exit_code, message, hint=hint)
        self.reason = reason
        self.transient = transient or lost
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Stored:
    """What HEAD tells of an object."""

    size: int
    crc64: int | None


class Store(Protocol):
    """The requests about one key; each is tried once and raises StoreError.

    CRC64s are those the store computed, None where it did not say.
    """

    name: str

    def initiate(self) -> str:
        """The id of a new upload."""

    def upload_part(
        self, upload_id: str, number: int, data: memoryview, cancelled: threading.Event
    ) -> tuple[str, int | None]:
        """ETag and CRC64 of the part; raises Cancelled soon after `cancelled` is set."""

    def complete(self, upload_id: str, etags: list[tuple[int, str]]) -> int | None:
        """Join the parts, given by number and ETag, without overwriting; the object's CRC64."""

    def abort(self, upload_id: str) -> None:
        """Forget an upload and its parts."""

    def put_empty(self) -> int | None:
        """An empty object, without overwriting; its CRC64."""

    def head(self) -> Stored | None:
        """The object as it stands, None if there is none."""

    def delete(self) -> None:
        """Delete the object; no error if there is none."""

    def uploads(self) -> list[str]:
        """The ids of all open uploads of the key."""

    def hang_up(self) -> None:
        """Make the requests in progress fail at once; later ones are not concerned."""
