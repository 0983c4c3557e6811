"""The option list of a COPY statement, as the grammar reads it, made into CopyOptions.

The order of the checks and their words are those of ProcessCopyOptions in PostgreSQL 15's copy.c,
as far as it walks the list; the fixed checks after that are options.py's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from holofast.errors import CopyError
from holofast.options import CopyOptions, boolean, check_format, encoding_name, header_choice
from holofast.statement.grammar import character

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_T = TypeVar("_T")

_LISTS: Final = ("force_quote", "force_not_null", "force_null", "convert_selectively")
_STRINGS: Final = ("delimiter", "null", "quote", "escape", "encoding")


def read_options(nodes: Iterable[Any], sql: str, json_formats: frozenset[int]) -> CopyOptions:
    """The options of a statement `sql`; CopyError as PostgreSQL 15 refuses them.

    `json_formats` has the positions of options written FORMAT json, which the grammar may have
    been given in another spelling.
    """
    given: dict[str, Any] = {}
    for node in nodes:
        option = node.def_elem
        name = option.defname
        position = character(sql, option.location)
        if name == "format":  # the one option whose argument is read before anything else
            argument = "json" if position in json_formats else _string(option)
        if name in given:
            raise CopyError("42601", "conflicting or redundant options", position=position)
        if name == "format":
            _at(position, check_format, argument)
            given[name] = argument
        elif name in _LISTS:
            given[name] = _columns(option, position)
        elif name == "header":
            given[name] = header_choice(_choice(option))
        elif name == "freeze":
            given[name] = _freeze(option)
        elif name == "encoding":
            given[name] = _at(position, encoding_name, _string(option))
        elif name in _STRINGS:
            given[name] = _string(option)
        else:
            raise CopyError("42601", f'option "{name}" not recognized', position=position)
    from_only = [name for name in ("force_not_null", "force_null") if name in given]
    for name in ("freeze", "convert_selectively", *from_only):  # without effect on COPY TO's bytes
        given.pop(name, None)
    return CopyOptions(**given, from_only=[name.replace("_", " ") for name in from_only])


def _at(position: int, check: Callable[[str], _T], argument: str) -> _T:
    """`check` of the argument, its error pointing at the option."""
    try:
        return check(argument)
    except CopyError as error:
        error.position = position
        raise


def _string(option: Any) -> str:
    """The argument as defGetString reads it: any kind of value as text."""
    if not option.HasField("arg"):
        raise CopyError("42601", f"{option.defname} requires a parameter")
    return _text(option.arg)


def _text(node: Any) -> str:
    kind = node.WhichOneof("node")
    if kind == "list":
        return ".".join(_text(item) for item in node.list.items)
    if kind == "boolean":
        return "true" if node.boolean.boolval else "false"
    if kind == "integer":
        return str(node.integer.ival)
    return "*" if kind == "a_star" else str(node.float.fval or node.string.sval)


def _choice(option: Any) -> bool | int | str:
    """The argument of a Boolean option, which may be absent; of numbers only integers count."""
    if not option.HasField("arg"):
        return True
    if option.arg.HasField("integer"):
        return int(option.arg.integer.ival)
    return _text(option.arg)


def _freeze(option: Any) -> bool:
    choice = boolean(_choice(option))
    if choice is None:
        raise CopyError("42601", f"{option.defname} requires a Boolean value")
    return choice


def _columns(option: Any, position: int) -> str | tuple[str, ...]:
    """A list of column names; FORCE_QUOTE takes *, CONVERT_SELECTIVELY nothing at all too."""
    kind = option.arg.WhichOneof("node")
    if kind == "list":
        return tuple(_text(item) for item in option.arg.list.items)
    if kind == "a_star" and option.defname == "force_quote":
        return "*"
    if kind is None and option.defname == "convert_selectively":
        return ()
    message = f'argument to option "{option.defname}" must be a list of column names'
    raise CopyError("22023", message, position=position)
