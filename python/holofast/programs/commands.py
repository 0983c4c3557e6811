"""The command inside PROGRAM: whether it is hg_dump_to_oss, and whether it may be run."""

from __future__ import annotations

import re
import shutil
from typing import Final

from holofast.errors import CopyError
from holofast.programs import PROGRAM
from holofast.programs.shell import split_simple_command

# DoCopy's words (copy.c of PostgreSQL 15) for who lacks pg_execute_server_program.
NO_PRIVILEGE: Final = (
    "must be superuser or have privileges of the pg_execute_server_program role to COPY "
    "to or from an external program"
)


def parse_command(command: str) -> list[str] | None:
    """The arguments of a command that is nothing but a call of hg_dump_to_oss, else None.

    The name may have a path. `--<DirName>`, which Hologres's page prints, is taken for --DirName,
    as no shell reads the command here; any other unquoted metacharacter of a shell means None.
    """
    words = _words(command)
    return words[1:] if words and _name(words) == PROGRAM else None


def is_misspelt(command: str) -> bool:
    """Whether the command means hg_dump_to_oss, but names a program that does not exist."""
    from difflib import get_close_matches

    words = _words(command)
    return bool(
        words and get_close_matches(_name(words), [PROGRAM], 1, 0.75) and not shutil.which(words[0])
    )


def check_allowed(command: str | None, *, allow_program: bool) -> None:
    """Refuse to run a command, unless programs are allowed, or it is hg_dump_to_oss.

    Raises CopyError 42501 with PostgreSQL's words for those without pg_execute_server_program
    (DoCopy, copy.c).
    """
    if command is None or allow_program or parse_command(command) is not None:
        return
    if is_misspelt(command):  # that it is not found needs no permission
        return
    hint = "Anyone can COPY to stdout, or to hg_dump_to_oss. "
    if re.match(rf"\s*(\S*/)?{PROGRAM}\s", command):
        hint = (
            "hg_dump_to_oss is run as one plain command, without what a shell takes specially, as "
            "< and > of a placeholder. "
        )
    raise CopyError(
        "42501",
        NO_PRIVILEGE,
        hint=f"{hint}--allow-program, or allow_program=True, runs any command.",
    )


def _words(command: str) -> list[str] | None:
    return split_simple_command(re.sub(r"(?<!\S)--<DirName>", "--DirName", command))


def _name(words: list[str]) -> str:
    return words[0].rpartition("/")[2]
