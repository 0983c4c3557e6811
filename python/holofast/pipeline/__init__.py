"""An export of one or several objects: all of it becomes visible, or none of it.

    (Work, Sink) … ──open all──▶ workshop: all parts acknowledged ──commit, one by one──▶ Outcome …
                        └── whatever fails, whenever: abort, and withdraw what is committed

Nothing is read before every sink is open, and nothing is committed before every part is
acknowledged. Peak memory is that of W threads for each object, W * (part + the batches it is
rendered from), and what each Work reads ahead. How the threads work is `workshop`'s; what a piece
is made of, and where parts go, is not known here: see `runs` and `sinks`.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from holofast.errors import CopyError
from holofast.pipeline.workshop import Piece, Progress, Work, Workshop
from holofast.sinks import Commit, Sink, cleaned_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import FrameType

__all__ = ["Outcome", "Piece", "Progress", "Work", "note", "prove", "run", "run_all"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one object."""

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
    """Take all of `work` to `sink`, or nothing; see `run_all`."""
    (outcome,) = run_all([(work, sink)], engine=engine, workers=workers, progress=progress)
    return outcome


def run_all(
    ways: Sequence[tuple[Work, Sink]],
    *,
    engine: str,
    workers: int,
    progress: Callable[[Progress], object] | None = None,
) -> list[Outcome]:
    """Take each work to its sink at the same time, all of them or none; `engine` computes CRC64s.

    Each has `workers` threads of its own. `progress` is called with the sum over all after each
    acknowledged part, by one thread at a time. Raises the first error, the others attached as
    notes; what the sinks had to leave behind is said in its hint, or in a note. KeyboardInterrupt,
    and SIGTERM as if it were one, end the run in the same way where this is the main thread.
    """
    commits: list[Commit] = []
    with _sigterm_interrupts(), _undoing([sink for _, sink in ways], commits):
        for _, sink in ways:
            sink.open()
        workshop = Workshop(ways, engine, progress)
        workshop.work_off(workers)
        for lane in workshop.lanes:
            commit = lane.sink.commit(lane.progress.bytes, lane.crc64)
            commits.append(commit)
    return [
        Outcome(lane.progress, lane.crc64, commit)
        for lane, commit in zip(workshop.lanes, commits, strict=True)
    ]


def prove(sink: Sink) -> str | None:
    """See that the sink's destination takes data; raises what open does.

    Nothing is left there, or a sentence tells what is. An interrupt counts as for `run`.
    """
    with _sigterm_interrupts():
        with _undoing([sink], []):
            sink.open()
        return sink.abort()


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
def _undoing(sinks: Sequence[Sink], commits: Sequence[Commit]) -> Iterator[None]:
    """Undo all on any error; what stays behind is said in its hint, or in a note.

    `commits` is as long as the sinks that have committed by then.
    """
    try:
        yield
    except BaseException as error:
        committed = len(commits)
        steps = [sink.withdraw for sink in sinks[:committed]]
        steps += [sink.abort for sink in sinks[committed:]]
        steps += [lambda: "; ".join(c.left_behind for c in commits if c.left_behind)]
        note(error, cleaned_up(steps))
        raise


def note(error: BaseException, left: str | None) -> None:
    """Say with the error what was left behind: in its hint, or as a note."""
    if left is not None and isinstance(error, CopyError):
        error.hint = f"{error.hint} Note: {left}." if error.hint else f"Note: {left}."
    elif left is not None:
        error.add_note(left)
