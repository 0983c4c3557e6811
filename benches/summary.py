"""The results of all programs in one: the last ones, and those that are published.

Only whole runs may be published: of all sets, of all their rows, in at least three rounds.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from benches import datasets
from benches.results import (
    FORMATS,
    LOADED_ROWS,
    LONG_ROWS,
    OURS,
    Edge,
    Growth,
    Load,
    Read,
    Result,
    newest,
)

if TYPE_CHECKING:
    from pathlib import Path

PUBLISHED: Final = datasets.ROOT / "benches/published"
_LEAST_ROUNDS: Final = 3


@dataclass(frozen=True)
class Summary:
    """What all programs measured, and on which machine, with which versions of the peers."""

    machine: str
    versions: dict[str, str]
    results: list[Result]
    growth: list[Growth]
    edges: list[Edge]
    loads: list[Load]
    reads: list[Read]

    def save(self, path: Path) -> None:
        """Write it as JSON, one result a line."""
        lines = [
            f'"machine": {json.dumps(self.machine)}',
            f'"versions": {json.dumps(self.versions)}',
        ]
        for name in ("results", "growth", "edges", "loads", "reads"):
            rows = ",\n".join(json.dumps(asdict(one)) for one in getattr(self, name))
            lines.append(f'"{name}": [\n{rows}\n]')
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def measured() -> tuple[Summary, list[str]]:
    """The newest results of all programs, and what they lack to be published."""
    compared, shapes = newest("compare"), newest("shapes")
    loading, reading = newest("loading"), newest("reading")
    summary = _summary(
        compared
        | {name: shapes[name] for name in ("growth", "edges")}
        | {"loads": loading["loads"], "reads": reading["reads"]}
    )
    wanted = {
        "compare": (compared, None),
        "shapes": (shapes, LONG_ROWS),
        "loading": (loading, LOADED_ROWS),
        "reading": (reading, LOADED_ROWS),
    }
    lacking = [
        f"{name} ran with {content['options']}"
        for name, (content, rows) in wanted.items()
        if content["options"]["rows"] != rows or content["options"]["rounds"] < _LEAST_ROUNDS
    ]
    ours = {
        (one.dataset, one.format, one.threads) for one in summary.results if one.contestant == OURS
    }
    lacking += [
        f"compare did not run {name} as {file_format}, {threads} threads"
        for name, one in datasets.SETS.items()
        for threads in range(1, one.most_threads + 1)
        for file_format in FORMATS
        if (name, file_format, threads) not in ours
    ]
    return summary, lacking


def published() -> Summary:
    """What README's comparison was made from."""
    return _summary(json.loads((PUBLISHED / "results.json").read_text()))


def _summary(content: dict[str, Any]) -> Summary:
    return Summary(
        machine=content["machine"],
        versions=content["versions"],
        results=[Result(**one) for one in content["results"]],
        growth=[Growth(**one) for one in content["growth"]],
        edges=[Edge(**one) for one in content["edges"]],
        loads=[Load(**one) for one in content["loads"]],
        reads=[Read(**one) for one in content.get("reads", ())],
    )
