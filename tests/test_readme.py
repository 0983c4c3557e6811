"""README.md: its examples are run as they stand, its tables compared with the code."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from holofast.pg_types import builtin
from holofast.programs import ExitCode
from holofast.schema import columns

from benches import datasets
from benches.section import section
from benches.summary import published
from tests.oss_fixtures import LoopbackOss
from tests.readme import README, TEXT, example
from tests.readme_types import renewed, table

if TYPE_CHECKING:
    from tests.postgres import Postgres

PROGRAMS = Path(sys.executable).parent


def test_the_comparison_is_what_was_published() -> None:
    found = re.search(r"(?s)<!-- comparison: begin -->\n(.*)<!-- comparison: end -->", TEXT)
    assert found is not None
    assert found[1] == section(published())
    plots = re.findall(r"!\[.*\]\((.*)\)", found[1])
    assert plots
    assert all((README.parent / plot).exists() for plot in plots)


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run an example beside the flights, which it names by their file alone."""
    return subprocess.run(
        [str(PROGRAMS / command[0]), *command[1:]],
        cwd=datasets.flights_csv().parent,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


def test_the_query_of_the_example() -> None:
    command, output = example("flights")
    assert run(command).stdout == output


def test_the_export_of_the_example() -> None:
    command, output = example("export")
    with LoopbackOss(bucket="demo") as oss:
        command[-1] = command[-1].replace("http://127.0.0.1:9000", oss.endpoint)
        done = run(
            command,
            OSS_ACCESS_KEY_ID=oss.credentials.access_key_id,
            OSS_ACCESS_KEY_SECRET=oss.credentials.access_key_secret,
            OSS_REGION=oss.region,
        )
        assert len(oss.objects()) == 1

    def steady(text: str) -> str:
        text = re.sub(r"\d{8}T\d{9}Z-[0-9a-f]{8}", "<run id>", text)
        return re.sub(r"(?m)^(time|parts) .*", r"\1", text)

    assert steady(done.stderr) == steady(output)


def test_the_mistake_of_the_example() -> None:
    command, output = example("mistake")
    done = run(command)
    assert (done.returncode, done.stderr) == (1, output)


def test_the_program_of_the_example() -> None:
    command, output = example("program")
    done = run(command)
    assert (done.returncode, done.stdout + done.stderr) == (3, output)


def test_the_pending_upload_of_the_example() -> None:
    command, output = example("pending")
    with LoopbackOss(bucket="demo") as oss:
        found = re.search("oss://demo/(.*)", output)
        assert found is not None
        upload_id = oss.bucket().init_multipart_upload(found[1]).upload_id
        done = run(
            command,
            OSS_ACCESS_KEY_ID=oss.credentials.access_key_id,
            OSS_ACCESS_KEY_SECRET=oss.credentials.access_key_secret,
            OSS_REGION=oss.region,
            OSS_ENDPOINT=oss.endpoint,
        )

    def steady(text: str) -> str:
        return re.sub(r"[0-9T:-]{19}Z  [0-9A-F]{32}", "<began and id>", text)

    assert upload_id in done.stdout
    assert steady(done.stdout + done.stderr) == steady(output)


def test_the_python_examples(postgres18: Postgres) -> None:
    with postgres18() as connection:
        connection.execute("CREATE TEMP TABLE t (id bigint, name text, x float8)")
        given = {"connection": connection}
        results = doctest.testfile(str(README), module_relative=False, globs=given)
    assert results.attempted > 10
    assert results.failed == 0


def test_every_exit_code_is_in_the_table() -> None:
    table = re.findall(r"(?m)^\| (\d+) \| (.*) \|$", TEXT)
    assert table == [(str(int(code)), code.description) for code in ExitCode]


def test_the_type_table_is_the_codes() -> None:
    assert renewed(TEXT) == TEXT, "run python -m tests.readme_types"


SAMPLES = {
    "decimal32": pa.decimal32(7, 2),
    "decimal64": pa.decimal64(10, 2),
    "decimal128": pa.decimal128(10, 2),
    "decimal256": pa.decimal256(50, 2),
    "timestamp": pa.timestamp("us"),
    "timestamp with a time zone": pa.timestamp("us", "UTC"),
    "fixed_size_binary": pa.binary(3),
    "time32": pa.time32("s"),
    "time64": pa.time64("us"),
    "duration": pa.duration("s"),
    "month_day_nano_interval": pa.month_day_nano_interval(),
    "string_view": pa.string_view(),
    "binary_view": pa.binary_view(),
    "arrow.uuid": pa.uuid(),
    "arrow.json": pa.json_(),
    "arrow.bool8": pa.bool8(),
}


def test_each_type_of_the_table_becomes_what_it_says() -> None:
    rows = re.findall(r"(?m)^\| (`.*`) \| `(\w+)` \|$", table())
    pairs = [(arrow, pg_type) for names, pg_type in rows for arrow in names[1:-1].split("`, `")]
    shown = [(arrow, pg_type) for arrow, pg_type in pairs if not arrow.startswith("map")]
    assert len(shown) > 30
    for arrow, pg_type in shown:
        arrow_type = SAMPLES.get(arrow) or pa.type_for_alias(arrow)
        (column,) = columns(pa.schema([pa.field("x", arrow_type)]))
        assert column.pg_type.oid == builtin(pg_type).oid, arrow
