"""`holofast copy`: one COPY (query) TO statement from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import click

from holofast.cli import console
from holofast.cli.shared_options import assigned, engine_option, floor_option, setting_option


@click.command("copy", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("statement")
@click.option(
    "--source",
    metavar="URI",
    help="Where the query runs: a DuckDB database file, or by default an in-memory DuckDB, which "
    "reads Parquet, CSV and JSON files by name.",
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
@click.option("--dry-run", is_flag=True, help="Check everything, show the plan, export nothing.")
@click.option("--json", "as_json", is_flag=True, help="Show the report or plan as JSON.")
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def main(
    statement: str,
    source: str | None,
    assignments: tuple[str, ...],
    engine: str | None,
    workers: int | None,
    *,
    floor_nanoseconds: bool,
    allow_program: bool,
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
        from holofast.sources import profile_of

        settings = replace(profile_of(source).settings, floor_nanoseconds=floor_nanoseconds)
        chosen: dict[str, Any] = {
            "settings": assigned(assignments, settings),
            "engine": engine,
            "workers": workers,
            "allow_program": allow_program,
        }
        if dry_run:
            plan = api.plan_copy(statement, source, **chosen)
            console.say(json.dumps(plan.to_dict()) if as_json else str(plan))
            return
        with console.progress_bar("copying") as progress:
            report = api.copy(statement, source, progress=progress, **chosen)
        console.show_report(report, as_json=as_json)
