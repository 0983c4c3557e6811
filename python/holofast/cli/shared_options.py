"""Options that `copy` and `encode` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from holofast.settings import Assignments


setting_option = click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the session by PostgreSQL's name, such as TimeZone=Asia/Shanghai.",
)
floor_option = click.option(
    "--floor-nanoseconds",
    is_flag=True,
    help="Take the microsecond before, instead of refusing times of parts of microseconds.",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["native", "python"]),
    help="The encoder; by default native, or what HOLOFAST_ENGINE says.",
)


def assignments(given: tuple[str, ...], *, floor_nanoseconds: bool) -> Assignments:
    """What the options above ask for."""
    pairs = []
    for assignment in given:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment}: write NAME=VALUE")
        pairs.append((name.strip(), value))
    from holofast.settings import Assignments

    return Assignments(tuple(pairs), floor_nanoseconds)
