"""One export, prepared: source and encoder are there and agree, nothing is read or sent yet.

A COPY statement is made one by `prepared`; `api` says what else is. How parts flow is `pipeline`'s.
"""

from __future__ import annotations

import contextlib
import functools
import os
import time
from typing import TYPE_CHECKING, BinaryIO, Final

from holofast import pipeline
from holofast.encoder import DEFAULT_BATCH_SIZE, Encoder
from holofast.errors import CopyError, DestinationError, ProgramError, SourceError
from holofast.plan import EXTENSIONS, Plan, object_key
from holofast.programs import parse_arguments
from holofast.programs.commands import check_allowed, is_misspelt, parse_command
from holofast.redaction import redact
from holofast.report import Report
from holofast.sinks import store
from holofast.sinks.multipart import Multipart, over_limit
from holofast.sources import open_source, profile_of
from holofast.statement import Statement, parse_statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from holofast.pipeline import Outcome, Progress
    from holofast.programs import DumpToOss
    from holofast.settings import Settings
    from holofast.sinks import Sink
    from holofast.sources import Source


COMMAND_NOT_FOUND: Final = 127  # a shell's exit code, by which PostgreSQL knows it


class Job:
    """An export of `source`, which `description` names, by `encoder`.

    It goes to `target`, an object of OSS; without one to `program`, or else to standard output.

    Raises DestinationError for an object name that OSS does not take.
    """

    def __init__(
        self,
        source: Source,
        encoder: Encoder,
        target: DumpToOss | None,
        *,
        description: str,
        query: str = "",
        program: str | None = None,
        workers: int | None = None,
        started: float,
    ) -> None:
        spec = encoder.spec
        self._program = program
        self._source = source
        self._encoder = encoder
        self._target = target
        self._started = started
        self._key = object_key(target, EXTENSIONS[spec.format]) if target else ""
        self.plan = Plan(
            query=redact(query),
            source=description,
            columns=tuple(zip(spec.names, (to.label for to in spec.types), strict=True)),
            format=spec.format,
            destination=_destination(target, self._key, program),
            endpoint=target.endpoint if target else None,
            engine=encoder.engine,
            workers=workers or default_workers(),
            batch_size=spec.batch_size,
            part_size=store.PART_SIZE,
            max_bytes=target.max_bytes if target else None,
        )

    def to_oss(
        self, progress: Callable[[Progress], object] | None, *, require_crc64: bool
    ) -> Report:
        """Run it to the target, an object of OSS."""
        target, limit = self._target, self.plan.max_bytes
        assert target is not None
        assert limit is not None
        if self._source.rows is not None and (least := self._source.rows * self._row_floor) > limit:
            raise over_limit(self.plan.destination, limit, least)
        sink = oss_sink(target, self._key, self.plan.workers, require_crc64=require_crc64)
        return self._run(sink, progress)

    def copy(
        self,
        stdout: BinaryIO,
        progress: Callable[[Progress], object] | None,
        *,
        require_crc64: bool,
    ) -> Report:
        """Run it to where the statement says; `stdout` stands for STDOUT."""
        if self._target is not None:
            assert self._program is not None
            with blaming(self._program):
                return self.to_oss(progress, require_crc64=require_crc64)
        if self._program is not None:
            from holofast.sinks.program import Program

            return self._run(Program(self._program), progress)
        from holofast.sinks.stdout import Stdout

        return self._run(Stdout(stdout), progress)

    def _run(self, sink: Sink, progress: Callable[[Progress], object] | None) -> Report:
        """Run it to `sink`."""
        from holofast.pipeline.runs import Export  # and pyarrow with it

        work = Export(
            self._source,
            self._encoder,
            row_floor=self._row_floor,
            least_part=self.plan.part_size,
        )
        outcome = pipeline.run(
            work, sink, engine=self.plan.engine, workers=self.plan.workers, progress=progress
        )
        return report(outcome, self.plan.destination, self.plan.engine, self._started)

    @property
    def _row_floor(self) -> int:
        from holofast.pipeline.runs import least_row_bytes

        return least_row_bytes(len(self.plan.columns), self.plan.format)


def oss_sink(target: DumpToOss, key: str, workers: int, *, require_crc64: bool) -> Multipart:
    """The sink of one object in OSS; a name that we made up is nobody else's."""
    from holofast.sinks.oss import OssStore

    return Multipart(
        OssStore(target, key, workers),
        max_bytes=target.max_bytes,
        sole=target.file_name is None,
        require_crc64=require_crc64,
    )


def _destination(target: DumpToOss | None, key: str, program: str | None) -> str:
    if target is not None:
        return f"oss://{target.bucket_name}/{key}"
    return "STDOUT" if program is None else f"PROGRAM '{redact(program)}'"


def report(outcome: Outcome, destination: str, engine: str, started: float) -> Report:
    """The report of a run that began at `started` (time.perf_counter)."""
    return Report(
        rows=outcome.progress.rows,
        bytes=outcome.progress.bytes,
        crc64=outcome.crc64,
        destination=destination,
        object=outcome.commit.name,
        parts=outcome.progress.parts,
        seconds=time.perf_counter() - started,
        engine=engine,
        confirmed=outcome.commit.confirmed,
        left_behind=outcome.commit.left_behind,
    )


def default_workers() -> int:
    """Enough that the network's waits are filled with encoding, few enough for small memory."""
    return min(4, 2 * (os.cpu_count() or 1))


@contextlib.contextmanager
def prepared(
    statement: str | Statement,
    uri: str | None,
    settings: Settings | None,
    engine: str | None,
    workers: int | None,
    *,
    allow_program: bool,
) -> Iterator[Job]:
    """The job of a COPY statement; the source is closed at the end."""
    started = time.perf_counter()
    check_program = functools.partial(check_allowed, allow_program=allow_program)
    if isinstance(statement, Statement):
        text, parsed = None, statement
        check_program(parsed.program)
    else:
        text = statement
        parsed = parse_statement(statement, dialect="duckdb", check_program=check_program)
    profile = profile_of(uri)
    profile.check(parsed.options)
    settings = settings or profile.settings
    with contextlib.closing(_open(parsed, uri, settings, text)) as source:
        # PostgreSQL starts the program last: what that refuses comes after the query's errors.
        target, refusal = None, None
        try:
            target = _target(parsed.program, allow_program=allow_program)
        except DestinationError as error:
            refusal = error
        encoder = Encoder(
            source.schema,
            parsed.options,
            settings=settings,
            engine=engine,
            batch_size=target.batch_size if target else DEFAULT_BATCH_SIZE,
        )
        with blaming(parsed.program or ""):
            if refusal is not None:
                raise refusal
            job = Job(
                source,
                encoder,
                target,
                description=uri or "DuckDB in memory",
                query=parsed.query,
                program=parsed.program,
                workers=workers,
                started=started,
            )
        yield job


def _target(program: str | None, *, allow_program: bool) -> DumpToOss | None:
    """Where hg_dump_to_oss is to upload to; None for another program, and for none."""
    arguments = None if program is None else parse_command(program)
    if arguments is not None:
        return parse_arguments(arguments, os.environ)
    if program is not None and not allow_program and is_misspelt(program):
        raise DestinationError(COMMAND_NOT_FOUND, "the program is called hg_dump_to_oss")
    return None


def _open(statement: Statement, uri: str | None, settings: Settings, text: str | None) -> Source:
    """The source; positions of its errors count in the whole statement, where it is known."""
    try:
        return open_source(statement.query, uri, settings)
    except SourceError as error:
        if text is None or error.position is None:
            raise
        error.position += statement.query_position - 1
        if error.sqlstate == "42601":
            _prefer_postgresql(text, error)
        raise


def _prefer_postgresql(text: str, error: SourceError) -> None:
    """Raise PostgreSQL's syntax error instead, if its grammar gets as far into the statement.

    Where DuckDB's own syntax is used, PostgreSQL's grammar stops earlier and has nothing to say.
    """
    try:
        parse_statement(text, dialect="postgresql")
    except CopyError as refusal:
        if (refusal.position or 0) >= (error.position or 0):
            raise refusal from None


@contextlib.contextmanager
def blaming(program: str) -> Iterator[None]:
    """Report what the destination refuses as the server reports its failed program."""
    try:
        yield
    except DestinationError as error:
        hint = error.message[:1].upper() + error.message[1:] + "."
        if error.hint:
            hint += f" {error.hint}"
        failure = ProgramError(redact(program), error.exit_code, hint=hint)
        for note in getattr(error, "__notes__", []):
            failure.add_note(note)
        raise failure from error
