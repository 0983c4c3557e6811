"""The session settings (GUCs) that COPY's bytes depend on, checked once, here, as SET checks them.

The rules and words are those of PostgreSQL 15's guc.c and variable.c. COPY's own options are
options.py's, what a time zone is time_zone.py's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from holofast.encodings import canonical_name
from holofast.errors import CopyError

# As SHOW and the errors about them spell the settings whose values are words.
_WORDS: Final = {
    "interval_style": ("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
    "bytea_output": ("escape", "hex"),
}
_FLOAT_DIGITS: Final = range(-15, 4)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The session's settings, with PostgreSQL's defaults; after construction as SHOW prints them.

    `time_zone` is a name of the IANA database, hours east of UTC, or a POSIX zone; `date_style` one
    or two words such as "SQL, DMY"; `interval_style` postgres, postgres_verbose, sql_standard or
    iso_8601; `extra_float_digits` from -15 to 3; `bytea_output` hex or escape; `client_encoding`
    any name of an encoding.

    Raises CopyError 22023 as SET does, 0A000 for MULE_INTERNAL.
    """

    time_zone: str = "UTC"
    date_style: str = "ISO, MDY"
    interval_style: str = "postgres"
    extra_float_digits: int = 1
    bytea_output: str = "hex"
    client_encoding: str = "UTF8"

    def __post_init__(self) -> None:
        resolved = {
            "date_style": _date_style(self.date_style),
            "interval_style": _word("interval_style", self.interval_style),
            "bytea_output": _word("bytea_output", self.bytea_output),
            "client_encoding": _client_encoding(self.client_encoding),
        }
        for name, value in resolved.items():
            object.__setattr__(self, name, value)
        if self.extra_float_digits not in _FLOAT_DIGITS:
            raise CopyError(
                "22023",
                f"{self.extra_float_digits} is outside the valid range for parameter "
                '"extra_float_digits" (-15 .. 3)',
            )
        if self.time_zone != "UTC":
            from holofast import time_zone  # not needed by those who only upload

            time_zone.load(self.time_zone)


def _word(name: str, value: str) -> str:
    """One of a setting's words, in any case."""
    if value.lower() not in _WORDS[name]:
        parameter = name.replace("_s", "s")  # intervalstyle, but bytea_output
        raise CopyError(
            "22023",
            f'invalid value for parameter "{parameter}": "{value}"',
            hint=f"Available values: {', '.join(_WORDS[name])}.",
        )
    return value.lower()


def _date_style(value: str) -> str:
    """The style and the order of what check_datestyle reads, in PostgreSQL's own spelling."""
    words = [word.strip() for word in value.lower().split(",")]
    if "" in words and words != [""]:
        raise _invalid_date_style(value, "List syntax is invalid.")
    style: set[str] = set()
    order: set[str] = set()
    for word in filter(None, words):
        if (found := _style(word)) is not None:
            style.add(found)
            order |= {"DMY"} if found == "German" and not order else set()
        elif (found := _order(word)) is not None:
            order = {found} if "german" in words and order == {"DMY"} else order | {found}
        elif word != "default":
            raise _invalid_date_style(value, f'Unrecognized key word: "{word}".')
    if len(style) > 1 or len(order) > 1:
        raise _invalid_date_style(value, 'Conflicting "datestyle" specifications.')
    return f"{next(iter(style), 'ISO')}, {next(iter(order), 'MDY')}"


def _style(word: str) -> str | None:
    if word.startswith("postgres"):
        return "Postgres"
    return {"iso": "ISO", "sql": "SQL", "german": "German"}.get(word)


def _order(word: str) -> str | None:
    if word == "dmy" or word.startswith("euro"):
        return "DMY"
    if word in ("mdy", "us") or word.startswith("noneuro"):
        return "MDY"
    return "YMD" if word == "ymd" else None


def _invalid_date_style(value: str, detail: str) -> CopyError:
    return CopyError("22023", f'invalid value for parameter "DateStyle": "{value}"', detail=detail)


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
