"""What both programs do with the terminal: errors as psql shows them, exit codes, progress, report.

Everything goes to standard error: standard output is for data alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from holofast.errors import CopyError, DestinationError
from holofast.programs import ExitCode
from holofast.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from holofast.pipeline import Progress
    from holofast.report import Report


@contextlib.contextmanager
def failing_clearly(render: Callable[[CopyError], str], *, debug: bool = False) -> Iterator[None]:
    """Turn errors into text, by `render`, and exit codes; a traceback only for `debug`.

    A destination's error exits with its own code, any other COPY error with 1, an interrupt
    (SIGINT, SIGTERM, SIGHUP, SIGQUIT) with 111.
    """
    # A server that shuts down immediately sends SIGQUIT, to its programs too.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, _interrupt)
    try:
        yield
    except KeyboardInterrupt as error:
        _show(error, debug=debug)
        notes = getattr(error, "__notes__", []) or ["nothing was left behind"]
        reason = f" by {error}" if str(error) else ""
        words = "; ".join([f"interrupted{reason}", *notes])
        _leave(ExitCode.INTERRUPTED, render(CopyError("57014", words)))
    except CopyError as error:
        _show(error, debug=debug)
        code = error.exit_code if isinstance(error, DestinationError) else 1
        _leave(code, render(error))


def as_psql(statement: str) -> Callable[[CopyError], str]:
    """What psql shows of an error of the statement; what failed besides comes after it."""
    from holofast.statement.psql_error import format_error

    def render(error: CopyError) -> str:
        notes = [redact(note) for note in getattr(error, "__notes__", [])]
        return "\n".join([format_error(error, statement), *notes])

    return render


def say(text: str) -> None:
    """Print a line on standard error, if there is one that takes it.

    What was exported stays exported, and exits with 0, even if nobody can be told.
    """
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        with open(os.devnull, "w") as nowhere:  # else it would be tried once more at the end
            os.dup2(nowhere.fileno(), sys.stderr.fileno())


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _show(error: BaseException, *, debug: bool) -> None:
    if debug:
        say(redact("".join(traceback.format_exception(error))).rstrip())


def _leave(code: int, message: str) -> NoReturn:
    say(message)
    sys.exit(code)


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Callable[[Progress], object] | None]:
    """A line that shows rows, bytes and rate while an export runs; None off a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import (
            DownloadColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TransferSpeedColumn,
        )
        from rich.progress import Progress as Bar
    except ImportError:  # the extra `cli` brings it
        yield None
        return
    bar = Bar(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(label, total=None)

    def show(done: Progress) -> None:
        rows = "" if done.rows is None else f" {done.rows:,} rows"
        bar.update(task, completed=done.bytes, description=f"{label}{rows}")

    with bar:
        yield show


def show_report(report: Report, *, as_json: bool) -> None:
    """The report and PostgreSQL's command tag, or the report as one line of JSON."""
    if as_json:
        say(json.dumps(report.to_dict()))
        return
    say(str(report))
    if report.rows is not None:
        say(f"COPY {report.rows}")
