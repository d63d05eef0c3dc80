"""Who makes an entry by hand, and why: the flags that the ledgers' commands share."""

from __future__ import annotations

import getpass
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.model.errors import UsageError

if TYPE_CHECKING:
    from analysis.ledger.entries import Stamp
    from analysis.ledger.fixes import Known
    from analysis.settings.file import Config

ReasonOption = Annotated[str, typer.Option("--reason", help="Why. It is kept.")]
WhoOption = Annotated[
    str, typer.Option("--by", envvar="CANDOR_USER", help="Who says so; by default the user of this machine.")
]
ThemeOption = Annotated[str, typer.Option("--theme", "-t", help="The topic's id, such as battery.")]


def stamp(who: str) -> Stamp:
    """Return who makes an entry, and that it is made now."""
    from analysis.ledger.entries import Stamp

    return Stamp(at=datetime.now(UTC), who=who or user())


def user() -> str:
    """Return the name of this machine's user, or their number where there is no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def known(config: Config) -> Known:
    """Return what an entry may name: the taxonomy's topics and our own brands."""
    from analysis.enrich.taxonomy import taxonomy_of
    from analysis.ledger.fixes import Known

    own = [brand.id for brand in config.brands if brand.role == "own"]
    return Known(topics=taxonomy_of(config).topics.keys(), brands=own)


def agreed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal unless ``yes``. Raises ``UsageError`` where there is no terminal to ask on."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("--yes: is missing, and there is no terminal to ask on; look with --dry-run first")
    return typer.confirm(question)
