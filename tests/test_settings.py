"""The session's settings: what SET accepts, in its words, one after the other; and the profiles.

What the settings make of values is test_styles's.
"""

from __future__ import annotations

import io
from typing import Any

import psycopg
import pytest
from holofast import api
from holofast.errors import CopyError
from holofast.options import CopyOptions
from holofast.settings import HOLOGRES, POSTGRES, Settings
from holofast.sources.duckdb import DuckDB

from tests.postgres import set_session
from tests.vectors.cases import SETTINGS as NAMES


@pytest.mark.parametrize(
    ("name", "values"),
    [
        (
            "DateStyle",
            ["ISO", "sql", "German", "german, ymd", "German, MDY", "postgres_verbose, european",
             "Euro", "us", "NonEuropean, SQL", "mdy , iso", " ", "DEFAULT", "x", "ISO, SQL",
             "iso, mdy, dmy", "ISO,,MDY", "isox", "dmy, dmy", "Postgres, YMD", '"ISO"', '"iso',
             "ISO,", ",", "MDY DMY", "MDY, German", "German, DEFAULT", "DEFAULT, German", "", "FOO",
             ' iso , "DMY" ', 'x, "B""ar"', '"B""ar"', "German, YMD, ymd", "\u0130SO", "iso\v"],
        ),
        ("IntervalStyle", ["postgres", "ISO_8601", "Sql_Standard", "postgres_verbose", "x", "",
                           " postgres", "\u0130so_8601"]),
        ("bytea_output", ["hex", "ESCAPE", "x", "base64"]),
        ("extra_float_digits",
         [-15, 3, 0, -16, 4, 100, "x", "2.5", "1.5", "-1.5", "0x2", "1e0", " 2 ", "2 s", "", "-0",
          "+1", "010", "-017", "08", "99999999999", "1.2.3", "nan", "1e400", "1e10", ".5", "1.",
          "--1", "1_0", "0x", "-0xF", "inf", "-.5", "+.5", " .5", "1e-400", "0x1.8", "0x1p1",
          "0x1.8p1", "0x.8", "1e", "e1", "0e-999", "2.e0", "9223372036854775808", ".nan",
          "-2147483649", "08.5", "010.5"]),
        ("TimeZone",
         ["utc", "Asia/Shanghai", "Nowhere", "+03:30", "-7", "europe/berlin", "foo5bar", ":foo5",
          "nan", "nan(1)", "0x1p9999", "-0x1p9999", "1e999", "1e-400", "0x1.8", ".5", "-inf", " 5",
          "5 ", ":UTC", ":europe/berlin", "interval'+08:00'", "Interval '-3:30:15'",
          "INTERVAL\t'0:00'", "interval '168:00'"]),
    ],
)  # fmt: skip
def test_settings_are_checked_as_the_server_checks_them(
    session15: psycopg.Connection, name: str, values: list[Any]
) -> None:
    for value in values:
        set_session(session15, {})
        theirs: Any
        try:
            session15.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
            theirs = session15.execute(f"SHOW {name}".encode()).fetchone()
            theirs = theirs and theirs[0]
        except psycopg.Error as error:
            diag = error.diag
            theirs = (diag.sqlstate, diag.message_primary, diag.message_detail, diag.message_hint)
        said: Any
        try:
            said = str(getattr(Settings().assigned(name, str(value)), NAMES[name]))
        except CopyError as error:
            said = (error.sqlstate, error.message, error.detail, error.hint)
        if isinstance(theirs, tuple):  # set_config spells the name as it was given, SET as itself
            theirs = (theirs[0], theirs[1].replace(name, name.lower()), *theirs[2:])
            said = (said[0], said[1].replace(name, name.lower()), *said[2:])
        assert said == theirs, value


def test_one_parameter_is_set_after_the_other(session15: psycopg.Connection) -> None:
    for words in (["SQL", "DMY"], ["YMD", "Postgres"], ["German", "default"], ["German", "US"]):
        set_session(session15, {})
        settings = Settings()
        for word in words:
            session15.execute("SELECT set_config('DateStyle', %s, false)", (word,))
            settings = settings.assigned("dateSTYLE", word)
        assert session15.execute("SHOW DateStyle").fetchone() == (settings.date_style,)
    with pytest.raises(psycopg.Error) as refused:
        session15.execute("SET no_such = 1")
    with pytest.raises(CopyError) as raised:
        Settings().assigned("no_such", "1")
    assert raised.value.sqlstate == refused.value.diag.sqlstate
    assert raised.value.message == refused.value.diag.message_primary


@pytest.mark.parametrize(
    "zone", ["interval", "interval '5'", "interval '1 day'", "interval '5:0x'"]
)
def test_other_intervals_are_no_time_zones(zone: str) -> None:
    with pytest.raises(CopyError, match="only clocks are known") as raised:
        Settings(time_zone=zone)
    assert raised.value.sqlstate == "22023"


@pytest.mark.parametrize("value", [None, b"hex", 5, True])
def test_what_is_no_text_is_a_type_error(value: Any) -> None:
    for name in ("time_zone", "date_style", "bytea_output", "interval_style"):
        with pytest.raises(TypeError, match=f"setting {name} must be a str"):
            Settings(**{name: value})
    with pytest.raises(TypeError, match="setting extra_float_digits must be an int"):
        Settings(extra_float_digits="1")  # type: ignore[arg-type]


def test_hologres_is_like_postgresql_11() -> None:
    assert HOLOGRES.settings == Settings(extra_float_digits=0)
    HOLOGRES.check(CopyOptions(header=True, format="csv"))
    HOLOGRES.check(CopyOptions(delimiter=","))
    with pytest.raises(CopyError, match="COPY HEADER available only in CSV mode") as raised:
        HOLOGRES.check(CopyOptions(header=True))
    assert raised.value.sqlstate == "0A000"
    POSTGRES.check(CopyOptions(header=True))


def test_the_source_chooses_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def copied(options: str, settings: Settings | None = None) -> bytes:
        out = io.BytesIO()
        api.copy(f"COPY (SELECT 0.1::double a) TO STDOUT {options}", settings=settings, stdout=out)
        return out.getvalue()

    third = "COPY (SELECT 1::double / 3 a) TO STDOUT"
    out = io.BytesIO()
    api.copy(third, stdout=out)
    assert out.getvalue() == b"0.3333333333333333\n"
    assert copied("(HEADER)") == b"a\n0.1\n"
    monkeypatch.setattr(DuckDB, "profile", HOLOGRES)
    out = io.BytesIO()
    api.copy(third, stdout=out)
    assert out.getvalue() == b"0.333333333333333\n"
    with pytest.raises(CopyError, match="available only in CSV mode"):
        copied("(HEADER)")
