"""hg_dump_to_oss as a command: its parameters and their places, its exit codes, its secrets."""

from __future__ import annotations

import dataclasses
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from holofast.errors import DestinationError
from holofast.programs import DumpToOss, ExitCode, help_text, parse_arguments
from holofast.programs.commands import parse_command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "nT8Qw9e7RsLk"
REQUIRED = {
    "AccessKeyId": "LTAI5t",
    "AccessKeySecret": SECRET,
    "Endpoint": "oss-cn-hangzhou.aliyuncs.com",
    "BucketName": "hologres-demo",
    "DirName": "holotest/",
}


def parse(*more: str, environ: Mapping[str, str] | None = None, **values: str | None) -> DumpToOss:
    """parse_arguments of all required parameters, some of them changed or left out (None)."""
    given = {**REQUIRED, **values}
    arguments = [f"--{flag}={value}" for flag, value in given.items() if value is not None]
    return parse_arguments([*arguments, *more], {"HOME": "/nonexistent", **(environ or {})})


def refused(*more: str, **values: Any) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        parse(*more, **values)
    shown = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    shown += traceback.format_exception(caught.value)
    assert not any(SECRET in text for text in shown)
    assert "\n" not in caught.value.message
    return caught.value


def test_the_documented_command() -> None:
    command = (
        "hg_dump_to_oss --AccessKeyId LTAI5t --AccessKeySecret 4yQz --Endpoint "
        "oss-cn-hangzhou-internal.aliyuncs.com --BucketName hologres-demo --DirName holotest/ "
        "--BatchSize 3000 "
    )
    arguments = parse_command(command)
    assert arguments is not None
    assert parse_arguments(arguments, {}) == DumpToOss(
        access_key_id="LTAI5t",
        access_key_secret="4yQz",
        endpoint="https://oss-cn-hangzhou-internal.aliyuncs.com",
        region="cn-hangzhou",
        bucket_name="hologres-demo",
        dir_name="holotest/",
        batch_size=3000,
    )


def test_defaults() -> None:
    target = parse()
    assert (target.batch_size, target.max_bytes) == (1000, 5_368_709_120)
    assert (target.file_name, target.security_token) == (None, None)


def test_every_parameter() -> None:
    more = ["--SecurityToken", "t+/=", "--Region", "cn-beijing", "--FileName", "a b.csv"]
    target = parse(*more, "--MaxBytes", "7", "--BatchSize", "5")
    expected = ("t+/=", "cn-beijing", "a b.csv", 7, 5)
    assert (
        target.security_token,
        target.region,
        target.file_name,
        target.max_bytes,
        target.batch_size,
    ) == expected


def test_the_misprint_of_the_documentation_means_dir_name() -> None:
    assert parse("--<DirName>", "d/", DirName=None).dir_name == "d/"
    assert parse("--<DirName>=d/", DirName=None).dir_name == "d/"
    assert parse_command("hg_dump_to_oss --<DirName> d/") == ["--DirName", "d/"]


def test_a_root_directory_can_be_said() -> None:
    assert parse(DirName="").dir_name == ""
    assert parse("--DirName", "", DirName=None).dir_name == ""


@pytest.mark.parametrize("flag", REQUIRED)
def test_a_missing_parameter_is_named(flag: str) -> None:
    error = refused(**{flag: None})
    assert error.exit_code == 105
    assert error.message == f"required parameter is missing: --{flag}"
    if flag != "DirName":
        assert refused(**{flag: ""}).message == error.message


def test_all_missing_parameters_are_named_before_anything_else_is_judged() -> None:
    error = refused(AccessKeyId=None, DirName=None, Endpoint="<x>", BucketName="A")
    assert error.message == "required parameters are missing: --AccessKeyId, --DirName"
    assert error.exit_code == 105


def test_without_a_region_nothing_can_be_signed() -> None:
    error = refused(Endpoint="https://oss.example.com")
    assert error.exit_code == 105
    assert "--Region" in error.message
    assert "OSS_REGION" in str(error.hint)
    assert refused(Endpoint="oss-accelerate.aliyuncs.com").exit_code == 105


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"AccessKeyId": "two words"}, 101, "AccessKeyId"),
        ({"AccessKeyId": "é"}, 101, "AccessKeyId"),
        ({"AccessKeySecret": SECRET + "\n"}, 102, "AccessKeySecret"),
        ({"SecurityToken": SECRET + " x"}, 108, "SecurityToken"),
        ({"Endpoint": "<ossendpoint>"}, 103, "'<ossendpoint>' is no host name"),
        ({"Endpoint": "ftp://oss-cn-hangzhou.aliyuncs.com"}, 103, "no host name"),
        ({"Endpoint": "oss-cn-hangzhou.aliyuncs.com/bucket"}, 103, "no host name"),
        ({"Endpoint": "oss-cn-hangzhou..aliyuncs.com"}, 103, "no host name"),
        ({"Endpoint": "127.0.0.1:0", "Region": "r"}, 103, "no host name"),
        ({"Endpoint": "127.0.0.1:65536", "Region": "r"}, 103, "no host name"),
        ({"Endpoint": "127.0.0.256", "Region": "r"}, 103, "no host name"),
        ({"Endpoint": "[::1]:80", "Region": "r"}, 103, "no host name"),
        ({"Endpoint": f"https://id:{SECRET}@host", "Region": "r"}, 103, "the Endpoint is no"),
        ({"Endpoint": "hologres-demo.oss-cn-hangzhou.aliyuncs.com", "Region": "r"}, 103, "begins"),
        ({"Region": "oss-cn-hangzhou"}, 103, "the Region 'oss-cn-hangzhou'"),
        ({"Region": "cn hangzhou"}, 103, "the Region 'cn hangzhou'"),
        ({"BucketName": "dummy_bucket"}, 104, "the BucketName 'dummy_bucket'"),
        ({"BucketName": "ab"}, 104, "3 to 63"),
        ({"BucketName": "a" * 64}, 104, "3 to 63"),
        ({"BucketName": "-abc"}, 104, "3 to 63"),
        ({"BucketName": "abc-"}, 104, "3 to 63"),
        ({"BucketName": "abc\n"}, 104, "3 to 63"),
        ({"BatchSize": "0"}, 105, "the BatchSize '0' is no whole number from 1 to"),
        ({"BatchSize": "-1"}, 105, "the BatchSize '-1'"),
        ({"BatchSize": "abc"}, 105, "the BatchSize 'abc'"),
        ({"BatchSize": "1e3"}, 105, "the BatchSize '1e3'"),
        ({"BatchSize": "\u0663"}, 105, "is no whole number"),
        ({"BatchSize": "2147483648"}, 105, "2,147,483,647"),
        ({"BatchSize": "9" * 5000}, 105, "is no whole number"),
        ({"MaxBytes": "0"}, 105, "the MaxBytes '0'"),
        ({"MaxBytes": "5GB"}, 105, "the MaxBytes '5GB'"),
        ({"MaxBytes": "53687091200001"}, 105, "53,687,091,200,000"),
        ({"DirName": "a/../b"}, 105, "the DirName 'a/../b'"),
        ({"DirName": "a\nb"}, 105, "the DirName 'a\\nb'"),
        ({"DirName": "\\a"}, 105, "backslash"),
        ({"FileName": ""}, 105, "the FileName ''"),
        ({"FileName": "a/b"}, 105, "--DirName"),
        ({"FileName": ".."}, 105, "the FileName '..'"),
    ],
)
def test_a_malformed_value(values: dict[str, str], code: int, said: str) -> None:
    error = refused(**values)
    assert (error.exit_code, said in str(error)) == (code, True), error


def test_of_several_malformed_values_the_lowest_code_wins() -> None:
    wrong = {"AccessKeyId": " ", "AccessKeySecret": " ", "Endpoint": "/", "BucketName": "A"}
    codes = []
    while wrong:
        codes.append(refused(**wrong).exit_code)
        del wrong[next(iter(wrong))]
    assert codes == [101, 102, 103, 104]
    assert refused(AccessKeyId=" ", BatchSize="x").exit_code == 105


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--AccesKeyId", "x"], "there is no parameter --AccesKeyId"),
        (["--accesskeyid", "x"], "Did you mean --AccessKeyId?"),
        ([f"--Secret={SECRET}"], "there is no parameter --Secret"),
        ([f"--AccessKeySecret{SECRET}"], "there is no parameter --AccessKeySecret***"),
        (["-x"], "there is no parameter -x"),
        (["--help"], "there is no parameter --help"),
        (["--AccessKeySecret", "--BatchSize", "5"], "no value follows --AccessKeySecret"),
        (["--BatchSize"], "no value follows --BatchSize"),
        (["--BatchSize", "--", "5"], "no value follows --BatchSize"),
        (["--AccessKeySecret", "x", SECRET], "1 words belong to no parameter"),
        (["--", SECRET], "1 words belong to no parameter"),
        ([SECRET], "1 words belong to no parameter"),
    ],
)
def test_words_that_make_no_sense(arguments: list[str], said: str) -> None:
    error = refused(*arguments)
    assert error.exit_code == 105
    assert said in str(error)


def test_a_flag_wins_over_the_environment_and_that_over_ossutil_s_file(tmp_path: Path) -> None:
    file = tmp_path / ".ossutilconfig"
    file.write_text(
        "[Credentials]\nlanguage=EN\nendpoint=oss-cn-file.aliyuncs.com\naccessKeyID=file-id\n"
        f"accessKeySecret={SECRET}\nstsToken=file-token\n[Default]\nretryTimes=3\n"
    )
    nothing: dict[str, Any] = dict.fromkeys(["AccessKeyId", "AccessKeySecret", "Endpoint"])
    home = {"HOME": str(tmp_path)}
    target = parse(environ=home, **nothing)
    assert (target.access_key_id, target.access_key_secret) == ("file-id", SECRET)
    assert (target.security_token, target.region) == ("file-token", "cn-file")
    variables = {
        "OSS_ACCESS_KEY_ID": "env-id",
        "OSS_ACCESS_KEY_SECRET": "env-secret",
        "OSS_ENDPOINT": "oss-cn-env.aliyuncs.com",
        "OSS_REGION": "",
    }
    target = parse(environ=home | variables, **nothing)
    assert (target.access_key_id, target.access_key_secret) == ("env-id", "env-secret")
    assert (target.security_token, target.region) == (None, "cn-env")
    token = {"OSS_SESSION_TOKEN": "env-token", "OSS_REGION": "cn-said"}
    target = parse(environ=home | variables | token, AccessKeySecret=None, Endpoint=None)
    assert (target.access_key_id, target.access_key_secret) == ("LTAI5t", "env-secret")
    assert (target.security_token, target.region) == ("env-token", "cn-said")
    target = parse(environ=home | variables | token)
    assert (target.access_key_secret, target.security_token) == (SECRET, None)
    assert target.endpoint == "https://oss-cn-hangzhou.aliyuncs.com"


def test_ossutil_2_s_file(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        "# made by hand\n[default]\naccessKeyId = id\naccessKeySecret = a%b#c;d=\n"
        "mode = StsToken\nststoken = t\nregion = cn-x\nendpoint = http://oss.example.com:80\n"
        "[profile Other]\nACCESS_KEY_ID = other\naccess-key-secret = o\n"
    )
    nothing: dict[str, Any] = dict.fromkeys(["AccessKeyId", "AccessKeySecret", "Endpoint"])
    environ = {"OSSUTIL_CONFIG_FILE": str(file)}
    target = parse(environ=environ, **nothing)
    assert (target.access_key_id, target.access_key_secret) == ("id", "a%b#c;d=")
    assert (target.security_token, target.region) == ("t", "cn-x")
    assert target.endpoint == "http://oss.example.com:80"
    environ["OSSUTIL_PROFILE"] = "other"
    target = parse(environ=environ, AccessKeyId=None, AccessKeySecret=None)
    assert (target.access_key_id, target.access_key_secret) == ("other", "o")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (f"accessKeySecret = {SECRET}", "it is no configuration file"),
        (f"[default]\n = {SECRET}\n", "it is no configuration file"),
        (b"[default]\naccessKeySecret = \xff\n", "it is no configuration file"),
    ],
)
def test_an_unusable_configuration_file(
    tmp_path: Path, content: str | bytes | None, said: str
) -> None:
    file = tmp_path / "config"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    environ = {"OSSUTIL_CONFIG_FILE": str(file)}
    error = refused(environ=environ, AccessKeySecret=None)
    assert error.exit_code == 105
    assert said in error.message
    assert str(file) in error.message
    parse(environ=environ)  # with nothing left to look up it is not opened


def test_no_repr_shows_a_secret() -> None:
    target = parse("--SecurityToken", "tokentoken")
    for text in (repr(target), str(target), f"{target}"):
        assert SECRET not in text
        assert "tokentoken" not in text
    assert target.secrets == (SECRET, "tokentoken")
    assert dataclasses.replace(target, batch_size=1).batch_size == 1


def test_help_names_every_parameter_and_variable() -> None:
    text = " ".join(help_text().split())
    for flag in (*REQUIRED, "SecurityToken", "Region", "FileName", "BatchSize", "MaxBytes"):
        assert f"--{flag}" in text
    assert "OSS_ACCESS_KEY_SECRET" in text


def test_exit_codes() -> None:
    """Those that Hologres documents, and ours without a gap; each with its sentence."""
    documented = {
        "ACCESS_KEY_ID": 101,
        "ACCESS_KEY_SECRET": 102,
        "ENDPOINT": 103,
        "BUCKET": 104,
        "MISSING_PARAMETER": 105,
        "NETWORK": 255,
    }
    codes = {code.name: code.value for code in ExitCode}
    assert documented.items() <= codes.items()
    assert sorted(codes.values()) == [*range(101, 112), 255]
    assert all(code.description.endswith(".") for code in ExitCode)
    assert isinstance(ExitCode.NETWORK, int)
