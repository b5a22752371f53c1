"""Keeps webhooks away from machines that are not on the public internet.

The check is made on the very address that a socket is opened to: a name that says one thing when it is looked at and
another when it is used (DNS rebinding) gains nothing, nor does an address written in an unusual way.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

Network = IPv4Network | IPv6Network
_NAT64: Final = IPv6Network("64:ff9b::/96")
_AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class ForbiddenAddress(OSError):
    """The address is none that webhooks may go to."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it is a single machine on the public internet, also behind the ways to write IPv4 in IPv6.

    >>> is_public(ip_address("::ffff:127.0.0.1"))
    False
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_loopback)


class Guard:
    """Opens sockets to public addresses and to the networks that are `allowed`; to those alone if so told."""

    def __init__(self, allowed: Sequence[Network], *, allowed_only: bool = False) -> None:
        self._allowed = allowed
        self._allowed_only = allowed_only

    def permits(self, host: str) -> bool:
        """Whether a socket may be opened to this IP address."""
        address = ip_address(host.partition("%")[0])
        if any(address in network for network in self._allowed if network.version == address.version):
            return True
        return not self._allowed_only and is_public(address)

    def open_socket(self, info: _AddressInfo) -> socket.socket:
        """A socket for an entry of `getaddrinfo`, not connected yet; raises ForbiddenAddress."""
        family, kind, protocol, _, address = info
        if not self.permits(str(address[0])):
            message = "the address is not a public one"
            raise ForbiddenAddress(message)
        return socket.socket(family, kind, protocol)
