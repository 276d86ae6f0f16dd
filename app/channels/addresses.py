"""Which addresses the house calls on somebody's word: none of its own networks.

A name says nothing: what is judged is the address that is connected to. What cannot be told to
be a public address is none.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

LONGEST_URL = 2048
PORTS = {"http": 80, "https": 443}

REFUSED_4 = tuple(
    map(
        IPv4Network,
        (
            "100.64.0.0/10",  # shared by providers; a cloud's metadata, too
            "168.63.129.16/32",  # a cloud's own services, at a public address
            "192.0.0.0/24",
            "192.88.99.0/24",  # relays to anywhere
        ),
    )
)
GLOBAL_6 = IPv6Network("2000::/3")
REFUSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # of protocols: Teredo and others carry any IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4: carries any IPv4 address
            "3fff::/20",
        ),
    )
)


class AddressRefusedError(Exception):
    """Nobody is called there; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the internet, and of one host."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public_4(ip.ipv4_mapped)
        return ip in GLOBAL_6 and not any(ip in network for network in REFUSED_6)
    return _is_public_4(ip)


def check_url(url: str, *, allow_private: bool) -> None:
    """Refuse what nobody should be called at, as far as it can be told without asking anybody."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefusedError("not_a_url") from None
    if parts.scheme not in PORTS or not host or port == 0:
        raise AddressRefusedError("not_http")
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise AddressRefusedError("not_a_url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefusedError("not_a_url")
    if not allow_private and _is_ours(host):
        raise AddressRefusedError("address_refused")


def addresses_of(host: str, port: int, *, allow_private: bool) -> Sequence[str]:
    """Return where a host is; one address that is refused refuses them all."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefusedError("unknown_host") from None
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not allow_private and not all(map(is_public, addresses)):
        raise AddressRefusedError("address_refused")
    return addresses


def _is_ours(host: str) -> bool:
    """Tell whether a host is refused by its very name: an address in whatever form, localhost."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith((".localhost", ".internal", ".local")):
        return True
    try:
        numeric = socket.getaddrinfo(name, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return not all(is_public(str(each[4][0])) for each in numeric)


def _is_public_4(ip: IPv4Address) -> bool:
    special = ip.is_multicast or ip.is_reserved or ip.is_unspecified or not ip.is_global
    return not special and not any(ip in network for network in REFUSED_4)
