"""Fixtures that several files share: the real PostgreSQL servers and the two engines."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import Postgres, debian_15, packaged_18

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

# A shell that starts the tests in the background has them ignore Ctrl-C, their children too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.oss_fixtures", "tests.server_world"]

# HOLOFAST_FUZZ=thorough digs deeper than the default run has time for.
settings.register_profile(
    "quick",
    max_examples=400,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "thorough", settings.get_profile("quick"), max_examples=10_000, derandomize=False
)
settings.load_profile(os.environ.get("HOLOFAST_FUZZ", "quick"))


@pytest.fixture(scope="session")
def postgres15() -> Iterator[Postgres]:
    """A factory of connections to PostgreSQL 15; fails, never skips, where there is none."""
    with debian_15() as server:
        yield server


@pytest.fixture(scope="session")
def postgres18() -> Iterator[Postgres]:
    """A factory of connections to PostgreSQL 18."""
    with packaged_18() as server:
        yield server


@pytest.fixture(scope="module")
def session15(postgres15: Postgres) -> Iterator[psycopg.Connection]:
    """A session of PostgreSQL 15 for the tests of one file."""
    with postgres15() as connection:
        yield connection


@pytest.fixture(scope="module")
def session18(postgres18: Postgres) -> Iterator[psycopg.Connection]:
    """A session of PostgreSQL 18 for the tests of one file."""
    with postgres18() as connection:
        yield connection


@pytest.fixture(params=["native", "python"])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an encoder engine; every test that takes it runs in both."""
    name: str = request.param
    return name
