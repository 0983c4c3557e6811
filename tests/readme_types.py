"""README's table of types, out of the code's: `python -m tests.readme_types` writes it anew.

What types there are is arrow_types.py's and pg_types.py's.
"""

from __future__ import annotations

import re
from typing import Final

from holofast.arrow_types import CARRIED, DEFAULTS, EXTENSIONS
from holofast.pg_types import KNOWN

from tests.readme import README

START: Final = "<!-- types: python -m tests.readme_types -->\n"
END: Final = "<!-- end of types -->\n"

# Types of many parameters, which a table of examples cannot hold.
_FAMILIES: Final = {
    "decimal32": "numeric", "decimal64": "numeric", "decimal128": "numeric",
    "decimal256": "numeric", "timestamp": "timestamp", "timestamp with a time zone": "timestamptz",
    "fixed_size_binary": "bytea",
}  # fmt: skip
_ALIASES: Final = {"halffloat": "float16", "float": "float32", "double": "float64"}
_NESTED: Final = (
    ("lists of any layout, lists of lists", "arrays"),
    ("`struct`", "composites"),
    ("`map` of strings with `pg_type` `hstore`", "`hstore`"),
    ("`dictionary`, `run_end_encoded`", "what their values are"),
)


def table() -> str:
    """The table, and below it what strings may stand for."""
    found: dict[str, dict[str, None]] = {}
    pairs = [
        (_ALIASES.get(name := re.sub(r"\[.*", "", str(a)), name), t) for a, t in DEFAULTS.items()
    ]
    for arrow, pg_type in [*pairs, *_FAMILIES.items(), *EXTENSIONS.items()]:
        found.setdefault(pg_type, {})[arrow] = None
    lines = ["| Arrow | PostgreSQL |", "|---|---|"]
    lines += [
        f"| {', '.join(f'`{arrow}`' for arrow in arrows)} | `{pg_type}` |"
        for pg_type, arrows in found.items()
    ]
    lines += [f"| {arrow} | {pg_type} |" for arrow, pg_type in _NESTED]
    carried = ", ".join(f"`{known.name}`" for known in KNOWN if known.name in CARRIED)
    others = ", ".join(f"`{known.name}`" for known in KNOWN if known.written is None)
    return (
        "\n".join(lines) + "\n\nStrings whose field says so by `pg_type` hold PostgreSQL's own text"
        f" of {carried}: in BINARY they are parsed. Of {others} and types that are not"
        " PostgreSQL's own the text passes through TEXT and CSV, and BINARY is refused.\n"
    )


def renewed(readme: str) -> str:
    """README with the table as it is now."""
    before, rest = readme.split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
