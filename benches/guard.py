"""Instructions a row for each type family and format: the guard against a slower encoder.

`make guard` counts them under callgrind, which neither a busy machine nor the place of files and
memory changes, and compares them with instructions.json, which `make guard-renew` writes. They
depend on rustc: where it is not the recorded one, that is said, and only a large change fails.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
RECORD: Final = ROOT / "benches/instructions.json"
TOLERANCE: Final = 0.05
OTHER_RUSTC: Final = 0.25  # another LLVM unrolls and vectorises otherwise


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--renew", action="store_true", help="write the counts down")
    renew = parser.parse_args().renew
    found = measure()
    if renew:
        RECORD.write_text(json.dumps(found, indent=2) + "\n")
        print(f"{RECORD.relative_to(ROOT)} has the counts of {found['rustc']}")
        return
    faults, remarks = compare(json.loads(RECORD.read_text()), found)
    for line in remarks + faults:
        print(line)
    if faults:
        sys.exit("If that is meant: make guard-renew.")
    print(f"{len(found['counts'])} counts of instructions are as recorded")


def compare(recorded: dict[str, Any], found: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What is wrong with the counts found, and what is only worth telling."""
    if recorded["machine"] != found["machine"]:
        return [f"recorded on {recorded['machine']}, but this is {found['machine']}"], []
    before, after = recorded["counts"], found["counts"]
    if before.keys() != after.keys():
        return [f"recorded or counted alone: {', '.join(sorted(before.keys() ^ after.keys()))}"], []
    tolerance, remarks = TOLERANCE, []
    if recorded["rustc"] != found["rustc"]:
        tolerance = OTHER_RUSTC
        remarks.append(
            f"recorded with {recorded['rustc']}, but this is {found['rustc']}: "
            f"up to {tolerance:.0%} more are let through. Renew the record: make guard-renew."
        )
    changes = {cell: after[cell] / count - 1 for cell, count in before.items()}
    told = {
        cell: f"{cell}: {after[cell]} instructions a row instead of {before[cell]} ({by:+.1%})"
        for cell, by in changes.items()
    }
    faults = [told[cell] for cell, by in changes.items() if by > tolerance]
    fewer = [told[cell] for cell, by in changes.items() if by < -tolerance]
    if fewer:
        remarks += [*fewer, "So few are worth keeping: make guard-renew."]
    return faults, remarks


def measure() -> dict[str, Any]:
    """The compiler, the machine, and the counts of rust/core/benches/instructions.rs."""
    rustc = _run("rustc", "--version").strip()
    program = _build()
    with tempfile.TemporaryDirectory() as directory:
        # Each return from `counted` is dumped to a file of its own.
        arguments = ["--collect-atstart=no", "--toggle-collect=counted", "--dump-after=counted"]
        dumps = Path(directory, "dump")
        said = _run(
            *["valgrind", "-q", "--tool=callgrind", *arguments],
            *[f"--callgrind-out-file={dumps}", program],
        )
        machine, rows, *cells = [line.split("\t") for line in said.splitlines()]
        totals = [_total(Path(f"{dumps}.{n}")) for n in range(1, len(cells) + 1)]
    counts = {
        ", ".join(cell): round(total / int(rows[1]), 1)
        for cell, total in zip(cells, totals, strict=True)
    }
    return {"rustc": rustc, "machine": machine[1], "counts": counts}


def _build() -> str:
    """The path of the program; with the whole workspace's features, so that builds are shared."""
    said = _run(
        *["cargo", "bench", "--workspace", "--locked", "--bench=instructions", "--no-run"],
        "--message-format=json",
    )
    messages = map(json.loads, said.splitlines())
    (program,) = [m["executable"] for m in messages if m.get("executable")]
    return str(program)


def _total(dump: Path) -> int:
    match = re.search(r"^totals: (\d+)$", dump.read_text(), re.MULTILINE)
    if match is None or match[1] == "0":
        raise RuntimeError(f"callgrind counted nothing in {dump.name}")
    return int(match[1])


def _run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
