"""The way through for callers: copy, export, encode and dump_stream.

Each checks what it is given, opens the source and starts the job; statements, options, encoding,
threads and uploads are other modules' business, and so is everything that prints. The order of
checks is PostgreSQL's: the statement and its options, then the query, the types and FORCE_QUOTE's
columns, and only then the program's parameters and the destination.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from holofast import pipeline
from holofast.encoder import Encoder
from holofast.engine import engine_name
from holofast.errors import DestinationError, EncodeError
from holofast.job import Job, default_workers, oss_sink, report
from holofast.job.output import encoded_here
from holofast.job.prepared import Request, prepared
from holofast.options import CopyOptions
from holofast.plan import EXTENSIONS, object_keys
from holofast.programs import ExitCode, parse_arguments
from holofast.settings import Settings, assignments
from holofast.sinks import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from holofast.pipeline import Progress
    from holofast.plan import Plan
    from holofast.programs import DumpToOss
    from holofast.report import Report
    from holofast.settings import Assignments
    from holofast.sinks.oss import PendingUpload
    from holofast.sources import Encode, Source
    from holofast.statement import Statement


def copy(
    statement: str | Statement,
    source: str | None = None,
    *,
    settings: Settings | Assignments | Mapping[str, str] | None = None,
    engine: str | None = None,
    workers: int | None = None,
    allow_program: bool = False,
    privilege_check: bool = True,
    encode: Encode = "auto",
    jobs: int = 1,
    split_by: str | None = None,
    stdout: BinaryIO | None = None,
    progress: Callable[[Progress], object] | None = None,
    require_crc64: bool = True,
) -> Report:
    """Run a COPY (query) TO statement: to OSS by PROGRAM 'hg_dump_to_oss …', or to STDOUT.

    `source` says where the query runs (`sources.connect`), by default an in-memory DuckDB;
    `settings` are all of Settings, or those to change by PostgreSQL's names: of a server any
    parameter. `stdout` stands for standard output. With `allow_program` any other PROGRAM is run
    too, by /bin/sh as the server runs it. A server's user must have the privilege to run programs
    there, unless `privilege_check` is False. `encode` says who makes the bytes of a server's rows:
    the server, or holofast (client); by itself the faster of both. `jobs` connections to a server
    share the rows, on PostgreSQL those of one snapshot, by where they lie in the table or by the
    column `split_by`, and each writes an object. `progress` is called after each part. A part whose
    CRC64 the endpoint does not tell is an error unless `require_crc64` is False.

    Raises CopyError for what PostgreSQL would refuse, SourceError for the query, EncodeError for a
    value (its row counts within the export), ProgramError where the program failed.
    Whatever is raised, no object and no open upload is left, or the error says which.
    """
    request = Request(
        settings=assignments(settings),
        engine=engine,
        workers=workers,
        allow_program=allow_program,
        privilege_check=privilege_check,
        encode=encode,
        jobs=jobs,
        split_by=split_by,
    )
    with prepared(statement, source, request) as job:
        return job.copy(stdout or sys.stdout.buffer, progress, require_crc64=require_crc64)


def plan_copy(
    statement: str | Statement,
    source: str | None = None,
    *,
    settings: Settings | Assignments | Mapping[str, str] | None = None,
    engine: str | None = None,
    workers: int | None = None,
    allow_program: bool = False,
    privilege_check: bool = True,
    encode: Encode = "auto",
    jobs: int = 1,
    split_by: str | None = None,
) -> Plan:
    """What `copy` would do, all its checks made; the destination is not asked.

    Raises as `copy` does.
    """
    request = Request(
        settings=assignments(settings),
        engine=engine,
        workers=workers,
        allow_program=allow_program,
        privilege_check=privilege_check,
        encode=encode,
        jobs=jobs,
        split_by=split_by,
    )
    with prepared(statement, source, request) as job:
        return job.plan


def export(
    data: Any,
    url: str,
    *,
    format: str = "csv",  # noqa: A002  (COPY's name for it)
    settings: Settings | None = None,
    engine: str | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    require_crc64: bool = True,
    endpoint: str | None = None,
    region: str | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    max_bytes: int | None = None,
    **options: Any,
) -> Report:
    """Export Arrow data, anything with `__arrow_c_stream__` or `__arrow_c_array__`, to OSS.

    `url` is `oss://bucket/dir/`, where the object gets a unique name, or `oss://bucket/dir/name`.
    Key and endpoint that are not given come from OSS_ACCESS_KEY_ID and the like, or ossutil's
    configuration file. `options` are those of CopyOptions.

    Raises TypeError for data without the interface, CopyError, EncodeError and DestinationError.
    """
    from holofast.sources.arrow import Arrow

    started = time.perf_counter()
    copy_options = CopyOptions(format=format, **options)
    with contextlib.closing(Arrow(data)) as source:
        encoder = Encoder(source.schema, copy_options, settings=settings, engine=engine)
        bucket, directory, name = _take_apart(url)
        target = _target(
            BucketName=bucket,
            DirName=directory,
            FileName=name,
            AccessKeyId=access_key_id,
            AccessKeySecret=access_key_secret,
            SecurityToken=security_token,
            Endpoint=endpoint,
            Region=region,
            MaxBytes=max_bytes,
        )
        output = encoded_here(source, encoder)
        job = Job([output], target, description="Arrow data", workers=workers, started=started)
        return job.to_oss(progress, require_crc64=require_crc64)


def encode(
    data: Any,
    *,
    format: str = "text",  # noqa: A002  (COPY's name for it)
    engine: str | None = None,
    **options_and_settings: Any,
) -> bytes:
    """Arrow data as the bytes of one COPY file; the keywords of CopyOptions and Settings.

    Raises TypeError for data without the Arrow interface, CopyError, and EncodeError, whose row
    counts within the data.
    """
    from holofast.sources.arrow import Arrow

    of_settings = {field.name for field in fields(Settings)}
    settings = {n: v for n, v in options_and_settings.items() if n in of_settings}
    options = {n: v for n, v in options_and_settings.items() if n not in of_settings}
    copy_options = CopyOptions(format=format, **options)
    with contextlib.closing(Arrow(data)) as source:
        encoder = Encoder(source.schema, copy_options, settings=Settings(**settings), engine=engine)
        return b"".join(_encoded(source, encoder))


def encode_file(
    path: Path,
    out: BinaryIO,
    *,
    settings: Settings | None = None,
    engine: str | None = None,
    **options: Any,
) -> None:
    """Write the rows of a Parquet or Arrow IPC file to `out` as COPY does; options as `encode`'s.

    Raises SourceError for the file, CopyError, and EncodeError, whose row counts within the file.
    """
    from holofast.sources.arrow import Arrow
    from holofast.sources.files import open_file

    copy_options = CopyOptions(**options)
    with contextlib.closing(Arrow(open_file(path))) as source:
        encoder = Encoder(source.schema, copy_options, settings=settings, engine=engine)
        for block in _encoded(source, encoder):
            out.write(block)
        out.flush()


def _encoded(source: Source, encoder: Encoder) -> Iterator[bytes]:
    """Header, each batch's rows, trailer; an error's row counts within the source."""
    yield encoder.header()
    row = 0
    for batch in source:
        try:
            yield bytes(encoder.encode_run([batch]))
        except EncodeError as error:
            raise error.at_row(row + error.row) from None
        row += batch.num_rows
    yield encoder.trailer()


def dump_stream(
    stream: BinaryIO,
    target: DumpToOss,
    *,
    engine: str | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    require_crc64: bool = True,
) -> Report:
    """Upload COPY output from an unread binary stream, as hg_dump_to_oss does with its input.

    The name ends in .bin for BINARY and in .txt otherwise, unless the target names it; `engine`
    computes the CRC64s. Raises DestinationError; BINARY without its trailer is never completed.
    """
    from holofast.pipeline.streams import Stream

    started = time.perf_counter()
    engine = engine_name(engine)
    workers = workers or default_workers()

    def sink(file_format: Literal["text", "binary"]) -> Any:
        (key,) = object_keys(target, EXTENSIONS[file_format])
        return oss_sink(target, key, workers, require_crc64=require_crc64)

    with contextlib.closing(Stream(stream, least_part=store.PART_SIZE)) as work:
        file_format: Literal["text", "binary"] = "text"
        left = None
        if target.file_name is None:
            # The name needs the first bytes, and a query may take hours to give them.
            left = pipeline.prove(sink("text"))
            file_format = "binary" if work.is_binary() else "text"
        try:
            outcome = pipeline.run(
                work, sink(file_format), engine=engine, workers=workers, progress=progress
            )
        except BaseException as error:
            pipeline.note(error, left)
            raise
    done = report([outcome], outcome.commit.name or "", engine, started)
    return replace(done, left_behind="; ".join(filter(None, [left, done.left_behind])) or None)


def pending(
    url: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    access_key_id: str | None = None,
    access_key_secret: str | None = None,
    security_token: str | None = None,
    abort: bool = False,
) -> list[PendingUpload]:
    """The multipart uploads that are open under `oss://bucket/prefix`, by key, then by age.

    Such are left by a process that was killed, and by exports that still run. OSS charges their
    parts; with `abort` they are aborted. Other parameters are as for `export`.

    Raises DestinationError.
    """
    from holofast.sinks.oss import OssStore

    bucket, directory, name = _take_apart(url)
    target = _target(
        BucketName=bucket,
        DirName="",
        AccessKeyId=access_key_id,
        AccessKeySecret=access_key_secret,
        SecurityToken=security_token,
        Endpoint=endpoint,
        Region=region,
    )
    prefix = directory.lstrip("/") + (name or "")
    found = OssStore(target, prefix, 1).pending()
    if abort:
        for upload in found:
            OssStore(target, upload.key, 1).abort(upload.upload_id)
    return found


def _target(**parameters: str | int | None) -> DumpToOss:
    """The destination of hg_dump_to_oss's parameters, and of the environment for the others."""
    given = [f"--{flag}={value}" for flag, value in parameters.items() if value is not None]
    return parse_arguments(given, os.environ)


def _take_apart(url: str) -> tuple[str, str, str | None]:
    """Bucket, directory and name of `oss://bucket/dir/name`; a name is optional."""
    scheme, separator, rest = url.partition("://")
    bucket, _, path = rest.partition("/")
    if scheme != "oss" or not separator or not bucket:
        raise DestinationError(
            ExitCode.BUCKET, f"{url!r} names no bucket", hint="Write oss://bucket/dir/."
        )
    directory, slash, name = path.rpartition("/")
    return bucket, directory + slash or "/", name or None
