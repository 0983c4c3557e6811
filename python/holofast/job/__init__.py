"""One export, prepared: where its rows come from and go to is decided, nothing is read or sent yet.

What its bytes are is output.py's, how a COPY statement becomes one prepared.py's; `api` says what
else does. How parts flow is `pipeline`'s.
"""

from __future__ import annotations

import contextlib
import functools
import operator
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from holofast import pipeline
from holofast.errors import DestinationError, ProgramError, SourceError
from holofast.plan import EXTENSIONS, Plan, object_keys
from holofast.redaction import redact
from holofast.report import ObjectReport, Report
from holofast.sinks import store
from holofast.sinks.multipart import Multipart, over_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from holofast.job.output import Output
    from holofast.pipeline import Outcome, Progress
    from holofast.programs import DumpToOss
    from holofast.sinks import Sink


class Job:
    """An export of `outputs`, whose source `description` names; `split` tells of several.

    It goes to `target`, an object of OSS for each output; without one to `program`, or else to
    standard output.

    Raises DestinationError for an object name that OSS does not take.
    """

    def __init__(
        self,
        outputs: Sequence[Output],
        target: DumpToOss | None,
        *,
        description: str,
        split: str | None = None,
        query: str = "",
        query_position: int | None = None,
        program: str | None = None,
        workers: int | None = None,
        started: float,
    ) -> None:
        first, jobs = outputs[0], len(outputs)
        self._program = program
        self._query_position = query_position
        self._outputs = outputs
        self._target = target
        self._started = started
        self._keys = object_keys(target, EXTENSIONS[first.format], jobs) if target else ()
        self.plan = Plan(
            query=redact(query),
            source=description,
            columns=first.columns,
            format=first.format,
            destination=_destination(target, self._keys, program),
            endpoint=target.endpoint if target else None,
            engine=first.engine,
            encode=first.encode,
            encode_reason=first.source.why,
            jobs=jobs,
            split=split,
            workers=workers or (default_workers() if jobs == 1 else 2),
            batch_size=first.batch_size,
            part_size=store.PART_SIZE,
            expected_bytes=first.source.expected_bytes,
            max_bytes=target.max_bytes if target else None,
        )

    def to_oss(
        self, progress: Callable[[Progress], object] | None, *, require_crc64: bool
    ) -> Report:
        """Run it to the target, an object of OSS for each output."""
        target, limit = self._target, self.plan.max_bytes
        assert target is not None
        assert limit is not None
        for output in self._outputs:
            rows = output.source.rows
            if rows is not None and (least := rows * output.row_floor) > limit:
                raise over_limit(self.plan.destination, limit, least)
        sinks = [
            oss_sink(target, key, self.plan.workers, require_crc64=require_crc64)
            for key in self._keys
        ]
        return self._run(sinks, progress)

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

            return self._run([Program(self._program)], progress)
        from holofast.sinks.stdout import Stdout

        return self._run([Stdout(stdout)], progress)

    def _run(self, sinks: Sequence[Sink], progress: Callable[[Progress], object] | None) -> Report:
        """Run it to `sinks`; the sources' own changes become lasting when the export is there."""
        plan, sources = self.plan, [output.source for output in self._outputs]
        works = [output.work() for output in self._outputs]
        with in_statement(self._query_position):
            outcomes = pipeline.run_all(
                list(zip(works, sinks, strict=True)),
                engine=plan.engine,
                workers=plan.workers,
                progress=progress,
            )
            for source in sources:
                source.commit()
        counted = [
            replace(one, progress=replace(one.progress, rows=source.rows))
            if one.progress.rows is None
            else one
            for one, source in zip(outcomes, sources, strict=True)
        ]
        done = report(counted, plan.destination, plan.engine, self._started)
        return replace(done, encode=plan.encode, encode_reason=plan.encode_reason, split=plan.split)


def oss_sink(target: DumpToOss, key: str, workers: int, *, require_crc64: bool) -> Multipart:
    """The sink of one object in OSS; a name that we made up is nobody else's."""
    from holofast.sinks.oss import OssStore

    return Multipart(
        OssStore(target, key, workers),
        max_bytes=target.max_bytes,
        sole=target.file_name is None,
        require_crc64=require_crc64,
    )


def _destination(target: DumpToOss | None, keys: Sequence[str], program: str | None) -> str:
    if target is not None:
        key = keys[0] if len(keys) == 1 else keys[0].replace("_00000.", "_*.")
        return f"oss://{target.bucket_name}/{key}"
    return "STDOUT" if program is None else f"PROGRAM '{redact(program)}'"


def report(outcomes: Sequence[Outcome], destination: str, engine: str, started: float) -> Report:
    """The report of a run that began at `started` (time.perf_counter)."""
    objects = tuple(
        ObjectReport(
            object=one.commit.name,
            rows=one.progress.rows,
            bytes=one.progress.bytes,
            crc64=one.crc64,
            parts=one.progress.parts,
            confirmed=one.commit.confirmed,
        )
        for one in outcomes
    )
    total = functools.reduce(operator.add, (one.progress for one in outcomes))
    only = objects[0] if len(objects) == 1 else None
    left_behind = "; ".join(filter(None, (one.commit.left_behind for one in outcomes)))
    return Report(
        rows=total.rows,
        bytes=total.bytes,
        crc64=only.crc64 if only else None,
        destination=destination,
        object=only.object if only else None,
        parts=total.parts,
        seconds=time.perf_counter() - started,
        engine=engine,
        confirmed=all(one.confirmed for one in objects),
        left_behind=left_behind or None,
        objects=() if only else objects,
    )


def default_workers() -> int:
    """Enough that the network's waits are filled with encoding, few enough for small memory."""
    return min(4, 2 * (os.cpu_count() or 1))


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


@contextlib.contextmanager
def in_statement(query_position: int | None) -> Iterator[None]:
    """Count the positions of errors in the statement that has the query there, if it is known."""
    try:
        yield
    except SourceError as error:
        if query_position is not None:
            error.move(query_position - 1)
        raise
