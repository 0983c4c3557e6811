"""Secrets in statements, commands and messages, however they are written."""

from __future__ import annotations

import pytest
from holofast.programs.commands import parse_command
from holofast.redaction import redact
from hypothesis import given
from hypothesis import strategies as st

SECRET = "nT8Qw9e7RsLk"

SPELLINGS = [
    ("hg_dump_to_oss --AccessKeySecret {} --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret={} --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret = {} --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret \\\n {} --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret '{} x' --Endpoint e", " --Endpoint e"),
    ('hg_dump_to_oss --AccessKeySecret "{}\\" x" --Endpoint e', " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret a'b {}'c --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret a\\ {} --Endpoint e", " --Endpoint e"),
    ("hg_dump_to_oss --AccessKeySecret '{} unclosed", ""),
    ("hg_dump_to_oss --ACCESSKEYSECRET {} --x", " --x"),
    ("hg_dump_to_oss -accesskeysecret {} --x", " --x"),
    ("hg_dump_to_oss \u2014AccessKeySecret {} --x", " --x"),
    ("hg_dump_to_oss \u2013\u2013AccessKeySecret {} --x", " --x"),
    ("hg_dump_to_oss --AccesKeySecrt {} --x", " --x"),
    ("hg_dump_to_oss --access-key-secret {} --x", " --x"),
    ("hg_dump_to_oss --SecurityToken {} --x", " --x"),
    ("hg_dump_to_oss --securitytoken{} --x", " --x"),
    ("hg_dump_to_oss --AccessKeySecretKey {} --x", " --x"),
    ("OSS_ACCESS_KEY_SECRET={} OSS_SESSION_TOKEN='{}' hg_dump_to_oss", " hg_dump_to_oss"),
    ("accessKeySecret = {}\nendpoint = e", "\nendpoint = e"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}' (FORMAT csv)", "' (FORMAT csv)"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}' DELIMITER ','", "' DELIMITER ','"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}'\n WITH CSV", "'\n WITH CSV"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}';", "';"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}'(FORMAT csv)", "'(FORMAT csv)"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}'; select ''", "'; select ''"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret {}'", "'"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret ''{} x'' --x' (FORMAT csv)", " --x' (FORMAT csv)"),
    ("PROGRAM E'hg_dump_to_oss --AccessKeySecret \\'{} x\\' --x'", " --x'"),
    ("PROGRAM 'hg_dump_to_oss --AccessKeySecret \"{} x\" --x'", " --x'"),
    ('program "hg_dump_to_oss --AccessKeySecret {}" failed', '" failed'),
]


@pytest.mark.parametrize(("text", "rest"), SPELLINGS)
def test_a_secret_is_hidden_and_little_else(text: str, rest: str) -> None:
    for secret in (SECRET, "LTAI+a/b==", "é%!;|&"):
        shown = redact(text.format(secret, secret))
        assert secret not in shown
        assert shown.endswith("***" + rest)
        assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "hg_dump_to_oss --AccessKeyId a --AccessKeySecret --Endpoint e",
        "hg_dump_to_oss --AccessKeySecret '' --Endpoint e",
        "COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret ' (DELIMITER ',')",
        "COPY (select 1) TO PROGRAM 'hg_dump_to_oss --AccessKeySecret' (DELIMITER ',')",
        "required parameters are missing: --AccessKeySecret, --Endpoint",
        "select token = 'a', secret - token_count from t -- a comment",
    ],
)
def test_where_there_is_no_secret_nothing_is_hidden(text: str) -> None:
    assert redact(text) == text


def test_known_secrets_are_hidden_wherever_they_stand() -> None:
    assert redact(f"a {SECRET} b{SECRET}c", [SECRET, ""]) == "a *** b***c"
    assert redact("abcde", ["bc", "cd"]) == "a***e"


@given(
    st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'"),
        min_size=4,
        max_size=20,
    ).filter(lambda text: not text.startswith("--") and text not in "hg_dump_to_oss")
)
def test_a_quoted_secret_is_hidden_from_the_statement(secret: str) -> None:
    """However odd: quoted for the shell, then for SQL, as a careful user writes it."""
    command = f"hg_dump_to_oss --AccessKeySecret '{secret}' --BatchSize 5"
    assert parse_command(command) == ["--AccessKeySecret", secret, "--BatchSize", "5"]
    hidden = "hg_dump_to_oss --AccessKeySecret *** --BatchSize 5"
    assert redact(command) == hidden
    sql = "COPY (select 1) TO PROGRAM '{}' (FORMAT csv)"
    assert redact(sql.format(command.replace("'", "''"))) == sql.format(hidden)
