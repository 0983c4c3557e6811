"""The workers: claim a piece of work, render it, take its CRC64, hand it to the sink.

    Work ──claim, one at a time──▶ Piece ──render, CRC64──▶ Part ──write──▶ Sink

Each of W threads takes one piece through all of its steps, so that encoding and the network
overlap. Nothing is reordered and nothing is copied: a piece gets its number when it is claimed and
keeps it. Peak memory is W * (part + the batches it is rendered from), and what Work reads ahead.

What failed first in the order of the pieces is the error of the run; then nothing more is claimed
or written, and the sink is aborted. What is claimed is still rendered, so that the error that is
reported does not depend on the threads' pace. What a piece is made of, and where parts go, is not
known here: see `runs` and `sinks`.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from holofast.encoder import crc64, crc64_combine
from holofast.errors import CopyError
from holofast.sinks import Cancelled, Commit, Part, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from typing_extensions import Buffer

# A worker that cannot be woken, in a source's own code or a silent socket, is left behind.
_GRACE_SECONDS: Final = 5.0


class Piece(Protocol):
    """The rows or bytes of one part, numbered from 1; `rows` is None where nobody counts them."""

    @property
    def number(self) -> int: ...

    @property
    def rows(self) -> int | None: ...

    def render(self) -> Buffer:
        """The part's bytes; runs outside of any lock."""


class Work(Protocol):
    """Where pieces come from."""

    def claim(self) -> Piece | None:
        """The next piece, None at the end. Called by one thread at a time."""

    def cancel(self) -> None:
        """End a claim that waits for input, if possible. Called from another thread."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What is acknowledged so far; `rows` is None where nobody counts them."""

    rows: int | None
    bytes: int
    parts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    progress: Progress
    crc64: int
    commit: Commit


def run(
    work: Work,
    sink: Sink,
    *,
    engine: str,
    workers: int,
    progress: Callable[[Progress], object] | None = None,
) -> Outcome:
    """Take all of `work` to `sink`, or nothing; `engine` computes the CRC64s.

    `progress` is called after each acknowledged part, by one thread at a time. Raises the first
    error, the others attached as notes; what the sink had to leave behind is said in its hint, or
    in a note. KeyboardInterrupt, and SIGTERM as if it were one, end the run in the same way where
    this is the main thread.
    """
    with _sigterm_interrupts(), _aborting(sink):
        sink.open()
        workshop = _Workshop(work, sink, engine, progress)
        workshop.work_off(workers)
        commit = sink.commit(workshop.progress.bytes, workshop.crc64)
    return Outcome(workshop.progress, workshop.crc64, commit)


def prove(sink: Sink) -> str | None:
    """See that the sink's destination takes data; raises what open does.

    Nothing is left there, or a sentence tells what is. An interrupt counts as for `run`.
    """
    with _sigterm_interrupts():
        with _aborting(sink):
            sink.open()
        return sink.abort()


class _Workshop:
    """The workers and what they share."""

    def __init__(
        self,
        work: Work,
        sink: Sink,
        engine: str,
        report: Callable[[Progress], object] | None,
    ) -> None:
        self._work = work
        self._sink = sink
        self._engine = engine
        self._report = report
        self._claiming = threading.Lock()
        self._claimed = 0
        self._exhausted = False
        self._changed = threading.Condition()  # guards what follows
        self._running = 0
        self._stopped = False
        self._errors: list[tuple[int, BaseException]] = []
        self._early: dict[int, tuple[int, int]] = {}  # CRC64 and size of parts not joined yet
        self._joined = 0  # the number of the last part that `crc64` covers
        self.crc64 = 0
        self.progress = Progress(0, 0, 0)

    def work_off(self, workers: int) -> None:
        """Run `workers` threads to the end of the work; raises the first error."""
        try:
            for index in range(workers):
                with self._changed:
                    self._running += 1
                threading.Thread(target=self._worker, name=f"holofast-{index}", daemon=True).start()
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0 or self._stopped)
        finally:  # an interrupt ends up here too
            if self._running:
                self._stop()
                with self._changed:
                    self._changed.wait_for(lambda: self._running == 0, _GRACE_SECONDS)
        if self._errors:
            raise self._first_error()

    def _worker(self) -> None:
        try:
            while (piece := self._claim()) is not None:
                self._carry(piece)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _claim(self) -> Piece | None:
        with self._claiming:
            if self._stopped or self._exhausted:
                return None
            try:
                piece = self._work.claim()
            except BaseException as error:
                if not self._stopped:  # else it is cancel() that ended the claim
                    self._fail(self._claimed + 1, error)
                return None
            if piece is None:
                self._exhausted = True
            else:
                self._claimed = piece.number
            return piece

    def _carry(self, piece: Piece) -> None:
        try:
            data = memoryview(piece.render())
            if self._stopped:
                return
            part = Part(piece.number, data, crc64(data, self._engine))
            self._sink.write(part)
            with self._changed:
                self._early[piece.number] = (part.crc64, len(data))
                self._join()
                done = self.progress
                rows = None if done.rows is None or piece.rows is None else done.rows + piece.rows
                self.progress = Progress(rows, done.bytes + len(data), done.parts + 1)
                if self._report is not None:
                    self._report(self.progress)
        except Cancelled:
            pass
        except BaseException as error:
            self._fail(piece.number, error)

    def _join(self) -> None:
        """Take the parts that follow the last joined one into the CRC64 of the whole."""
        while (following := self._early.pop(self._joined + 1, None)) is not None:
            self.crc64 = crc64_combine(self.crc64, *following, self._engine)
            self._joined += 1

    def _fail(self, number: int, error: BaseException) -> None:
        with self._changed:
            self._errors.append((number, error))
        self._stop()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._sink.cancel()
        self._work.cancel()

    def _first_error(self) -> BaseException:
        """The error of the earliest piece, so that it does not depend on the threads' pace."""
        (_, first), *others = sorted(self._errors, key=lambda entry: entry[0])
        for number, error in others:
            first.add_note(f"Part {number} failed too: {error}")
        return first


@contextlib.contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Make SIGTERM raise KeyboardInterrupt, unless the program has its own handler for it."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt("SIGTERM")

    signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def _aborting(sink: Sink) -> Iterator[None]:
    """Abort the sink on any error; what stays behind is said in its hint, or in a note."""
    try:
        yield
    except BaseException as error:
        note(error, sink.abort())
        raise


def note(error: BaseException, left: str | None) -> None:
    """Say with the error what was left behind: in its hint, or as a note."""
    if left is not None and isinstance(error, CopyError):
        error.hint = f"{error.hint} Note: {left}." if error.hint else f"Note: {left}."
    elif left is not None:
        error.add_note(left)
