"""When a request to a store is tried again, and for how long: at the start, at work, at the end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import tenacity

from holofast.sinks import Cancelled
from holofast.sinks.store import StoreError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """At most so many attempts, none of which begins after so many seconds."""

    attempts: int
    seconds: float


# A wrong endpoint should be told within seconds, as nothing is lost yet; and whoever interrupts an
# export, or has waited for its end, does not wait for minutes while it cleans up.
STARTING: Final = Patience(3, 300)
WORKING: Final = Patience(10, 300)
CLEANING: Final = Patience(5, 30)

# Seconds between attempts: up to the first, doubled each time up to the last, with full jitter.
WAITS: Final = (0.2, 20.0)


class Retries:
    """Carries out requests, again where their StoreError is transient; the last one is raised.

    Once `cancelled` is set, requests raise Cancelled in place of waiting, but for those that clean
    up.
    """

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def starting(self, request: Callable[[], _T]) -> _T:
        """Before any data is sent."""
        return self._call(request, STARTING, self._sleep)

    def working(self, request: Callable[[], _T]) -> _T:
        """While the export depends on it."""
        return self._call(request, WORKING, self._sleep)

    def cleaning(self, request: Callable[[], _T]) -> _T:
        """At the end, to see what there is, or to remove it."""
        return self._call(request, CLEANING, time.sleep)

    def _call(
        self, request: Callable[[], _T], patience: Patience, sleep: Callable[[float], None]
    ) -> _T:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, StoreError) and error.transient
            ),
            stop=tenacity.stop_after_attempt(patience.attempts)
            | tenacity.stop_after_delay(patience.seconds),
            wait=tenacity.wait_random_exponential(*WAITS),
            sleep=sleep,
            reraise=True,
        )
        return retrying(request)

    def _sleep(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise Cancelled
