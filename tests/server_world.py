"""Where servers find hg_dump_to_oss and OSS: an installation, and a proxy to the real endpoints."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.oss_fixtures import LoopbackOss
from tests.readme import README, commands

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "hologres-demo"
HOSTS = ["*.oss-cn-hangzhou-internal.aliyuncs.com", "*.oss-cn-beijing-internal.aliyuncs.com"]


@pytest.fixture(scope="session")
def installation() -> Iterator[Path]:
    """A directory that everybody may read: hg_dump_to_oss in `bin`, and certificates.

    It is installed as README says, but for the places, and by our own pip, as not every Python
    can put one into an environment.
    """
    directory = Path(tempfile.mkdtemp(prefix="holofast-world-", dir="/tmp"))
    directory.chmod(0o755)
    (directory / "bin").mkdir()
    system = "/usr/bin/python3"  # ours may be in somebody's home
    python = system if os.path.exists(system) else sys.executable
    ours = {
        "python3 -m venv": f"{python} -m venv --without-pip",
        "/opt/holofast/bin/pip": f"{sys.executable} -m pip -q --python {directory}/env/bin/python",
        "/opt/holofast": f"{directory}/env",
        "/usr/local/bin/": f"{directory}/bin/",
    }
    for line in commands("install"):
        for theirs, replacement in ours.items():
            line = line.replace(theirs, replacement)
        with open(Path(tempfile.gettempdir()) / "holofast-install", "w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # two builds at once spoil each other
            subprocess.run(line, shell=True, check=True, cwd=README.parent)
    yield directory
    shutil.rmtree(directory)


@contextlib.contextmanager
def proxied_oss(world: Path, region: str) -> Iterator[tuple[LoopbackOss, dict[str, str]]]:
    """A bucket behind the real endpoints of its region; the environment that leads there."""
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(tls)
    certificate = world / f"ca-{region}.pem"
    certificate.write_bytes(authority.cert_pem.bytes())
    certificate.chmod(0o644)
    with LoopbackOss(bucket=BUCKET, region=region, tls=tls) as oss:
        yield (
            oss,
            {
                "PATH": f"{world}/bin:{os.environ['PATH']}",
                "REQUESTS_CA_BUNDLE": str(certificate),
                "https_proxy": oss.endpoint,
                "http_proxy": oss.endpoint,
                "no_proxy": "127.0.0.1",
                "HOME": "/nonexistent",
            },
        )
