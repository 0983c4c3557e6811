"""The command inside PROGRAM: which are ours to run, and their words as real shells split them."""

from __future__ import annotations

import subprocess

import pytest
from holofast.programs.commands import parse_command
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "command",
    [
        "",
        "  ",
        "hg_dump_to_oss2 --AccessKeyId a",
        "cat > /tmp/x",
        "X=1 hg_dump_to_oss",
        "hg_dump_to_oss --AccessKeyId <access id>",
        "hg_dump_to_oss a | cat",
        "hg_dump_to_oss a; b",
        "hg_dump_to_oss a && b",
        "hg_dump_to_oss a\nb",
        "hg_dump_to_oss $A",
        'hg_dump_to_oss "$A"',
        'hg_dump_to_oss "`a`"',
        "hg_dump_to_oss `a`",
        "hg_dump_to_oss *",
        "hg_dump_to_oss ~/a",
        "hg_dump_to_oss a=~/b",
        "hg_dump_to_oss #a",
        "hg_dump_to_oss {a,b}",
        "hg_dump_to_oss 'a",
        'hg_dump_to_oss "a',
        "hg_dump_to_oss a\\",
        "sudo hg_dump_to_oss",
        "hg_dump_to_oss/ a",
    ],
)
def test_what_needs_a_shell_or_another_program(command: str) -> None:
    assert parse_command(command) is None


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("hg_dump_to_oss", []),
        ("\n /usr/local/bin/hg_dump_to_oss a \n", ["a"]),
        ("'hg_dump_to_oss' 'a b'\"c $\"", None),
        ('"./hg_dump_to_oss" \'a b\'"c\\$"d\\ e \'\' ""', ["a bc$d e", "", ""]),
        ("hg_dump_to_oss a\\\n b#c 'd;|&<>()$`\\*' --x=%", ["a", "b#c", "d;|&<>()$`\\*", "--x=%"]),
    ],
)
def test_a_simple_command_is_split(command: str, arguments: list[str] | None) -> None:
    assert parse_command(command) == arguments


@given(st.text("ab \t\\'\"$`#~=*é-\n!^%,:@\r\u3000", max_size=12))
@example("\\\n#a")
@example('"\\a\\\\\\"\\\n"')
@example("a'b'\"c\"\\d")
def test_a_simple_command_is_split_as_the_shell_splits_it(text: str) -> None:
    arguments = parse_command(f"hg_dump_to_oss {text}")
    if arguments is None:
        return
    script = (
        f"""hg_dump_to_oss() {{ for a do printf '%s\\0' "$a"; done; }}\nhg_dump_to_oss {text}"""
    )
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, "-c", script], capture_output=True, check=True, cwd="/")
        assert done.stdout.decode().split("\0")[:-1] == arguments
