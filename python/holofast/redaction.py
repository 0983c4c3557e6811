"""Hiding the secrets of hg_dump_to_oss in statements, commands and messages that are shown.

It works on the text alone, however malformed, so that nothing has to parse before it may be shown;
where in doubt it hides too much. What is secret in parsed options is programs.py's to know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "***"

_NAME: Final = r"(?:access[-_]?key[-_]?secret|(?:security|session|sts)[-_]?token)"

# What follows a quote that closes the command, in a statement or in a server's message. A secret
# has no spaces, so that these cannot be the beginning of a quoted one.
_CLOSED: Final = r"""\s*;?\s*$ | \s+\( | \s+(?:with|binary|csv|delimiter|null|header|quote|escape
                     |force|encoding|freeze|failed)\b"""

_PIECE: Final = rf"""
      (?!'' (?:\s|$)) ''.*?(?:''|$)                    # quoted within a literal, quotes doubled
    | \\'.*?(?:\\'|$)                                  # quoted within an E'' literal
    | "(?! " | {_CLOSED} ) (?:\\.|[^"\\])* (?:"|$)
    | \\. | [^\s'"\\]
"""

_SECRET: Final = re.compile(
    rf"""
    (?: (?: (?<![\w-]) (?: --|[\u2013\u2014]-? ) [\w-]* (?:secr|token) [\w-]*  # even misspelt
          | (?<![\w-]) - {_NAME} )
        (?: \s*=\s* | (?:\s|\\\n)+ (?! --[a-z] ) )     # the next parameter: there is no value
      | {_NAME} \s*[=:]\s*                             # an environment's or a file's form
    )
    (?P<value>
      (?: '(?! ' | {_CLOSED} ) [^']* (?:'|$) | {_PIECE} )
      (?: '(?! ' | {_CLOSED} | [(;] ) [^']* (?:'|$) | {_PIECE} )*
    )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

# The parameter and its value in one word.
_GLUED: Final = re.compile(rf"-{_NAME}(?P<value>[^\s='\",;)][^\s'\"]*)", re.IGNORECASE)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with the value of every secret parameter, and each of `secrets`, as ***."""
    return redact_at(text, 0, secrets)[0]


def redact_at(text: str, position: int, secrets: Iterable[str] = ()) -> tuple[str, int]:
    """`redact`, and where the character at the 0-based `position` of `text` has gone."""
    kept: list[str] = []
    end, moved = 0, position
    for start, stop in _spans(text, secrets):
        kept += [text[end:start], MASK]
        if position >= stop:
            moved -= stop - start - len(MASK)
        elif position >= start:
            moved -= position - start
        end = stop
    return "".join([*kept, text[end:]]), moved


def _spans(text: str, secrets: Iterable[str]) -> list[tuple[int, int]]:
    """The half-open spans to hide, in order, overlapping ones as one."""
    patterns = (_SECRET, _GLUED)
    found = [match.span("value") for pattern in patterns for match in pattern.finditer(text)]
    for secret in filter(None, secrets):
        found += [match.span() for match in re.finditer(re.escape(secret), text)]
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(found):
        if merged and start < merged[-1][1]:
            start, stop = merged[-1][0], max(stop, merged.pop()[1])
        merged.append((start, stop))
    return merged
