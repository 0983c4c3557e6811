"""The session settings (GUCs) that COPY's bytes depend on, and the profiles of servers: their
defaults. Checked once, here, by the rules and in the words of PostgreSQL 15's variable.c and guc.c.

COPY's own options are options.py's; which settings a column needs is schema.py's.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from holofast.c_numbers import strtod, strtol
from holofast.encodings import canonical_name
from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from holofast.options import CopyOptions

# PostgreSQL's own names.
NAMES: Final = {
    "time_zone": "TimeZone",
    "date_style": "DateStyle",
    "interval_style": "IntervalStyle",
    "extra_float_digits": "extra_float_digits",
    "bytea_output": "bytea_output",
    "client_encoding": "client_encoding",
}

_FIELDS: Final = {name.lower(): field for field, name in NAMES.items()}
_WORDS: Final = {
    "interval_style": ("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
    "bytea_output": ("escape", "hex"),
}
_ASCII_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_INT32: Final = range(-(2**31), 2**31)
_INT64: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a session, by default those of PostgreSQL 15.

    `time_zone` is a name of the IANA database, hours east of UTC or a POSIX rule; `date_style` a
    style (ISO, SQL, Postgres, German), an order (MDY, DMY, YMD) or both; `interval_style` postgres,
    postgres_verbose, sql_standard or iso_8601; `extra_float_digits` -15 to 3; `bytea_output` hex
    or escape; `client_encoding` any name of an encoding. They take what SET takes, and hold what
    SHOW says then. `floor_nanoseconds` is no parameter of PostgreSQL: instead of refusing times of
    parts of microseconds, to take the microsecond before.

    Raises CopyError 22023 as SET does, 0A000 for MULE_INTERNAL.
    """

    time_zone: str = "UTC"
    date_style: str = "ISO, MDY"
    interval_style: str = "postgres"
    extra_float_digits: int = 1
    bytea_output: str = "hex"
    client_encoding: str = "UTF8"
    floor_nanoseconds: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                object.__setattr__(self, field.name, _canonical(field.name, value))

    def assigned(self, name: str, text: str) -> Settings:
        """These settings after `SET name = 'text'`, by PostgreSQL's own name in any case.

        Raises CopyError 42704 for another name.
        """
        field = _FIELDS.get(name.translate(_ASCII_LOWER))
        if field is None:
            raise CopyError("42704", f'unrecognized configuration parameter "{name}"')
        value: Any = text
        if field == "date_style":  # a word alone leaves the other as it is
            value = _date_style(text, self.date_style)
        elif field == "extra_float_digits":
            value = _integer(field, text)
        return replace(self, **{field: value})

    def assignments(self) -> Assignments:
        """The SETs that make a session's settings these."""
        pairs = tuple((name, str(getattr(self, field))) for field, name in NAMES.items())
        return Assignments(pairs, self.floor_nanoseconds)


@dataclass(frozen=True)
class Assignments:
    """`SET name = 'value'` for each of `pairs`, in order, to a session of whatever defaults.

    A server takes any of its parameters; what holofast itself encodes, or reads with DuckDB, is
    subject to those of Settings alone.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    floor_nanoseconds: bool = False

    def over(self, settings: Settings) -> Settings:
        """`settings` after these SETs; raises as Settings.assigned does."""
        for name, text in self.pairs:
            settings = settings.assigned(name, text)
        if not self.floor_nanoseconds:
            return settings
        return replace(settings, floor_nanoseconds=True)


def assignments(settings: Settings | Assignments | Mapping[str, str] | None) -> Assignments:
    """What a caller asks for, all settings or some by PostgreSQL's names, as assignments."""
    if settings is None:
        return Assignments()
    if isinstance(settings, Assignments):
        return settings
    if isinstance(settings, Settings):
        return settings.assignments()
    return Assignments(tuple((name, str(value)) for name, value in settings.items()))


def _canonical(field: str, value: Any) -> Any:
    if field == "floor_nanoseconds":
        if not isinstance(value, bool):
            raise TypeError(f"{field} must be a bool, not {type(value).__name__}")
        return value
    if field == "extra_float_digits":
        return _extra_float_digits(value)
    if not isinstance(value, str):
        raise TypeError(f"setting {field} must be a str, not {type(value).__name__}")
    if field == "time_zone":
        from holofast import time_zone  # not needed by those who only upload

        return time_zone.load(value).name
    if field == "date_style":
        return _date_style(value, Settings.date_style)
    if field == "client_encoding":
        return _client_encoding(value)
    word = value.translate(_ASCII_LOWER)
    if word not in _WORDS[field]:
        raise _invalid(field, value, hint=f"Available values: {', '.join(_WORDS[field])}.")
    return word


def _invalid(
    field: str, value: str, *, detail: str | None = None, hint: str | None = None
) -> CopyError:
    # A word's error has the name as SET folds it, a check's as it is.
    name = NAMES[field].lower() if field in _WORDS else NAMES[field]
    message = f'invalid value for parameter "{name}": "{value}"'
    return CopyError("22023", message, detail=detail, hint=hint)


def _client_encoding(alias: str) -> str:
    """PostgreSQL's own name of what `SET client_encoding = alias` accepts (variable.c).

    The server cuts off what is too long for a name (guc.c, GUC_IS_NAME).
    """
    alias = alias.encode(errors="replace")[:63].decode(errors="ignore")
    name = canonical_name(alias)
    message = f'invalid value for parameter "client_encoding": "{alias}"'
    if name is None:
        raise CopyError("22023", message)
    if name == "MULE_INTERNAL":
        detail = f"Conversion between {name} and UTF8 is not supported."
        raise CopyError("0A000", message, detail=detail)
    return name


def _extra_float_digits(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"setting extra_float_digits must be an int, not {type(value).__name__}")
    if not -15 <= value <= 3:
        raise CopyError(
            "22023",
            f'{value} is outside the valid range for parameter "extra_float_digits" (-15 .. 3)',
        )
    return value


def _integer(field: str, text: str) -> int:
    """An integer as parse_int of guc.c reads it: C's bases, and fractions to be rounded."""
    number: float
    number, end = strtol(text)
    valid = True
    if text[end : end + 1] in (".", "e", "E") or number not in _INT64:
        number, end, valid = strtod(text)
    if end == 0 or not valid or math.isnan(number) or text[end:].strip(" \t\n\v\f\r"):
        raise _invalid(field, text)
    if math.isinf(number) or round(number) not in _INT32:
        raise _invalid(field, text, hint="Value exceeds integer range.")
    return round(number)


_STYLES: Final = (
    (r"iso", "ISO"),
    (r"sql", "SQL"),
    (r"postgres.*", "Postgres"),
    (r"german", "German"),
)
_ORDERS: Final = (
    (r"ymd", "YMD"),
    (r"dmy|euro.*", "DMY"),
    (r"mdy|us|noneuro.*", "MDY"),
)


def _date_style(value: str, current: str) -> str:
    """The style and the order that `value` sets; a word that is not there stays the current one."""
    styles: list[str] = []
    orders: list[str] = []
    default_style, default_order = current.split(", ")
    german_order = None
    for word in _identifiers(value):
        style, order = _match(_STYLES, word), _match(_ORDERS, word)
        if style is not None:
            styles.append(style)
            if style == "German" and not orders:
                german_order = "DMY"
        elif order is not None:
            orders.append(order)
        elif word.translate(_ASCII_LOWER) == "default":
            reset_style, reset_order = Settings.date_style.split(", ")
            default_style, german_order = reset_style, None
            default_order = reset_order
        else:
            detail = f'Unrecognized key word: "{word}".'
            raise _invalid("date_style", value, detail=detail)
    if len(set(styles)) > 1 or len(set(orders)) > 1:
        detail = 'Conflicting "datestyle" specifications.'
        raise _invalid("date_style", value, detail=detail)
    style = styles[0] if styles else default_style
    order = orders[0] if orders else german_order or default_order
    return f"{style}, {order}"


def _match(patterns: tuple[tuple[str, str], ...], word: str) -> str | None:
    flags = re.IGNORECASE | re.ASCII | re.DOTALL
    found = (name for pattern, name in patterns if re.fullmatch(pattern, word, flags))
    return next(found, None)


# SplitIdentifierString of varlena.c: names between commas, in double quotes as they are.
_SPACE: Final = r"[ \t\n\r\f]*"  # scanner_isspace
_IDENTIFIER: Final = re.compile(
    rf'{_SPACE}(?:"((?:[^"]|"")*)"|([^, \t\n\r\f"][^, \t\n\r\f]*)){_SPACE}'
)


def _identifiers(value: str) -> Iterator[str]:
    words = []
    at, end = 0, not value.strip(" \t\n\r\f")
    while not end:
        match = _IDENTIFIER.match(value, at)
        if match is None or value[match.end() : match.end() + 1] not in ("", ","):
            raise _invalid("date_style", value, detail="List syntax is invalid.")
        quoted, plain = match.groups()
        words.append(plain.translate(_ASCII_LOWER) if quoted is None else quoted.replace('""', '"'))
        at, end = match.end() + 1, match.end() == len(value)
    return iter(words)


@dataclass(frozen=True)
class Profile:
    """What COPY is like on a kind of server: its defaults, and what its version does not have."""

    name: str
    settings: Settings
    header_in_text: bool

    def check(self, options: CopyOptions) -> None:
        """Refuse options that this server's version does not know: CopyError 0A000."""
        if options.header and options.format == "text" and not self.header_in_text:
            raise CopyError("0A000", "COPY HEADER available only in CSV mode")


POSTGRES: Final = Profile("postgres", Settings(), header_in_text=True)
# It is compatible with PostgreSQL 11.
HOLOGRES: Final = Profile("hologres", Settings(extra_float_digits=0), header_in_text=False)
