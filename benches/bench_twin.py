"""The Python twin beside pandas' `to_csv`, in turns on the same rows: it is for reading, but not to
be slower than what Python programs use.

`pytest benches/bench_twin.py`; extra_info's "times pandas" is the ratio of the two medians.
"""

from __future__ import annotations

import csv
import io
import statistics
import time
from typing import Any, Final

import holofast
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benches import datasets
from benches.rates import rates

_ROWS: Final = 65_536
_ROUNDS: Final = 7

# Columns of the table of types that are timed together.
_GROUPS: Final[dict[str, list[str]]] = {
    "types": [],
    "integers": ["int2", "int4", "int8"],
    "floats": ["float4", "float8", "price"],
    "times": ["date", "time", "timestamp", "timestamptz"],
    "strings": ["text", "text_quoted"],
    "numeric": ["numeric"],
    "bytea": ["bytea"],
}
_TABLES: Final = ["lineitem", "flights", "nulls", *_GROUPS]


def _table(name: str) -> pa.Table:
    if name in ("lineitem", "flights"):
        return datasets.table(name, _ROWS).combine_chunks()
    types = datasets.types_table(_ROWS)
    if name != "nulls":
        return types.select(_GROUPS[name] or types.column_names)
    every_second = pa.array([row % 2 == 0 for row in range(_ROWS)])
    columns = [pc.if_else(every_second, column, None) for column in types.columns]
    return pa.table(columns, types.schema).combine_chunks()


@pytest.mark.parametrize("name", _TABLES)
def test_twin(benchmark: Any, name: str) -> None:
    table = _table(name)
    (batch,) = table.to_batches()
    frame = table.to_pandas()
    options = holofast.CopyOptions(format="csv")
    twin = holofast.Encoder(table.schema, options, engine="python")
    native = holofast.Encoder(table.schema, options, engine="native")
    expected = bytes(native.encode(batch))
    assert bytes(twin.encode(batch)) == expected
    rows = list(csv.reader(io.StringIO(frame.to_csv(index=False, header=False))))
    assert (len(rows), {len(row) for row in rows}) == (_ROWS, {table.num_columns})

    pandas: list[float] = []

    def its_turn() -> None:
        started = time.perf_counter()
        frame.to_csv(index=False, header=False)
        pandas.append(time.perf_counter() - started)

    size = benchmark.pedantic(
        lambda: len(twin.encode(batch)), setup=its_turn, rounds=_ROUNDS, warmup_rounds=1
    )

    assert size == len(expected)
    rates(benchmark, size=size, rows=_ROWS)
    if not benchmark.disabled:
        median = statistics.median(pandas)
        benchmark.extra_info["pandas Mrows/s"] = _ROWS / median / 1e6
        benchmark.extra_info["times pandas"] = median / benchmark.stats.stats.median
