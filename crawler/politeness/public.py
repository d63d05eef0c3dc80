"""Which addresses may be dialled: public ones, and the private networks that the person names.

Follows the IANA special-purpose address registries (RFC 6890 and its updates) as of 2025, written out here because
``ipaddress.is_global`` differs between Python versions.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

CLOSED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Only 2000::/3 is assigned to the public. That alone closes loopback, unspecified, IPv4-mapped, NAT64, unique local,
# link-local, site-local and multicast addresses; these parts of it are closed too.
OPEN_V6 = IPv6Network("2000::/3")
CLOSED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "3fff::/20",  # documentation
    )
)


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Return the networks named in ``[crawl] allow_networks``. Raises ``ValueError`` for what is not a network."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_public(address: Address) -> bool:
    """Return whether the address belongs to the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_V4)
    return address in OPEN_V6 and not any(address in network for network in CLOSED_V6)


def may_dial(host: str, allowed: Sequence[Network]) -> bool:
    """Return whether ``host``, a numeric address, may be connected to. What is not a numeric address may not."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return is_public(address) or any(address in network for network in allowed if network.version == address.version)
