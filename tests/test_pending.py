"""`holofast pending`: what open uploads there are, and how to be rid of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from holofast import api
from holofast.cli import main
from holofast.errors import DestinationError
from holofast.programs import ExitCode

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss


@pytest.fixture(autouse=True)
def key(oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch, no_environment: None) -> None:
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", oss.credentials.access_key_id)
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", oss.credentials.access_key_secret)
    monkeypatch.setenv("OSS_ENDPOINT", oss.endpoint)
    monkeypatch.setenv("OSS_REGION", oss.region)
    monkeypatch.delenv("OSSUTIL_CONFIG_FILE")


@pytest.fixture
def uploads(oss: LoopbackOss) -> dict[str, str]:
    """Ids of open uploads by key; one more has become an object."""
    keys = ["a/1.csv", "a/ü 2.csv", "b/3.csv"]
    ids = {key: oss.bucket().init_multipart_upload(key).upload_id for key in keys}
    oss.bucket().put_object("a/0.csv", b"whole")
    return ids


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["pending", *arguments])


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("", ["a/1.csv", "a/ü 2.csv", "b/3.csv"]),
        ("/", ["a/1.csv", "a/ü 2.csv", "b/3.csv"]),
        ("/a/", ["a/1.csv", "a/ü 2.csv"]),
        ("/a/ü", ["a/ü 2.csv"]),
        ("/b/3.csv", ["b/3.csv"]),
        ("/c/", []),
    ],
)
def test_they_are_listed_by_prefix(
    oss: LoopbackOss, uploads: dict[str, str], path: str, keys: list[str]
) -> None:
    done = run(f"oss://{oss.bucket_name}{path}")
    assert done.exit_code == 0
    lines = [line.split("  ") for line in done.stdout.splitlines()]
    expected = [[uploads[key], f"oss://{oss.bucket_name}/{key}"] for key in keys]
    assert [line[1:] for line in lines] == expected
    for began, *_ in lines:
        age = datetime.now(UTC) - datetime.fromisoformat(began)
        assert abs(age.total_seconds()) < 60
    assert done.stderr == ("1 upload open\n" if len(keys) == 1 else f"{len(keys)} uploads open\n")
    assert len(oss.uploads()) == 3


def test_they_are_aborted_where_that_is_asked(oss: LoopbackOss, uploads: dict[str, str]) -> None:
    done = run("--abort", f"oss://{oss.bucket_name}/a/")
    assert (done.exit_code, done.stderr) == (0, "2 uploads aborted\n")
    assert [upload.key for upload in oss.uploads()] == ["b/3.csv"]
    assert list(oss.objects()) == ["a/0.csv"]


def test_more_than_a_page_of_them(oss: LoopbackOss) -> None:
    bucket = oss.bucket()
    for number in range(1_005):
        bucket.init_multipart_upload(f"many/{number % 7}")
    found = api.pending(f"oss://{oss.bucket_name}/many/")
    assert len({upload.upload_id for upload in found}) == 1_005


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("oss://no-such-bucket/", ExitCode.BUCKET),
        ("oss://", ExitCode.BUCKET),
        ("s3://bucket/", ExitCode.BUCKET),
    ],
)
def test_what_goes_wrong_has_hg_dump_to_oss_codes(url: str, code: int) -> None:
    done = run(url)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.startswith("ERROR:  ")
    with pytest.raises(DestinationError):
        api.pending(url)


def test_a_wrong_secret_is_not_shown(oss: LoopbackOss, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "s3cr3t")
    done = run(f"oss://{oss.bucket_name}/")
    assert done.exit_code == ExitCode.ACCESS_KEY_SECRET
    assert "s3cr3t" not in done.stderr
