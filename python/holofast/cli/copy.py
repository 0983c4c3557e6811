"""`holofast copy`: one COPY (query) TO statement from the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from holofast.cli import console
from holofast.cli.shared_options import (
    assignments,
    engine_option,
    floor_option,
    setting_option,
)


@click.command("copy", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("statement")
@click.option(
    "--source",
    metavar="URI",
    help="Where the query runs: a DuckDB database file, or by default an in-memory DuckDB, which "
    "reads Parquet, CSV and JSON files by name, or a server, as postgresql://user@host/database or "
    "hologres://user@host:port/database.",
)
@setting_option
@floor_option
@engine_option
@click.option("--workers", type=click.IntRange(1, 64), help="Threads that encode and upload.")
@click.option(
    "--allow-program",
    is_flag=True,
    help="Let PROGRAM run any command by /bin/sh; else hg_dump_to_oss alone.",
)
@click.option(
    "--encode",
    type=click.Choice(["auto", "client", "server"]),
    default="auto",
    help="Who encodes a server's rows: holofast, the server, or by default the faster of both.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 100),
    default=1,
    help="Connections that share the rows of a server's query, on PostgreSQL all of one snapshot; "
    "each writes an object.",
)
@click.option(
    "--split-by",
    metavar="COLUMN",
    help="The column of the result whose values the jobs share out, where the query does not read "
    "one plain table.",
)
@click.option(
    "--privilege-check/--no-privilege-check",
    default=True,
    help="Whether a server's user must have the privilege to run programs there, as for PROGRAM.",
)
@click.option("--dry-run", is_flag=True, help="Check everything, show the plan, export nothing.")
@click.option("--json", "as_json", is_flag=True, help="Show the report or plan as JSON.")
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def main(
    statement: str,
    source: str | None,
    sets: tuple[str, ...],
    engine: str | None,
    workers: int | None,
    encode: str,
    jobs: int,
    split_by: str | None,
    *,
    floor_nanoseconds: bool,
    allow_program: bool,
    privilege_check: bool,
    dry_run: bool,
    as_json: bool,
    debug: bool,
) -> None:
    """Run STATEMENT, a COPY (query) TO PROGRAM 'hg_dump_to_oss …' or TO STDOUT.

    Data goes to OSS, to another program or to standard output; progress, report and errors to
    standard error. The exit code is 0, the program's code where it failed, 1 for any other error,
    2 for a wrong command line.

    \b
    holofast copy "COPY (SELECT * FROM 'flights.parquet')
        TO PROGRAM 'hg_dump_to_oss --Endpoint oss-cn-hangzhou.aliyuncs.com
                    --BucketName demo --DirName flights/'
        (FORMAT csv, HEADER true)"

    Key and secret are best given by OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET.
    """
    with console.failing_clearly(console.as_psql(statement), debug=debug):
        from holofast import api

        chosen: dict[str, Any] = {
            "settings": assignments(sets, floor_nanoseconds=floor_nanoseconds),
            "engine": engine,
            "workers": workers,
            "allow_program": allow_program,
            "privilege_check": privilege_check,
            "encode": encode,
            "jobs": jobs,
            "split_by": split_by,
        }
        if dry_run:
            plan = api.plan_copy(statement, source, **chosen)
            console.say(json.dumps(plan.to_dict()) if as_json else str(plan))
            return
        with console.progress_bar("copying") as progress:
            report = api.copy(statement, source, progress=progress, **chosen)
        console.show_report(report, as_json=as_json)
