"""What a contestant wrote, read back: all rows and fields must be there before it is timed.

holofast's bytes must be the Python twin's. A peer's may differ from PostgreSQL's; in which columns
they do is told, because it bears on what its speed is worth.
"""

from __future__ import annotations

import csv
import io
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import holofast

if TYPE_CHECKING:
    import pyarrow as pa

    from benches.contestants import Contestant

    Rows = list[list[bytes | str | None]]

# More than one batch, so that the order of threads shows.
CHECKED_ROWS: Final = 70_000


def check(kind: type[Contestant], table: pa.Table, threads: int, file_format: str) -> list[str]:
    """The columns in which a contestant's file differs from PostgreSQL's, "quoting" among them.

    It writes the first rows of `table` in the way that is timed. Raises RuntimeError if rows or
    fields are missing, or holofast's bytes are not the twin's.
    """
    contestant = kind(table.slice(0, CHECKED_ROWS), threads)
    try:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "written")
            told = contestant.run(file_format, path)
            written = path.read_bytes()
    finally:
        contestant.close()
    if told not in (None, len(written)):
        raise RuntimeError(f"{len(written)} bytes were written, not {told} as it says")
    expected = holofast.encode(table.slice(0, contestant.rows), format=file_format, engine="python")
    if written == expected:
        return []
    if kind.engine:
        raise RuntimeError(f"the bytes of {file_format} are not those of the Python twin")
    return _differences(
        table.column_names, _parse(written, file_format), _parse(expected, file_format)
    )


def _differences(names: list[str], found: Rows, expected: Rows) -> list[str]:
    if len(found) != len(expected):
        raise RuntimeError(f"{len(found)} rows can be read back, not {len(expected)}")
    if any(len(row) != len(names) for row in found):
        raise RuntimeError(f"there are rows without {len(names)} fields")
    columns = zip(names, zip(*found, strict=True), zip(*expected, strict=True), strict=True)
    return [name for name, ours, theirs in columns if ours != theirs] or ["quoting"]


def _parse(data: bytes, file_format: str) -> Rows:
    if file_format == "binary":
        return _parse_binary(data)
    if file_format == "text":  # neither delimiter nor newline occur in values, but escaped
        return [list(line.split(b"\t")) for line in data.splitlines()]
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="")
    return [list(row) for row in csv.reader(text)]


def _parse_binary(data: bytes) -> Rows:
    rows: Rows = []
    at = 19
    while (count := struct.unpack_from(">h", data, at)[0]) != -1:
        at += 2
        row: list[bytes | str | None] = []
        for _ in range(count):
            size = struct.unpack_from(">i", data, at)[0]
            at += 4
            row.append(None if size < 0 else data[at : at + size])
            at += max(size, 0)
        rows.append(row)
    return rows
