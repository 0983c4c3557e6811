"""What OSS takes as an endpoint, a region, a bucket and an object's name; it words no errors."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from typing import Final

_ENDPOINT: Final = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(?P<port>[0-9]{1,5}))?/?",
    re.IGNORECASE,
)

# Public, internal (classic network and VPC), the older ones of VPCs, and dual-stack ones (IPv6).
_OWN_ENDPOINT: Final = re.compile(
    r"(?:vpc100-)?oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com|([a-z0-9-]+)\.oss\.aliyuncs\.com"
)


def endpoint_url(text: str) -> str | None:
    """The endpoint as scheme://host or scheme://host:port, or None if it is no such thing.

    Without a scheme https is meant, except for this machine itself (127.0.0.0/8, localhost).
    """
    match = _ENDPOINT.fullmatch(text)
    if match is None or not 0 < int(match["port"] or 1) < 65536:
        return None
    host = match["host"].lower()
    try:
        loopback = IPv4Address(host).is_loopback
    except AddressValueError:
        if re.fullmatch("[0-9.]+", host):
            return None
        loopback = host == "localhost"
    scheme = (match["scheme"] or ("http" if loopback else "https")).lower()
    return f"{scheme}://{host}:{match['port']}" if match["port"] else f"{scheme}://{host}"


def endpoint_region(text: str) -> str | None:
    """The region that the name of one of OSS's own endpoints tells; acceleration ones tell none."""
    match = _ENDPOINT.fullmatch(text)
    region = match and _OWN_ENDPOINT.fullmatch(match["host"].lower())
    name = region and (region[1] or region[2])
    return None if not name or name.startswith("accelerate") else name


def like_endpoint(right: str, given: str) -> str:
    """The endpoint of `right`'s region, an internal one if `given` is one."""
    region = endpoint_region(right)
    internal = "-internal." in given and "-internal." not in right
    return f"oss-{region}-internal.aliyuncs.com" if internal and region else right


def is_cname(url: str) -> bool:
    """Whether an endpoint is a domain of the bucket's own (CNAME), so that it names the bucket.

    That is any name but OSS's own ones, addresses and localhost, where the bucket is in the path.
    """
    host = url.partition("://")[2].partition(":")[0]
    own = host == "localhost" or host.endswith(".aliyuncs.com")
    return not own and re.fullmatch("[0-9.]+", host) is None


def is_region(name: str) -> bool:
    """Whether this can be a region's name; with oss- in front it is an endpoint's."""
    return re.fullmatch("(?!oss-)[a-z0-9-]+", name) is not None


def is_bucket(name: str) -> bool:
    """3 to 63 lower-case letters, digits and hyphens, no hyphen at either end."""
    return re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name) is not None


def is_path(path: str) -> bool:
    """Whether every HTTP client sends this as it is: none keeps . and .. between slashes."""
    return (
        path.isprintable() and not path.startswith("\\") and {".", ".."}.isdisjoint(path.split("/"))
    )
