"""`holofast encode`: a Parquet or Arrow IPC file as COPY's bytes, to compare with a server's."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from holofast.cli import console
from holofast.cli.shared_options import (
    assignments,
    engine_option,
    floor_option,
    setting_option,
)


@click.command("encode", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", default="text", help="text, csv or binary.", show_default=True)
@click.option("--delimiter", help="Between columns; by default a tab, in csv a comma.")
@click.option("--null", help=r"What NULL is written as; by default \N, in csv nothing.")
@click.option("--header", is_flag=True, help="Begin with a line of column names.")
@click.option("--quote", help="csv's quote, by default a double one.")
@click.option("--escape", help="What stands before csv's quote in a value; the quote by default.")
@click.option("--force-quote", multiple=True, metavar="COLUMN", help="Quote it always; * for all.")
@click.option("--encoding", help="The output's encoding by PostgreSQL's name, UTF8 by default.")
@setting_option
@floor_option
@engine_option
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def main(
    file: Path,
    sets: tuple[str, ...],
    engine: str | None,
    force_quote: tuple[str, ...],
    *,
    floor_nanoseconds: bool,
    debug: bool,
    **options: Any,
) -> None:
    """Write the rows of FILE, Parquet or Arrow IPC, to standard output as COPY writes them.

    Field metadata pg_type, pg_oid and pg_typmod choose PostgreSQL's types. To compare with a
    server, have it COPY the same rows:

    \b
    holofast encode t.parquet --format binary | cmp - <(psql -c "copy t to stdout (format binary)")
    """
    with console.failing_clearly(console.as_psql(""), debug=debug):
        from holofast import api
        from holofast.settings import Settings

        asked = assignments(sets, floor_nanoseconds=floor_nanoseconds)
        forced = "*" if force_quote == ("*",) else force_quote or None
        api.encode_file(
            file,
            sys.stdout.buffer,
            settings=asked.over(Settings()),
            engine=engine,
            force_quote=forced,
            **options,
        )
