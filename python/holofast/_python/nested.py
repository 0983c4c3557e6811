"""What stands inside an array or a composite: its own quoting (array_out, record_out) and NULLs.

What stands between the parts is their type's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from holofast._python.field import NULL_LENGTH, BadValue, plain, scatter, split

if TYPE_CHECKING:
    import pyarrow as pa

    from holofast._python.field import Field

_Part = TypeVar("_Part", str, bytes)
Rule = Callable[[str], str]

_SPACE: Final = " \t\n\v\f\r"


def array_rule(delimiter: str, alphabet: str | None) -> Rule | None:
    """How elements are quoted, None if those of the alphabet never need it."""
    special = {*_SPACE, *'"\\{}', delimiter}
    if alphabet is not None and not special & set(alphabet):
        return None

    def protect(value: str) -> str:
        if value and value.upper() != "NULL" and special.isdisjoint(value):
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return protect


def record_rule(alphabet: str | None) -> Rule | None:
    """How fields are quoted: with quotes and backslashes doubled."""
    special = {*_SPACE, *'"\\(),'}
    if alphabet is not None and not special & set(alphabet):
        return None

    def protect(value: str) -> str:
        if value and special.isdisjoint(value):
            return value
        return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'

    return protect


def nested_text(
    field: Field, values: pa.Array, rule: Rule | None, null: str
) -> list[str | BadValue]:
    """The texts of the parts, or what is wrong with one."""
    present, nulls = split(plain(values))
    texts = _each(field.text, present)
    if rule is not None:
        texts = [text if isinstance(text, BadValue) else rule(text) for text in texts]
    return scatter(texts, nulls, null)


def nested_binary(field: Field, values: pa.Array) -> list[bytes | BadValue]:
    """The same in BINARY, each behind its length."""
    present, nulls = split(plain(values))
    made = _each(field.binary, present)
    cells = [p if isinstance(p, BadValue) else struct.pack(">i", len(p)) + p for p in made]
    return scatter(cells, nulls, NULL_LENGTH)


def _each(make: Callable[[pa.Array], list[_Part]], values: pa.Array) -> list[_Part | BadValue]:
    """All parts, or one by one where that fails."""
    try:
        return list(make(values))
    except BadValue:
        parts: list[_Part | BadValue] = []
        for i in range(len(values)):
            try:
                parts += make(values.slice(i, 1))
            except BadValue as error:
                parts.append(error)
        return parts
