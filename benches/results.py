"""What was measured, kept as JSON under data/bench/, and the comparison as one Markdown table.

Nothing is measured here. What of it is published is report.py's.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from benches.datasets import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FORMATS: Final = ("csv", "text", "binary")
OURS: Final = "holofast"
DECODED: Final = "holofast, to Arrow"  # the way of reading that others are compared with
ORDINARY: Final = "lineitem"  # the shape that others are compared with

# How much of each is measured unless asked otherwise, which alone may be published.
LONG_ROWS: Final = 100_000_000
LOADED_ROWS: Final = 2_000_000
LOADED_SETS: Final = ("lineitem", "numeric")
_SMALL_BATCHES: Final = "BatchSize 1000"
_NOT_PEERS: Final = (OURS, _SMALL_BATCHES, "twin")
_NAMES_SHOWN: Final = 10  # wide has 60 columns
_PACKAGES: Final = (
    "holofast",
    "pyarrow",
    "polars",
    "chdb-core",
    "duckdb",
    "arro3-io",
    "pgpq",
    "psycopg",
    "adbc-driver-postgresql",
    "connectorx",
)


@dataclass(frozen=True)
class Result:
    """The runs of one contestant on one data set in one format.

    `seconds` has one value a run, `bytes` is None if the contestant does not tell, `differs` names
    the columns that are not written as PostgreSQL does.
    """

    dataset: str
    format: str
    threads: int
    contestant: str
    rows: int
    columns: int
    seconds: list[float]
    bytes: int | None
    differs: list[str]

    @property
    def rate(self) -> float:
        """Rows a second, in the median run."""
        return self.rows / statistics.median(self.seconds)


@dataclass(frozen=True)
class Growth:
    """The times of lineitem's first `rows` rows as CSV; `memory` is bytes, the mapped input not."""

    rows: int
    seconds: list[float]
    memory: int


@dataclass(frozen=True)
class Edge:
    """The times of a shape in a format; `bytes` are those of one run."""

    shape: str
    format: str
    rows: int
    columns: int
    bytes: int
    seconds: list[float]

    @property
    def rate(self) -> float:
        """Bytes a second, in the median run."""
        return self.bytes / statistics.median(self.seconds)


@dataclass(frozen=True)
class Load:
    """The times in which a way loaded `rows` rows of a set into PostgreSQL."""

    dataset: str
    way: str
    rows: int
    seconds: list[float]

    @property
    def rate(self) -> float:
        """Rows a second, in the median run."""
        return self.rows / statistics.median(self.seconds)


@dataclass(frozen=True)
class Read:
    """The times in which a way read `rows` rows from PostgreSQL; the CPU's are the reader's own."""

    way: str
    rows: int
    seconds: list[float]
    cpu_seconds: list[float]

    @property
    def rate(self) -> float:
        """Rows a second, in the median run."""
        return self.rows / statistics.median(self.seconds)

    @property
    def cpu(self) -> float:
        """CPU seconds for a million rows, in the median run."""
        return statistics.median(self.cpu_seconds) / self.rows * 1e6


Groups = dict[tuple[str, str, int], dict[str, Result]]


def save(name: str, content: Mapping[str, Any]) -> Path:
    """Write what the program `name` measured, and on what it ran, to a new file."""
    directory = DATA / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / time.strftime(f"{name}-%Y%m%dT%H%M%S.json")
    machine = {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}",
        "versions": {package: version(package) for package in _PACKAGES},
        "load_average": os.getloadavg(),
    }
    path.write_text(json.dumps(machine | dict(content), indent=1) + "\n")
    return path


def newest(name: str) -> dict[str, Any]:
    """What the program `name` measured last; ends this one if it never ran."""
    paths = sorted((DATA / "bench").glob(f"{name}-*.json"))
    if not paths:
        sys.exit(f"There are no results yet: python -m benches.{name} makes them.")
    content: dict[str, Any] = json.loads(paths[-1].read_text())
    return content


def groups(results: Sequence[Result]) -> Groups:
    """The results by set, format and threads, then by contestant."""
    grouped: Groups = {}
    for result in results:
        group = grouped.setdefault((result.dataset, result.format, result.threads), {})
        group[result.contestant] = result
    return grouped


def best_peer(group: Mapping[str, Result]) -> Result | None:
    """The fastest of a group that is not our own, if there is any."""
    peers = [result for name, result in group.items() if name not in _NOT_PEERS]
    return max(peers, key=lambda result: result.rate, default=None)


def markdown(results: Sequence[Result]) -> str:
    """One row a data set, format and number of threads; the rates in million rows a second."""
    contestants = list(dict.fromkeys(result.contestant for result in results))
    grouped = groups(results)
    head = [
        "set",
        "format",
        "threads",
        *contestants,
        "GB/s",
        "x best peer",
        "BatchSize 1000 / 65,536",
        "x 1 thread",
    ]
    lines = [head, ["---"] * 3 + ["---:"] * (len(head) - 3)]
    for (dataset, file_format, threads), group in grouped.items():
        single = grouped.get((dataset, file_format, 1), {}).get(OURS)
        rates = [f"{group[name].rate / 1e6:.2f}" if name in group else "" for name in contestants]
        lines.append([dataset, file_format, str(threads), *rates, *_ratios(group, single)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def differences(results: Sequence[Result]) -> str:
    """One line for each peer and format whose bytes are not PostgreSQL's."""
    lines = [
        f"- {result.contestant}, {result.dataset} {result.format}: {_some(result.differs)}"
        for result in results
        if result.differs
    ]
    return "\n".join(dict.fromkeys(lines))


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return f"{shown} and {len(names) - _NAMES_SHOWN} more" if names[_NAMES_SHOWN:] else shown


def _ratios(group: dict[str, Result], single: Result | None) -> list[str]:
    """Our bytes a second; our rate over the best peer's, small batches over ours, ours over one
    thread's; empty where one of the two was not measured."""
    ours, small, best = group.get(OURS), group.get(_SMALL_BATCHES), best_peer(group)
    if ours is None:
        return [""] * 4
    return [
        f"{(ours.bytes or 0) * ours.rate / ours.rows / 1e9:.2f}",
        f"{ours.rate / best.rate:.2f} ({best.contestant})" if best else "",
        f"{small.rate / ours.rate:.2f}" if small else "",
        f"{ours.rate / single.rate:.2f}" if single and ours is not single else "",
    ]


def _processor() -> str:
    with open("/proc/cpuinfo") as lines:
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
