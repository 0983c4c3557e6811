"""The fault script: which request fails, and how.

A rule is a Fault: in process an object, in a file one JSON object of the same fields. Matching and
counting are here; connection.py carries a fault out.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from .operations import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from .messages import Request

Kind = Literal[
    "status",  # the request is read, nothing is done, `status` and `code` are the answer
    "reset_before_body",  # the connection is reset once the headers are read
    "reset_mid_body",  # … after half of the request's body; without one half of the answer's
    "reset_after_body",  # … once the body is read; nothing is done
    "slow",  # the request's body is read over `seconds`; without one the answer waits
    "hang",  # no answer for `seconds`, then a reset; nothing is done
    "lost_answer",  # all is done, the connection is reset in place of the answer
    "wrong_crc",  # the answer's x-oss-hash-crc64ecma differs by one bit
    "missing_crc",  # the answer has no x-oss-hash-crc64ecma
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)

# A forgotten hang must not hold a test run for ever.
_MAX_SECONDS: Final = 600.0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One rule. It matches a request that has all of `operation`, `method` and `target`.

    `operation` is OSS's name for it (UploadPart), `target` a regular expression searched in the
    decoded `/bucket/key?name=value&…`. The rule fires on its `nth` match (from 1) and the
    `count - 1` after it; `count=None` means all that follow. Raises ValueError for what makes no
    sense.
    """

    kind: Kind
    operation: str | None = None
    method: str | None = None
    target: str | None = None
    nth: int = 1
    count: int | None = 1
    status: int = 503
    code: str = "ServiceUnavailable"
    message: str = "Injected by the fault script."
    seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"fault kind {self.kind!r} is none of {', '.join(KINDS)}")
        if self.operation is not None and self.operation not in NAMES:
            raise ValueError(f"operation {self.operation!r} is none of {', '.join(NAMES)}")
        for name in ("nth", "count", "status", "seconds"):
            value = getattr(self, name)
            if not isinstance(value, int | float) and not (name == "count" and value is None):
                raise ValueError(f"{name} must be a number: {value!r}")
        if self.nth < 1 or (self.count is not None and self.count < 1):
            raise ValueError(f"nth and count are counted from 1: {self.nth}, {self.count}")
        if not 400 <= self.status <= 599:
            raise ValueError(f"status {self.status} is no error: it must be from 400 to 599")
        if not 0 <= self.seconds <= _MAX_SECONDS:
            raise ValueError(f"seconds must be from 0 to {_MAX_SECONDS:g}: {self.seconds}")
        try:
            re.compile(self.target or "")
        except re.error as error:
            raise ValueError(f"target {self.target!r}: {error}") from None

    def matches(self, operation: str, request: Request) -> bool:
        """Whether the rule is about this request at all."""
        return (
            self.operation in (None, operation)
            and self.method in (None, request.method)
            and (self.target is None or re.search(self.target, _target(request)) is not None)
        )

    def due(self, match: int) -> bool:
        """Whether the rule fires on its `match`-th match."""
        return self.nth <= match and (self.count is None or match < self.nth + self.count)


class FaultScript:
    """The rules in force. Each counts its own matches; of several that are due the first fires."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._matches: list[int] = []
        self._fired: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Add rules; their counting starts now."""
        with self._lock:
            self._rules += faults
            self._matches += [0] * len(faults)

    def clear(self) -> None:
        """Forget all rules and what fired."""
        with self._lock:
            self._rules, self._matches, self._fired = [], [], []

    def fired(self) -> list[Fault]:
        """The rules that fired, once for each time, in order."""
        with self._lock:
            return list(self._fired)

    def next(self, operation: str, request: Request) -> Fault | None:
        """Count the request for every rule it matches; the fault it must suffer, if any."""
        due = None
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.matches(operation, request):
                    self._matches[index] += 1
                    if due is None and rule.due(self._matches[index]):
                        due = rule
            if due is not None:
                self._fired.append(due)
        return due


def load(path: Path) -> list[Fault]:
    """The rules of a JSON file: an array of objects with Fault's fields.

    Raises ValueError, with the place, for a file that is none; OSError if it cannot be read.
    """
    try:
        rules = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if not isinstance(rules, list):
        raise ValueError(f"{path}: not an array of rules")
    faults = []
    for index, rule in enumerate(rules):
        if not isinstance(rule, dict):
            raise ValueError(f"{path}: rule {index}: not an object")
        try:
            faults.append(Fault(**rule))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: rule {index}: {error}") from None
    return faults


def _target(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    return f"/{request.bucket}/{request.key}" + (f"?{query}" if query else "")
