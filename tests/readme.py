"""README.md and its examples, for the tests that run them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text()


def example(name: str) -> tuple[list[str], str]:
    """The command and the output that README shows under `<!-- test: name -->`."""
    found = re.search(rf"<!-- test: {name} -->\n```console\n\$ (.*)\n([^`]*)```", TEXT)
    assert found is not None
    command, output = found.groups()
    return shlex.split(command), output


def commands(name: str) -> list[str]:
    """The lines of a shell that README shows under `<!-- test: name -->`."""
    found = re.search(rf"<!-- test: {name} -->\n```sh\n([^`]*)```", TEXT)
    assert found is not None
    return found[1].splitlines()
