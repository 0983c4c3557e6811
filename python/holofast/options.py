"""COPY's options, checked once, here.

The rules, their order, their words and SQLSTATEs are those of ProcessCopyOptions in PostgreSQL 15's
copy.c. Reading options out of a statement, with positions, is statement.py's; what a schema must
agree to (FORCE_QUOTE's columns) is schema.py's.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, Final

from holofast.encodings import canonical_name
from holofast.errors import CopyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Escapes such as \n and \N would be read back as something else with these as the delimiter.
_UNSAFE_IN_TEXT: Final = "\\.abcdefghijklmnopqrstuvwxyz0123456789"

# pg_strcasecmp folds ASCII alone, unlike str.lower.
_ASCII_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, kw_only=True)
class CopyOptions:
    """The options of COPY (query) TO; after construction it holds PostgreSQL's defaults.

    `delimiter`, `quote` and `escape` are characters of one byte; `quote` and `escape` are None
    outside CSV, and in BINARY so are `delimiter` and `null`. `force_quote` is None, "*" or the
    names of columns. `encoding` is PostgreSQL's own name of one, or None for the client's.
    `from_only` names options given that only COPY FROM takes ("force not null", "force null"):
    they are refused, in the place that PostgreSQL's order of checks has for them.

    Raises CopyError where PostgreSQL 15 refuses the options.
    """

    format: str = "text"
    delimiter: str | None = None
    null: str | None = None
    header: bool = False
    quote: str | None = None
    escape: str | None = None
    force_quote: str | tuple[str, ...] | None = None
    encoding: str | None = None
    from_only: InitVar[Sequence[str]] = ()

    def __post_init__(self, from_only: Sequence[str]) -> None:
        check_format(self.format)
        resolved: dict[str, object] = {
            "header": header_choice(self.header),
            "force_quote": _column_names(self.force_quote),
            "encoding": None if self.encoding is None else encoding_name(self.encoding),
        }
        for name in ("delimiter", "null", "quote", "escape"):
            _check_text(name, getattr(self, name))
        for name, value in resolved.items():
            object.__setattr__(self, name, value)
        for broken, sqlstate, message in _rules(self, from_only):
            if broken:
                raise CopyError(sqlstate, message)
        for name, default in _defaults(self).items():
            object.__setattr__(self, name, default)


def check_format(name: str) -> None:
    """Refuse a format that COPY does not know: CopyError 22023; case counts, as in PostgreSQL."""
    if name not in ("text", "csv", "binary"):
        raise CopyError("22023", f'COPY format "{name}" not recognized')


def encoding_name(alias: str) -> str:
    """PostgreSQL's own name of the encoding `alias`; CopyError 22023 if there is none."""
    name = canonical_name(alias)
    if name is None:
        message = 'argument to option "encoding" must be a valid encoding name'
        raise CopyError("22023", message)
    return name


def header_choice(value: bool | int | str) -> bool:
    """HEADER's value as COPY TO reads it (defGetCopyHeaderChoice): CopyError 42601 or 0A000."""
    choice = boolean(value)
    if choice is None and isinstance(value, str) and value.translate(_ASCII_LOWER) == "match":
        raise CopyError("0A000", f'cannot use "{value}" with HEADER in COPY TO')
    if choice is None:
        raise CopyError("42601", 'header requires a Boolean value or "match"')
    return choice


def boolean(value: bool | int | str) -> bool | None:
    """An option's Boolean value as defGetBoolean reads it, or None where it is none."""
    if isinstance(value, str):
        words = {"true": True, "on": True, "false": False, "off": False}
        return words.get(value.translate(_ASCII_LOWER))
    return bool(value) if value in (0, 1) else None


def _rules(options: CopyOptions, from_only: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    """(broken, SQLSTATE, message) in order; lazily, as a rule may rely on those before it."""
    csv, binary = options.format == "csv", options.format == "binary"
    filled = _defaults(options)
    delimiter, null = filled["delimiter"] or "", filled["null"] or ""
    quote, escape = filled["quote"] or "", filled["escape"] or ""
    if binary:
        yield options.delimiter is not None, "42601", "cannot specify DELIMITER in BINARY mode"
        yield options.null is not None, "42601", "cannot specify NULL in BINARY mode"
        yield options.header, "0A000", "cannot specify HEADER in BINARY mode"
    else:
        one_byte = "COPY delimiter must be a single one-byte character"
        no_newline = "cannot be newline or carriage return"
        yield not _is_one_byte(delimiter), "0A000", one_byte
        yield delimiter in "\r\n", "22023", f"COPY delimiter {no_newline}"
        no_newline = "cannot use newline or carriage return"
        yield not {"\r", "\n"}.isdisjoint(null), "22023", f"COPY null representation {no_newline}"
        unsafe = not csv and delimiter in _UNSAFE_IN_TEXT
        yield unsafe, "22023", f'COPY delimiter cannot be "{delimiter}"'
    if csv:
        yield not _is_one_byte(quote), "0A000", "COPY quote must be a single one-byte character"
        yield delimiter == quote, "22023", "COPY delimiter and quote must be different"
        yield not _is_one_byte(escape), "0A000", "COPY escape must be a single one-byte character"
        for name in from_only:
            yield True, "0A000", f"COPY {name} only available using COPY FROM"
    else:
        csv_only = "available only in CSV mode"
        yield options.quote is not None, "0A000", f"COPY quote {csv_only}"
        yield options.escape is not None, "0A000", f"COPY escape {csv_only}"
        yield options.force_quote is not None, "0A000", f"COPY force quote {csv_only}"
        for name in from_only:
            yield True, "0A000", f"COPY {name} {csv_only}"
    in_null = "must not appear in the NULL specification"
    yield not binary and delimiter in null, "0A000", f"COPY delimiter {in_null}"
    yield csv and quote in null, "0A000", f"CSV quote character {in_null}"


def _defaults(options: CopyOptions) -> dict[str, str | None]:
    """The four character options, with the format's defaults where none was given."""
    if options.format == "binary":
        return {"delimiter": None, "null": None, "quote": None, "escape": None}
    csv = options.format == "csv"
    quote = '"' if csv and options.quote is None else options.quote
    return {
        "delimiter": ("," if csv else "\t") if options.delimiter is None else options.delimiter,
        "null": ("" if csv else "\\N") if options.null is None else options.null,
        "quote": quote,
        "escape": quote if csv and options.escape is None else options.escape,
    }


def _is_one_byte(char: str) -> bool:
    return len(char) == 1 and char.isascii()


def _check_text(option: str, value: str | None) -> None:
    """Refuse what no statement can say: another type, and what has no UTF8 form."""
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"option {option} must be a str, not {type(value).__name__}")
    try:
        bad = "0x00" if "\0" in value else value.encode()[:0].hex()
    except UnicodeEncodeError as error:
        bad = f"U+{ord(value[error.start]):04X}"
    if bad:
        raise CopyError("22021", f'invalid byte sequence for encoding "UTF8": {bad}')


def _column_names(value: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    if value is None or value == "*":
        return value
    if isinstance(value, str):  # a bare name would be taken for a sequence of letters
        message = 'argument to option "force_quote" must be a list of column names'
        raise CopyError("22023", message)
    return tuple(value) or None
