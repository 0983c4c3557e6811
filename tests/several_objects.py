"""What tests of several objects share: three tables, and their export to a loopback OSS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from holofast import api, pipeline
from holofast.encoder import Encoder
from holofast.options import CopyOptions
from holofast.pipeline.runs import Export
from holofast.programs import parse_arguments
from holofast.sinks.multipart import Multipart
from holofast.sinks.oss import OssStore
from holofast.sinks.store import MIN_PART_SIZE
from holofast.sources.arrow import Arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from holofast.pipeline import Outcome, Progress

    from tests.oss_fixtures import LoopbackOss

TABLES = [
    pa.table({"a": range(first, first + rows), "b": [f"row {row}" for row in range(rows)]})
    for first, rows in ((0, 30_000), (100_000, 40_000), (200_000, 20_000))
]
KEYS = ["dir/1.txt", "dir/2.txt", "dir/3.txt"]
EXPECTED = {key: api.encode(table) for key, table in zip(KEYS, TABLES, strict=True)}


def sink(oss: LoopbackOss, key: str, kind: type[Multipart] = Multipart, **options: Any) -> Any:
    target = parse_arguments(oss.arguments(), {})
    options = {"max_bytes": target.max_bytes, "sole": True} | options
    return kind(OssStore(target, key, 2), **options)


def export(
    oss: LoopbackOss,
    tables: Sequence[pa.Table] = TABLES,
    *,
    sinks: Sequence[Any] | None = None,
    engine: str = "native",
    progress: Callable[[Progress], object] | None = None,
) -> list[Outcome]:
    works = []
    for table in tables:
        encoder = Encoder(table.schema, CopyOptions(), engine=engine)
        works.append(Export(Arrow(table), encoder, row_floor=2, least_part=MIN_PART_SIZE))
    ways = zip(works, sinks or [sink(oss, key) for key in KEYS], strict=True)
    return pipeline.run_all(list(ways), engine=engine, workers=2, progress=progress)
