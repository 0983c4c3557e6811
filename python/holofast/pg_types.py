"""PostgreSQL's types as the engines know them, and the types that metadata may name.

Which Arrow type may become which of them is arrow_types.py's; how they are written is the engines'.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple


@dataclass(frozen=True)
class PgType:
    """How a column is written. `name` is that of pg_type, or of the kind: array, record, range;
    every type whose binary form is its text goes by the name text.

    `oid` is the type's own, 0 where it is not known; BINARY shows those of an array's elements and
    a composite's fields. `length` is bpchar's, in characters. `delimiter` stands between elements
    of an array, as a byte. `children` are the type of an array's elements, of a range's bounds, or
    of each field of a composite. `label` is what format_type prints. Without `has_binary` it is
    text that stands for a type whose binary form cannot be made of it; without `has_text`, by the
    name raw, it is a type's binary form of which its text cannot be made.
    """

    name: str
    oid: int = 0
    length: int | None = None
    delimiter: int = ord(",")
    children: tuple[PgType, ...] = ()
    label: str = ""
    has_binary: bool = True
    has_text: bool = True


class Known(NamedTuple):
    """A type of pg_type.dat: what format_type prints, its name and OIDs, and how it is written.

    Where `written` is None, text is carried through TEXT and CSV as it is, and BINARY refused.
    """

    label: str
    name: str
    oid: int
    array_oid: int
    written: str | None


KNOWN: Final = (
    Known("boolean", "bool", 16, 1000, "bool"),
    Known("bytea", "bytea", 17, 1001, "bytea"),
    Known('"char"', '"char"', 18, 1002, "char"),
    Known("name", "name", 19, 1003, "text"),
    Known("bigint", "int8", 20, 1016, "int8"),
    Known("smallint", "int2", 21, 1005, "int2"),
    Known("integer", "int4", 23, 1007, "int4"),
    Known("text", "text", 25, 1009, "text"),
    Known("oid", "oid", 26, 1028, "oid"),
    Known("json", "json", 114, 199, "text"),
    Known("xml", "xml", 142, 143, None),
    Known("point", "point", 600, 1017, "point"),
    Known("lseg", "lseg", 601, 1018, None),
    Known("path", "path", 602, 1019, None),
    Known("box", "box", 603, 1020, None),
    Known("polygon", "polygon", 604, 1027, None),
    Known("line", "line", 628, 629, None),
    Known("cidr", "cidr", 650, 651, "cidr"),
    Known("real", "float4", 700, 1021, "float4"),
    Known("double precision", "float8", 701, 1022, "float8"),
    Known("circle", "circle", 718, 719, None),
    Known("macaddr8", "macaddr8", 774, 775, "macaddr8"),
    Known("money", "money", 790, 791, "money"),
    Known("macaddr", "macaddr", 829, 1040, "macaddr"),
    Known("inet", "inet", 869, 1041, "inet"),
    Known("character", "bpchar", 1042, 1014, "bpchar"),
    Known("character varying", "varchar", 1043, 1015, "text"),
    Known("date", "date", 1082, 1182, "date"),
    Known("time without time zone", "time", 1083, 1183, "time"),
    Known("timestamp without time zone", "timestamp", 1114, 1115, "timestamp"),
    Known("timestamp with time zone", "timestamptz", 1184, 1185, "timestamptz"),
    Known("interval", "interval", 1186, 1187, "interval"),
    Known("time with time zone", "timetz", 1266, 1270, "timetz"),
    Known("bit", "bit", 1560, 1561, "bit"),
    Known("bit varying", "varbit", 1562, 1563, "varbit"),
    Known("numeric", "numeric", 1700, 1231, "numeric"),
    Known("record", "record", 2249, 2287, "record"),
    Known("uuid", "uuid", 2950, 2951, "uuid"),
    Known("pg_lsn", "pg_lsn", 3220, 3221, None),
    Known("tsvector", "tsvector", 3614, 3643, None),
    Known("tsquery", "tsquery", 3615, 3645, None),
    Known("jsonb", "jsonb", 3802, 3807, "jsonb"),
    Known("int4range", "int4range", 3904, 3905, "range"),
    Known("numrange", "numrange", 3906, 3907, "range"),
    Known("tsrange", "tsrange", 3908, 3909, None),
    Known("tstzrange", "tstzrange", 3910, 3911, None),
    Known("daterange", "daterange", 3912, 3913, None),
    Known("int8range", "int8range", 3926, 3927, "range"),
    Known("jsonpath", "jsonpath", 4072, 4073, None),
)

_BY_NAME: Final = {name: known for known in KNOWN for name in (known.label, known.name)} | {
    "decimal": next(known for known in KNOWN if known.name == "numeric"),
    "char": next(known for known in KNOWN if known.name == "bpchar"),
}
_BY_OID: Final = {known.oid: known for known in KNOWN}
_BY_ARRAY_OID: Final = {known.array_oid: known for known in KNOWN}
_ARRAY_OIDS: Final = {known.oid: known.array_oid for known in KNOWN}
_BOUNDS: Final = {"int4range": "int4", "int8range": "int8", "numrange": "numeric"}


class Declared(NamedTuple):
    """What field metadata says of a column's type.

    `known` is None for a type that is not PostgreSQL's own, such as an enum; of an array it is the
    elements'. `modifiers` are those in parentheses.
    """

    label: str
    known: Known | None
    is_array: bool
    modifiers: tuple[int, ...]
    oid: int


def declared(metadata: dict[bytes, bytes]) -> Declared | None:
    """What `pg_type`, `pg_oid` and `pg_typmod` of a field's metadata say, or None if nothing.

    `pg_type` is as format_type prints it; ValueError for a `pg_oid` or `pg_typmod` that is no
    number.
    """
    label = metadata.get(b"pg_type", b"").decode().strip()
    oid = int(metadata.get(b"pg_oid", b"0"))
    if not label and not oid:
        return None
    if not label:
        label = _label_of(oid)
    element = re.sub(r"(\s*\[\d*\])+$", "", label)
    is_array = element != label
    parts = re.search(r"\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?\)", element)
    modifiers = tuple(int(part) for part in parts.groups() if part) if parts else ()
    bare = re.sub(r"\s*\([^)]*\)", "", element).strip()
    known = _BY_NAME.get(bare if bare == '"char"' else bare.lower())
    typmod = int(metadata.get(b"pg_typmod", b"-1"))
    if known is not None and not modifiers and typmod >= 0:
        modifiers = _modifiers(known, typmod)
    return Declared(label, known, is_array, modifiers, oid)


def _label_of(oid: int) -> str:
    if oid in _BY_ARRAY_OID:
        return f"{_BY_ARRAY_OID[oid].label}[]"
    return _BY_OID[oid].label if oid in _BY_OID else f"a type with OID {oid}"


def _modifiers(known: Known, typmod: int) -> tuple[int, ...]:
    """pg_attribute.atttypmod, as the type's own typmodout reads it."""
    match known.name:
        case "bpchar" | "varchar":
            return (typmod - 4,)
        case "numeric":  # numeric.c: the scale has eleven bits and a sign
            scale = (typmod - 4) & 0x7FF
            return ((typmod - 4) >> 16 & 0xFFFF, (scale ^ 1024) - 1024)
        case _:
            return (typmod,)


def builtin(name: str, length: int | None = None) -> PgType:
    """A type of PostgreSQL's own by its name in pg_type."""
    known = _BY_NAME[name]
    children = (builtin(_BOUNDS[name]),) if name in _BOUNDS else ()
    delimiter = ord(";") if name == "box" else ord(",")
    written = known.written or "text"
    of_its_own = known.written is not None
    return PgType(written, known.oid, length, delimiter, children, known.label, of_its_own)


def raw(label: str, oid: int) -> PgType:
    """A type's binary form as it is; `oid` is 0 where it is not known."""
    return PgType("raw", oid, label=label, has_text=False)


def array_of(element: PgType, oid: int = 0) -> PgType:
    """The array type of `element`."""
    return PgType(
        "array",
        oid or _ARRAY_OIDS.get(element.oid, 0),
        None,
        element.delimiter,
        (element,),
        label=f"{element.label}[]",
    )
