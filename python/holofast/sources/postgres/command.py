"""COPY (query) TO STDOUT as text to send: the options printed anew, the query as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from holofast.options import CopyOptions


class Command(NamedTuple):
    """What to send, and how many characters stand in it before the query."""

    text: str
    prefix: int


def copy_command(query: str, options: CopyOptions, client_encoding: str) -> Command:
    """The query's rows as `options` say; see `copy_as`."""
    return copy_as(", ".join(_printed(options)), query, client_encoding)


def copy_as(options: str, query: str, client_encoding: str) -> Command:
    """The query's rows by options as SQL writes them.

    The statement itself is in UTF8, as the session is; the server sends the rows in
    `client_encoding`, and all that follows.
    """
    head = "COPY ("
    if client_encoding != "UTF8":
        head = f"SET client_encoding TO {_literal(client_encoding)}; {head}"
    # A comment at the query's end would hide what follows in its line.
    return Command(f"{head}{query}\n) TO STDOUT ({options})", len(head))


def _printed(options: CopyOptions) -> Iterator[str]:
    yield f"FORMAT {options.format}"
    for name in ("delimiter", "null", "quote", "escape", "encoding"):
        value = getattr(options, name)
        if value is not None:
            yield f"{name.upper()} {_literal(value)}"
    if options.header:  # before 15 only CSV has it
        yield "HEADER"
    if options.force_quote == "*":
        yield "FORCE_QUOTE *"
    elif options.force_quote:
        yield f"FORCE_QUOTE ({', '.join(map(_identifier, options.force_quote))})"


def _literal(text: str) -> str:
    quoted = text.replace("'", "''")
    if "\\" not in quoted:
        return f"'{quoted}'"
    return "E'" + quoted.replace("\\", "\\\\") + "'"  # whatever standard_conforming_strings says


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
