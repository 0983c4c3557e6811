"""The workers: order, memory, errors and interrupts, with made-up work and sinks."""

from __future__ import annotations

import os
import signal
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from holofast import pipeline
from holofast.encoder import crc64
from holofast.errors import DestinationError
from holofast.pipeline import Progress, workshop
from holofast.sinks import Cancelled, Commit, Part

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Piece:
    number: int
    rows: int | None
    data: Callable[[], bytes]

    def render(self) -> bytes:
        return self.data()


class Work:
    """Pieces of given bytes; an exception in their place is raised when it is due."""

    def __init__(self, *contents: bytes | BaseException | Callable[[], bytes]) -> None:
        self._contents = list(contents)
        self._claimed = 0
        self._claimants = 0
        self.cancelled = threading.Event()

    def claim(self) -> Piece | None:
        self._claimants += 1
        assert self._claimants == 1, "two threads claim at once"
        try:
            if self._claimed == len(self._contents):
                return None
            content = self._contents[self._claimed]
            self._claimed += 1
            if isinstance(content, BaseException):
                raise content
            data = (lambda: content) if isinstance(content, bytes) else content
            return Piece(self._claimed, 1, data)
        finally:
            self._claimants -= 1

    def cancel(self) -> None:
        self.cancelled.set()


class Sink:
    """Keeps what it gets."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.calls: list[str] = []
        self.cancelled = threading.Event()
        self.left: str | None = None

    def open(self) -> None:
        self.calls.append("open")

    def write(self, part: Part) -> None:
        self.parts[part.number] = bytes(part.data)

    def cancel(self) -> None:
        self.cancelled.set()

    def commit(self, size: int, crc64: int) -> Commit:
        self.calls.append(f"commit {size}")
        return Commit("name", confirmed=True)

    def abort(self) -> str | None:
        self.calls.append("abort")
        return self.left

    def withdraw(self) -> str | None:
        self.calls.append("withdraw")
        return self.left


class PickySink(Sink):
    """Fails where `refuse` says so."""

    def __init__(self, refuse: Callable[[Part], None]) -> None:
        super().__init__()
        self._refuse = refuse

    def write(self, part: Part) -> None:
        self._refuse(part)
        super().write(part)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_parts_carry_the_order(engine: str, workers: int) -> None:
    contents = [bytes([number]) * (number * 37) for number in range(1, 60)]
    sink = Sink()
    outcome = pipeline.run(Work(*contents), sink, engine=engine, workers=workers)
    whole = b"".join(contents)
    assert [sink.parts[n] for n in sorted(sink.parts)] == contents
    assert sorted(sink.parts) == list(range(1, 60))
    assert outcome.progress == Progress(rows=59, bytes=len(whole), parts=59)
    assert outcome.crc64 == crc64(whole, engine)
    assert sink.calls == ["open", f"commit {len(whole)}"]


def test_workers_render_and_write_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def meet() -> bytes:
        meeting.wait()
        return b"x"

    def meet_again(part: Part) -> None:
        meeting.wait()

    sink = PickySink(meet_again)
    pipeline.run(Work(meet, meet, meet), sink, engine="native", workers=3)
    assert len(sink.parts) == 3


def test_progress_is_told_after_each_part() -> None:
    seen: list[Progress] = []
    pipeline.run(Work(b"ab", b"c"), Sink(), engine="native", workers=1, progress=seen.append)
    assert seen == [Progress(1, 2, 1), Progress(2, 3, 2)]


def test_the_earliest_error_wins_and_the_other_is_a_note() -> None:
    late_failed = threading.Event()

    def early() -> bytes:
        assert late_failed.wait(10)
        raise ValueError("early")

    def late() -> bytes:
        late_failed.set()
        raise ValueError("late")

    work, sink = Work(early, late, b"never"), Sink()
    with pytest.raises(ValueError, match="early") as caught:
        pipeline.run(work, sink, engine="native", workers=2)
    assert caught.value.__notes__ == ["Part 2 failed too: late"]
    assert sink.parts == {}
    assert sink.calls == ["open", "abort"]
    assert sink.cancelled.is_set()
    assert work.cancelled.is_set()


def test_an_error_of_the_source_comes_after_those_of_the_rows_before_it() -> None:
    source_failed = threading.Event()

    class Source(Work):
        def claim(self) -> Piece | None:
            try:
                return super().claim()
            except ValueError:
                source_failed.set()
                raise

    def row() -> bytes:
        assert source_failed.wait(10)
        raise ValueError("row")

    with pytest.raises(ValueError, match="row"):
        pipeline.run(Source(row, ValueError("source")), Sink(), engine="native", workers=2)


def test_a_failure_ends_writes_that_wait() -> None:
    waiting = threading.Event()

    def refuse(part: Part) -> None:
        if part.number == 1:
            waiting.set()
            assert sink.cancelled.wait(10)
            raise Cancelled
        assert waiting.wait(10)
        raise DestinationError(109, "refused")

    sink = PickySink(refuse)
    with pytest.raises(DestinationError, match="refused") as caught:
        pipeline.run(Work(b"a", b"b"), sink, engine="native", workers=2)
    assert not hasattr(caught.value, "__notes__")


def test_nothing_is_claimed_after_a_failure() -> None:
    work = Work(ValueError("first"), *[b"x"] * 100)
    with pytest.raises(ValueError, match="first"):
        pipeline.run(work, Sink(), engine="native", workers=4)
    assert work._claimed == 1


def test_what_is_left_behind_is_said() -> None:
    sink = PickySink(lambda part: (_ for _ in ()).throw(DestinationError(109, "no", hint="Wait.")))
    sink.left = "upload 7 is open"
    with pytest.raises(DestinationError) as refused:
        pipeline.run(Work(b"a"), sink, engine="native", workers=1)
    assert refused.value.hint == "Wait. Note: upload 7 is open."
    with pytest.raises(ValueError, match="broken") as broken:
        pipeline.run(Work(ValueError("broken")), sink, engine="native", workers=1)
    assert broken.value.__notes__ == ["upload 7 is open"]


def test_a_failing_progress_callback_fails_the_run() -> None:
    def report(progress: Progress) -> None:
        raise ZeroDivisionError("in the callback")

    sink = Sink()
    with pytest.raises(ZeroDivisionError):
        pipeline.run(Work(b"a"), sink, engine="native", workers=1, progress=report)
    assert sink.calls == ["open", "abort"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_aborts_and_is_raised(number: signal.Signals) -> None:
    """SIGTERM is taken for an interrupt only while the run lasts."""
    before = signal.getsignal(signal.SIGTERM)

    def interrupted(part: Part) -> None:
        os.kill(os.getpid(), number)
        assert sink.cancelled.wait(10)
        raise Cancelled

    sink = PickySink(interrupted)
    work = Work(b"a", b"b", b"c")
    with pytest.raises(KeyboardInterrupt):
        pipeline.run(work, sink, engine="native", workers=1)
    assert sink.calls == ["open", "abort"]
    assert work.cancelled.is_set()
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_worker_that_cannot_be_woken_does_not_hold_the_abort(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workshop, "_GRACE_SECONDS", 0.05)
    deaf, release = threading.Event(), threading.Event()

    def stuck() -> bytes:
        deaf.set()
        release.wait(10)
        return b"late"

    def fails() -> bytes:
        assert deaf.wait(10)
        raise ValueError("no")

    sink = Sink()
    try:
        with pytest.raises(ValueError, match="no"):
            pipeline.run(Work(stuck, fails), sink, engine="native", workers=2)
        assert sink.calls == ["open", "abort"]
    finally:
        release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("holofast-"):
            thread.join(10)
    assert sink.parts == {}, "a part was written after the abort"


def test_prove_opens_and_aborts() -> None:
    sink = Sink()
    pipeline.prove(sink)
    assert sink.calls == ["open", "abort"]


def test_no_thread_is_left() -> None:
    pipeline.run(Work(zlib.compress(b"x")), Sink(), engine="native", workers=4)
    assert [t for t in threading.enumerate() if t.name.startswith("holofast-")] == []
