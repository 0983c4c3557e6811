"""TEXT's escaping and CSV's quoting of values, column by column (copyto.c, CopyAttributeOut…).

A rule is made once per column; None means that no value of the column can ever need it. Characters
are looked for and replaced in the whole column at once, joined by a character that no value has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

# From values as the encoding has them and as they were: equal lists, but where it folds characters.
Rule = Callable[[list[str], list[str]], list[str]]

_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v"}
_BETWEEN: Final = "\0"  # no character in PostgreSQL: neither values, names nor options hold it


def text_rule(delimiter: str, alphabet: str | None) -> Rule | None:
    """Backslash escapes; a control character's letter goes before the delimiter's own rule."""
    escapes = {char: f"\\{char}" for char in ("\\", delimiter)}
    escapes |= {char: f"\\{letter}" for char, letter in _LETTERS.items()}
    if alphabet is not None and not set(escapes) & set(alphabet):
        return None

    def escape(values: list[str], _: list[str]) -> list[str]:
        joined = escaped = _BETWEEN.join(values)
        for char, sequence in escapes.items():  # the backslash first, which the others bring
            escaped = escaped.replace(char, sequence)
        return values if escaped == joined else escaped.split(_BETWEEN)

    return escape


def csv_rule(
    delimiter: str, quote: str, escape: str, null: str, single: bool, alphabet: str | None
) -> Rule | None:
    """Quotes where a value has a special character, equals the NULL string as it was, or, as its
    row's `single` column, equals the old end-of-data marker.
    """
    special = {delimiter, quote, "\n", "\r"}
    markers = {"\\."} if single else set()
    nulls = {null}
    if alphabet is not None:
        special &= set(alphabet)
        markers = {word for word in markers if set(word) <= set(alphabet)}
        nulls = {word for word in nulls if word and set(word) <= set(alphabet)}
    if not special and not markers and not nulls:
        return None

    def protect(values: list[str], originals: list[str]) -> list[str]:
        joined = _BETWEEN.join(values)
        found = [char for char in special if char in joined]
        if not found and markers.isdisjoint(values) and nulls.isdisjoint(originals):
            return values
        pairs = zip(values, originals, strict=True)
        needed = [value in markers or original in nulls for value, original in pairs]
        for char in found:
            needed = [need or char in value for need, value in zip(needed, values, strict=True)]
        escaped = zip(needed, _escaped(joined, quote, escape), values, strict=True)
        return [f"{quote}{inner}{quote}" if need else value for need, inner, value in escaped]

    return protect


def csv_forced(quote: str, escape: str) -> Rule:
    """Quotes around every value (FORCE_QUOTE)."""

    def protect(values: list[str], _: list[str]) -> list[str]:
        if not values:
            return values
        escaped = _escaped(_BETWEEN.join(values), quote, escape)
        return [f"{quote}{inner}{quote}" for inner in escaped]

    return protect


def _escaped(joined: str, quote: str, escape: str) -> list[str]:
    """What stands between each value's quotes; there is one value or more."""
    if escape != quote:
        joined = joined.replace(escape, escape + escape)
    return joined.replace(quote, escape + quote).split(_BETWEEN)
