"""Where requests come from, through any number of proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 - an alias
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007 - an alias

DIRECT = "none"  # no proxy: whoever connects is the client
SITE_BITS = 64  # of an IPv6 address: one customer of a provider has at least all that have them in common


def parse_proxies(text: str) -> tuple[Network, ...]:
    """`none`, or addresses and networks, separated by commas. Raises `ValueError`."""
    if text.strip() == DIRECT:
        return ()
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(","))


def parse_address(text: str) -> Address | None:
    """What a proxy or a socket says, perhaps with brackets or a port; `None` for anything but an address."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return plain(ipaddress.ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def plain(address: Address) -> Address:
    """An IPv4 address that is written as one of IPv6 is still that one."""
    return getattr(address, "ipv4_mapped", None) or address


def client_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """Who is behind the proxies that are trusted. `forwarded`: every `X-Forwarded-For`, in order.

    Each proxy adds at the end by whom it was asked, so the first from there that is no proxy of ours is the client:
    what stands before it is anybody's invention. `None` if that is not said.
    """
    asked = parse_address(peer)
    hops = [hop for header in forwarded for hop in header.split(",")]
    while asked is not None and any(asked in proxy for proxy in proxies):
        asked = parse_address(hops.pop()) if hops else None
    return asked


def site(address: Address) -> str:
    """What is counted as one client: an IPv4 address, or the /64 of an IPv6 one."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, SITE_BITS), strict=False))
