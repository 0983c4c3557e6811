"""Whether a server prints timestamptz as we do: it may have time zone data of its own.

Both print the same instants: those around every transition that we know of, and one every two
weeks, of two centuries and more, for transitions that the server alone knows of.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from holofast import time_zone
from holofast.encoder import Encoder
from holofast.errors import SourceError
from holofast.options import CopyOptions
from holofast.sources.postgres.connection import execute

if TYPE_CHECKING:
    import psycopg

    from holofast.settings import Settings

_FIRST: Final = int(datetime(1840, 1, 1, tzinfo=UTC).timestamp())
_LAST: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_STEP: Final = 14 * 86_400

_PRINTED: Final = """
SELECT string_agg(to_timestamp(t)::text, E'\\n' ORDER BY n)
FROM unnest(%s::int8[]) WITH ORDINALITY AS i(t, n)"""


def zone_agrees(connection: psycopg.Connection[Any], settings: Settings) -> bool:
    """Whether the server's timestamptz in text are ours, under the session's settings."""
    zone = time_zone.load(settings.time_zone)
    if zone == time_zone.UTC and settings.date_style.startswith("ISO"):
        return True
    around = (t + step for t in zone.transitions for step in (-1, 0) if _FIRST <= t < _LAST)
    instants = sorted({*around, *range(_FIRST, _LAST, _STEP)})
    try:
        ((theirs,),) = execute(connection, _PRINTED, (instants,))
    except SourceError:  # a server that cannot be asked
        return False
    times = pa.array([t * 1_000_000 for t in instants], pa.timestamp("us", "UTC"))
    batch = pa.record_batch({"t": times})
    in_utf8 = type(settings)(**vars(settings) | {"client_encoding": "UTF8"})
    ours = bytes(Encoder(batch.schema, CopyOptions(), settings=in_utf8).encode(batch))
    return ours == f"{theirs}\n".encode()
