"""A COPY statement made a job, in PostgreSQL's order of checks.

That is: the grammar, the session and its privilege, the options, the query, its types and
FORCE_QUOTE's columns, and only then the program and its destination.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from holofast.encoder import DEFAULT_BATCH_SIZE, Encoder
from holofast.engine import engine_name
from holofast.errors import CopyError, DestinationError, SourceError
from holofast.job import Job, blaming, in_statement
from holofast.job.output import encoded_here, encoded_there
from holofast.programs import parse_arguments
from holofast.programs.commands import check_allowed, is_misspelt, parse_command
from holofast.sources import Reading, connect, dialect_of
from holofast.statement import Statement, parse_statement, read_grammar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holofast.job.output import Output
    from holofast.programs import DumpToOss
    from holofast.settings import Assignments, Settings
    from holofast.sources import Database, Encode, EncodedSource, Source

COMMAND_NOT_FOUND: Final = 127  # a shell's exit code, by which PostgreSQL knows it


@dataclass(frozen=True, kw_only=True)
class Request:
    """How a caller wants a statement to be run; see `api.copy`."""

    settings: Assignments
    engine: str | None = None
    workers: int | None = None
    allow_program: bool = False
    privilege_check: bool = True
    encode: Encode = "auto"
    jobs: int = 1
    split_by: str | None = None


@contextlib.contextmanager
def prepared(statement: str | Statement, uri: str | None, request: Request) -> Iterator[Job]:
    """The job of a COPY statement; the database's session ends with it."""
    started = time.perf_counter()
    text = None if isinstance(statement, Statement) else statement
    read = (
        statement if isinstance(statement, Statement) else read_grammar(statement, dialect_of(uri))
    )
    check_allowed(read.program, allow_program=request.allow_program)
    with closing(connect(uri, request.settings)) as database:
        if read.program is not None and request.privilege_check:
            database.check_program()
        parsed = read if isinstance(read, Statement) else read.statement()
        yield _job(database, parsed, text, request, started)


def _job(
    database: Database, parsed: Statement, text: str | None, request: Request, started: float
) -> Job:
    database.profile.check(parsed.options)
    reading = Reading(
        parsed.options,
        engine_name(request.engine),
        request.encode,
        request.jobs,
        request.split_by,
    )
    position = None if text is None else parsed.query_position
    with _preferring_postgresql(database, text), in_statement(position):
        results = database.open(parsed.query, reading)
    # PostgreSQL starts the program last: what that refuses comes after the query's errors.
    target, refusal = None, None
    try:
        target = _target(parsed.program, allow_program=request.allow_program)
    except DestinationError as error:
        refusal = error
    outputs = [_output(source, reading, database.settings, target) for source in results.sources]
    with blaming(parsed.program or ""):
        if refusal is not None:
            raise refusal
        _check_jobs(len(outputs), target)
        return Job(
            outputs,
            target,
            description=database.description,
            split=results.split,
            query=parsed.query,
            query_position=position,
            program=parsed.program,
            workers=request.workers,
            started=started,
        )


def _check_jobs(jobs: int, target: DumpToOss | None) -> None:
    """Refuse several jobs where there is but one place for their rows."""
    if jobs == 1 or (target is not None and target.file_name is None):
        return
    place = "goes elsewhere" if target is None else f"names one, {target.file_name}"
    raise CopyError(
        "0A000",
        f"each of {jobs} jobs writes an object of OSS, but the statement {place}",
        hint="Leave --jobs out, or --FileName.",
    )


def _output(
    source: Source | EncodedSource, reading: Reading, settings: Settings, target: DumpToOss | None
) -> Output:
    if source.encode == "server":
        return encoded_there(source, reading)
    encoder = Encoder(
        source.schema,
        reading.options,
        settings=settings,
        engine=reading.engine,
        batch_size=target.batch_size if target else DEFAULT_BATCH_SIZE,
    )
    return encoded_here(source, encoder)


def _target(program: str | None, *, allow_program: bool) -> DumpToOss | None:
    """Where hg_dump_to_oss is to upload to; None for another program, and for none."""
    arguments = None if program is None else parse_command(program)
    if arguments is not None:
        return parse_arguments(arguments, os.environ)
    if program is not None and not allow_program and is_misspelt(program):
        raise DestinationError(COMMAND_NOT_FOUND, "the program is called hg_dump_to_oss")
    return None


@contextlib.contextmanager
def _preferring_postgresql(database: Database, text: str | None) -> Iterator[None]:
    """Raise PostgreSQL's syntax error instead, if its grammar gets as far into the statement.

    Where another database's own syntax is used, PostgreSQL's grammar stops earlier and has nothing
    to say.
    """
    try:
        yield
    except SourceError as error:
        if text is None or error.sqlstate != "42601" or database.dialect == "postgresql":
            raise
        try:
            parse_statement(text, dialect="postgresql")
        except CopyError as refusal:
            if (refusal.position or 0) >= (error.position or 0):
                raise refusal from None
        raise
