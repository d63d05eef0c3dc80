"""What the command line adds to an error: the flags that it is about, and the command that helps."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from analysis.model.errors import CandorError, Cure, UsageError

COMMANDS: Mapping[Cure, str] = {
    "configure": "`candor init` writes one",
    "import form": "`--map text=HEADING` does (`text=One+Two` joins two); see `candor import --help`",
    "set up": "run `candor store setup`",
    "make roles": "`candor store setup --roles` makes a role that has it",
    "upgrade": "run `candor store upgrade`",
    "search": "`candor search --json` shows both",
    "expire": "where it is right, `candor erase --expired` does it",
    "learn": "run `candor learn` again (your answers are kept), or `candor learn --forget` to do without",
    "salvage": (
        "`candor store check` says what is lost; put back a copy of the folder, or "
        "`candor store salvage FROM TO` saves what can be read"
    ),
}
"""The command for each cure."""


def with_command(fact: str, cure: Cure | None) -> str:
    """Return a fact and, where a cure is named, the command that brings it."""
    return f"{fact}; {COMMANDS[cure]}" if cure else fact


def cured(cause: str, url: str = "") -> str:
    """Return why a source was not read and, where that is its private address, what lets it be read."""
    if not cause.startswith("private address"):
        return cause
    return f'{cause}; where it is yours, name its network under [crawl]: allow_networks = ["{_network(url)}"]'


def _network(url: str) -> str:
    host = urlsplit(url).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return "127.0.0.0/8" if host in ("", "localhost") or host.endswith(".localhost") else "10.0.0.0/8"
    return "127.0.0.0/8" if address.is_loopback and address.version == 4 else str(ip_network(address))


def lines_of(error: CandorError) -> list[str]:
    """Return an error as the command line says it: a line a problem, flags written as they are typed."""
    fact = error.fact
    if isinstance(error, UsageError) and error.about:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in error.about)
        fact = f"{flags}: {fact.partition(': ')[2]}"
    return with_command(fact, error.cure).splitlines()
