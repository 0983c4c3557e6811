"""The plots of a summary, as SVG: rates beside the peers', and growth with the number of rows."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from benches.results import FORMATS, OURS, best_peer, groups
from benches.section import label

if TYPE_CHECKING:
    from pathlib import Path

    from benches.summary import Summary

# By label, colours that colour-blind eyes can tell apart (Okabe and Ito), and a marker.
_STYLES: Final = {
    OURS: ("#d55e00", "D"),
    "polars": ("#0072b2", "o"),
    "chdb": ("#e69f00", "s"),
    "DuckDB": ("#000000", "^"),
    "pyarrow": ("#009e73", "v"),
    "arrow-csv": ("#cc79a7", "P"),
    "pgpq": ("#56b4e9", "X"),
    "PostgreSQL": ("#7f7f7f", "*"),
}

# The same file from the same results, and letters that stay letters.
mpl.rcParams.update({"svg.hashsalt": "holofast", "svg.fonttype": "none", "font.size": 9})


def comparison(summary: Summary, path: Path) -> None:
    """A panel a format, a line a set: million rows a second on one thread, on a log scale.

    At its right, how many times the best peer's rate ours is.
    """
    names = list(dict.fromkeys(one.dataset for one in summary.results))
    grouped = groups(summary.results)
    figure = Figure(figsize=(10, 0.5 + 0.38 * len(names) + 0.6), layout="constrained")
    panels = figure.subplots(1, len(FORMATS), sharey=True)
    shown: dict[str, Any] = {}
    for panel, file_format in zip(panels, FORMATS, strict=True):
        for place, name in enumerate(names):
            group = grouped.get((name, file_format, 1), {})
            rates: dict[str, float] = {}
            for one in group.values():
                rates[label(one.contestant)] = max(
                    rates.get(label(one.contestant), 0), one.rate / 1e6
                )
            for contestant, (colour, marker) in _STYLES.items():
                if contestant in rates:
                    size = 52 if contestant == OURS else 26
                    shown[contestant] = panel.scatter(
                        rates[contestant], place, size, colour, marker, linewidths=0, zorder=3
                    )
            best = best_peer(group)
            if best and OURS in group:
                ratio = group[OURS].rate / best.rate
                panel.text(
                    1.02,
                    place,
                    f"{ratio:.1f} x",
                    transform=panel.get_yaxis_transform(),
                    verticalalignment="center",
                    color=_STYLES[OURS][0],
                )
        panel.set_title(file_format.upper())
        panel.set_xscale("log")
        panel.xaxis.set_major_formatter("{x:g}")
        panel.grid(color="#dddddd", linewidth=0.6)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    figure.supxlabel("million rows a second, one thread (x the best peer)", fontsize=9)
    figure.legend(
        shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown), frameon=False
    )
    _save(figure, path)


def growth(summary: Summary, path: Path) -> None:
    """lineitem's CSV: time for a row and peak memory, over the number of rows, on a log scale."""
    rows = [one.rows for one in summary.growth]
    series = {
        "ns a row": [statistics.median(one.seconds) / one.rows * 1e9 for one in summary.growth],
        "peak memory, MB": [one.memory / 1e6 for one in summary.growth],
    }
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    for panel, (name, values) in zip(figure.subplots(1, 2), series.items(), strict=True):
        panel.plot(rows, values, color=_STYLES[OURS][0], marker="o", markersize=4)
        panel.set_xscale("log")
        panel.set_ylim(0, 1.25 * max(values))
        panel.set_title(name, fontsize=9)
        panel.grid(color="#dddddd", linewidth=0.6)
    figure.supxlabel("rows of lineitem, as CSV on one thread", fontsize=9)
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, format="svg", metadata={"Date": None})
