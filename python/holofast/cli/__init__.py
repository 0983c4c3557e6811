"""The command line `holofast`: its commands by name, each imported when it is called.

This package alone prints, reads arguments and exits. `hg_dump_to_oss` is a program of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

_COMMANDS: Final = {
    "copy": ("holofast.cli.copy", "Run a COPY (query) TO statement."),
    "encode": ("holofast.cli.encode", "Write a file's rows as COPY does, to standard output."),
    "pending": ("holofast.cli.pending", "List uploads that were left open in a bucket."),
    "oss-server": ("holofast.testing.oss_server.command", "Serve OSS on this machine, for tests."),
}


class _Commands(click.Group):
    """A group whose commands are imported only when they run, for a quick start."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).main
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="holofast")
def main() -> None:
    """Export query results to OSS as PostgreSQL's COPY writes them, byte for byte."""
