"""`holofast encode`: files of each format against the server that has the same rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.postgres import copy_out

if TYPE_CHECKING:
    from tests.postgres import Postgres

HOLOFAST = Path(sys.executable).with_name("holofast")
ROWS = pa.table(
    [
        pa.array([1, None, 3], pa.int32()),
        pa.array([["a b", None], [], None]),
        pa.array(['{"b":1, "a":1e2}', None, "[]"]),
        pa.array(["ab", "é", None]),
    ],
    schema=pa.schema(
        [
            pa.field("n", pa.int32()),
            pa.field("list", pa.list_(pa.utf8())),
            pa.field("j", pa.utf8(), metadata={"pg_type": "jsonb"}),
            pa.field("c", pa.utf8(), metadata={"pg_type": "character(3)"}),
        ]
    ),
)
TABLE = """(VALUES (1, ARRAY['a b', NULL], '{"a": 1e2, "b": 1}'::jsonb, 'ab'::character(3)),
    (NULL, '{}', NULL, 'é'::character(3)), (3, NULL, '[]', NULL)) AS t(n, list, j, c)"""


def write(path: Path, form: str) -> None:
    if form == "parquet":
        pa.parquet.write_table(ROWS, path, row_group_size=2)
        return
    new = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
    with new(path, ROWS.schema) as writer:
        writer.write_table(ROWS, max_chunksize=2)


def encode(path: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([HOLOFAST, "encode", path, *options], capture_output=True)


@pytest.mark.parametrize("form", ["parquet", "file", "stream"])
@pytest.mark.parametrize(
    ("flags", "options"),
    [
        ((), "FORMAT text"),
        (("--format", "binary", "--engine", "python"), "FORMAT binary"),
        (
            ("--format", "csv", "--header", "--null", "-", "--force-quote", "c", "--quote", "'"),
            "FORMAT csv, HEADER, NULL '-', FORCE_QUOTE (c), QUOTE ''''",
        ),
        (("--delimiter", "|", "--encoding", "latin1"), "DELIMITER '|', ENCODING 'latin1'"),
        (
            ("--format", "csv", "--force-quote", "*", "--escape", "x"),
            "FORMAT csv, FORCE_QUOTE *, ESCAPE 'x'",
        ),
    ],
)  # fmt: skip
def test_a_file_is_written_as_the_server_would(
    tmp_path: Path, postgres15: Postgres, form: str, flags: tuple[str, ...], options: str
) -> None:
    path = tmp_path / "rows"
    write(path, form)
    done = encode(path, *flags)
    with postgres15() as connection:
        expected = copy_out(connection, f"COPY (SELECT * FROM {TABLE}) TO STDOUT ({options})")
    assert (done.stdout, done.stderr) == (expected, b"")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "none", b"No such file"),
        (tmp_path, b"directory"),
        (Path(__file__), b"neither Parquet nor Arrow IPC"),
    ):
        done = encode(path)
        assert done.returncode == 1
        assert done.stdout == b""
        assert done.stderr.startswith(b"ERROR:  ")
        assert words in done.stderr


def test_a_bad_value_is_told_by_its_row_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    dates = pa.array([0, 0, 0, 2**31 - 2], pa.int32()).view(pa.date32())
    with pa.ipc.new_file(path, pa.schema([("d", pa.date32())])) as writer:
        writer.write_table(pa.table({"d": dates}), max_chunksize=2)
    done = encode(path)
    assert done.returncode == 1
    assert b'Column "d", row 3.' in done.stderr


def test_nanoseconds_are_floored_if_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    pa.parquet.write_table(pa.table({"t": pa.array([-1], pa.timestamp("ns"))}), path)
    done = encode(path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"nanoseconds" in done.stderr
    assert b"HINT:  Ask for the microsecond before" in done.stderr
    assert encode(path, "--floor-nanoseconds").stdout == b"1969-12-31 23:59:59.999999\n"
