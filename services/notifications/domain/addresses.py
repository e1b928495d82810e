"""Where webhooks may go: public addresses only (Standard Webhooks on SSRF; OWASP API7:2023).

`ipaddress.is_global` alone is not enough: it calls NAT64, 6to4 and compatible forms of inside addresses public.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from services.notifications.domain.errors import UrlRefused

Address = IPv4Address | IPv6Address

_CLOSED_4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OPEN_6: Final = IPv6Network("2000::/3")
_CLOSED_6: Final = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20")
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOW_32: Final = 0xFFFF_FFFF
_SHAPE: Final = re.compile(r"[\x21-\x7e]+")
_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")
_LONGEST_URL: Final = 2000


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """What is allowed besides https on the usual ports; the flags are for development."""

    ports: frozenset[int] = frozenset({443, 8443})
    allow_http: bool = False
    allow_any_port: bool = False
    allow_loopback: bool = False

    def admits(self, address: Address) -> bool:
        """True if a connection to this address may be opened."""
        return is_public(address) or (self.allow_loopback and address.is_loopback)


class Target(NamedTuple):
    """Where a URL leads: `host` is a lower-case name or an address without brackets."""

    host: str
    port: int


def is_public(address: Address) -> bool:
    """True if the address, and the IPv4 address inside it if there is one, belongs to the open internet."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _CLOSED_4)
    inner = inner_ipv4(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def inner_ipv4(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a mapped or NAT64 address stands for; older forms are closed altogether."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & _LOW_32) if address in _NAT64 else None


def check_url(url: str, policy: UrlPolicy) -> Target:
    """Return where `url` leads, or raise `UrlRefused`; names still have to be resolved and checked at every connect."""
    if not _SHAPE.fullmatch(url) or "\\" in url or len(url) > _LONGEST_URL:
        raise _refused("the URL has characters that do not belong there, or is too long")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise _refused("the URL is malformed") from error
    if parts.scheme != "https" and not (policy.allow_http and parts.scheme == "http"):
        raise _refused("the URL must begin with https://")
    if "@" in parts.netloc:
        raise _refused("the URL must not contain user information")
    if parts.fragment:
        raise _refused("the URL must not have a fragment")
    if "[" in parts.netloc and ":" not in host:
        raise _refused("only an IPv6 address stands in brackets")
    _check_host(host, policy)
    return Target(host, _checked_port(port, parts.scheme, policy))


def _checked_port(port: int | None, scheme: str, policy: UrlPolicy) -> int:
    effective = port if port is not None else (443 if scheme == "https" else 80)
    allowed = effective in policy.ports or (policy.allow_any_port and effective > 0)
    if not allowed:
        raise _refused("the port is not allowed")
    return effective


def _check_host(host: str, policy: UrlPolicy) -> None:
    try:
        address = ip_address(host)
    except ValueError:
        _check_name(host, policy)
        return
    if getattr(address, "scope_id", None) or not policy.admits(address):
        raise _refused("the address is not public")


def _check_name(host: str, policy: UrlPolicy) -> None:
    if host == "localhost" and policy.allow_loopback:
        return
    if not _NAME.fullmatch(host) or "." not in host:
        raise _refused("the host is not a full public name")
    last = host.rsplit(".", 1)[-1]
    if _NUMBER.fullmatch(last) or last in {"localhost", "local", "internal", "localdomain", "home", "arpa", "onion"}:
        raise _refused("the host is not a public name")


def _refused(reason: str) -> UrlRefused:
    return UrlRefused(reason, field="url")
