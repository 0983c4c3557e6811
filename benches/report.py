"""The last results of compare, shapes, loading and reading together: `python -m benches.report`.

Shown as README's section, with plots in data/bench/. With --publish, which refuses results of less
than everything, they go to benches/published/ and into README instead.
"""

from __future__ import annotations

import re
import sys
from typing import Final

import click

from benches import datasets, plots
from benches.section import section
from benches.summary import PUBLISHED, measured

_README: Final = datasets.ROOT / "README.md"
_BETWEEN: Final = re.compile(r"(?s)(?<=<!-- comparison: begin -->\n).*(?=<!-- comparison: end -->)")


@click.command()
@click.option("--publish", is_flag=True, help="Renew benches/published/ and README's comparison.")
def main(publish: bool) -> None:
    """Show the last results, as README has them."""
    summary, lacking = measured()
    if publish and lacking:
        sys.exit("Only whole results are published:\n" + "\n".join(lacking))
    directory = PUBLISHED if publish else datasets.DATA / "bench"
    directory.mkdir(exist_ok=True)
    plots.comparison(summary, directory / "comparison.svg")
    plots.growth(summary, directory / "growth.svg")
    text = section(summary)
    if publish:
        summary.save(directory / "results.json")
        readme, found = _BETWEEN.subn(lambda _: text, _README.read_text())
        if found != 1:
            sys.exit(f"{_README} has no place for the comparison, or more than one.")
        _README.write_text(readme)
    click.echo(f"{text}\nPlots: {directory}")


if __name__ == "__main__":
    main()
