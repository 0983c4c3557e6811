"""What the pytest benchmarks tell beside their times: rows and bytes a second, CPU time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


def timed(benchmark: Any, work: Callable[[], _T], *, rounds: int) -> _T:
    """What `work` returned last, after one warm-up and `rounds` timed runs.

    `benchmark` is pytest-benchmark's fixture; `rates` completes what it shows.
    """
    cpu = -1.0

    def run() -> _T:
        nonlocal cpu
        started = time.process_time()
        result = work()
        cpu = time.process_time() - started
        return result

    result: _T = benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    benchmark.extra_info["CPU seconds, last run"] = cpu
    return result


def rates(benchmark: Any, *, size: int, rows: int | None = None) -> None:
    """Add the rates of the median run, which wrote `size` bytes, and `rows` if they are known."""
    if benchmark.disabled:
        return
    seconds = benchmark.stats.stats.median
    benchmark.extra_info["GB/s"] = size / seconds / 1e9
    if rows is not None:
        benchmark.extra_info["Mrows/s"] = rows / seconds / 1e6
