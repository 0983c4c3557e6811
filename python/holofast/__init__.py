"""PostgreSQL's COPY output from Arrow, and hg_dump_to_oss rebuilt outside the database.

holofast.encode(data, format="csv")                    Arrow data → bytes
holofast.Encoder(schema, holofast.CopyOptions(...))    the same, batch by batch
holofast.decode(data, schema)                         BINARY bytes → an Arrow table
holofast.export(data, "oss://bucket/dir/", ...)        Arrow data → one object in OSS
holofast.copy("COPY (...) TO PROGRAM 'hg_dump_to_oss ...'")   a query → one object in OSS
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holofast.api import copy, encode, export
    from holofast.decoder import Decoder, decode
    from holofast.encoder import Encoder
    from holofast.errors import CopyError, DecodeError, EncodeError
    from holofast.options import CopyOptions
    from holofast.report import Report
    from holofast.settings import Settings
    from holofast.statement import Statement, parse_statement

# Where each public name lives: imported when it is first used, because hg_dump_to_oss starts
# within a server's statement and needs few of them.
_HOMES = {
    "CopyError": "errors",
    "CopyOptions": "options",
    "DecodeError": "errors",
    "Decoder": "decoder",
    "EncodeError": "errors",
    "Encoder": "encoder",
    "Report": "report",
    "Settings": "settings",
    "Statement": "statement",
    "copy": "api",
    "decode": "decoder",
    "encode": "api",
    "export": "api",
    "parse_statement": "statement",
}

__all__ = [
    "CopyError",
    "CopyOptions",
    "DecodeError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "Report",
    "Settings",
    "Statement",
    "copy",
    "decode",
    "encode",
    "export",
    "parse_statement",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
