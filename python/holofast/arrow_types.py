"""The one type table, Arrow → PostgreSQL: what a field becomes, and what its metadata makes of it.

What PostgreSQL's types are is pg_types.py's, what they look like the engines'. Engines decode
dictionaries and run-end encoded columns to their values themselves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from holofast.errors import CopyError
from holofast.pg_types import Declared, PgType, array_of, builtin, declared, raw

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCALES: Final = range(-127, 128)  # what the Arrow C data interface's other readers hold

DEFAULTS: Final[dict[pa.DataType, str]] = {
    pa.null(): "text",
    pa.bool_(): "bool",
    pa.int8(): "int2",
    pa.int16(): "int2",
    pa.int32(): "int4",
    pa.int64(): "int8",
    pa.uint8(): "int2",
    pa.uint16(): "int4",
    pa.uint32(): "int8",
    pa.uint64(): "numeric",  # int8 would wrap
    pa.float16(): "float4",
    pa.float32(): "float4",
    pa.float64(): "float8",
    pa.utf8(): "text",
    pa.large_utf8(): "text",
    pa.string_view(): "text",
    pa.binary(): "bytea",
    pa.large_binary(): "bytea",
    pa.binary_view(): "bytea",
    pa.date32(): "date",
    pa.date64(): "date",
    **{pa.time32(unit): "time" for unit in ("s", "ms")},
    **{pa.time64(unit): "time" for unit in ("us", "ns")},
    **{pa.duration(unit): "interval" for unit in ("s", "ms", "us", "ns")},
    pa.month_day_nano_interval(): "interval",
}
EXTENSIONS: Final = {"arrow.uuid": "uuid", "arrow.json": "json", "arrow.bool8": "bool"}

# Of which types strings may hold PostgreSQL's own text, to be written in BINARY too.
CARRIED: Final = frozenset(
    (
        "text", "varchar", "name", "json", "jsonb", "bpchar", '"char"', "bool", "int2", "int4",
        "int8", "oid", "float8", "numeric", "money", "timetz", "uuid", "inet", "cidr", "macaddr",
        "macaddr8", "bit", "varbit", "point", "int4range", "int8range", "numrange",
    )
)  # fmt: skip
_OF_BYTES: Final = {pa.int8(): ('"char"', "bool"), pa.uint8(): ('"char"',)}
# Which types' values may be another PostgreSQL type's binary form.
_RAW: Final = frozenset((pa.binary(), pa.large_binary()))
_INTEGERS: Final = frozenset(("int2", "int4", "int8", "oid"))


def is_text(arrow: pa.DataType) -> bool:
    """Whether its values are strings, in whatever layout."""
    return bool(arrow in (pa.utf8(), pa.large_utf8(), pa.string_view()))


def is_list(arrow: pa.DataType) -> bool:
    """Whether its values are lists, in whatever layout."""
    tests = (
        pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list,
        pa.types.is_list_view, pa.types.is_large_list_view,
    )  # fmt: skip
    return any(test(arrow) for test in tests)


def storage_type(arrow: pa.DataType) -> pa.DataType:
    """The type that lies in memory, of an extension type."""
    return arrow.storage_type if isinstance(arrow, pa.BaseExtensionType) else arrow


def value_type(arrow: pa.DataType) -> pa.DataType:
    """What a dictionary or a run-end encoded column has for values; any other type is its own."""
    arrow = storage_type(arrow)
    while pa.types.is_dictionary(arrow) or pa.types.is_run_end_encoded(arrow):
        arrow = storage_type(arrow.value_type)
    return arrow


def is_encoded(arrow: pa.DataType) -> bool:
    """Whether its values are said once for many rows: a dictionary or run-end encoded."""
    arrow = storage_type(arrow)
    return bool(pa.types.is_dictionary(arrow) or pa.types.is_run_end_encoded(arrow))


def parts(arrow: pa.DataType) -> list[pa.DataType]:
    """The types of what is in its values: innermost elements of lists, fields of structs."""
    arrow = storage_type(arrow)
    if pa.types.is_struct(arrow):
        return [field.type for field in arrow]
    if not is_list(arrow):
        return []
    while is_list(arrow):
        leaf = arrow.value_type
        arrow = storage_type(leaf)
    return [leaf]


def pg_type(field: pa.Field, column: str) -> PgType:
    """The PostgreSQL type of a field of `column`, a path of names.

    Raises CopyError 0A000 for a type without a rule, and for field metadata that names a type
    that its values cannot be written as.
    """
    try:
        said = declared(field.metadata or {})
    except ValueError as error:
        raise _refusal(column, f"has metadata that is no number: {error}") from None
    return _Choice(field, column, said).made()


class _Choice:
    """One field's type, chosen by its Arrow type and by what its metadata says."""

    def __init__(self, field: pa.Field, column: str, said: Declared | None) -> None:
        self.column = column
        self.type = field.type
        self.value_type = value_type(field.type)
        self.said = said
        self.extension = _extension(field)

    def made(self) -> PgType:
        arrow = self.value_type
        if is_list(arrow):
            return self._array()
        if pa.types.is_struct(arrow):
            return self._record()
        if pa.types.is_map(arrow):
            return self._hstore()
        name = self._default()
        if name is None:
            raise _refusal(
                self.column,
                f"has Arrow type {self.type}, for which there is no COPY rule",
                "Cast it in the query, to text for example.",
            )
        if pa.types.is_null(arrow):
            return self._null()
        if is_text(arrow):
            return self._text(name)
        said = self.said
        if said is None:
            return builtin(name)
        wanted = said.known.name if said.known is not None and not said.is_array else ""
        if wanted == name:
            self._check_scale(name, said)
        elif arrow in _RAW:
            return self._raw(said)
        elif not self._may_be(wanted):
            raise self._mismatch(builtin(name).label)
        return builtin(wanted)

    def _default(self) -> str | None:
        arrow = self.value_type
        if self.extension in EXTENSIONS:
            return EXTENSIONS[self.extension]
        if self.extension == "arrow.opaque":  # what its bytes mean, another system knows
            return None
        if pa.types.is_timestamp(arrow):
            return "timestamp" if arrow.tz is None else "timestamptz"
        if pa.types.is_decimal(arrow):
            return "numeric" if arrow.scale in _SCALES else None
        if pa.types.is_fixed_size_binary(arrow):
            return "bytea"
        return DEFAULTS.get(arrow)

    def _may_be(self, name: str) -> bool:
        arrow = self.value_type
        if pa.types.is_integer(arrow):
            return name in _INTEGERS or name in _OF_BYTES.get(arrow, ())
        return bool(name == "uuid" and arrow == pa.binary(16))

    def _raw(self, said: Declared) -> PgType:
        own_oid = 0 if said.known is None else said.known.oid
        array_oid = 0 if said.known is None else said.known.array_oid
        return raw(said.label, said.oid or (array_oid if said.is_array else own_oid))

    def _check_scale(self, name: str, said: Declared) -> None:
        if name != "numeric" or not said.modifiers:
            return
        arrow = self.value_type
        scale = arrow.scale if pa.types.is_decimal(arrow) else 0
        if (*said.modifiers, 0)[1] != scale:
            raise self._mismatch("numeric")

    def _null(self) -> PgType:
        said = self.said
        if said is None or said.known is None:
            return builtin("text")
        element = builtin(said.known.name)
        return array_of(element, said.oid) if said.is_array else element

    def _text(self, name: str) -> PgType:
        said = self.said
        if said is None:
            return builtin(name)
        if said.known is None or said.is_array or said.known.name not in CARRIED:
            # An enum's binary form is its label; of other types nobody knows.
            is_enum = said.known is None and self.type != self.value_type and not said.is_array
            return PgType("text", said.oid, label=said.label, has_binary=is_enum)
        length = said.modifiers[0] if said.known.name == "bpchar" and said.modifiers else None
        return replace(builtin(said.known.name, length), label=said.label)

    def _array(self) -> PgType:
        said, arrow = self.said, self.value_type
        while is_list(arrow):
            leaf = arrow.value_field
            arrow = storage_type(leaf.type)
        if said is None:
            return array_of(pg_type(leaf, f"{self.column}[]"))
        if not said.is_array:
            raise self._mismatch("an array")
        element = Declared(said.label, said.known, False, said.modifiers, 0)
        inner = element if said.known is not None else declared(leaf.metadata or {})
        return array_of(_Choice(leaf, f"{self.column}[]", inner).made(), said.oid)

    def _record(self) -> PgType:
        said = self.said
        other = said is not None and said.known is not None and said.known.name != "record"
        if said is not None and (other or said.is_array):
            raise self._mismatch("a composite")
        fields = [self.value_type.field(i) for i in range(self.value_type.num_fields)]
        children = tuple(pg_type(field, f"{self.column}.{field.name}") for field in fields)
        record = replace(builtin("record"), children=children)
        if said is None or said.known is not None:
            return record
        return replace(record, oid=said.oid, label=said.label)

    def _hstore(self) -> PgType:
        arrow = self.value_type
        strings = is_text(arrow.key_type) and is_text(arrow.item_type)
        if strings and self.said is not None and self.said.label.rpartition(".")[2] == "hstore":
            return PgType("hstore", self.said.oid, label=self.said.label)
        raise _refusal(
            self.column,
            f"has Arrow type {self.type}, which PostgreSQL has no type for",
            'Give its field the metadata pg_type "hstore" if keys and values are strings, '
            "or cast it to JSON in the query.",
        )

    def _mismatch(self, only: str) -> CopyError:
        said = self.said.label if self.said else ""
        return _refusal(
            self.column,
            f"of Arrow type {self.type} cannot be written as {said}, only as {only}",
            "Cast it in the query, or leave pg_type and pg_oid out of the field's metadata.",
        )


def _extension(field: pa.Field) -> str:
    arrow = field.type
    while pa.types.is_dictionary(arrow) or pa.types.is_run_end_encoded(arrow):
        arrow = arrow.value_type
    if isinstance(arrow, pa.BaseExtensionType):
        return str(arrow.extension_name)
    metadata: Mapping[bytes, bytes] = field.metadata or {}
    return metadata.get(b"ARROW:extension:name", b"").decode()


def _refusal(column: str, words: str, hint: str | None = None) -> CopyError:
    return CopyError("0A000", f'column "{column}" {words}', hint=hint)
