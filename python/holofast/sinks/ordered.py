"""Turns, by which threads bring an ordered sink its parts in the order of their numbers."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from holofast.sinks import Cancelled

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """Lets one part through at a time, from number 1 on."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next = 1
        self._cancelled = False

    @contextlib.contextmanager
    def turn(self, number: int) -> Iterator[None]:
        """Wait for the part's turn, which ends with the context; raises Cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: self._cancelled or self._next == number)
            if self._cancelled:
                raise Cancelled
        # Only the part whose turn it is gets here, so that the lock need not be held.
        yield
        with self._changed:
            self._next += 1
            self._changed.notify_all()

    def cancel(self) -> None:
        """Wake all that wait."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()
