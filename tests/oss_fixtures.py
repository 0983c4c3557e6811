"""Fixture `oss`: a loopback OSS of its own for every test, with an empty bucket and no faults.

It runs in the test's process, in threads that end with the test, so that neither a slow request nor
a forgotten fault reaches the next one; a program the test starts reaches it by its endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import oss2
import pytest
from holofast.sinks import oss as oss_requests
from holofast.sinks import retries, store
from holofast.testing.oss_server import OssServer

if TYPE_CHECKING:
    from collections.abc import Iterator


class LoopbackOss(OssServer):
    """OssServer, with what tests ask for again and again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sessions: list[oss2.Session] = []

    def bucket(self, *, auth: Any = None, name: str | None = None, **options: Any) -> oss2.Bucket:
        """An oss2 bucket; by default with the server's key, V4 and CRC checks. Closed for you."""
        session = oss2.Session()
        self._sessions.append(session)
        # Else requests looks for proxies in the environment, which loopback never needs.
        session.session.trust_env = False
        return oss2.Bucket(
            auth or self.auth(oss2.AuthV4),
            options.pop("endpoint", self.endpoint),
            name or self.bucket_name,
            session=session,
            region=options.pop("region", self.region),
            **options,
        )

    def auth(self, kind: Any) -> Any:
        """The server's key as `kind`, one of oss2's Auth classes."""
        return kind(self.credentials.access_key_id, self.credentials.access_key_secret)

    def arguments(self, dir_name: str = "export") -> list[str]:
        """The required options of hg_dump_to_oss for this server."""
        return [
            "--AccessKeyId",
            self.credentials.access_key_id,
            "--AccessKeySecret",
            self.credentials.access_key_secret,
            "--Endpoint",
            self.endpoint,
            "--Region",
            self.region,
            "--BucketName",
            self.bucket_name,
            "--DirName",
            dir_name,
        ]

    def operations(self) -> list[str]:
        """The names of the operations asked for so far."""
        return [exchange.operation for exchange in self.exchanges]

    def assert_nothing_left(self) -> None:
        """No object and no open upload."""
        assert list(self.objects()) == []
        assert self.uploads() == []

    def close(self) -> None:
        """Close the clients, then the server."""
        for session in self._sessions:
            session.session.close()
        super().close()


@pytest.fixture
def oss() -> Iterator[LoopbackOss]:
    """A loopback OSS for this test alone."""
    with LoopbackOss() as server:
        yield server


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's own OSS configuration is seen."""
    for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "SESSION_TOKEN", "ENDPOINT", "REGION"):
        monkeypatch.delenv(f"OSS_{name}", raising=False)
    monkeypatch.setenv("OSSUTIL_CONFIG_FILE", "/nonexistent")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small parts, and no time to lose with what fails."""
    monkeypatch.setattr(store, "PART_SIZE", store.MIN_PART_SIZE)
    monkeypatch.setattr(retries, "WORKING", retries.Patience(3, 300))
    monkeypatch.setattr(retries, "WAITS", (0.001, 0.01))
    monkeypatch.setattr(oss_requests, "_TIMEOUTS", (0.3, 0.3))
