"""Peak memory of a large export: `python -m benches.memory`.

lineitem four times over, 3.1 GB of CSV, by `holofast copy` from Parquet to a loopback OSS that
keeps nothing. The peak is that of the exporting process, DuckDB in it included, the server not.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

import click
from pyarrow import parquet

from benches import datasets
from benches.loopback import copy_statement, discarding_oss


@click.command()
@click.option("--copies", default=4, show_default=True, type=click.IntRange(1))
def main(copies: int) -> None:
    """Export lineitem as often as --copies says, 0.77 GB each, and print memory and time."""
    path = datasets.lineitem_parquet()
    query = f"SELECT * FROM read_parquet({[str(path)] * copies})"
    with discarding_oss() as oss:
        statement = copy_statement(query, "FORMAT csv", oss.target)
        command = [sys.executable, "-m", "holofast", "copy", "--json", statement]
        started = time.perf_counter()
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - started
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)  # the server still runs
    if done.returncode != 0:
        sys.exit(done.stderr)
    report = json.loads(done.stderr)
    rows = copies * parquet.read_metadata(path).num_rows
    if report["rows"] != rows or not report["confirmed"]:
        sys.exit(f"{rows} rows should be there, and confirmed: {done.stderr}")
    click.echo(
        f"{report['bytes'] / 1e9:.2f} GB, {rows:,} rows in {seconds:.2f} s; peak memory "
        f"{usage.ru_maxrss * 1024 / 1e6:.0f} MB, CPU {usage.ru_utime + usage.ru_stime:.2f} s"
    )


if __name__ == "__main__":
    main()
