"""The command line of the loopback OSS: `holofast oss-server`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from . import server
from .faults import Fault, load
from .operations import BUCKET_NAME


def _load(context: click.Context, parameter: click.Parameter, value: Path | None) -> list[Fault]:
    try:
        return load(value) if value is not None else []
    except (ValueError, OSError) as error:
        raise click.BadParameter(str(error)) from None


def _bucket_name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not BUCKET_NAME.fullmatch(value):
        raise click.BadParameter(f"{value!r} has not 3 to 63 of a-z, 0-9 and inner hyphens.")
    return value


@click.command("oss-server")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="Port; by default any free one."
)
@click.option(
    "--access-key-id",
    default=server.DEFAULT_ACCESS_KEY_ID,
    show_default=True,
    help="The one key there is.",
)
@click.option(
    "--access-key-secret",
    default=server.DEFAULT_ACCESS_KEY_SECRET,
    envvar="OSS_SERVER_ACCESS_KEY_SECRET",
    show_envvar=True,
    help=f"By default the well-known {server.DEFAULT_ACCESS_KEY_SECRET}.",
)
@click.option("--security-token", help="Make the key an STS key, which needs this token.")
@click.option(
    "--region",
    default=server.DEFAULT_REGION,
    show_default=True,
    help="What V4 signatures must be made for.",
)
@click.option(
    "--bucket",
    default=server.DEFAULT_BUCKET,
    show_default=True,
    callback=_bucket_name,
    help="The one bucket there is.",
)
@click.option(
    "--root",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep objects as files under this directory, in memory otherwise.",
)
@click.option(
    "--discard",
    is_flag=True,
    help="Count bytes and check them, then throw them away; ETags are no MD5. For benchmarks.",
)
@click.option(
    "--faults",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_load,
    help="A fault script: a JSON array of rules, such as "
    '[{"kind": "status", "operation": "UploadPart", "nth": 2}].',
)
def main(
    host: str,
    port: int,
    access_key_id: str,
    access_key_secret: str,
    security_token: str | None,
    region: str,
    bucket: str,
    root: Path | None,
    discard: bool,
    faults: list[Fault],
) -> None:
    """Serve one bucket of OSS on this machine, until interrupted.

    Signatures V1 and V4 are verified. The first line printed is the address to use as endpoint. A
    client that has it for its http_proxy may use OSS's real endpoints, as
    http://oss-cn-hangzhou.aliyuncs.com.
    """
    if root is not None and discard:
        raise click.UsageError("--root and --discard exclude each other.")
    try:
        oss = server.OssServer(
            host=host,
            port=port,
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            security_token=security_token,
            region=region,
            bucket=bucket,
            root=root,
            discard=discard,
            faults=faults,
        )
    except OSError as error:
        raise click.ClickException(f"cannot serve on {host}:{port}: {error.strerror}") from None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with oss:
        click.echo(oss.endpoint)
        kept = f"files under {root}" if root else "nowhere (--discard)" if discard else "in memory"
        click.echo(f"bucket {bucket}, region {region}, key {access_key_id}; kept {kept}", err=True)
        stop.wait()
