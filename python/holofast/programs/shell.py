"""A simple shell command, split as a POSIX shell splits it (XCU 2.2, Quoting). Nothing is run."""

from __future__ import annotations

import re
from typing import Final

# Whatever a shell, bash too, may treat specially is in no alternative, and so ends the match.
_PIECE: Final = re.compile(
    r"""
      (?P<space> [ \t]+ )
    | ' (?P<single> [^']* ) '
    | " (?P<double> (?: \\. | [^"\\$`] )* ) "
    | (?P<continued> \\\n )
    | \\ (?P<escaped> . )
    | (?P<plain> [^\x20\t\n|&;<>()$`\\"'*?\[\]{}~]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


def split_simple_command(command: str) -> list[str] | None:
    """The words of one simple command, or None if a shell would do more than split it.

    More is whatever an unquoted metacharacter asks for: a redirection, a pipe, a list, an
    expansion, a comment, a second line; an unclosed quote too.
    """
    command = command.strip(" \t\n")
    words: list[str] = []
    word: str | None = None
    position = 0
    while position < len(command):
        piece = _PIECE.match(command, position)
        if piece is None:
            return None
        position = piece.end()
        kind, text = piece.lastgroup, piece[piece.lastgroup or 0]
        if kind == "plain" and word is None and text[0] == "#":
            return None
        if kind == "space":
            words += [] if word is None else [word]
            word = None
        elif kind != "continued":
            if kind == "double":
                text = re.sub(r'\\([$`"\\]|\n)', lambda match: match[1].strip("\n"), text)
            word = (word or "") + text
    return words if word is None else [*words, word]
