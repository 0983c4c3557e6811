"""The columns of Hologres' Arrow COPY, made to be what the query's own description says they are.

By its Java connector's ArrowVectorAccessorUtil: which types of PostgreSQL come as Arrow at all, as
what, and what that means. Columns go by position: a cast in the query changes their names.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import pyarrow as pa

from holofast.errors import SourceError
from holofast.pg_types import Declared, declared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Column(NamedTuple):
    """A column of a query as its server describes it; `label` is what format_type prints."""

    name: str
    label: str
    oid: int

    @property
    def said(self) -> Declared:
        """What the label says."""
        nothing = Declared(self.label, None, False, (), self.oid)
        return declared({b"pg_type": self.label.encode(), b"pg_oid": b"%d" % self.oid}) or nothing

    @property
    def kind(self) -> str:
        """The type's name in pg_type, of an array its elements'; another's label."""
        known = self.said.known
        return known.name if known else self.label.rpartition(".")[2]

    @property
    def is_carried(self) -> bool:
        """Whether it must come as text: Arrow has no jsonb, and one scale for all of a column."""
        said = self.said
        unscaled = self.kind == "numeric" and not said.modifiers
        return not said.is_array and (unscaled or self.kind in ("json", "jsonb"))

    @property
    def comes_as_arrow(self) -> bool:
        """Whether its type, or text in its stead, is one that Arrow COPY is known to send."""
        return _rule(self) is not None


class Columns:
    """What the batches of a COPY of these columns become. `schema` says PostgreSQL's types.

    Raises SourceError 0A000 for a column that does not come as Arrow.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._rules = [_rule(column) or _refuse(column) for column in columns]
        fields = map(_field, columns, self._rules)
        self.schema = pa.schema(list(fields))

    def fit(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch as Hologres sent it, as one of `schema`.

        Raises SourceError where it is not what the description promises.
        """
        if batch.num_columns != len(self._columns):
            raise SourceError(
                "08P01",
                f"Hologres sent {batch.num_columns} columns, but described {len(self._columns)}",
            )
        parts = zip(self._columns, self._rules, batch.columns, strict=True)
        return pa.RecordBatch.from_arrays([_fitted(*part) for part in parts], schema=self.schema)


class _Rule(NamedTuple):
    """What a type becomes; where that is not what comes, what may come and how it is turned."""

    made: pa.DataType
    may_come: Callable[[pa.DataType], bool] = lambda _: False
    turn: Callable[[pa.Array], pa.Array] = lambda array: array


def _bools(array: pa.Array) -> pa.Array:
    return array.cast(pa.bool_())


def _instants(array: pa.Array) -> pa.Array:
    # No cast: for Arrow a date64 is whole days.
    return array.view(pa.int64()).view(_INSTANT)


def _zoned_times(array: pa.Array) -> pa.Array:
    texts = [None if value is None else _timetz(value) for value in array.to_pylist()]
    return pa.array(texts, pa.utf8())


@lru_cache(4096)
def _timetz(value: bytes) -> str:
    """timetz_out of a TimeTzADT. That its zone counts west is not documented, but the connector
    adds it to the time to get UTC.
    """
    micros, west = struct.unpack_from("<qi", value)
    if not (0 <= micros <= 86_400_000_000 and abs(west) < 16 * 3600):
        raise ValueError(f"{micros} microseconds of a day, {west} seconds west of UTC")
    seconds, fraction = divmod(micros, 1_000_000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        clock += f".{fraction:06}".rstrip("0")
    east = abs(west)
    zone = f"{'-' if west > 0 else '+'}{east // 3600:02}"
    if east % 3600:
        zone += f":{east // 60 % 60:02}"
    if east % 60:
        zone += f":{east % 60:02}"
    return clock + zone


_INSTANT: Final = pa.timestamp("ms", "UTC")
_TEXT: Final = _Rule(pa.utf8())
# Its layout is known from the connector, which writes sixteen bytes; twelve of them mean something.
_TIMETZ_TYPES: Final = (pa.binary(12), pa.binary(16))
_RULES: Final = {
    "bool": _Rule(pa.bool_(), pa.types.is_uint8, _bools),
    "int2": _Rule(pa.int16()),
    "int4": _Rule(pa.int32()),
    "int8": _Rule(pa.int64()),
    "float4": _Rule(pa.float32()),
    "float8": _Rule(pa.float64()),
    "text": _TEXT,
    "varchar": _TEXT,
    "bpchar": _TEXT,
    '"char"': _TEXT,
    "bytea": _Rule(pa.binary()),
    "roaringbitmap": _Rule(pa.binary()),
    "date": _Rule(pa.date32()),
    "time": _Rule(pa.time64("us")),
    "timetz": _Rule(pa.utf8(), _TIMETZ_TYPES.__contains__, _zoned_times),
    "timestamp": _Rule(pa.timestamp("us")),
    "timestamptz": _Rule(_INSTANT, pa.types.is_date64, _instants),
}
# Of which types the connector reads arrays.
_ELEMENTS: Final = ("bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar")


def _rule(column: Column) -> _Rule | None:
    if column.is_carried:
        return _TEXT
    if column.said.is_array:
        return _lists(_RULES[column.kind]) if column.kind in _ELEMENTS else None
    if column.kind == "numeric":
        return _decimals(*column.said.modifiers)
    return _RULES.get(column.kind)


def _decimals(precision: int, scale: int = 0) -> _Rule | None:
    if precision > 76:
        return None
    made = pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)
    return _Rule(made, pa.types.is_decimal, lambda array: array.cast(made))


def _lists(element: _Rule) -> _Rule:
    made = pa.list_(element.made)

    def may_come(arrow: pa.DataType) -> bool:
        return pa.types.is_list(arrow) and (
            arrow.value_type == element.made or element.may_come(arrow.value_type)
        )

    def turn(array: pa.Array) -> pa.Array:
        values = array.values
        if values.type != element.made:
            values = element.turn(values)
        mask = array.is_null() if array.null_count else None
        return pa.ListArray.from_arrays(array.offsets, values, type=made, mask=mask)

    return _Rule(made, may_come, turn)


def _field(column: Column, rule: _Rule) -> pa.Field:
    # To the encoder bytes are bytea, which is what roaringbitmap's own output function writes.
    is_bytea = column.kind == "roaringbitmap"
    said = {"pg_type": column.label, "pg_oid": str(column.oid)}
    return pa.field(column.name, rule.made, metadata=None if is_bytea else said)


def _fitted(column: Column, rule: _Rule, array: pa.Array) -> pa.Array:
    if array.type == rule.made:
        return array
    if not rule.may_come(array.type):
        _refuse(column, f": Hologres sent it as {array.type}")
    try:
        return rule.turn(array)
    except (ValueError, pa.ArrowException) as error:
        raise SourceError(
            "22023",
            f'Hologres sent a value in column "{column.name}" that is no {column.label}: {error}',
        ) from error


def _refuse(column: Column, more: str = "") -> NoReturn:
    raise SourceError(
        "0A000",
        f'column "{column.name}" of type {column.label} cannot be read from Arrow COPY{more}',
        hint="Cast it in the query, to text for example.",
    )
