"""The program `hg_dump_to_oss`: uploads the COPY output on its standard input to OSS.

A server starts it by COPY … TO PROGRAM and waits for it, so it imports little. Its options and
exit codes are those of `programs`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from holofast.cli import console

if TYPE_CHECKING:
    from holofast.errors import CopyError


def main() -> None:
    """Read arguments and standard input, upload, exit with a code of `programs.ExitCode`."""
    from holofast.errors import DestinationError
    from holofast.programs import ExitCode, help_text, parse_arguments

    if set(sys.argv[1:]) & {"-h", "--help"}:
        sys.stdout.write(help_text() + "\n")
        return
    with console.failing_clearly(_one_line):
        target = parse_arguments(sys.argv[1:], os.environ)
        if sys.stdin is None:
            raise DestinationError(
                ExitCode.INCOMPLETE_INPUT,
                "there is no standard input",
                hint="The output of COPY is expected there.",
            )
        from holofast.api import dump_stream

        with console.progress_bar("uploading") as progress:
            report = dump_stream(sys.stdin.buffer, target, progress=progress)
        console.show_report(report, as_json=False)


def _one_line(error: CopyError) -> str:
    """What the server's log shows of it: what is wrong, and what to do."""
    from holofast.redaction import redact

    hint = f"; {error.hint}" if error.hint else ""
    return redact(f"hg_dump_to_oss: {error.message}{hint}").replace("\n", " ")
