"""`--set NAME=VALUE`: session parameters by PostgreSQL's names, for `copy` and `encode`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from holofast.settings import Settings

# PostgreSQL's names of the parameters, as SET takes them.
_SETTINGS: Final = {
    "timezone": "time_zone",
    "datestyle": "date_style",
    "intervalstyle": "interval_style",
    "extra_float_digits": "extra_float_digits",
    "bytea_output": "bytea_output",
    "client_encoding": "client_encoding",
}


def assigned(assignments: tuple[str, ...]) -> Settings:
    """The settings; CopyError 42704 for an unknown parameter, 22023 for a wrong value."""
    from holofast.errors import CopyError
    from holofast.settings import Settings

    values: dict[str, str | int] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        field = _SETTINGS.get(name.strip().lower())
        if not equals:
            raise click.UsageError(f"--set {assignment}: write NAME=VALUE")
        if field is None:
            raise CopyError("42704", f'unrecognized configuration parameter "{name}"')
        if field == "extra_float_digits":
            if not value.lstrip("-").isdecimal():
                raise CopyError("22023", f'invalid value for parameter "{name}": "{value}"')
            values[field] = int(value)
        else:
            values[field] = value
    return Settings(**values)  # type: ignore[arg-type]
