"""What an export is about to do, decided before any row is read; and what its object is called.

A plan holds no secret. Carrying it out is `api`'s business.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from holofast.errors import DestinationError
from holofast.programs import ExitCode
from holofast.report import encoding_line

if TYPE_CHECKING:
    from holofast.programs import DumpToOss

# OSS, PutObject: object names are 1 to 1,023 bytes of UTF-8.
_LONGEST_KEY = 1023

EXTENSIONS = {"csv": "csv", "text": "txt", "binary": "bin"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One export to come. `destination` is an object's `oss://bucket/key`, of several jobs with a
    star for their numbers, or STDOUT.

    `columns` are names with the PostgreSQL types they are written as. `batch_size` is in rows,
    `part_size` and `max_bytes` in bytes; `max_bytes` and `endpoint` are None for STDOUT. `encode`
    says who encodes, holofast (client) or the server, and `encode_reason` why where there was a
    choice. Each of `jobs` reads a part of the rows, which `split` tells of, and writes an object.
    `expected_bytes` is the planner's guess of a server that has one.
    """

    query: str
    source: str
    columns: tuple[tuple[str, str], ...]
    format: str
    destination: str
    endpoint: str | None
    engine: str
    encode: str
    encode_reason: str | None
    jobs: int
    split: str | None
    workers: int
    batch_size: int
    part_size: int
    expected_bytes: int | None
    max_bytes: int | None

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        limit = "none" if self.max_bytes is None else f"{self.max_bytes:,} bytes"
        lines = {
            "source": self.source,
            "query": self.query,
            "columns": ", ".join(f"{name} {pg_type}" for name, pg_type in self.columns),
            "format": self.format,
            "to": self.destination + (f" at {self.endpoint}" if self.endpoint else ""),
            "limit": limit + (" an object" if self.jobs > 1 else ""),
            "expect": self._expectation(),
            "jobs": f"{self.jobs}, {self.split}" if self.split else "",
            "engine": self._workshop(),
            "encode": encoding_line(self.encode, self.encode_reason),
            "parts": f"about {self.part_size:,} bytes",
        }
        return "\n".join(f"{name:<8}{value}" for name, value in lines.items() if value)

    def _workshop(self) -> str:
        steps = f", {self.batch_size:,} rows at a time" if self.encode == "client" else ""
        each = " each" if self.jobs > 1 else ""
        return f"{self.engine}, {self.workers} workers{each}{steps}"

    def _expectation(self) -> str:
        """What the planner's guess means for the limit."""
        if self.expected_bytes is None:
            return ""
        about = f"about {self.expected_bytes:,} bytes, as the server's planner guesses"
        if self.max_bytes is None:
            return about
        above = self.expected_bytes > self.jobs * self.max_bytes
        verdict = "above" if above else "within"
        return f"{about}: {verdict} the limit" + (" of each job" if self.jobs > 1 else "")


def object_keys(target: DumpToOss, extension: str, count: int = 1) -> tuple[str, ...]:
    """`<DirName>/<run id>_00000.<extension>` and so on, or one `<DirName>/<FileName>`.

    The run id sorts by time (UTC) and is unique. Raises DestinationError for a key that OSS does
    not take (PutObject: at most 1,023 bytes, no leading backslash); leading slashes are dropped.
    """
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{secrets.token_hex(4)}"
    if target.file_name is not None:
        return (_key(target, target.file_name),)
    return tuple(_key(target, f"{run_id}_{index:05}.{extension}") for index in range(count))


def _key(target: DumpToOss, name: str) -> str:
    directory = target.dir_name.strip("/")
    key = f"{directory}/{name}" if directory else name
    if key.startswith("\\") or len(key.encode()) > _LONGEST_KEY:
        raise DestinationError(
            ExitCode.MISSING_PARAMETER,
            f"the object name {key!r} is not possible",
            hint=f"It has at most {_LONGEST_KEY} bytes and does not start with a backslash.",
        )
    return key
