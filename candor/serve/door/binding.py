"""Where the page may listen: loopback for whoever sits there, any other address only where it knows who comes."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

from analysis.model.errors import UsageError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach an address. A name counts by what it stands for here."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError as error:
        raise UsageError(
            f"{host!r} is no address of this machine ({error.strerror or error}); write 127.0.0.1", about=("host",)
        ) from None
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def allowed(host: str, *, accounts: bool, proxied: bool, hosts: Collection[str]) -> None:
    """Raise ``UsageError`` with the cure where the page would be open to everybody who can reach ``host``."""
    if is_loopback(host):
        return
    if not (accounts or proxied):
        raise UsageError(
            f"{host} can be reached from other machines, and nobody would be asked who they are; make accounts "
            "(`candor account add NAME`), or name the proxy that signs people in ([serve.proxy] in candor.toml)",
            about=("host",),
        )
    if not hosts:
        raise UsageError(
            f'{host}: name under what address the page is asked for: [serve] hosts = ["candor.your.example"]',
            about=("host",),
        )


def host_names(host: str, port: int, *, named: Collection[str]) -> frozenset[str]:
    """Return what a browser may write as ``Host``: the configured names, and on loopback this machine's own."""
    own = {host if ":" not in host else f"[{host}]", *LOOPBACK_NAMES} if is_loopback(host) else set()
    given = {name.lower() for name in named}
    return frozenset({f"{name}:{port}" for name in own | given} | given | (own if port == 80 else set()))


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises ``UsageError`` where the port cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise UsageError(
            f"{port} cannot be listened on at {host} ({error.strerror or error}); choose another, or 0 for a free one",
            about=("port",),
        ) from None
    # Whoever reads the address may open it at once.
    taken.listen(128)
    return taken
