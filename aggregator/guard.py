"""Who may be asked: public addresses, and private ones that the config names."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Public addresses, and those that the config allows although they are private."""
    address = _inner(address)
    if any(address in network for network in networks):
        return True
    if address.is_multicast or any(address in network for network in _PRIVATE_TOO):
        return False
    return address.is_global


def _inner(address: Address) -> Address:
    """The IPv4 address that a gateway makes of an IPv6 one: mapped, translated (RFC 7915), 6to4,
    NAT64 or compatible."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if not inner and any(address in network for network in _GATEWAYS) and int(address) > 1:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


_GATEWAYS = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
# What older releases of Python call global: reserved at IANA since, deprecated (RFC 3879, 7526), or
# where a cloud tells a machine about itself (Azure's 168.63.129.16, Oracle's 192.0.0.192).
_PRIVATE_TOO = tuple(
    map(
        ipaddress.ip_network,
        [
            "192.0.0.0/24",
            "192.88.99.0/24",
            "168.63.129.16/32",
            "64:ff9b:1::/48",
            "fec0::/10",
            "100:0:0:1::/64",
            "3fff::/20",
            "5f00::/16",
        ],
    )
)


def literal(host: str) -> Address | None:
    """The address that a host is, also as inet_aton reads it: 2130706433, 127.1, 0x7f000001."""
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    with suppress(OSError, ValueError):
        return ipaddress.IPv4Address(socket.inet_aton(host.rstrip(".")))
    return None


class Guard(AbstractResolver):
    """Resolves names, and gives only addresses that may be asked: what was checked is what is
    connected to. It has a thread for each poll: names that never resolve hold up no others."""

    def __init__(self, networks: Sequence[Network], *, threads: int) -> None:
        self._networks = networks
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(
            socket.getaddrinfo,
            host,
            port,
            family=family,
            type=socket.SOCK_STREAM,
            flags=socket.AI_ADDRCONFIG,
        )
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        kept = [
            _resolved(host, port, place[0], kind)
            for kind, _, _, _, place in found
            if allowed(ipaddress.ip_address(place[0]), self._networks)
        ]
        if found and not kept:
            raise Refused(refusal(host))
        return kept

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _resolved(
    host: str, port: int, address: str | int, family: socket.AddressFamily
) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


class Refused(OSError):
    """Its message is ours, and fit to be shown."""


def refusal(host: str) -> str:
    way = "fetch.allow_private can name its network, for sources of the config"
    return f"refused: {host} is a private address; {way}"
