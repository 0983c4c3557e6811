"""What tests of whole exports share: statements to a loopback OSS, and to standard output."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from holofast import api
from holofast.options import CopyOptions
from holofast.settings import Assignments
from holofast.sources import Reading, connect

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss


def statement(oss: LoopbackOss, query: str, *more: str, options: str = "") -> str:
    command = " ".join(["hg_dump_to_oss", *oss.arguments(), *more])
    return f"COPY ({query}) TO PROGRAM '{command}' {options}"


def to_stdout(text: str, **options: Any) -> bytes:
    out = io.BytesIO()
    api.copy(text, stdout=out, **options)
    return out.getvalue()


def open_result(query: str, uri: str | None = None, zone: str = "UTC") -> Any:
    """The result of a query of a DuckDB, whose session ends with it."""
    database = connect(uri, Assignments((("TimeZone", zone),)))
    try:
        (result,) = database.open(query, Reading(CopyOptions(), "native")).sources
    except BaseException:
        database.close()
        raise
    return result
