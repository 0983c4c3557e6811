"""Carriers: strings that hold PostgreSQL's own text of a type that Arrow lacks.

In TEXT and CSV they are written as they are; this is the way from them to BINARY and back, and what
jsonb, bpchar and `"char"` need in either. Each type's rule is in `types`.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from holofast._python.encoding import converted
from holofast._python.field import BadValue
from holofast._python.reader import exactly
from holofast._python.types import bit, json, money, network, numeric, point, time, uuid
from holofast._python.types import bool as bool_
from holofast._python.types import float as float_
from holofast._python.types import range as range_

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from holofast._python.types.string import String
    from holofast.conversions import Encoding
    from holofast.pg_types import PgType

_INTEGERS: Final = {"int2": "h", "int4": "i", "int8": "q", "oid": "I"}


class Carrier:
    """Strings as a type whose text they hold."""

    alphabet = None

    def __init__(self, strings: String, to: PgType, encoding: Encoding | None) -> None:
        self._strings = strings
        self._to = to
        self._encoding = encoding

    def text(self, values: pa.Array) -> list[str]:
        texts = self._strings.text(values)
        if self._to.name == "jsonb":
            return [_jsonb(text.encode("latin-1"), i) for i, text in enumerate(texts)]
        if self._to.name == "bpchar" and self._to.length is not None:
            length = self._to.length
            return [_padded(text.encode("latin-1"), length, i) for i, text in enumerate(texts)]
        return texts

    def binary(self, values: pa.Array) -> list[bytes]:
        if self._to.name == "jsonb":  # behind the version that jsonb_send tells
            return [b"\1" + content for content in self._sent(values)]
        if self._to.name == "bpchar":
            return self._sent(values)
        texts = [text.encode("latin-1").decode() for text in self._strings.text(values)]
        return [self._parsed(text, i) for i, text in enumerate(texts)]

    def _sent(self, values: pa.Array) -> list[bytes]:
        """The texts as the client reads them."""
        try:
            content = [text.encode("latin-1") for text in self.text(values)]
        except BadValue as error:
            self._sent(values.slice(0, error.index))  # what is wrong before it goes first
            raise
        return content if self._encoding is None else converted(content, self._encoding)

    def _parsed(self, text: str, index: int) -> bytes:
        parsed = parse(self._to, text)
        if parsed is None:
            raise BadValue("invalid_text", index, f'{self._to.name}: "{text}"')
        return parsed


def parse(to: PgType, text: str) -> bytes | None:
    """The binary form of PostgreSQL's own text of a type, None where it is none."""
    if to.name in _INTEGERS:
        return _integer(text, _INTEGERS[to.name])
    if to.name == "range":
        return range_.parse(text, to.children[0], parse)
    return _PARSERS[to.name](text)


def _bool(text: str) -> bytes | None:
    return {"t": b"\1", "f": b"\0"}.get(text)


def _integer(text: str, code: str) -> bytes | None:
    if re.fullmatch("-?[0-9]{1,40}", text) is None:
        return None
    try:
        return struct.pack(f">{code}", int(text))
    except struct.error:
        return None


def _char(text: str) -> bytes | None:
    """charout: one byte, nothing for 0, three octal digits for what is no ASCII."""
    if len(text) == 1 and text.isascii():
        return text.encode()
    if re.fullmatch(r"\\[23][0-7]{2}", text):
        return bytes([int(text[1:], 8)])
    return b"\0" if text == "" else None


_PARSERS: Final[dict[str, Callable[[str], bytes | None]]] = {
    "bool": _bool,
    "float8": float_.parse,
    "numeric": numeric.parse,
    "money": money.parse,
    "char": _char,
    "timetz": time.parse_timetz,
    "uuid": uuid.parse,
    "inet": lambda text: network.parse_inet(text, is_cidr=False),
    "cidr": lambda text: network.parse_inet(text, is_cidr=True),
    "macaddr": lambda text: network.parse_mac(text, 6),
    "macaddr8": lambda text: network.parse_mac(text, 8),
    "bit": bit.parse,
    "varbit": bit.parse,
    "point": point.parse,
}


def _jsonb(value: bytes, index: int) -> str:
    try:
        return json.jsonb(value).decode("latin-1")
    except json.Invalid as error:
        raise BadValue(error.reason, index) from None


def _padded(value: bytes, length: int, index: int) -> str:
    """character(`length`): padded with blanks, or with none too many (bpchar_input)."""
    text = value.decode(errors="surrogateescape")
    kept, rest = text[:length], text[length:]
    if rest.strip(" "):
        raise BadValue("too_long", index, length)
    return kept.ljust(length).encode(errors="surrogateescape").decode("latin-1")


def receive(from_: PgType, data: bytes) -> str:
    """PostgreSQL's own text of a type's binary form; raises Fault."""
    if from_.name in _INTEGERS:
        code = f">{_INTEGERS[from_.name]}"
        return str(struct.unpack(code, exactly(data, struct.calcsize(code)))[0])
    if from_.name == "range":
        return range_.receive(data, from_.children[0], receive)
    return _RECEIVERS[from_.name](data)


def _receive_char(data: bytes) -> str:
    (byte,) = exactly(data, 1)
    if byte >= 128:
        return f"\\{byte:03o}"
    return chr(byte) if byte else ""


_RECEIVERS: Final[dict[str, Callable[[bytes], str]]] = {
    "bool": lambda data: "t" if bool_.receive(data) else "f",
    "char": _receive_char,
    "float8": float_.receive_text,
    "numeric": numeric.receive_text,
    "money": money.receive,
    "timetz": time.receive_timetz,
    "uuid": uuid.receive_text,
    "inet": lambda data: network.receive_inet(data, is_cidr=False),
    "cidr": lambda data: network.receive_inet(data, is_cidr=True),
    "macaddr": lambda data: network.receive_mac(data, 6),
    "macaddr8": lambda data: network.receive_mac(data, 8),
    "bit": bit.receive,
    "varbit": bit.receive,
    "point": point.receive,
}
