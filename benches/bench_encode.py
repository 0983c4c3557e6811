"""The encoder by type: one column of it, in each format, on one thread.

Run before and after work on a type: `pytest benches/bench_encode.py --benchmark-autosave`, and
again with `--benchmark-compare`. Whole tables and peers are compare.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import holofast
import pytest

from benches import datasets
from benches.rates import rates, timed

if TYPE_CHECKING:
    import pyarrow as pa

# Few enough that the blocks stay in the caches, so that encoding is timed and not memory.
_ROWS: Final = 32_768
_TABLE: Final = datasets.types_table(_ROWS)


@pytest.mark.parametrize("name", _TABLE.column_names)
@pytest.mark.parametrize("file_format", ["csv", "text", "binary"])
def test_encode(benchmark: Any, file_format: str, name: str) -> None:
    table: pa.Table = _TABLE.select([name])
    (batch,) = table.to_batches()
    encoder = holofast.Encoder(table.schema, holofast.CopyOptions(format=file_format))
    twin = holofast.Encoder(table.schema, holofast.CopyOptions(format=file_format), engine="python")
    expected = bytes(twin.encode(batch))
    assert bytes(encoder.encode(batch)) == expected

    size = timed(benchmark, lambda: len(encoder.encode(batch)), rounds=100)

    assert size == len(expected)
    rates(benchmark, size=size, rows=_ROWS)
