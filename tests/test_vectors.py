"""Both engines against bytes from a PostgreSQL 15, and those bytes against live servers.

What is asked stands in vectors/cases.py, the answers in vectors/*.jsonl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from holofast.encoder import Encoder
from holofast.options import CopyOptions

from tests.literals import record_batch
from tests.vectors.cases import Case, cases, settings_of
from tests.vectors.generate import as_text, ask, load, statement

if TYPE_CHECKING:
    from tests.postgres import Postgres

# Built with zone data of its own, which differs from the system's; without hstore, and libxml.
_NOT_18 = {"zones", "hstore"}
CASES = cases()
RECORDED = load()


def test_the_record_and_the_cases_are_one() -> None:
    assert len({(case.family, case.name) for case in CASES}) == len(CASES)
    assert len(CASES) >= 1500
    assert set(RECORDED) == {(case.family, case.name) for case in CASES}
    for case in CASES:
        record = RECORDED[case.family, case.name]
        assert record["statement"] == statement(case), "run python -m tests.vectors.generate"
        assert record["settings"] == case.settings


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.family}: {case.name}")
def test_the_engine_sends_the_servers_bytes(engine: str, case: Case) -> None:
    batch = record_batch(case.columns, case.rows)
    options = dict(case.options)
    if isinstance(options.get("force_quote"), list):
        options["force_quote"] = tuple(options["force_quote"])
    settings = settings_of(case.settings)
    encoder = Encoder(batch.schema, CopyOptions(**options), settings=settings, engine=engine)
    block = bytes(encoder.encode_run([batch], header=True, trailer=True))
    pieces = encoder.header() + bytes(encoder.encode(batch)) + encoder.trailer()
    assert as_text(case, block) == RECORDED[case.family, case.name]["expected"]
    assert pieces == block


@pytest.mark.parametrize("major", [15, 18])
def test_the_record_is_what_servers_send_today(major: int, request: pytest.FixtureRequest) -> None:
    server: Postgres = request.getfixturevalue(f"postgres{major}")
    with server() as connection:
        if major == 15:
            connection.execute("CREATE EXTENSION IF NOT EXISTS hstore")
        for case in CASES:
            if major == 18 and (case.family in _NOT_18 or case.name.startswith("xml ")):
                continue
            got = as_text(case, ask(connection, case))
            assert got == RECORDED[case.family, case.name]["expected"], (case.family, case.name)
