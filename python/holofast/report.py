"""What an export did, for people and for machines. Printing it is the command line's business."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Report:
    """One finished export.

    `rows` is None where the bytes came encoded, `object` (`oss://bucket/key`) is None where
    `destination` is a program or STDOUT.
    `crc64` is the CRC-64/XZ of all bytes, as OSS tells it of an object. `confirmed` is False where
    the destination did not let us read back that the object is whole; `left_behind` says what could
    not be cleaned up.
    """

    rows: int | None
    bytes: int
    crc64: int
    destination: str
    object: str | None
    parts: int
    seconds: float
    engine: str
    confirmed: bool
    left_behind: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON; `crc64` is a string, as JSON's readers round large numbers."""
        return asdict(self) | {"crc64": str(self.crc64), "seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        rate = self.bytes / 1e6 / self.seconds if self.seconds else 0.0
        lines = {
            "object" if self.object else "to": self.destination,
            "rows": "not counted" if self.rows is None else f"{self.rows:,}",
            "bytes": f"{self.bytes:,}",
            "crc64": str(self.crc64) + ("" if self.confirmed else " (unconfirmed)"),
            "parts": f"{self.parts:,}",
            "time": f"{self.seconds:.2f} s ({rate:,.0f} MB/s)",
            "engine": self.engine,
        }
        if self.left_behind:
            lines["left"] = self.left_behind
        return "\n".join(f"{name:<8}{value}" for name, value in lines.items())
