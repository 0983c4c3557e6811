"""One object of an object store by multipart upload: all of it, or nothing.

Written once over the few requests of a `Store` (see `oss` for the real one): limit, CRC64 of each
part and of the whole, answers that were lost, and what to clean up. How a request is made and what
its errors mean is the store's business, when it is tried again `retries`'s; encoding and threads
are not seen here.

The upload is initiated before any input is read, which proves credentials, endpoint and bucket.
Nothing is visible before Complete. Empty data cannot be a multipart upload and goes by PutObject.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING

from holofast.errors import DestinationError
from holofast.programs import ExitCode
from holofast.sinks import Cancelled, Commit, Part, cleaned_up
from holofast.sinks.retries import Retries
from holofast.sinks.store import MAX_PARTS, Reason, Store, Stored, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable


class Multipart:
    """The sink of one object; see `sinks.Sink`.

    `sole` says that nobody else can be writing this key, so that any upload open under it is ours.
    `max_bytes` bounds the object. A part whose CRC64 the store does not tell is an error, unless
    `require_crc64` is False.
    """

    def __init__(
        self,
        store: Store,
        *,
        max_bytes: int,
        sole: bool,
        require_crc64: bool = True,
    ) -> None:
        self._store = store
        self._max_bytes = max_bytes
        self._sole = sole
        self._require_crc64 = require_crc64
        self._cancelled = threading.Event()
        self._retries = Retries(self._cancelled)
        self._lock = threading.Lock()  # guards _size and _etags
        self._size = 0
        self._etags: dict[int, str] = {}
        self._upload_id: str | None = None
        self._unaccounted = False  # an Initiate whose answer we did not get may have succeeded
        self._in_flight = False  # … or may yet
        self._finishing = False  # a request that makes the object visible was sent

    def open(self) -> None:
        """Initiate; where others may write the key, see at once that no object stands there."""

        def initiate() -> str:
            self._in_flight = True
            try:
                upload_id = self._store.initiate()
            except StoreError as error:
                self._unaccounted |= error.lost
                self._in_flight = False
                raise
            return upload_id

        self._upload_id = self._retries.starting(initiate)
        self._in_flight = False
        if not self._sole and self._look() is not None:
            raise _exists(self._store.name)

    def write(self, part: Part) -> None:
        """Upload the part, again if need be, until the store confirms its CRC64."""
        if self._cancelled.is_set():
            raise Cancelled
        if not part.data:
            return
        with self._lock:
            self._size += len(part.data)
            size = self._size
        if size > self._max_bytes:
            raise over_limit(self._store.name, self._max_bytes, size)
        if part.number > MAX_PARTS:
            raise DestinationError(
                ExitCode.OVER_LIMIT,
                f"object {self._store.name} would need more than {MAX_PARTS} parts",
                hint="Export fewer rows at a time.",
            )
        try:
            etag = self._retries.working(lambda: self._upload(part))
        except StoreError:
            if self._cancelled.is_set():  # then it failed because its line was ended
                raise Cancelled from None
            raise
        with self._lock:
            self._etags[part.number] = etag

    def cancel(self) -> None:
        """End uploads and waits in progress."""
        self._cancelled.set()
        self._store.hang_up()

    def commit(self, size: int, crc64: int) -> Commit:
        """Complete (or put the empty object) and see that the whole is what was sent."""
        assert self._upload_id is not None, "commit before open"
        upload_id = self._upload_id
        if size:
            etags = sorted(self._etags.items())
            confirmed = self._finish(lambda: self._store.complete(upload_id, etags), size, crc64)
        else:
            self._retries.working(lambda: self._forget(upload_id))
            confirmed = self._finish(self._store.put_empty, size, crc64)
        self._upload_id = None
        return Commit(self._store.name, confirmed, self._sweep())

    def abort(self) -> str | None:
        """Abort the upload; retried, and what cannot be cleaned up is named."""
        return cleaned_up([self._sweep, *([self._still_there] if self._finishing else [])])

    def withdraw(self) -> str | None:
        """Delete the object; one that others may have written by now is left, and named."""
        if not self._sole:
            return self._stays("another may have written it since")
        try:
            self._retries.cleaning(self._store.delete)
        except StoreError as error:
            return self._stays(error.message)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(self._stays("interrupted"))
            raise
        return None

    def _upload(self, part: Part) -> str:
        assert self._upload_id is not None, "write before open"
        etag, crc64 = self._store.upload_part(
            self._upload_id, part.number, part.data, self._cancelled
        )
        if crc64 is None and self._require_crc64:
            raise StoreError(
                ExitCode.UPLOAD_FAILED,
                f"the endpoint does not tell the CRC64 of part {part.number}, "
                "so the upload cannot be checked",
                hint="OSS always does; is there a proxy in between that drops headers?",
            )
        if crc64 not in (None, part.crc64):
            raise StoreError(
                ExitCode.UPLOAD_FAILED,
                f"part {part.number} of {self._store.name} arrived damaged: its CRC64 is "
                f"{crc64}, but {part.crc64} was sent",
                transient=True,
            )
        return etag

    def _finish(self, request: Callable[[], int | None], size: int, crc64: int) -> bool:
        """Send the request that makes the object visible; whether the whole is confirmed.

        An answer that was lost, or tells another CRC64 or none, is settled by HEAD.
        """
        lost = False

        def send() -> int | None:
            nonlocal lost
            try:
                return request()
            except StoreError as error:
                lost |= error.lost
                raise

        self._finishing = True
        failure: StoreError | None = None
        try:
            told = self._retries.working(send)
        except StoreError as error:
            if not lost:
                self._finishing = False
                raise
            failure = error
        else:
            if told == crc64:
                return True
            if told is not None:
                failure = _damaged(self._store.name, told, crc64)
        return self._settle(failure, size, crc64)

    def _settle(self, failure: StoreError | None, size: int, crc64: int) -> bool:
        """Whether HEAD confirms the object; raises `failure` where it may not be ours, or whole."""
        try:
            found = self._retries.cleaning(self._store.head)
        except StoreError:
            if failure is None or self._must_be_done(failure):
                return False  # we may not read
            raise failure from None
        if found is None or found.size != size or found.crc64 not in (None, crc64):
            told = found.crc64 if found else None
            raise failure or _damaged(self._store.name, told, crc64)
        if found.crc64 is None and failure is not None:
            raise failure
        return found.crc64 == crc64

    def _must_be_done(self, failure: StoreError) -> bool:
        """Whether a refusal, after an answer was lost, can only mean that we had succeeded."""
        if failure.reason is Reason.NO_SUCH_UPLOAD:
            return True  # nobody else had the id
        return self._sole and failure.reason is Reason.EXISTS

    def _sweep(self) -> str | None:
        """Abort every open upload that is ours; a sentence on what stays behind, or None.

        An interrupt carries the sentence as its note.
        """
        ours = set(filter(None, [self._upload_id]))
        doubt = self._in_flight or (self._unaccounted and not self._sole)
        try:
            if self._sole and (self._unaccounted or self._in_flight):
                found = self._retries.cleaning(self._store.uploads)
                ours.update(found)
                doubt = doubt and not found
            for upload_id in sorted(ours):
                self._retries.cleaning(functools.partial(self._forget, upload_id))
        except StoreError as error:
            return self._left(ours, error.message)
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(self._left(ours, "interrupted"))
            raise
        self._upload_id = None
        if doubt:
            return f"an upload of {self._store.name} whose id was never told may be left open"
        return None

    def _left(self, upload_ids: set[str], why: str) -> str:
        ids = ", ".join(sorted(upload_ids)) or "of unknown id"
        return (
            f"upload {ids} of {self._store.name} could not be aborted ({why}), and its parts are "
            "charged until it is"
        )

    def _stays(self, why: str) -> str:
        return (
            f"object {self._store.name} was not deleted ({why}), and is to be deleted by hand: the "
            "export is not whole"
        )

    def _forget(self, upload_id: str) -> None:
        try:
            self._store.abort(upload_id)
        except StoreError as error:
            if error.reason is not Reason.NO_SUCH_UPLOAD:
                raise

    def _still_there(self) -> str | None:
        """What is to be said where the request that makes the object visible was sent."""
        name = self._store.name
        unseen = f"whether object {name} stands there all the same could not be seen"
        try:
            found = self._retries.cleaning(self._store.head)
        except StoreError:
            return unseen
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(unseen)
            raise
        return f"object {name} stands there all the same" if found else None

    def _look(self) -> Stored | None:
        """The object if one stands there and we may see it."""
        try:
            return self._store.head()
        except StoreError:
            return None


def over_limit(name: str, limit: int, size: int) -> DestinationError:
    """The refusal of an export of at least `size` bytes, above `limit`."""
    return DestinationError(
        ExitCode.OVER_LIMIT,
        f"the export has at least {size} bytes, above the limit of {limit} bytes for {name}",
        hint="Export fewer rows at a time, or raise the limit with --MaxBytes.",
    )


def _exists(name: str) -> DestinationError:
    return DestinationError(
        ExitCode.OBJECT_EXISTS,
        f"object {name} exists already, and is not overwritten",
        hint="Choose another --FileName, or leave it out.",
    )


def _damaged(name: str, found: int | None, sent: int) -> StoreError:
    return StoreError(
        ExitCode.UPLOAD_FAILED,
        f"object {name} is not what was sent: its CRC64 is {found}, but {sent} was sent",
        hint="Delete it and export again.",
    )
