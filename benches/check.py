"""What a contestant wrote, read back: all rows and fields must be there before it is timed.

holofast's bytes must be the Python twin's. A peer's may differ from PostgreSQL's; in which columns
they do is told, because it bears on what its speed is worth.
"""

from __future__ import annotations

import csv
import io
import struct
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import holofast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from benches.contestants.base import Contestant

    Rows = list[list[bytes | str | None]]

# More than one batch, so that the order of threads shows.
CHECKED_ROWS: Final = 70_000


def expected(table: pa.Table, time_zone: str, file_format: str) -> bytes:
    """What PostgreSQL writes of the rows that are checked, by the Python twin."""
    rows = table.slice(0, CHECKED_ROWS)
    return holofast.encode(rows, format=file_format, time_zone=time_zone, engine="python")


def check(
    make: Callable[[pa.Table], Contestant], table: pa.Table, wanted: Mapping[str, bytes]
) -> dict[str, list[str]]:
    """For each format, in what a contestant's file differs from PostgreSQL's, which is `wanted`.

    It writes the first rows of `table` in the way that is timed. What differs are names of columns,
    or "quoting", or "order of rows". Raises RuntimeError if rows or fields are missing, or
    holofast's bytes are not the twin's.
    """
    contestant = make(table.slice(0, CHECKED_ROWS))
    if contestant.engine == "python":
        return {file_format: [] for file_format in wanted}  # what is wanted is its own
    with closing(contestant), tempfile.TemporaryDirectory() as directory:
        return {
            file_format: _check(contestant, file_format, expected, Path(directory, file_format))
            for file_format, expected in wanted.items()
        }


def _check(contestant: Contestant, file_format: str, wanted: bytes, path: Path) -> list[str]:
    told = contestant.run(file_format, path)
    written = path.read_bytes()
    if told not in (None, len(written)):
        raise RuntimeError(f"{len(written)} bytes were written, not {told} as it says")
    if written == wanted:
        return []
    if contestant.engine:
        raise RuntimeError(f"the bytes of {file_format} are not those of the Python twin")
    return _differences(contestant.names, _parse(written, file_format), _parse(wanted, file_format))


def _differences(names: list[str], found: Rows, expected: Rows) -> list[str]:
    if len(found) != len(expected):
        raise RuntimeError(f"{len(found)} rows can be read back, not {len(expected)}")
    if any(len(row) != len(names) for row in found):
        raise RuntimeError(f"there are rows without {len(names)} fields")
    columns = zip(names, zip(*found, strict=True), zip(*expected, strict=True), strict=True)
    unequal = [column for column in columns if column[1] != column[2]]
    if len(unequal) < len(names):
        return [name for name, _, _ in unequal] or ["quoting"]
    # Where all differ, the rows may stand in another order.
    values = [name for name, ours, theirs in unequal if Counter(ours) != Counter(theirs)]
    return values if len(values) == len(names) else ["order of rows", *values]


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
