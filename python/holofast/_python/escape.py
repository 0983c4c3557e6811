"""TEXT's escaping and CSV's quoting of values, column by column (copyto.c, CopyAttributeOut…).

A rule is made once per column; None means that no value of the column can ever need it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

Rule = Callable[[list[str]], list[str]]

_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}


def text_rule(delimiter: str, alphabet: str | None) -> Rule | None:
    """Backslash escapes; a control character's letter goes before the delimiter's own rule."""
    escapes = {char: f"\\{char}" for char in ("\\", delimiter)}
    escapes |= {char: f"\\{letter}" for char, letter in _LETTERS.items()}
    if alphabet is not None and not set(escapes) & set(alphabet):
        return None
    substitute = re.compile("|".join(map(re.escape, escapes))).sub

    def escape(values: list[str]) -> list[str]:
        if not _any_in(escapes, values):
            return values
        return [substitute(lambda match: escapes[match[0]], value) for value in values]

    return escape


def csv_rule(
    delimiter: str, quote: str, escape: str, null: str, single: bool, alphabet: str | None
) -> Rule | None:
    """Quotes where a value has a special character, equals the NULL string, or, as its row's
    `single` column, equals the old end-of-data marker.
    """
    special = {delimiter, quote, "\n", "\r"}
    alike = {null, "\\."} if single else {null}
    if alphabet is not None:
        special &= set(alphabet)
        alike = {word for word in alike if word and set(word) <= set(alphabet)}
    if not special and not alike:
        return None
    has_special = re.compile("|".join(map(re.escape, special))).search
    wrap = _wrapper(quote, escape)

    def protect(values: list[str]) -> list[str]:
        if _any_in(special, values):  # never so if it is empty
            return [wrap(v) if has_special(v) or v in alike else v for v in values]
        if alike.isdisjoint(values):
            return values
        return [wrap(v) if v in alike else v for v in values]

    return protect


def csv_forced(quote: str, escape: str) -> Rule:
    """Quotes around every value (FORCE_QUOTE)."""
    wrap = _wrapper(quote, escape)
    return lambda values: [wrap(value) for value in values]


def _wrapper(quote: str, escape: str) -> Callable[[str], str]:
    if quote == escape:
        return lambda value: f"{quote}{value.replace(quote, quote + quote)}{quote}"

    def wrap(value: str) -> str:
        escaped = value.replace(escape, escape + escape).replace(quote, escape + quote)
        return f"{quote}{escaped}{quote}"

    return wrap


def _any_in(characters: Iterable[str], values: list[str]) -> bool:
    joined = "".join(values)
    return any(char in joined for char in characters)
