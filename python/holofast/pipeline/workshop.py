"""The workers: claim a piece of work, render it, take its CRC64, hand it to the sink.

    Work ──claim, one at a time──▶ Piece ──render, CRC64──▶ Part ──write──▶ Sink

Each of W threads takes one piece through all of its steps, so that encoding and the network
overlap. Nothing is reordered and nothing is copied: a piece gets its number when it is claimed and
keeps it. Peak memory is W * (part + the batches it is rendered from), and what Work reads ahead,
for each of the lanes, a lane being one work and its sink.

What failed first in the order of the lanes, then of their pieces, is the error of all; then nothing
more is claimed or written in any lane. What is claimed is still rendered, so that the error that is
reported does not depend on the threads' pace within its lane. Opening and ending the sinks is not
done here.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from holofast.encoder import crc64, crc64_combine
from holofast.sinks import Cancelled, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Buffer

    from holofast.sinks import Sink

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

    def __add__(self, more: Progress) -> Progress:
        rows = None if self.rows is None or more.rows is None else self.rows + more.rows
        return Progress(rows, self.bytes + more.bytes, self.parts + more.parts)


class Lane:
    """One work on its way to its sink: what is claimed, and what is acknowledged."""

    def __init__(self, index: int, work: Work, sink: Sink, engine: str) -> None:
        self.index = index
        self.work = work
        self.sink = sink
        self._engine = engine
        self.claiming = threading.Lock()  # guards what follows
        self.claimed = 0
        self.exhausted = False
        # The workshop guards the rest.
        self._early: dict[int, tuple[int, int]] = {}  # CRC64 and size of parts not joined yet
        self._joined = 0  # the number of the last part that `crc64` covers
        self.crc64 = 0
        self.progress = Progress(0, 0, 0)

    def part(self, piece: Piece) -> Part:
        """The piece, rendered."""
        data = memoryview(piece.render())
        return Part(piece.number, data, crc64(data, self._engine))

    def acknowledge(self, part: Part, rows: int | None) -> None:
        """Count a part, and take what can be joined by now into the CRC64 of the whole."""
        size = len(part.data)
        self.progress += Progress(rows, size, 1)
        self._early[part.number] = (part.crc64, size)
        while (following := self._early.pop(self._joined + 1, None)) is not None:
            self.crc64 = crc64_combine(self.crc64, *following, self._engine)
            self._joined += 1


class Workshop:
    """The lanes, their workers, and what they share."""

    def __init__(
        self,
        ways: Sequence[tuple[Work, Sink]],
        engine: str,
        report: Callable[[Progress], object] | None,
    ) -> None:
        self.lanes = [Lane(index, *way, engine) for index, way in enumerate(ways)]
        self._report = report
        self._changed = threading.Condition()  # guards what follows
        self._running = 0
        self._stopped = False
        self._errors: list[tuple[int, int, BaseException]] = []  # lane, piece, what failed
        self._progress = Progress(0, 0, 0)

    def work_off(self, workers: int) -> None:
        """Run `workers` threads a lane to the end of all work; raises the first error."""
        try:
            for lane in self.lanes:
                for number in range(workers):
                    self._start(lane, number)
            with self._changed:
                self._changed.wait_for(lambda: self._running == 0 or self._stopped)
        finally:  # an interrupt ends up here too
            if self._running:
                self._stop()
                with self._changed:
                    self._changed.wait_for(lambda: self._running == 0, _GRACE_SECONDS)
        if self._errors:
            raise self._first_error()

    def _start(self, lane: Lane, number: int) -> None:
        with self._changed:
            self._running += 1
        name = f"holofast-{lane.index}-{number}"
        threading.Thread(target=self._worker, args=(lane,), name=name, daemon=True).start()

    def _worker(self, lane: Lane) -> None:
        try:
            while (piece := self._claim(lane)) is not None:
                self._carry(lane, piece)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _claim(self, lane: Lane) -> Piece | None:
        with lane.claiming:
            if self._stopped or lane.exhausted:
                return None
            try:
                piece = lane.work.claim()
            except BaseException as error:
                if not self._stopped:  # else it is cancel() that ended the claim
                    self._fail(lane, lane.claimed + 1, error)
                return None
            if piece is None:
                lane.exhausted = True
            else:
                lane.claimed = piece.number
            return piece

    def _carry(self, lane: Lane, piece: Piece) -> None:
        try:
            part = lane.part(piece)
            if self._stopped:
                return
            lane.sink.write(part)
            with self._changed:
                lane.acknowledge(part, piece.rows)
                self._progress += Progress(piece.rows, len(part.data), 1)
                if self._report is not None:
                    self._report(self._progress)
        except Cancelled:
            pass
        except BaseException as error:
            self._fail(lane, piece.number, error)

    def _fail(self, lane: Lane, number: int, error: BaseException) -> None:
        with self._changed:
            self._errors.append((lane.index, number, error))
        self._stop()

    def _stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for lane in self.lanes:
            lane.sink.cancel()
            lane.work.cancel()

    def _first_error(self) -> BaseException:
        """The error of the earliest piece, so that it does not depend on the threads' pace."""
        (lane, number, first), *others = sorted(self._errors, key=lambda entry: entry[:2])
        if len(self.lanes) > 1:
            first.add_note(f"{self._place(lane, number)} failed")
        for lane, number, error in others:
            first.add_note(f"{self._place(lane, number)} failed too: {error}")
        return first

    def _place(self, lane: int, number: int) -> str:
        several = len(self.lanes) > 1
        return f"Part {number} of object {lane + 1}" if several else f"Part {number}"
