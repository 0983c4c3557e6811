"""`holofast pending`: the multipart uploads that were left open in a bucket."""

from __future__ import annotations

import click

from holofast.cli import console


@click.command("pending", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("url", metavar="oss://BUCKET/PREFIX")
@click.option("--endpoint", help="The bucket's endpoint; by default OSS_ENDPOINT's.")
@click.option("--region", help="Its region, where the endpoint does not name it.")
@click.option("--abort", is_flag=True, help="Abort them; an export that still runs then fails.")
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def main(url: str, endpoint: str | None, region: str | None, *, abort: bool, debug: bool) -> None:
    """List the uploads that are open under a prefix: who was killed left them, OSS charges them.

    Standard output has a line for each: when it began (UTC), its id, its object. Key and secret
    come from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or ossutil's configuration file. The exit
    codes are those of hg_dump_to_oss.
    """
    with console.failing_clearly(console.as_psql(""), debug=debug):
        from holofast import api

        found = api.pending(url, endpoint=endpoint, region=region, abort=abort)
        bucket = url.removeprefix("oss://").partition("/")[0]
        for upload in found:
            began = upload.initiated.strftime("%Y-%m-%dT%H:%M:%SZ")
            click.echo(f"{began}  {upload.upload_id}  oss://{bucket}/{upload.key}")
        noun = "upload" if len(found) == 1 else "uploads"
        console.say(f"{len(found)} {noun} {'aborted' if abort else 'open'}")
