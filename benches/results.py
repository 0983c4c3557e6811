"""What compare.py measured: kept as JSON, shown as one Markdown table. Nothing is measured here."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

OURS: Final = "holofast"
_SMALL_BATCHES: Final = "BatchSize 1000"
_NOT_PEERS: Final = (OURS, _SMALL_BATCHES, "twin")
_PACKAGES: Final = ("holofast", "pyarrow", "polars", "chdb-core", "duckdb", "pgpq")


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
    seconds: list[float]
    bytes: int | None
    differs: list[str]

    @property
    def rate(self) -> float:
        """Rows a second, in the median run."""
        return self.rows / statistics.median(self.seconds)


def save(results: Iterable[Result], directory: Path) -> Path:
    """Write all runs, and on what they ran, to a new file in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / time.strftime("compare-%Y%m%dT%H%M%S.json")
    content = {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}",
        "versions": {package: version(package) for package in _PACKAGES},
        "load_average": os.getloadavg(),
        "results": [asdict(result) for result in results],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path


def markdown(results: Sequence[Result]) -> str:
    """One row a data set, format and number of threads; the rates in million rows a second."""
    contestants = list(dict.fromkeys(result.contestant for result in results))
    groups: dict[tuple[str, str, int], dict[str, Result]] = {}
    for result in results:
        group = groups.setdefault((result.dataset, result.format, result.threads), {})
        group[result.contestant] = result
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
    for (dataset, file_format, threads), group in groups.items():
        single = groups.get((dataset, file_format, 1), {}).get(OURS)
        rates = [f"{group[name].rate / 1e6:.2f}" if name in group else "" for name in contestants]
        lines.append([dataset, file_format, str(threads), *rates, *_ratios(group, single)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def differences(results: Sequence[Result]) -> str:
    """One line for each peer and format whose bytes are not PostgreSQL's."""
    lines = [
        f"- {result.contestant}, {result.dataset} {result.format}: {', '.join(result.differs)}"
        for result in results
        if result.differs
    ]
    return "\n".join(dict.fromkeys(lines))


def _ratios(group: dict[str, Result], single: Result | None) -> list[str]:
    """Our bytes a second; our rate over the best peer's, small batches over ours, ours over one
    thread's; empty where one of the two was not measured."""
    ours, small = group.get(OURS), group.get(_SMALL_BATCHES)
    if ours is None:
        return [""] * 4
    best = max(
        (result for name, result in group.items() if name not in _NOT_PEERS),
        key=_rate,
        default=None,
    )
    return [
        f"{(ours.bytes or 0) * ours.rate / ours.rows / 1e9:.2f}",
        f"{ours.rate / best.rate:.2f} ({best.contestant})" if best else "",
        f"{small.rate / ours.rate:.2f}" if small else "",
        f"{ours.rate / single.rate:.2f}" if single and ours is not single else "",
    ]


def _rate(result: Result) -> float:
    return result.rate


def _processor() -> str:
    with open("/proc/cpuinfo") as lines:
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
