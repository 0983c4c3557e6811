"""Values in another encoding than UTF8. The tables, and what is in them, are conversions.py's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from holofast._python.field import BadValue
from holofast.conversions import NoEquivalentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from holofast.conversions import Encoding

_BETWEEN: Final = b"\0"  # in no value, and converted to itself


def converted(values: Sequence[bytes], encoding: Encoding) -> list[bytes]:
    """The UTF-8 `values` converted; raises BadValue for the first that cannot be."""
    joined = _BETWEEN.join(values)
    if joined.isascii():
        return list(values)
    try:
        return encoding.encode(joined.decode()).split(_BETWEEN)
    except NoEquivalentError:
        for index, value in enumerate(values):
            _check_value(value, index, encoding)
        raise


def _check_value(value: bytes, index: int, encoding: Encoding) -> None:
    try:
        encoding.encode(value.decode())
    except NoEquivalentError as error:
        shown = f"{error.byte_sequence}; {encoding.name}"
        raise BadValue("no_equivalent", index, shown) from None


def folded(values: Sequence[str], encoding: Encoding) -> list[str]:
    """Byte strings with those characters replaced that become ASCII ones."""
    replaced = list(values)
    for character, ascii_character in encoding.folded:
        sequence = character.encode().decode("latin-1")
        replaced = [value.replace(sequence, ascii_character) for value in replaced]
    return replaced
