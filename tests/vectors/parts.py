"""The nasty values of types with parts, and of those that metadata makes. No server is asked."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.parts import BASE, HSTORE, LAYOUTS, Part, array_of, declared, record_of
from tests.vectors.values import values_of

_TEXT: list[Any] = [
    "", "a", "NULL", "null", "nUlL", "nulls", "a b", " ", "\t", "\n", "\v", "\f", "\r", "a,b", ",",
    ";", "{", "}", "{}", "(", ")", '"', '""', "\\", 'a\\"b', "é", "日本語", "'", "x" * 70,
    'y" ' * 40, "\\N", "\\.", "\b", None,
]  # fmt: skip

JSON: list[Any] = [
    "{}", "[]", "null", "true", "false", '""', "0", "-0", "-0.0", "1e5", "1E+5", "1.50e1", "15e-1",
    "100e-2", "0e10", "0.000e-3", "-12.5e-3", "123456789012345678901234567890.5", "1e30", "2.50",
    ' { "b" : 1 , "a":[ 1,2 ,{"z":null}] } ', '{"aa":1,"b":2,"":3}', '{"a":1,"a":2,"b":3,"a":4}',
    '{"é":1,"zz":2,"z":3}', '"\\u00e9\\u20ac\\ud83d\\ude00"', '"\\b\\f\\n\\r\\t\\/\\"\\\\"',
    '"\\u0001\\u001f\\u007f"', '"a,b|c\\td"', '[[[[]]],{"a":{"b":{}}}]', '"' + "long " * 40 + '"',
    '{"k":"' + "x" * 80 + '","j":[1,2,3]}', "[1.0,1.00,-1.10e2]", '{"\\u0062":1,"a":2}', None,
]  # fmt: skip

# Name -> the part and its values; in TEXT, CSV and BINARY.
DECLARED: dict[str, tuple[Part, list[Any]]] = {
    "float16": (
        Part(pa.float16(), "float4"),
        ["0", "-0", "1.5", "65504", "6e-8", "1e-4", "0.1", "NaN", "Infinity", "-Infinity", None],
    ),
    "decimal32": (Part(pa.decimal32(7, 3), "numeric(7,3)"), ["0", "1234.567", "-0.001", None]),
    "decimal64": (Part(pa.decimal64(18, 0), "numeric(18,0)"), ["0", "9" * 18, "-10000", None]),
    "decimal256": (
        Part(pa.decimal256(76, 20), "numeric(76,20)"),
        ["0", "1", "-1", "9" * 56, "-" + "9" * 56, "1e-20", "10000.0001", "1e40", None],
    ),
    "decimal256 whole": (
        Part(pa.decimal256(76, 0), "numeric(76,0)"),
        ["0", "9" * 76, "-" + "9" * 76, "1" + "0" * 60, "12340000", None],
    ),
    "string view": (Part(pa.string_view(), "text"), _TEXT),
    "uuid": (
        declared("uuid"),
        ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None],
    ),
    "uuid of bytes": (
        Part(pa.uuid(), "uuid"),
        [bytes(16), bytes(range(16)), b"\xff" * 16, b"\\,|\n" * 4, None],
    ),
    "json": (Part(pa.json_(), "json"), JSON),
    "jsonb": (declared("jsonb"), JSON),
    "inet": (
        declared("inet"),
        ["10.0.0.1", "10.0.0.0/8", "0.0.0.0/0", "255.255.255.255", "::1", "::", "fe80::/10",
         "2001:db8::ff00:42:8329", "::ffff:1.2.3.4", "1::/127", None],
    ),
    "cidr": (declared("cidr"), ["10.0.0.0/8", "192.168.1.0/24", "::1/128", "fe80::/10", None]),
    "macaddr": (declared("macaddr"), ["08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", None]),
    "macaddr8": (declared("macaddr8"), ["08:00:2b:ff:fe:01:02:03", None]),
    "bit": (declared("bit(3)"), ["101", "000", None]),
    "varbit": (declared("bit varying"), ["", "1", "10101010", "101010101", None]),
    "money": (
        declared("money"),
        ["$0.00", "-$0.01", "$1,234.50", "-$92,233,720,368,547,758.08", "$999.99", None],
    ),
    "point": (declared("point"), ["(1,2.5)", "(-0,1e+20)", "(NaN,Infinity)", "(0.1,1e-07)", None]),
    "timetz": (
        declared("time with time zone"),
        ["00:00:00+00", "24:00:00-08", "12:34:56.789+05:30", "23:59:59.999999-15:59:59", None],
    ),
    "numeric": (
        declared("numeric"),
        ["0", "0.00", "NaN", "Infinity", "-Infinity", "-1.50", "100000000", "0.0000000001",
         "123456789012345678901234567890.000100", "1" + "0" * 200, None],
    ),
    "character": (declared("character(5)"), ["", "ab", "abcde", "é", "日本語", "a  ", None]),
    "character varying": (declared("character varying(9)"), ["", "ab", "é  ", None]),
    '"char"': (declared('"char"'), ["", "a", "\\", ",", "\\377", "\\200", "\n", None]),
    "oid": (Part(pa.uint32(), "oid", {"pg_type": "oid"}), [0, 1, 4294967295, None]),
    "bigint of int32": (Part(pa.int32(), "bigint", {"pg_type": "bigint"}), [0, -5, 2**31 - 1]),
    "smallint of int64": (Part(pa.int64(), "smallint", {"pg_type": "smallint"}), [0, -32768, None]),
    "bigint of uint64": (Part(pa.uint64(), "bigint", {"pg_type": "bigint"}), [0, 2**63 - 1, None]),
    "int4range": (declared("int4range"), ["empty", "[1,10)", "(,)", "[-5,)", "(,3)", None]),
    "int8range": (declared("int8range"), ["[1,9223372036854775807)", None]),
    "numrange": (declared("numrange"), ["(1.50,2]", "[0,0]", "(NaN,)" , "[-1,Infinity)", None]),
    "name": (declared("name"), ["", "relname", "a b", None]),
}  # fmt: skip

# The same in TEXT and CSV alone: their binary form is not made of text.
TEXT_ALONE: dict[str, tuple[Part, list[Any]]] = {
    "tsvector": (declared("tsvector"), ["'a' 'b c':1,2", "'x\\\\y'", None]),
    "daterange": (declared("daterange"), ["[2020-01-01,2020-02-01)", "empty", None]),
    "tstzrange": (declared("tsrange"), ['["2020-01-01 00:00:00",)', None]),
    "box": (declared("box"), ["(1,1),(0,0)", None]),
    "text[]": (declared("text[]"), ['{a,"b c",NULL}', "{}", "[0:1]={1,2}", None]),
    "xml": (declared("xml"), ["<a>1</a>", None]),
    "interval": (declared("interval"), ["1 year -2 days", "-00:00:01", None]),
    "int4multirange": (declared("int4multirange"), ["{[1,3),[5,9)}", None]),
}


def _lists(values: list[Any]) -> list[Any]:
    return [values, [], None, values[:1], [None], values[1:4] * 30, [None, *values[:2], None]]


def _arrays() -> dict[str, tuple[Part, list[Any]]]:
    found: dict[str, tuple[Part, list[Any]]] = {}
    for name, part in BASE.items():
        values = _TEXT if part.pg_type == "text" and name != "null" else values_of(name)
        found[f"{name}[]"] = (array_of(part), _lists(values))
    for name, (part, values) in DECLARED.items():
        found[f"{name}[]"] = (array_of(part), _lists(values))
    ints = BASE["int32"]
    pairs = [[1, 2], None, [None, 3], [None, None], [4, -5]]
    for layout in LAYOUTS:
        found[f"int32 {layout}"] = (array_of(ints, layout), pairs)
        found[f"text {layout}"] = (
            array_of(BASE["string"], layout), [["a", "b c"], None, [None, ""], ["NULL", "x" * 90]],
        )  # fmt: skip
    two = array_of(array_of(ints, "large"), "list")
    found["int32[][]"] = (
        two,
        [
            [[1, 2], [3, 4]],
            [],
            None,
            [[1]],
            [[], []],
            [None],
            [[], None],
            [[None, 1]],
            [[1], [2], [3]],
        ],
    )
    three = array_of(array_of(array_of(BASE["string"], "view"), "fixed"), "large view")
    found["text[][][]"] = (three, [[[["a", None], ["b c", "d"]]], None, [], [None], [[[], []]]])
    six = ints
    value: Any = 7
    for _ in range(6):
        six, value = array_of(six), [value, value]
    found["int32 of six dimensions"] = (six, [value, None])
    record = record_of(BASE["string"], ints)
    found["record[]"] = (array_of(record), [[("a b", 1), None, (None, None)], [], None])
    return found


def _records() -> dict[str, tuple[Part, list[Any]]]:
    found: dict[str, tuple[Part, list[Any]]] = {}
    for name, part in BASE.items():
        values = _TEXT if part.pg_type == "text" and name != "null" else values_of(name)
        rows = [(value, 5) for value in values]
        found[f"record of {name}"] = (record_of(part, BASE["int32"]), [*rows, None, (None, None)])
    for name, (part, values) in DECLARED.items():
        found[f"record of {name}"] = (record_of(part), [*((value,) for value in values), None])
    inner = record_of(BASE["string"], array_of(BASE["string"]))
    found["record of record"] = (
        record_of(inner, BASE["bool"], inner),
        [(("a", ["b,c", None]), True, None), ((None, []), None, ('q"\\', ['"', "\\"])), None],
    )
    found["record of nothing"] = (record_of(), [(), None, ()])
    found["record of many"] = (
        record_of(*[BASE["int16"]] * 70), [tuple(range(70)), None, (None,) * 70],
    )  # fmt: skip
    return found


_HSTORES: list[Any] = [
    {}, {"a": "1"}, {"b": "2", "a": None, "aa": "x", "": ""}, {'q"': "\\"}, {"k": "NULL"},
    {"é": "日"},
    None, {"long" * 30: "value " * 20},
]  # fmt: skip

ARRAYS = _arrays()
RECORDS = _records()
HSTORES: dict[str, tuple[Part, list[Any]]] = {"hstore": (HSTORE, _HSTORES)}
