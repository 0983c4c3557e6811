"""What the vectors ask: columns of typed values, options and time zone. The answers are a server's.

A case names its family, which is the file it stands in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from holofast.encodings import SPELLINGS
from holofast.settings import Settings
from holofast.time_zone import CYCLE_SECONDS

from tests.encodings.server import is_misjudged
from tests.encodings.texts import table
from tests.literals import INT32_MAX, INT64_MAX, KINDS, Kind, Named, Value
from tests.vectors import parts
from tests.vectors.values import TEXTS, values_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.literals import Typed


@dataclass(frozen=True)
class Case:
    """One COPY: `rows` rows of `columns` under `options` in a session of these `settings`.

    They go by PostgreSQL's names; TimeZone is UTC and the others are the server's by default.
    """

    family: str
    name: str
    columns: Sequence[Named[Typed]]
    rows: int
    options: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)


FORMATS = ("text", "csv", "binary")

# PostgreSQL's names of the settings, and ours.
SETTINGS = {
    "TimeZone": "time_zone", "DateStyle": "date_style", "IntervalStyle": "interval_style",
    "extra_float_digits": "extra_float_digits", "bytea_output": "bytea_output",
}  # fmt: skip


def settings_of(named: Mapping[str, Any]) -> Settings:
    """Ours, from PostgreSQL's names."""
    values: dict[str, Any] = {SETTINGS[name]: value for name, value in named.items()}
    if "extra_float_digits" in values:
        values["extra_float_digits"] = int(values["extra_float_digits"])
    return Settings(**values)


def _column(kind: str, values: list[Value] | None = None, name: str = "c") -> Named[Kind]:
    return Named(name, KINDS[kind], values_of(kind) if values is None else values)


def _by_type() -> Iterator[Case]:
    """Every type alone in every format, and in CSV beside another column too."""
    for name in KINDS:
        column = _column(name)
        rows = len(column.values)
        for format_ in FORMATS:
            yield Case("types", f"{name} {format_}", [column], rows, {"format": format_})
        beside = _column("int32", list(range(rows)), "n")
        options = {"format": "csv", "header": True}
        yield Case("types", f"{name} csv beside", [column, beside], rows, options)


_TEXT_OPTIONS: list[dict[str, Any]] = [
    *({"delimiter": char} for char in ",|;: A^\"'~\x01\x07\x1f\x7f\b\t\v\f/-+_Z{"),
    *({"null": null} for null in ("", "NULL", "nul", "5", "0", "t", "\\", "a", "é", " ", "\\\\N")),
    {"delimiter": ",", "null": "\\N", "header": True},
    {"delimiter": "N", "null": ""},
]
_CSV_OPTIONS: list[dict[str, Any]] = [
    *({"delimiter": char} for char in "|;: \tAat015\\.-+e'\x01/x^"),
    *(
        {"null": null}
        for null in ("\\N", "NULL", "nul", "0", "t", "\\", "\\.", "é", " ", "a", "é\\")
    ),
    *({"quote": char} for char in "'|\\a0 ~\t^"),
    *({"escape": char} for char in "\\'a,n \t^"),
    {"quote": "'", "escape": "\\"},
    {"quote": "\\", "escape": '"'},
    {"quote": "^", "escape": "^"},
    {"quote": "\n"},
    {"escape": "\n"},
    {"force_quote": "*"},
    {"force_quote": ["c"]},
    {"force_quote": ["n"]},
    {"force_quote": ["n", "c"], "escape": "\\", "header": True},
    {"force_quote": "*", "null": "NULL", "header": True},
    {"delimiter": "\t", "null": "\\N", "header": True},
]


def _by_option() -> Iterator[Case]:
    """Every option trap over strings, alone (where `\\.` counts) and beside another column."""
    for format_, choices in (("text", _TEXT_OPTIONS), ("csv", _CSV_OPTIONS)):
        for choice in choices:
            options = {"format": format_, **choice}
            label = ", ".join(f"{key} {value!r}" for key, value in options.items())
            strings = _column("string")
            beside = _column("int64", [*range(len(TEXTS) - 1), None], "n")
            if "n" not in choice.get("force_quote", ()):
                yield Case("strings", f"{label} alone", [strings], len(TEXTS), options)
            yield Case("strings", label, [strings, beside], len(TEXTS), options)


def _bare_types_under_options() -> Iterator[Case]:
    """Delimiters, quotes and NULL strings that meet the characters of numbers, dates and bools."""
    kinds: dict[str, list[Value]] = {
        "bool": [True, False, None],
        "int32": [0, 5, -5, 105, None],
        "float": ["1e10", "-0", "NaN", "-Infinity", "0.5", None],
        "decimal128(18, 4)": [0, -15000, 1_0005, None],
        "uint64": [0, 2**64 - 1, None],
        "binary": ["", "5c", "0aff", None],
        "date32[day]": [0, -719_163, INT32_MAX, -INT32_MAX, None],
        "time64[us]": [0, 86_399_999_999, None],
        "timestamp[us, tz=Asia/Tokyo]": [0, 1, -(10**17), INT64_MAX, None],
        "null": [None, None],
    }
    columns = [
        _column(kind, (values * 6)[:6], f"{kind.partition('[')[0]}")
        for kind, values in kinds.items()
    ]
    for char in "tf015-+e.:x\\ aNIB":
        for option in ("delimiter", "quote", "escape"):
            options = {"format": "csv", option: char}
            yield Case("bare", f"csv {option} {char!r}", columns, 6, options)
    for char in "-+: IBN":
        null = {"null": ""} if char == "N" else {}
        options = {"format": "text", "delimiter": char, **null}
        yield Case("bare", f"text delimiter {char!r}", columns, 6, options)
    for null_text in ("t", "5", "NaN", "\\x", "0.0000", "1970-01-01", "infinity", "00:00:00", "-0"):
        for format_ in ("text", "csv"):
            options = {"format": format_, "null": null_text}
            yield Case("bare", f"{format_} null {null_text!r}", columns, 6, options)
    for kind, values in kinds.items():
        for options in (
            {"format": "csv", "delimiter": "\\"},
            {"format": "csv", "force_quote": "*"},
        ):
            label = "delimiter" if "delimiter" in options else "forced"
            column = _column(kind, values)
            yield Case("bare", f"csv {label} {kind} alone", [column], len(values), options)


def _headers() -> Iterator[Case]:
    """Column names under HEADER; the NULL string counts, FORCE_QUOTE does not."""
    names = (
        "c",
        "",
        "nul",
        "a,b",
        'q"q',
        "two words",
        "日本",
        "?column?",
        "\\N",
        "\\.",
        "tab\t",
        "l\nf",
    )
    for format_ in ("text", "csv"):
        for choice in ({}, {"null": "nul"}, {"delimiter": "|"}):
            label = ", ".join([format_, *(f"{key} {value}" for key, value in choice.items())])
            options = {"format": format_, "header": True, **choice}
            columns = [_column("int32", [1, None], name) for name in names if name]
            yield Case("headers", label, columns, 2, options)
            empty = [_column("int32", [], name) for name in names if name]
            yield Case("headers", f"{label}, no rows", empty, 0, options)
            twice = [_column("string", ["a"], "same"), _column("string", ["b"], "same")]
            yield Case("headers", f"{label}, twice", twice, 1, options)
        for name in ("\\.", "nul", "a,b", "c"):
            options = {"format": format_, "header": True, "null": "nul"}
            alone = [_column("string", ["x"], name)]
            yield Case("headers", f"{format_} alone {name}", alone, 1, options)
    twice = [_column("string", ["a"], "same"), _column("string", ["b"], "same")]
    forced = {"format": "csv", "header": True, "force_quote": ["same"]}
    yield Case("headers", "csv forced the first of two", twice, 1, forced)


def _edges() -> Iterator[Case]:
    """No rows, no columns, nothing but NULL, and the most columns there can be."""
    for format_ in FORMATS:
        options: dict[str, Any] = {"format": format_}
        yield Case(
            "edges", f"{format_} no rows", [_column("int32", []), _column("string", [])], 0, options
        )
        yield Case("edges", f"{format_} no columns", [], 3, options)
        yield Case("edges", f"{format_} nothing at all", [], 0, options)
        nulls = [_column(kind, [None] * 3, f"c{i}") for i, kind in enumerate(KINDS)]
        yield Case("edges", f"{format_} all null", nulls, 3, options)
        wide = [_column("int16", [i % 7, None], f"c{i}") for i in range(1664)]
        yield Case("edges", f"{format_} 1664 columns", wide, 2, options)
        if format_ != "binary":
            yield Case(
                "edges", f"{format_} header of no columns", [], 2, {**options, "header": True}
            )
        # Alone: beside larger numbers they would not be taken for small ones.
        large: list[Value] = [2**64, 2**64 + 5, -(2**64), 2**74 - 1]
        alone: dict[str, list[Value]] = {
            "decimal128(38, 0)": large,
            "uint64": [2**64 - 1, 2**64 - 100, 2**63],
        }
        for kind, values in alone.items():
            for value in values:
                named = [_column(kind, [value])]
                yield Case("edges", f"{format_} {kind} {value} alone", named, 1, options)


ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca", "Europe/Dublin", "America/St_Johns", "Asia/Shanghai", "Pacific/Apia",
    "America/Nuuk", "Africa/Monrovia", "Antarctica/Troll", "Asia/Gaza", "Europe/Amsterdam",
    "Pacific/Chatham", "America/Sao_Paulo", "Asia/Tehran", "Pacific/Kiritimati", "Etc/GMT+5",
    "europe/london", "+03:30", "-7", "FOO5:30", "<+08>-8", "EST5EDT,M3.2.0,M11.1.0",
    "NZST-12NZDT,M9.5.0,M4.1.0/3", "CET-1CEST",
)  # fmt: skip


def _zones() -> Iterator[Case]:
    """Instants from 4713 BC to the last year, local mean time and far-future rules included."""
    seconds = [
        0, -(10**9), -3_000_000_000, -2_208_988_800, -62_135_596_800, -62_135_640_000, 951_782_400,
        1_711_846_799, 1_711_846_800, 1_729_990_799, 1_729_990_800, 1_720_000_000, 1_735_689_599,
        2_145_916_800, 2_160_000_000, 4_102_444_800, 4_118_000_000, 16_725_225_600, 16_740_000_000,
        253_402_300_799, 300_000_000_000, 300_015_000_000, 9_000_000_000_000, 9_000_015_000_000,
        -100_000_000_000, -210_866_803_200, 1_000_000_007,
    ]  # fmt: skip
    # Berlin's and New York's changes of March 2024, whole 400-year cycles later.
    for change in (1_711_846_800, 1_710_054_000):
        for cycles in (1, 24, 700):
            seconds += [change + cycles * CYCLE_SECONDS + step for step in (-1, 0)]
    for zone in ZONES:
        column = _column(
            "timestamp[us, tz=Asia/Tokyo]", [second * 10**6 + 250 for second in seconds]
        )
        rows = len(seconds)
        plain, sql = {"TimeZone": zone}, {"TimeZone": zone, "DateStyle": "SQL, DMY"}
        yield Case("zones", f"{zone} text", [column], rows, {"format": "text"}, plain)
        yield Case("zones", f"{zone} SQL", [column], rows, {"format": "text"}, sql)
    column = _column("timestamp[us, tz=Asia/Tokyo]")
    for format_ in FORMATS:
        rows = len(column.values)
        yield Case(
            "zones",
            f"Lima {format_}",
            [column],
            rows,
            {"format": format_},
            {"TimeZone": "America/Lima"},
        )


def _settings() -> Iterator[Case]:
    """What each setting makes of the types it bears on."""
    styles = [f"{a}, {b}" for a in ("SQL", "Postgres", "German") for b in ("MDY", "DMY", "YMD")]
    for style in [*styles, "ISO, DMY", "ISO, YMD"]:
        for kind in ("date32[day]", "date64[ms]", "timestamp[us]", "timestamp[us, tz=Asia/Tokyo]"):
            column = _column(kind)
            for options in ({"format": "text"}, {"format": "csv", "delimiter": "/"}):
                label = f"{style} {kind} {options['format']}"
                settings = {"DateStyle": style, "TimeZone": "America/Lima"}
                rows = len(column.values)
                yield Case("settings", label, [column], rows, options, settings)
    for digits in range(-15, 4):
        for kind in ("float", "double"):
            column = _column(kind)
            settings = {"extra_float_digits": str(digits)}
            rows, header = len(column.values), {"format": "csv", "header": True}
            yield Case("settings", f"{kind} of {digits}", [column], rows, header, settings)
    for kind in ("binary", "large_binary"):
        column = _column(kind)
        for format_ in FORMATS:
            label, rows = f"{kind} escaped {format_}", len(column.values)
            settings = {"bytea_output": "escape"}
            yield Case("settings", label, [column], rows, {"format": format_}, settings)


STYLED_ZONES = (
    "UTC", "America/New_York", "Europe/Dublin", "Asia/Kathmandu", "America/Nuuk", "Asia/Tehran",
    "<+08>-8", "<a,b\"c>5", "CET-1CEST", "longestname5", "-3.5", "GMT", "<é>3",
)  # fmt: skip


def _styles() -> Iterator[Case]:
    """Abbreviations of zones, and delimiters, quotes and NULL strings that meet styled values."""
    column = _column("timestamp[us, tz=Asia/Tokyo]")
    rows = len(column.values)
    for zone in STYLED_ZONES:
        for style in ("SQL, MDY", "Postgres, DMY", "Postgres, MDY", "German, DMY"):
            for format_ in ("text", "csv"):
                settings = {"TimeZone": zone, "DateStyle": style}
                label = f"{zone} {style} {format_}"
                yield Case("settings", label, [column], rows, {"format": format_}, settings)
    kinds: dict[str, list[Value]] = {
        "date32[day]": [0, -719_163, INT32_MAX, None],
        "timestamp[us]": [0, -(10**17), 1_700_000_000_000_001, None],
        "timestamp[us, tz=Asia/Tokyo]": [0, 1_720_000_000_000_000, -INT64_MAX, None],
        "double": ["1e10", "-0", "NaN", "0.1", "-123456.789", None],
        "binary": ["", "5c", "610a2cff2231", "27", None],
    }
    columns = [
        _column(kind, (values * 2)[:6], f"c{i}") for i, (kind, values) in enumerate(kinds.items())
    ]
    for i, style in enumerate(("SQL, DMY", "Postgres, MDY", "German, DMY", "ISO, MDY")):
        settings = {
            "DateStyle": style,
            "TimeZone": STYLED_ZONES[i + 1],
            "extra_float_digits": str(-4 * i),
            "bytea_output": "escape",
        }
        for options in _meeting_styles():
            label = ", ".join(f"{value!r}" for value in options.values())
            yield Case("settings", f"{label} of {style}", columns, 6, options, settings)


def _meeting_styles() -> Iterator[dict[str, str]]:
    for char in "/.-: \\aSJ01;|\t":
        yield {"format": "csv", "delimiter": char}
        yield {"format": "csv", "delimiter": "\x01", "quote": char}
    for char in "/-: @+SJC,":
        yield {"format": "text", "delimiter": char}
    for null in ("01/01/1970", "0", "-0", "infinity", "1970", ""):
        yield {"format": "text", "null": null}
        yield {"format": "csv", "null": null, "delimiter": "\t", "quote": "\x01"}


def _encodings() -> Iterator[Case]:
    """Text that each encoding has, beside what COPY protects; names, NULLs and BINARY's client."""
    for name in SPELLINGS:
        if name in ("SQL_ASCII", "MULE_INTERNAL", "UTF8"):
            continue
        found = [chr(n) for n in table(name) if not is_misjudged(name, table(name)[n])]
        letters = found[:: max(1, len(found) // 90)]
        values: list[Value] = [
            "".join(letters),
            *(f'{c}\\,\t"|{c}' for c in letters[-20:]),
            None,
            "",
        ]
        columns = [
            _column("string", values),
            _column("int32", list(range(len(values))), letters[-1]),
        ]
        chosen: tuple[dict[str, Any], ...] = (
            {"format": "text", "encoding": name, "header": True, "delimiter": "|"},
            {"format": "csv", "encoding": name, "header": True, "null": letters[-1]},
        )
        for options in chosen:
            yield Case("encodings", f"{name} {options['format']}", columns, len(values), options)


def _parts() -> Iterator[Case]:
    """Types with parts, and those that metadata makes, in every format; CSV in one more way."""
    families = {
        "declared": parts.DECLARED, "text_alone": parts.TEXT_ALONE, "arrays": parts.ARRAYS,
        "records": parts.RECORDS, "hstore": parts.HSTORES,
    }  # fmt: skip
    for family, found in families.items():
        for name, (part, values) in found.items():
            column = Named("c", part, values)
            for format_ in FORMATS[:2] if family == "text_alone" else FORMATS:
                yield Case(family, f"{name} {format_}", [column], len(values), {"format": format_})
            beside = _column("int32", list(range(len(values))), "n")
            options = {"format": "csv", "quote": "'", "escape": "\\", "null": "NULL"}
            yield Case(family, f"{name} csv quoted", [column, beside], len(values), options)


def cases() -> list[Case]:
    """All cases; their names are unique within a family."""
    families = (_by_type, _by_option, _bare_types_under_options, _headers, _edges, _zones, _parts)
    more = (_settings, _styles, _encodings)
    return [case for family in (*families, *more) for case in family()]
