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

if TYPE_CHECKING:
    from holofast.programs import DumpToOss

# OSS, PutObject: object names are 1 to 1,023 bytes of UTF-8.
_LONGEST_KEY = 1023

EXTENSIONS = {"csv": "csv", "text": "txt", "binary": "bin"}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One export to come. `destination` is an object's `oss://bucket/key`, or STDOUT.

    `columns` are names with the PostgreSQL types they are written as. `batch_size` is in rows,
    `part_size` and `max_bytes` in bytes; `max_bytes` and `endpoint` are None for STDOUT.
    """

    query: str
    source: str
    columns: tuple[tuple[str, str], ...]
    format: str
    destination: str
    endpoint: str | None
    engine: str
    workers: int
    batch_size: int
    part_size: int
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
            "limit": limit,
            "engine": f"{self.engine}, {self.workers} workers, {self.batch_size:,} rows at a time",
            "parts": f"about {self.part_size:,} bytes",
        }
        return "\n".join(f"{name:<8}{value}" for name, value in lines.items())


def object_key(target: DumpToOss, extension: str) -> str:
    """`<DirName>/<run id>_00000.<extension>`, or `<DirName>/<FileName>`.

    The run id sorts by time (UTC) and is unique. Raises DestinationError for a key that OSS does
    not take (PutObject: at most 1,023 bytes, no leading backslash); leading slashes are dropped.
    """
    directory = target.dir_name.strip("/")
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03}Z-{secrets.token_hex(4)}"
    name = target.file_name or f"{run_id}_00000.{extension}"
    key = f"{directory}/{name}" if directory else name
    if key.startswith("\\") or len(key.encode()) > _LONGEST_KEY:
        raise DestinationError(
            ExitCode.MISSING_PARAMETER,
            f"the object name {key!r} is not possible",
            hint=f"It has at most {_LONGEST_KEY} bytes and does not start with a backslash.",
        )
    return key
