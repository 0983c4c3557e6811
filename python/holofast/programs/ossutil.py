"""ossutil's configuration file, of 1.7 ([Credentials]) and of 2.0 ([default], [profile x]).

Only what identifies an endpoint and its key is read. Which parameter wins is programs.py's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from holofast.errors import DestinationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# ossutil compares keys without case; 1.7 also takes access_key_id and the like.
_FIELDS: Final = {
    "accesskeyid": "access_key_id",
    "accesskeysecret": "access_key_secret",
    "ststoken": "security_token",
    "endpoint": "endpoint",
    "region": "region",
}


def read_configuration(environ: Mapping[str, str], exit_code: int) -> dict[str, str]:
    """What ossutil's file says, by the names of DumpToOss's fields; {} where there is no file.

    OSSUTIL_CONFIG_FILE names the file, ~/.ossutilconfig unless set; OSSUTIL_PROFILE the profile.
    Raises DestinationError with `exit_code` for a file that is named but missing, or unreadable.
    """
    import configparser

    named = environ.get("OSSUTIL_CONFIG_FILE")
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    path = Path(named).expanduser() if named else home / ".ossutilconfig"
    # No interpolation, as secrets may hold a %; no special section; and only = sets a value.
    parser = configparser.ConfigParser(
        interpolation=None, default_section="", delimiters=("=",), strict=False, allow_no_value=True
    )
    problem = ""
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "there is no such file" if named else ""
    except OSError as error:
        problem = error.strerror or type(error).__name__
    except (configparser.Error, UnicodeDecodeError):  # their words quote the file, secrets and all
        problem = "it is no configuration file of ossutil"
    if problem:
        hint = "Give all of --AccessKeyId, --AccessKeySecret, --Endpoint and --Region without it."
        message = f"ossutil's configuration file {path} cannot be read: {problem}"
        raise DestinationError(exit_code, message, hint=hint)
    profile = environ.get("OSSUTIL_PROFILE") or "default"
    default = "default" if profile == "default" else f"profile {profile}".lower()
    found: dict[str, str] = {}
    for section in parser.sections():
        if section.strip().lower() in (default, "credentials"):
            for key, value in parser[section].items():
                field = _FIELDS.get(key.lower().replace("_", "").replace("-", ""))
                if field and value:
                    found[field] = value
    return found
