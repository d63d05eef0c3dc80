"""The one error tree. Each docstring says who raises it and what the person should do.

A command turns a ``UsageError`` into exit status 2 and any other ``CandorError`` into exit status 1; neither prints
a traceback.
"""

from __future__ import annotations


class CandorError(Exception):
    """Base of every error that Candor raises on purpose. The message names the place, the problem and the cure."""


class UsageError(CandorError):
    """What was asked for cannot be (a word, a file, a query): raised where it is read. Ask again, corrected.

    ``about`` names what is wrong ("theme", "not topic"), and the message begins with it; a command line shows its flag.
    """

    def __init__(self, message: str, *, about: str = "") -> None:
        super().__init__(f"{about}: {message}" if about else message)
        self.about = about


class ConfigError(UsageError):
    """``candor.toml`` cannot be used: raised by ``analysis.settings.file``. Holds every problem found."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


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


class EmptyStoreError(CandorError):
    """Nothing to report on: raised by ``analysis.report``. Crawl or import first, or widen the period."""


class CrawlError(CandorError):
    """At least one source failed; the rest was done: raised at the end of a crawl with each cause."""


class ChannelError(CandorError):
    """A chat channel refused or could not be reached: raised by ``analysis.alert``; kept in the outbox."""
