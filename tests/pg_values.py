"""Values of every type that a PostgreSQL server has by itself, as SQL, and types made from them.

What they become is the tests' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import psycopg

SCHEMA: Final = (
    "CREATE TYPE mood AS ENUM ('sad', 'it''s', 'a,b')",
    'CREATE TYPE pair AS (a int, "B" text)',
    "CREATE DOMAIN positive AS int CHECK (VALUE > 0)",
    "CREATE DOMAIN code AS character(4)",
    "CREATE TYPE floats AS RANGE (subtype = float8)",
    "CREATE DOMAIN named AS mood",
)

# By type: literals of it, each cast to the type. NULL comes with all of them.
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "boolean": ("'t'", "'f'"),
    "smallint": ("'-32768'", "'0'", "'32767'"),
    "integer": ("'-2147483648'", "'7'", "'2147483647'"),
    "bigint": ("'-9223372036854775808'", "'42'", "'9223372036854775807'"),
    "oid": ("'0'", "'4294967295'"),
    "real": ("'1.5'", "'1e-7'", "'NaN'", "'-Infinity'", "'-0'", "'3.4028235e38'", "'0.1'"),
    "double precision": ("'1e23'", "'0.1'", "'NaN'", "'Infinity'", "'-0'", "'5e-324'", "'1e15'"),
    "numeric": (
        *("'0'", "'0.00'", "'1.50'", "'-123456789012345678901234567890.0001'", "'NaN'"),
        *("'Infinity'", "'-Infinity'", "'1e-40'", "'1e60'", "'10000'", "'0.00010001'"),
    ),
    "numeric(15,2)": ("'1.5'", "'NaN'", "'-9999999999999.99'", "'0'"),
    "money": ("'1234.5'", "'-0.01'"),
    "text": ("''", "'a,b'", "E'x\\ty\\\\z\\n\"'", "'é€'", "'\\.'", "repeat('ab', 300)"),
    "character varying(5)": ("'abc'", "''"),
    "character(4)": ("'ab'", "''", "'a,'"),
    '"char"': ("'x'", "','", "''"),
    "name": ("'pg_class'", "'a b'"),
    "bytea": ("'\\x00ff2c22'", "''", "'a,b'"),
    "date": ("'2024-02-29'", "'0044-03-15 BC'", "'infinity'", "'-infinity'", "'5874897-12-31'"),
    "time": ("'00:00'", "'24:00'", "'12:34:56.789'"),
    "time with time zone": ("'12:00+02'", "'24:00-15:59:59'", "'01:02:03.4+05:30'"),
    "timestamp": ("'2024-02-29 12:34:56.789'", "'infinity'", "'-infinity'", "'0044-03-15 BC'"),
    "timestamp with time zone": (
        *("'2024-07-01 12:00+00'", "'1883-01-01 00:00+00'", "'infinity'", "'2050-01-01 00:00Z'"),
        *("'1945-08-14 22:59:59.5Z'", "'4713-01-01 00:00:00+00 BC'"),
    ),
    "interval": (
        *("'1 year 2 mons -3 days 04:05:06.7'", "'0'", "'-1 day +00:00:01'", "'-178000000 years'"),
        *("'1 mon -1 us'", "'100000 hours'"),
    ),
    "uuid": ("'01234567-89ab-cdef-0123-456789abcdef'",),
    "json": ('\'{"a": 1,  "b":[]}\'', "'\"x,y\"'"),
    "jsonb": ('\'{"b": 1e2, "a":[]}\'', "'null'", "'\"\\u00e9\"'"),
    "jsonpath": ("'$.a[*] ? (@ > 1)'",),
    "inet": ("'192.168.1.1'", "'10.0.0.0/8'", "'2001:db8::1/64'"),
    "cidr": ("'10.0.0.0/8'", "'2001:db8::/32'"),
    "macaddr": ("'08:00:2b:01:02:03'",),
    "macaddr8": ("'08:00:2b:01:02:03:04:05'",),
    "bit(5)": ("'10101'",),
    "bit varying": ("'1'", "''"),
    "point": ("'(1,2.5)'",),
    "lseg": ("'[(1,2),(3,4)]'",),
    "box": ("'(3,4),(1,2)'",),
    "path": ("'((1,2),(3,4))'", "'[(1,2),(3,4)]'"),
    "polygon": ("'((1,2),(3,4),(5,6))'",),
    "line": ("'{1,2,3}'",),
    "circle": ("'<(1,2),3>'",),
    "tsvector": ("'a:1 b:2A'",),
    "tsquery": ("'a & !b'",),
    "int4range": ("'[1,5)'", "'empty'", "'(,3]'"),
    "numrange": ("'(1.5,2.50]'",),
    "daterange": ("'[2024-01-01,2024-02-29)'",),
    "tstzrange": ("'[2024-01-01 00:00+00,)'",),
    "tsrange": ("'(,2024-01-01]'",),
    "int8multirange": ("'{[1,3),[7,9)}'",),
    "pg_lsn": ("'16/B374D848'",),
    "pg_snapshot": ("'10:20:10,14'",),
    "xid8": ("'18446744073709551615'",),
    "regclass": ("'pg_type'",),
    "regtype": ("'integer'",),
    "refcursor": ("'c'",),
    "integer[]": ("'{1,NULL,3}'", "'{}'", "'{{1,2},{3,4}}'", "'[0:1]={5,6}'"),
    "text[]": ('\'{a,"b,c",NULL,"NULL",""}\'', "'{\"x\\\\\\\\y\"}'"),
    "numeric[]": ("'{1.50,NaN}'",),
    "timestamp with time zone[]": ("'{2024-07-01 12:00+00}'",),
    "jsonb[]": ('\'{"{\\"a\\": 1}"}\'',),
    "box[]": ("'{(3,4),(1,2);(1,1),(0,0)}'",),
    "interval[]": ("'{1 day,-2 mons}'",),
    "bytea[]": ("array['\\x00ff'::bytea]",),
    "mood": ("'sad'", "'it''s'", "'a,b'"),
    "mood[]": ("'{sad,\"a,b\"}'",),
    "pair": ("'(1,\"x,y\")'", "'(,)'"),
    "pair[]": ("array[(1,'a')::pair]",),
    "positive": ("'5'",),
    "code": ("'x'",),
    "named": ("'sad'",),
    "floats": ("'[1.5,2.5]'",),
}
# Types that a build of the server may lack.
XML: Final = ("'<a x=\"1\">é</a>'", '\'<?xml version="1.0" encoding="UTF-8"?><b/>\'')


def make_types(connection: psycopg.Connection) -> None:
    """Make SCHEMA's types."""
    for statement in SCHEMA:
        connection.execute(statement.encode())


def query(kind: str, values: tuple[str, ...]) -> str:
    """A SELECT of the values, one a row, and NULL."""
    rows = ", ".join(f"({i}, {value}::{kind})" for i, value in enumerate(values))
    return f'SELECT v AS "a b", n FROM (VALUES {rows}, (99, NULL)) AS t(n, v) ORDER BY n'
