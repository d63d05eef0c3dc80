"""The one error tree. Each docstring says who raises it and what the person should do.

A command turns a ``UsageError`` into exit status 2 and any other ``CandorError`` into exit status 1; neither prints
a traceback. Nothing here speaks of flags and commands: a front end that has one for a ``cure``, or for what an error is
``about``, says so in its own words (``candor/hints.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Cure = Literal["configure", "import form", "set up", "make roles", "upgrade", "search", "salvage", "expire", "learn"]
CURES: Mapping[Cure, str] = {
    "configure": "write one",
    "import form": "docs/formats.md shows both",
    "set up": "set the server up for Candor",
    "make roles": "ask for the role of a writer or of a reader",
    "upgrade": "upgrade the store",
    "search": "a search shows both",
    "expire": "erase by hand what is too old",
    "learn": "learn again (the answers are kept), or forget what was learnt",
    "salvage": "put back a copy of it, or save what can be read into a new store",
}
"""What helps, in plain words."""


def with_cure(fact: str, cure: Cure | None) -> str:
    """Return a fact and, where one is named, what helps."""
    return f"{fact}; {CURES[cure]}" if cure else fact


class CandorError(Exception):
    """Base of every error that Candor raises on purpose. The message names the place, the problem and the cure.

    ``fact`` is the message without the cure that ``cure`` names.
    """

    def __init__(self, fact: str = "", *, cure: Cure | None = None) -> None:
        super().__init__(with_cure(fact, cure))
        self.fact = fact
        self.cure = cure


class UsageError(CandorError):
    """The person's words are off (a value, a file, a query): raised wherever they are read. Call again, corrected.

    ``about`` names the values that are off, as functions call them.
    """

    def __init__(self, fact: str = "", *, about: Sequence[str] = (), cure: Cure | None = None) -> None:
        super().__init__(f"{', '.join(about)}: {fact}" if about else fact, cure=cure)
        self.about = tuple(about)


class ConfigError(UsageError):
    """``candor.toml`` cannot be used: raised by ``analysis.settings.file``. Holds every problem found."""

    def __init__(self, problems: list[str], *, cure: Cure | None = None) -> None:
        super().__init__("\n".join(problems), cure=cure)
        self.problems = problems


class LayerError(CandorError):
    """What was learnt from answers cannot judge: raised by ``analysis.enrich.learnt``. Learn again, or forget it."""


class QueryError(UsageError):
    """A brand or search query does not parse: raised by ``analysis.model.query``. ``column`` counts from 1."""

    def __init__(self, message: str, *, column: int = 1) -> None:
        super().__init__(message)
        self.column = column


class ReadError(CandorError):
    """A saved or fetched page could not be read as what it claims to be: raised by readers."""


class StoreError(CandorError):
    """A store cannot do its work (missing, full, read-only, wrong rights): raised by ``analysis.store``."""


class StoreLockedError(StoreError):
    """Another process writes to this store: raised on opening for writing. Wait for it or stop it."""


class RetentionError(CandorError):
    """Retention would erase far more than it usually does: raised by ``analysis.ledger``. Look at the clock first."""


class EmptyStoreError(CandorError):
    """Nothing to report on: raised by ``analysis.report``. Crawl or import first, or widen the period."""


class CrawlError(CandorError):
    """At least one source failed; the rest was done: raised at the end of a crawl with each cause."""


class ChannelError(CandorError):
    """A chat channel refused or could not be reached: raised by ``analysis.alert``; kept in the outbox."""
