"""README's comparison, made from a summary of results; also how contestants are called there.

The plots that it shows are plots.py's.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from benches import datasets
from benches.results import DECODED, FORMATS, LOADED_SETS, ORDINARY, OURS, best_peer, groups

if TYPE_CHECKING:
    from collections.abc import Collection

    from benches.results import Result
    from benches.summary import Summary

_READ_HEAD: Final = ("read by", "Mrows/s", "holofast's is", "CPU s a Mrow")


def section(summary: Summary) -> str:
    """README's comparison."""
    rounds = {len(one.seconds) for one in summary.results}
    processor = summary.machine.partition(",")[0]
    peers = ", ".join(
        f"{name} {version}" for name, version in summary.versions.items() if name != OURS
    )
    return f"""\
Million rows a second on one core of an {processor}, medians of {_span(rounds, "d")} runs in turn,
data in memory, output thrown away; in parentheses, how many times the best peer's rate that is.

{_table(summary)}

![Rates of holofast and its peers](benches/published/comparison.svg)

{_scaling(summary)}

![Time for a row and peak memory, by the number of rows](benches/published/growth.svg)

{_edges(summary)}

BINARY loaded into an UNLOGGED table of PostgreSQL 15 by psycopg's COPY, the server's work included:
million rows a second, and how many times that holofast's rate is. The server reading the same bytes
from a file bounds what one COPY can reach.

{_loads(summary)}
{_reads(summary)}
With {peers}.
"""


def label(contestant: str) -> str:
    """A contestant's name as readers know it; chdb has two ways in, the faster counts."""
    return {"chdb table": "chdb", "duckdb": "DuckDB", "postgresql": "PostgreSQL"}.get(
        contestant, contestant
    )


def _table(summary: Summary) -> str:
    lines = ["| rows x columns | CSV | TEXT | BINARY |", "|---|---:|---:|---:|"]
    grouped = groups(summary.results)
    for name in dict.fromkeys(one.dataset for one in summary.results):
        cells = [_cell(grouped.get((name, file_format, 1), {})) for file_format in FORMATS]
        (shape,) = {
            (one.rows, one.columns)
            for one in summary.results
            if (one.dataset, one.contestant) == (name, OURS)
        }
        title = f"{datasets.SETS[name].title}: {shape[0] / 1e6:.1f} M x {shape[1]}"
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(group: dict[str, Result]) -> str:
    ours, best = group.get(OURS), best_peer(group)
    if ours is None or best is None:
        return ""
    return f"**{ours.rate / 1e6:.1f}** ({ours.rate / best.rate:.1f} x {label(best.contestant)})"


def _scaling(summary: Summary) -> str:
    """Threads and growth."""
    grouped = groups(summary.results)
    gains = [
        grouped[name, file_format, 2][OURS].rate / grouped[name, file_format, 1][OURS].rate
        for name, file_format, threads in grouped
        if threads == 2
    ]
    threads = f"Two threads write {_span(gains, '.1f')} times as many. " if gains else ""
    nanoseconds = [statistics.median(one.seconds) / one.rows * 1e9 for one in summary.growth]
    peak = max(one.memory for one in summary.growth)
    return (
        f"{threads}A row of lineitem's CSV takes {_span(nanoseconds, '.0f')} ns,\n"
        f"whether {summary.growth[0].rows:,} of them are encoded or {summary.growth[-1].rows:,}, "
        f"and at most {peak / 1e6:.0f} MB\n"
        "of memory beside the input, Python and its libraries included:"
    )


def _edges(summary: Summary) -> str:
    ordinary = {one.format: one.rate for one in summary.edges if one.shape == ORDINARY}
    rates = {(one.shape, one.format): one.rate for one in summary.edges}
    lines = [
        f"| {ORDINARY} beside odd shapes, GB/s | CSV | TEXT | BINARY |",
        "|---|---:|---:|---:|",
    ]
    for shape in dict.fromkeys(one.shape for one in summary.edges):
        cells = [
            f"{rates[shape, name] / 1e9:.2f} ({rates[shape, name] / ordinary[name]:.2f} x)"
            for name in FORMATS
        ]
        lines.append(f"| {shape} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _loads(summary: Summary) -> str:
    ways = list(dict.fromkeys(one.way for one in summary.loads))
    rates = {(one.dataset, one.way): one.rate for one in summary.loads}
    lines = [f"| | {' | '.join(ways)} |", f"|---|{'---:|' * len(ways)}"]
    for dataset in LOADED_SETS:
        ours = rates[dataset, OURS]
        cells = [
            f"{rates[dataset, way] / 1e6:.2f} ({ours / rates[dataset, way]:.2f} x)" for way in ways
        ]
        cells[ways.index(OURS)] = f"**{ours / 1e6:.2f}**"
        lines.append(f"| {dataset} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _reads(summary: Summary) -> str:
    """Empty where nothing was read."""
    if not summary.reads:
        return ""
    ours = next(one.rate for one in summary.reads if one.way == DECODED)
    lines = [f"| {' | '.join(_READ_HEAD)} |", "|---|---:|---:|---:|"]
    for one in summary.reads:
        rate, ratio = f"{one.rate / 1e6:.2f}", f"{ours / one.rate:.2f} x"
        if one.way == DECODED:
            rate, ratio = f"**{rate}**", ""
        lines.append(f"| {one.way} | {rate} | {ratio} | {one.cpu:.2f} |")
    table = "\n".join(lines)
    return f"""
Lineitem read from PostgreSQL 15 on the same machine, the server's work included: million rows a
second, how many times that holofast's rate is when it decodes them to Arrow, and the reader's own
CPU seconds for a million rows. A COPY of BINARY, received and thrown away, bounds what decoding can
reach.

{table}
"""


def _span(values: Collection[float], form: str) -> str:
    least, most = f"{min(values):{form}}", f"{max(values):{form}}"
    return least if least == most else f"{least} to {most}"
