"""Options that `copy` and `encode` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from holofast.settings import Settings


setting_option = click.option(
    "--set",
    "assignments",
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


def assigned(assignments: tuple[str, ...], settings: Settings) -> Settings:
    """`settings` after these SETs; CopyError 42704 for an unknown parameter, 22023 for a value."""
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment}: write NAME=VALUE")
        settings = settings.assigned(name.strip(), value)
    return settings
