"""`--set NAME=VALUE`: session parameters by PostgreSQL's names, for `copy` and `encode`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from holofast.settings import Settings


def assigned(assignments: tuple[str, ...], settings: Settings) -> Settings:
    """`settings` after these SETs; CopyError 42704 for an unknown parameter, 22023 for a value."""
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise click.UsageError(f"--set {assignment}: write NAME=VALUE")
        settings = settings.assigned(name.strip(), value)
    return settings
