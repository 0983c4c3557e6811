"""The PostgreSQL backend that has started this program by COPY … TO PROGRAM, if one has.

To a program the end of its input looks the same whether the query ended, or the backend was killed;
but a backend that ends well is still there, waiting for its program. Linux alone tells, by /proc.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

# A backend starts a shell, which may start the program in its place or as its child.
_GENERATIONS: Final = 2

# A process that is killed closes its files before it is seen to be gone.
_DYING_SECONDS: Final = 0.05


class Backend:
    """The process that the input comes from, where it is a backend."""

    def __init__(self) -> None:
        self._pid = _ancestor("postgres")

    def has_died(self) -> bool:
        """Whether there was a backend that is gone; to be asked at the end of the input."""
        if self._pid is None:
            return False
        time.sleep(_DYING_SECONDS)
        status = _status(self._pid)
        return status is None or status[0] != "postgres" or status[1] in "ZX"


def _ancestor(name: str) -> int | None:
    pid = os.getppid()
    for _ in range(_GENERATIONS):
        status = _status(pid)
        if status is None:
            return None
        if status[0] == name:
            return pid
        pid = status[2]
    return None


def _status(pid: int) -> tuple[str, str, int] | None:
    """A process's name, state and parent; None where it is not there, or not told (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name = text[text.index("(") + 1 : text.rindex(")")]
    state, parent, *_ = text[text.rindex(")") + 1 :].split()
    return name, state, int(parent)
