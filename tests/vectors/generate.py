"""Asks a real PostgreSQL 15 for every case's bytes and writes the files beside this one.

    python -m tests.vectors.generate

A file has one JSON object a line: first the server, then a case with its COPY statement and the
bytes it sent, as text in UTF-8 for TEXT and CSV and as hex digits for BINARY and other encodings.
Statements and values stand in the files for their readers; the tests build both from cases.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from tests.literals import copy_statement, select
from tests.postgres import Postgres, copy_out, debian_15, set_session
from tests.vectors.cases import Case, cases

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def statement(case: Case) -> str:
    """The case's COPY."""
    return copy_statement(select(case.columns, case.rows), case.options)


def ask(connection: psycopg.Connection, case: Case) -> bytes:
    """The server's bytes for a case."""
    set_session(connection, case.settings)
    try:
        return copy_out(connection, statement(case))
    except psycopg.Error as error:
        error.add_note(f"{case.family}: {case.name}")
        raise


def as_text(case: Case, data: bytes) -> str:
    """How a case's bytes stand in its file."""
    as_hex = case.options["format"] == "binary" or "encoding" in case.options
    return data.hex() if as_hex else data.decode()


def load() -> dict[tuple[str, str], dict[str, Any]]:
    """All recorded cases by family and name."""
    recorded = {}
    for path in sorted(HERE.glob("*.jsonl")):
        _, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
        for line in lines:
            case = json.loads(line)
            recorded[path.stem, case["name"]] = case
    return recorded


def _records(server: Postgres) -> Iterator[tuple[str, dict[str, Any]]]:
    with server() as connection:
        connection.execute("CREATE EXTENSION hstore")
        for case in cases():
            record = {
                "name": case.name,
                "settings": case.settings,
                "statement": statement(case),
                "expected": as_text(case, ask(connection, case)),
            }
            yield case.family, record


def main() -> None:
    """Write all files anew."""
    files: dict[str, list[dict[str, Any]]] = {}
    with debian_15() as server:
        with server() as connection:
            version = connection.execute("SELECT version()").fetchone()
        for family, record in _records(server):
            files.setdefault(family, [{"server": version and version[0]}]).append(record)
    for family, records in files.items():
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (HERE / f"{family}.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
