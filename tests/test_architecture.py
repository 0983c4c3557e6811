"""The house rules that a tool can hold: who imports whom, what is public, who has a twin."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import holofast
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "python/holofast"

# From the top down; a room imports from lower layers only, never from its own.
LAYERS: list[set[str]] = [
    {"cli"},
    {"api"},
    {"job"},
    {"pipeline"},
    {"sources", "sinks"},
    {"plan"},
    {"statement", "programs", "report", "encoder", "decoder"},
    {"engine"},
    {"_python", "_native"},
    {"schema"},
    {"settings"},
    {"options", "arrow_types"},
    {"time_zone", "encodings", "conversions", "redaction", "pg_types"},
    {"errors", "c_numbers"},
]
# The test double is a program of its own: it knows the encoder's CRC64 and nothing else of ours.
APART = {"testing"}

# Each driver, and the one file or folder that may import it.
DRIVERS = {
    "psycopg": "sources/postgres/",
    "oss2": "sinks/oss/",
    "duckdb": "sources/duckdb.py",
    "postgast": "statement/grammar.py",
}


@cache
def modules() -> dict[str, ast.Module]:
    """All modules of the package by their path in it."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in paths}


def room(path: str) -> str:
    """The room a module is in: its top folder, or its own name."""
    return path.partition("/")[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names of what is imported in `tree`, relative imports left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


def own_rooms(tree: ast.AST) -> set[str]:
    """The rooms of holofast that `tree` imports from."""
    names = (name.split(".") for name in imports(tree))
    return {name[1] for name in names if name[0] == "holofast" and len(name) > 1}


def layer(name: str) -> int:
    """The index of a room's layer; a room without one is an error."""
    return next(index for index, rooms in enumerate(LAYERS) if name in rooms)


def test_every_room_has_its_layer() -> None:
    rooms = {room(path) for path in modules()} - {"__init__", "__main__"} - APART
    assert rooms | {"_native"} == set().union(*LAYERS)


@pytest.mark.parametrize("path", sorted(modules()))
def test_imports_point_down(path: str) -> None:
    here = room(path)
    if here in {"__init__", "__main__", "cli"}:
        return
    others = own_rooms(modules()[path]) - {here}
    if here in APART:
        assert others <= {"_native", "_python"}
        return
    assert {other for other in others if layer(other) <= layer(here)} == set()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_is_imported_in_its_adapter_alone(driver: str) -> None:
    users = {
        path
        for path, tree in modules().items()
        if any(name.split(".")[0] == driver for name in imports(tree))
    }
    assert users
    assert all(path.startswith(DRIVERS[driver]) for path in users)


def test_the_package_imports_nothing_before_it_is_needed() -> None:
    code = "import holofast, sys; print(sorted(n for n in sys.modules if n.startswith('holofast')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['holofast']\n"


def test_public_names_are_there_and_documented() -> None:
    for name in holofast.__all__:
        assert getattr(holofast, name).__doc__, name
    with pytest.raises(AttributeError):
        _ = holofast.nothing


def test_twins_share_their_files_names() -> None:
    # The twin takes options, errors' words and zones from Python, memory and instructions as they
    # come, digits from its integers; pyarrow decodes its dictionaries. It converts each column,
    # after protecting it or, in BINARY, in its strings.
    native_only = {"lib", "error", "options", "zone", "buffer", "block", "block/gather"}
    native_only |= {"isa/x86", "escape/copying"}
    native_only |= {"long", "isa", "converted", "fold", "made", "settings", "style", "pg_type"}
    native_only |= {"fault", "types/array/received", "types/numeric/received"}
    native_only |= {"types/float/carried", "types/time/timetz"}
    native_only |= {
        f"dispatch/{name}" for name in ("nested", "numbers", "readers", "strings", "times")
    } | {
        f"types/{name}"
        for name in (
            *("mod", "digits", "powers", "shortest", "number", "table", "dictionary"),
            *("values", "textsend", "json/numbers", "json/strings", "lists", "interval/styles"),
        )
    }
    core = ROOT / "rust/core/src"
    native = {str(path.relative_to(core))[:-3] for path in core.rglob("*.rs")} - native_only
    twin = PACKAGE / "_python"
    python = {str(path.relative_to(twin))[:-3] for path in twin.rglob("[!_]*.py")}
    assert native == python


def test_every_file_says_what_lives_there() -> None:
    silent = [path for path, tree in modules().items() if not ast.get_docstring(tree)]
    assert silent == []
    rust = [
        path for room in ("src/**", "tests", "benches") for path in ROOT.glob(f"rust/*/{room}/*.rs")
    ]
    assert rust
    assert [path for path in rust if not path.read_text().startswith("//!")] == []
