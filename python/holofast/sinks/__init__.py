"""What a sink is: the place where the parts of one export go, whole or not at all.

`multipart` holds the protocol of an object store's multipart upload, `oss` its requests by oss2,
`stdout` an ordered byte stream. Which sink an export gets is `api`'s choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Part:
    """A cut of an object's bytes: `number` counts from 1 and carries the order.

    `data` is a one-dimensional view of bytes, `crc64` its CRC-64/XZ.
    """

    number: int
    data: memoryview
    crc64: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A finished export: where it stands (None for a stream).

    `confirmed` is False where the destination did not let us read back that it is whole;
    `left_behind` names what could not be cleaned up.
    """

    name: str | None
    confirmed: bool
    left_behind: str | None = None


class Cancelled(Exception):  # noqa: N818  (an outcome of cancel(), not an error)
    """A write that ended early because the sink was told to cancel; no error of its own."""


class Sink(Protocol):
    """One destination of one export: open, then write from any thread, then commit or abort."""

    def open(self) -> None:
        """Prove that the destination takes data, before any input is read."""

    def write(self, part: Part) -> None:
        """Return once `part` is acknowledged; an ordered sink waits for the part's turn."""

    def cancel(self) -> None:
        """Make writes that wait or retry, now and later, raise Cancelled. Any thread may call."""

    def commit(self, size: int, crc64: int) -> Commit:
        """Make all parts visible as one object of `size` bytes; called when no write runs."""

    def abort(self) -> str | None:
        """Undo all before a commit that returned; a sentence naming what was left, or None.

        Raises nothing but KeyboardInterrupt, whose note is the sentence.
        """

    def withdraw(self) -> str | None:
        """Undo a commit that returned, as another object of the export failed; as `abort`."""


def cleaned_up(steps: Iterable[Callable[[], str | None]]) -> str | None:
    """Take all of the steps, each as `Sink.abort`, though an interrupt comes; what they say.

    The interrupt is raised in the end. It has cost one step its patience, not the others.
    """
    left: list[str | None] = []
    interrupt: KeyboardInterrupt | None = None
    for step in steps:
        try:
            left.append(step())
        except KeyboardInterrupt as caught:
            interrupt = caught
            left += getattr(caught, "__notes__", [])
    sentence = "; ".join(filter(None, left)) or None
    if interrupt is not None:
        interrupt.__notes__ = [sentence] if sentence else []
        raise interrupt
    return sentence
