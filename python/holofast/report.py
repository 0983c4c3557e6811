"""What an export did, for people and for machines. Printing it is the command line's business."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ObjectReport:
    """One of several objects of an export; its fields are those of Report."""

    object: str | None
    rows: int | None
    bytes: int
    crc64: int
    parts: int
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """One finished export.

    `rows` is None where the bytes came encoded and nobody counted them, `object`
    (`oss://bucket/key`) is None where `destination` is a program or STDOUT. `crc64` is the
    CRC-64/XZ of all bytes, as OSS tells it of an object. `confirmed` is False where the destination
    did not let us read back that the object is whole; `left_behind` says what could not be cleaned
    up. `encode` says who has encoded, holofast (client) or the server, and `encode_reason` why, if
    there was a choice. An export of several jobs has its `objects` each by itself instead of
    `object` and `crc64`, in the order of their rows, of which `split` tells.
    """

    rows: int | None
    bytes: int
    crc64: int | None
    destination: str
    object: str | None
    parts: int
    seconds: float
    engine: str
    confirmed: bool
    left_behind: str | None = None
    encode: str = "client"
    encode_reason: str | None = None
    split: str | None = None
    objects: tuple[ObjectReport, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The fields for JSON; each `crc64` is a string, as JSON's readers round large numbers."""
        fields = asdict(self)
        for one in (fields, *fields["objects"]):
            one["crc64"] = None if one["crc64"] is None else str(one["crc64"])
        return fields | {"seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        rate = self.bytes / 1e6 / self.seconds if self.seconds else 0.0
        lines = {
            "object" if self.object else "to": self.destination,
            "rows": _counted(self.rows),
            "bytes": f"{self.bytes:,}",
            "crc64": _checked(self.crc64, self.confirmed),
            "parts": f"{self.parts:,}",
            "time": f"{self.seconds:.2f} s ({rate:,.0f} MB/s)",
            "engine": self.engine,
            "encode": encoding_line(self.encode, self.encode_reason),
            "split": self.split,
            "left": self.left_behind,
        }
        shown = [f"{name:<8}{value}" for name, value in lines.items() if value]
        shown += [
            f"object  {one.object}: {_counted(one.rows)} rows, {one.bytes:,} bytes, "
            f"crc64 {_checked(one.crc64, one.confirmed)}"
            for one in self.objects
        ]
        return "\n".join(shown)


def _counted(rows: int | None) -> str:
    return "not counted" if rows is None else f"{rows:,}"


def _checked(crc64: int | None, confirmed: bool) -> str:
    if crc64 is None:
        return ""
    return str(crc64) + ("" if confirmed else " (unconfirmed)")


def encoding_line(encode: str, reason: str | None) -> str:
    """Who encodes, and why where there is a choice."""
    if reason is None:
        return ""
    return f"by {'the server' if encode == 'server' else 'holofast'}: {reason}"
