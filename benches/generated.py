"""Tables that no package ships, made by rule from row numbers: the same values in every run of one
DuckDB.

There are no NULLs but where a table says so. What is real, and the list of all sets, is in
datasets.py.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Values from {h}, 63 random bits that each column has of its own in every row.
_INT4: Final = "({h} % 1000000)::INTEGER"
_INT8: Final = "{h} % 1000000000000"
_FLOAT8: Final = "{h} / 9223372036854775807::DOUBLE"
_PRICE: Final = "({h} % 10000000)::DOUBLE / 100"
_BOOL: Final = "{h} % 2 = 0"
_DATE: Final = "DATE '1970-01-01' + ({h} % 23000)::INTEGER"
_TIMESTAMP: Final = "make_timestamp({h} % 2000000000000000)"  # to the microsecond, 1970 to 2033
_TIMESTAMPTZ: Final = "make_timestamptz({h} % 2000000000000000)"
_SECOND: Final = "make_timestamptz({h} % 2000000000 * 1000000)"
_TIME: Final = "TIME '00:00:00' + to_microseconds({h} % 86400000000)"
_DECIMAL: Final = "({h} % 1000000000000 / 10000)::DECIMAL(18, 4)"
_UUID: Final = "md5({h}::VARCHAR)::UUID::VARCHAR"
_WORD: Final = "'item ' || {h} % 100000000"
_WORDS: Final = "repeat('word ', 1 + ({h} % 5)::INTEGER)"


def numeric() -> pa.Table:
    """5 M rows: a key, a large integer, a float of all digits, a price, a bool; each 5 % NULL."""
    columns = {"key": _INT4, "id": _INT8, "ratio": _FLOAT8, "price": _PRICE, "ok": _BOOL}
    return _table(5_000_000, {name: _or_null(value, 5) for name, value in columns.items()})


def temporal() -> pa.Table:
    """3 M rows: timestamps to the microsecond, with and without a zone, dates, times of day,
    decimals, UUIDs as text.
    """
    return _table(
        3_000_000,
        {
            "at": _TIMESTAMP,
            "at_tz": _TIMESTAMPTZ,
            "day": _DATE,
            "clock": _TIME,
            "amount": _DECIMAL,
            "id": _UUID,
        },
    )


def wide() -> pa.Table:
    """200,000 rows of 60 columns: ten types six times over, in every other turn 10 % NULL."""
    kinds = {
        "key": _INT4,
        "id": _INT8,
        "ratio": _FLOAT8,
        "price": _PRICE,
        "amount": _DECIMAL,
        "day": _DATE,
        "at": _TIMESTAMP,
        "ok": _BOOL,
        "word": _WORD,
        "words": _WORDS,
    }
    columns = {
        f"{name}_{turn}": _or_null(value, 10) if turn % 2 else value
        for turn in range(6)
        for name, value in kinds.items()
    }
    return _table(200_000, columns)


def zoned(time_zone: str) -> pa.Table:
    """3 M rows of three timestamptz, two to the microsecond; their zone is `time_zone` in Arrow."""
    columns = {"made": _TIMESTAMPTZ, "seen": _TIMESTAMPTZ, "due": _SECOND}
    table = _table(3_000_000, columns)
    return table.cast(pa.schema([(name, pa.timestamp("us", time_zone)) for name in columns]))


def text() -> pa.Table:
    """1 M rows of two strings of 20 to 400 bytes: 10 % of them CJK, 10 % (of all) to be quoted."""
    rows = 1_000_000
    draw = random.Random(1)
    latin = _prose(draw, [chr(code) for code in range(ord("a"), ord("z") + 1)])
    cjk = _prose(draw, [chr(code) for code in range(0x4E00, 0x9000)])
    names = ("title", "body")
    return pa.table({name: pa.array(_strings(draw, rows, latin, cjk), pa.utf8()) for name in names})


def chinese() -> pa.Table:
    """500,000 rows of a key and two strings of Chinese, 5 to 40 and 20 to 130 characters long, with
    punctuation, digits and words in Latin letters between.
    """
    rows = 500_000
    draw = random.Random(1)
    prose = _chinese_prose(draw)
    lengths = {"title": (5, 40), "body": (20, 130)}
    columns = {
        name: pa.array(_cuts(draw, rows, prose, shortest, longest), pa.utf8())
        for name, (shortest, longest) in lengths.items()
    }
    return pa.table({"id": pa.array(range(rows), pa.int64()), **columns})


def integer_arrays() -> pa.Table:
    """500,000 rows of a key and an array of up to 20 integers, 2 % of them NULL."""
    draw = random.Random(1)
    numbers = [draw.choice([draw.randrange(10 ** draw.randrange(1, 9)), -5]) for _ in range(997)]
    pool = [None if place % 50 == 0 else number for place, number in enumerate(numbers)]
    return _keyed("numbers", pa.list_(pa.int32()), lambda: _some(draw, pool))


def text_arrays() -> pa.Table:
    """500,000 rows of a key and an array of up to 20 words, of which some need quotes."""
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghij", k=draw.randrange(1, 15))) for _ in range(997)]
    pool = [f"{word} {word}" if place % 10 == 0 else word for place, word in enumerate(words)]
    return _keyed("words", pa.list_(pa.utf8()), lambda: _some(draw, pool))


def documents() -> pa.Table:
    """500,000 rows of a key and a jsonb of six keys, some 150 characters long."""
    draw = random.Random(1)

    def document() -> str:
        tags = ", ".join(f'"tag{draw.randrange(100)}"' for _ in range(draw.randrange(6)))
        return (
            f'{{"id": {draw.randrange(10**9)}, "name": "name {draw.randrange(10**6)}", '
            f'"tags": [{tags}], "price": {draw.randrange(10**6)}.{draw.randrange(10, 99)}, '
            f'"active": {draw.choice(["true", "false"])}, "address": '
            f'{{"zip": "{draw.randrange(10**5):05}", "city": "city {draw.randrange(1000)}"}}}}'
        )

    table = _keyed("document", pa.utf8(), document)
    field = table.schema.field(1).with_metadata({"pg_type": "jsonb"})
    return table.cast(pa.schema([table.schema.field(0), field]))


def intervals() -> pa.Table:
    """500,000 rows of a key and two intervals: of all parts, and of less than a day."""
    draw = random.Random(1)
    day = 86_400_000_000
    kind = pa.month_day_nano_interval()
    whole = [
        (draw.randrange(-30, 30), draw.randrange(-40, 40), 1000 * draw.randrange(-day, day))
        for _ in range(500_000)
    ]
    short = [(0, 0, 10**9 * draw.randrange(86_400)) for _ in range(500_000)]
    columns = {"whole": pa.array(whole, kind), "short": pa.array(short, kind)}
    return pa.table({"id": pa.array(range(500_000), pa.int64()), **columns})


def _some(draw: random.Random, pool: list[Any]) -> list[Any]:
    start = draw.randrange(len(pool) - 20)
    return pool[start : start + draw.randrange(21)]


def _keyed(name: str, kind: pa.DataType, value: Callable[[], Any]) -> pa.Table:
    keys = pa.array(range(500_000), pa.int64())
    return pa.table({"id": keys, name: pa.array([value() for _ in range(500_000)], kind)})


def shuffled(table: pa.Table) -> pa.Table:
    """The same columns in another order and under other names: nothing may know a schema."""
    order = list(range(table.num_columns))
    random.Random(1).shuffle(order)
    return table.select(order).rename_columns([f"c{place}" for place in range(len(order))])


def _or_null(value: str, percent: int) -> str:
    return f"CASE WHEN {{n}} % 100 >= {percent} THEN {value} END"


def _table(rows: int, columns: Mapping[str, str]) -> pa.Table:
    """A column for each expression over {h} and, to choose its NULLs, {n}."""
    picked = ", ".join(
        f"{value.format(h=_bits(2 * place), n=_bits(2 * place + 1))} AS {name}"
        for place, (name, value) in enumerate(columns.items())
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        query = f"SELECT {picked} FROM range({rows}) numbers(i)"
        return connection.sql(query).to_arrow_reader().read_all()


def _bits(stream: int) -> str:
    # Of two arguments hash() makes one by XOR: hash(i, 1) and hash(i, 2) would know each other.
    return f"(hash(i * 128 + {stream}) >> 1)::BIGINT"


def _prose(draw: random.Random, alphabet: list[str]) -> str:
    """Words of one to eleven letters, and of bytes more than any value is long."""
    words = ("".join(draw.choices(alphabet, k=1 + int(11 * draw.random()))) for _ in range(10_000))
    return " ".join(words)


def _chinese_prose(draw: random.Random) -> str:
    """Clauses of the 3,755 most used characters, GB 2312's first level, as unevenly used as words
    are: the first ten make up a quarter.
    """
    level = [bytes((lead, trail)).decode("gb2312") for lead in range(0xB0, 0xD8)
             for trail in range(0xA1, 0xFF) if (lead, trail) < (0xD7, 0xFA)]  # fmt: skip
    draw.shuffle(level)
    weights = [1 / (rank + 3) for rank in range(len(level))]
    between = ["\uff0c", "。", "、", "\uff1a", " ", " ok ", "2024", " 3.5%"]
    clauses = (
        "".join(draw.choices(level, weights, k=draw.randrange(2, 25))) + draw.choice(between)
        for _ in range(20_000)
    )
    return "".join(clauses)


def _cuts(draw: random.Random, rows: int, prose: str, shortest: int, longest: int) -> Iterator[str]:
    for _ in range(rows):
        start = draw.randrange(len(prose) - longest)
        yield prose[start : start + draw.randrange(shortest, longest + 1)]


def _strings(draw: random.Random, rows: int, latin: str, cjk: str) -> Iterator[str]:
    for _ in range(rows):
        size = 20 + int(381 * draw.random())
        if draw.random() < 0.1:
            prose, size = cjk, size // 3  # a letter of it has three bytes
        else:
            prose = latin
        start = int((len(prose) - size) * draw.random())
        value = prose[start : start + size]
        if draw.random() < 0.1:
            place = int(size * draw.random())
            value = value[:place] + draw.choice(',"\n') + value[place + 1 :]
        yield value
