"""The program hg_dump_to_oss: its parameters and its exit codes.

Nothing here prints or talks to OSS. Which command is hg_dump_to_oss is commands.py's, hiding
secrets in text redaction.py's, ossutil's file ossutil.py's; which error of OSS means which exit
code is sinks/oss/failures.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from holofast.errors import DestinationError
from holofast.programs import oss_names
from holofast.programs.ossutil import read_configuration
from holofast.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import click

PROGRAM: Final = "hg_dump_to_oss"

# OSS takes 10,000 parts of 5 GiB for one object.
_LARGEST_OBJECT: Final = 10_000 * 5 * 1024**3


class ExitCode(IntEnum):
    """hg_dump_to_oss's exit codes: up to 105, and 255, Hologres's; the others are our own."""

    description: str

    ACCESS_KEY_ID = 101, "The AccessKeyId is invalid."
    ACCESS_KEY_SECRET = 102, "The AccessKeySecret is invalid."
    ENDPOINT = 103, "The Endpoint is invalid."
    BUCKET = 104, "The BucketName is invalid."
    MISSING_PARAMETER = 105, "A required parameter is missing, or a parameter is malformed."
    OVER_LIMIT = 106, "The data exceed the limit of one object, 5 GB unless --MaxBytes says so."
    OBJECT_EXISTS = 107, "The object exists already; nothing is overwritten."
    ACCESS_DENIED = 108, "The key or its token may not write there, or is refused for now."
    UPLOAD_FAILED = 109, "The upload failed, retries included."
    INCOMPLETE_INPUT = 110, "The input is incomplete: BINARY without its trailer, a killed backend."
    INTERRUPTED = 111, "The export was interrupted by a signal."
    NETWORK = 255, "The network of the Endpoint cannot be reached."

    def __new__(cls, value: int, description: str) -> ExitCode:
        """A code and the sentence that explains it, as README's table has it."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.description = description
        return code


@dataclass(frozen=True, kw_only=True)
class DumpToOss:
    """Where an export goes: the parameters of hg_dump_to_oss, complete and checked.

    `endpoint` is a URL of scheme, host and perhaps port; `dir_name` is as given, and empty for
    the bucket's root; `file_name` is None where a name is to be made up; `batch_size` counts
    rows, `max_bytes` bytes of COPY output. The repr leaves the secrets out.
    """

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    endpoint: str
    region: str
    bucket_name: str
    dir_name: str
    file_name: str | None = None
    batch_size: int = 1000
    max_bytes: int = 5 * 1024**3

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown, for `redact`."""
        return tuple(filter(None, (self.access_key_secret, self.security_token)))


class _Parameter(NamedTuple):
    flag: str
    variable: str | None  # of the environment, where ossutil and OSS's SDKs look too
    help: str


# By the names of DumpToOss's fields.
_PARAMETERS: Final = {
    "access_key_id": _Parameter(
        "AccessKeyId", "OSS_ACCESS_KEY_ID", "The AccessKey ID of the account or RAM user."
    ),
    "access_key_secret": _Parameter(
        "AccessKeySecret", "OSS_ACCESS_KEY_SECRET", "Its secret; best given by the environment."
    ),
    "security_token": _Parameter(
        "SecurityToken", "OSS_SESSION_TOKEN", "The token of a temporary key (STS)."
    ),
    "endpoint": _Parameter(
        "Endpoint", "OSS_ENDPOINT", "The bucket's endpoint, such as oss-cn-hangzhou.aliyuncs.com."
    ),
    "region": _Parameter(
        "Region", "OSS_REGION", "The bucket's region, where the Endpoint does not name it."
    ),
    "bucket_name": _Parameter("BucketName", None, "The bucket."),
    "dir_name": _Parameter("DirName", None, "The directory in the bucket, such as export/2024/."),
    "file_name": _Parameter("FileName", None, "The object's name there; made up by default."),
    "batch_size": _Parameter("BatchSize", None, "Rows encoded at a time; 1000 by default."),
    "max_bytes": _Parameter("MaxBytes", None, "The limit of the object in bytes; 5 GB by default."),
}

_REQUIRED: Final = ("access_key_id", "access_key_secret", "endpoint", "bucket_name", "dir_name")
_CONFIGURABLE: Final = _REQUIRED[:3]  # in ossutil's file


def parse_arguments(arguments: Sequence[str], environ: Mapping[str, str]) -> DumpToOss:
    """The destination that hg_dump_to_oss's arguments, without its name, stand for.

    What no argument says comes from the environment, then from ossutil's configuration file. A
    region is also read from the endpoint's name; a token only from where the secret came from.

    Raises DestinationError with an exit code: 105 for what is missing, unknown or malformed first,
    then 101 to 104 for what cannot be right, in this order.
    """
    given = _given(arguments)
    variables = {name: parameter.variable for name, parameter in _PARAMETERS.items()}
    values = {name: environ[key] for name, key in variables.items() if key and environ.get(key)}
    if "access_key_secret" in given:
        values.pop("security_token", None)
    values |= given
    region = values.get("region") or oss_names.endpoint_region(values.get("endpoint", ""))
    if not region or not all(name in values for name in _CONFIGURABLE):
        configured = read_configuration(environ, ExitCode.MISSING_PARAMETER)
        if "access_key_secret" in values:
            configured.pop("security_token", None)
        values = configured | values
        region = (
            region or oss_names.endpoint_region(values.get("endpoint", "")) or values.get("region")
        )
    _check_none_missing(values)
    batch_size = _whole_number("batch_size", values, 1000, 2**31 - 1)
    max_bytes = _whole_number("max_bytes", values, 5 * 1024**3, _LARGEST_OBJECT)
    return DumpToOss(
        dir_name=_path("dir_name", values["dir_name"]),
        file_name=_path("file_name", values["file_name"]) if "file_name" in values else None,
        batch_size=batch_size,
        max_bytes=max_bytes,
        access_key_id=_credential("access_key_id", values, ExitCode.ACCESS_KEY_ID),
        access_key_secret=_credential("access_key_secret", values, ExitCode.ACCESS_KEY_SECRET),
        security_token=_credential("security_token", values, ExitCode.ACCESS_DENIED) or None,
        endpoint=_endpoint(values["endpoint"], values["bucket_name"]),
        region=_region(region),
        bucket_name=_bucket(values["bucket_name"]),
    )


def help_text() -> str:
    """hg_dump_to_oss's parameters as --help shows them."""
    import click

    command = _command()
    codes = [f"{int(code)}  {code.description}" for code in ExitCode]
    command.epilog = "\b\nExit codes:\n" + "\n".join(codes)
    return command.get_help(click.Context(command, info_name=PROGRAM, max_content_width=100))


def _command() -> click.Command:
    import click

    options: list[click.Parameter] = [
        click.Option([f"--{flag}", name], help=text + (f"  [env: {variable}]" if variable else ""))
        for name, (flag, variable, text) in _PARAMETERS.items()
    ]
    return click.Command(
        PROGRAM,
        params=options,
        help="Upload standard input, the output of COPY … TO PROGRAM, as one object of OSS.",
        context_settings={"allow_extra_args": True, "help_option_names": []},
    )


def _given(arguments: Sequence[str]) -> dict[str, str]:
    """The parameters that the arguments set, by field name; a flag given twice counts last."""
    import click

    arguments = [re.sub("^--<DirName>", "--DirName", argument) for argument in arguments]
    flags = [f"--{parameter.flag}" for parameter in _PARAMETERS.values()]
    for flag, following in pairwise([*arguments, "--"]):
        if flag in flags and re.match("--([A-Za-z]|$)", following):
            _refuse(ExitCode.MISSING_PARAMETER, f"no value follows {flag}")
    unknown = ""
    try:
        context = _command().make_context(PROGRAM, list(arguments))
    except click.NoSuchOption as error:
        unknown = error.option_name
    if unknown:  # refused here, as click's error, which shows it whole, would be the context there
        from difflib import get_close_matches

        near = get_close_matches(unknown, flags, 1, 0.5)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(flags)}."
        message = f"there is no parameter {redact(unknown)}"
        _refuse(ExitCode.MISSING_PARAMETER, message, hint)
    if context.args:  # which may be the rest of a secret, and so are not shown
        hint = "Quote a value that has spaces in it."
        _refuse(
            ExitCode.MISSING_PARAMETER, f"{len(context.args)} words belong to no parameter", hint
        )
    return {name: value for name, value in context.params.items() if value is not None}


def _check_none_missing(values: Mapping[str, str]) -> None:
    # An empty directory is the bucket's root, if it was said.
    missing = [
        f"--{_PARAMETERS[name].flag}"
        for name in _REQUIRED
        if not (name in values if name == "dir_name" else values.get(name))
    ]
    if missing:
        hint = (
            "OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_ENDPOINT or ossutil's configuration "
            "file may give them too, except bucket and directory."
        )
        noun = "parameter is" if len(missing) == 1 else "parameters are"
        message = f"required {noun} missing: {', '.join(missing)}"
        _refuse(ExitCode.MISSING_PARAMETER, message, hint)


def _credential(name: str, values: Mapping[str, str], code: ExitCode) -> str:
    """A key, secret or token: visible ASCII, as it goes into a header; never shown if not."""
    value = values.get(name, "")
    if not re.fullmatch("[!-~]*", value):
        flag = _PARAMETERS[name].flag
        _refuse(code, f"the {flag} has white space or other characters that no {flag} has")
    return value


def _endpoint(text: str, bucket: str) -> str:
    url = oss_names.endpoint_url(text)
    if url is None:
        shown = "" if "@" in text else f" {text!r}"  # a URL may hold a password
        hint = (
            "Give a host such as oss-cn-hangzhou.aliyuncs.com, with http:// or a port if need be."
        )
        _refuse(ExitCode.ENDPOINT, f"the Endpoint{shown} is no host name", hint)
    first, _, rest = url.partition("://")[2].partition(".")
    if first == bucket and rest.endswith(".aliyuncs.com"):
        hint = f"Give --Endpoint {rest}."
        _refuse(ExitCode.ENDPOINT, f"the Endpoint {text!r} begins with the bucket's name", hint)
    return url


def _region(name: str | None) -> str:
    hint = "Give --Region or OSS_REGION, such as cn-hangzhou."
    if not name:
        message = "required parameter is missing: --Region, which the Endpoint does not name"
        _refuse(ExitCode.MISSING_PARAMETER, message, hint)
    if not oss_names.is_region(name):
        _refuse(ExitCode.ENDPOINT, f"the Region {name!r} is no region's name", hint)
    return name


def _bucket(name: str) -> str:
    if not oss_names.is_bucket(name):
        hint = "It has 3 to 63 lower-case letters, digits and hyphens, no hyphen at either end."
        _refuse(ExitCode.BUCKET, f"the BucketName {name!r} is not possible", hint)
    return name


def _path(name: str, value: str) -> str:
    hint = "It has no control characters, no . or .. between slashes, no backslash in front."
    possible = oss_names.is_path(value)
    if possible and name == "file_name":
        hint = "Give the name alone, and its directories as --DirName."
        possible = bool(value) and "/" not in value
    if not possible:
        flag = _PARAMETERS[name].flag
        _refuse(ExitCode.MISSING_PARAMETER, f"the {flag} {value!r} is not possible", hint)
    return value


def _whole_number(name: str, values: Mapping[str, str], default: int, largest: int) -> int:
    text = values.get(name, str(default))
    if not re.fullmatch("[0-9]{1,20}", text) or not 1 <= int(text) <= largest:
        flag = _PARAMETERS[name].flag
        message = f"the {flag} {text!r} is no whole number from 1 to {largest:,}"
        _refuse(ExitCode.MISSING_PARAMETER, message)
    return int(text)


def _refuse(code: ExitCode, message: str, hint: str | None = None) -> NoReturn:
    raise DestinationError(code, message, hint=hint)
