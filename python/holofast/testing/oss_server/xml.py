"""OSS's XML, written and read: without a namespace, since oss2 finds no tag that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from .messages import OssError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Node: TypeAlias = "tuple[str, str | Sequence[Node]]"


def document(tag: str, children: Sequence[Node]) -> bytes:
    """An XML document of nested (tag, text or children)."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + _element((tag, children)).encode()


def _element(node: Node) -> str:
    tag, content = node
    inner = escape(content) if isinstance(content, str) else "".join(map(_element, content))
    return f"<{tag}>{inner}</{tag}>"


def names(encoding_type: str | None) -> tuple[Callable[[str], str], list[Node]]:
    """How to write keys under `encoding-type`, and the element that tells the client so."""
    if not encoding_type:
        return str, []
    if encoding_type != "url":
        raise OssError(400, "InvalidArgument", f"Invalid encoding type: {encoding_type!r}.")
    return (lambda name: quote(name, safe="")), [("EncodingType", "url")]


def parse(body: bytes, tag: str) -> ElementTree.Element:
    """The root of a request's document; MalformedXML if it is not a `tag`."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        root = None
    if root is None or root.tag != tag:
        raise OssError(
            400, "MalformedXML", f"The XML you provided was not well-formed: no {tag} in it."
        )
    return root


def text(parent: ElementTree.Element, tag: str) -> str:
    """The text of a required child; MalformedXML where it is missing."""
    child = parent.find(tag)
    if child is None or child.text is None:
        raise OssError(400, "MalformedXML", f"{parent.tag} has no {tag}.")
    return child.text
