"""``webhook``: posts that another program pushes, signed, to ``candor receive``: for what has no API to poll.

Signed as Standard Webhooks say (https://www.standardwebhooks.com): HMAC-SHA256 over id, time and body, with a secret of
the two. What was taken waits in a folder until a crawl of the source has stored it. Terms: those of whoever pushes.

A row becomes the post that ``candor import`` would make of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from analysis.model.errors import ReadError, UsageError
from analysis.settings.values import Interval, slug
from crawler.kinds.base import Ask, Kind, Knowledge, OwnOptions, Step

if TYPE_CHECKING:
    from crawler.readers.page import Page

SPOOL = "webhooks"


class WebhookOptions(OwnOptions):
    """``secret_env`` or ``secret_file``; ``spool``: where what was taken waits; how big a body and how many may be."""

    every: Interval = 60.0
    secret_env: str = ""
    secret_file: str = ""
    spool: str = ""
    max_bytes: int = Field(default=1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    max_waiting: int = Field(default=10_000, ge=1)

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if bool(self.secret_env) == bool(self.secret_file):
            raise ValueError("give secret_env (a variable's name) or secret_file: what is pushed must be signed")
        return self

    def address(self) -> str:
        """Return the folder in which it waits."""
        return self.spool or f"{SPOOL}/{self.id or slug('webhook inbox')}"

    def subject(self) -> str:
        """Return what makes its id where none is given."""
        return "inbox"


def start(options: WebhookOptions, known: Knowledge) -> Iterator[Ask]:
    """Ask for nothing: others push."""
    return iter(())


def read(page: Page, ask: Ask, options: WebhookOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the rows of a body as posts. Raises ``ReadError`` for what is none."""
    from crawler.readers.pushed import pushed_posts, rows_in

    try:
        yield pushed_posts(rows_in(page.content), source=options.source("webhook").id, now=page.fetched_at)
    except UsageError as error:
        raise ReadError(f"{page.place}: {error}") from None


KIND = Kind(name="webhook", options=WebhookOptions, driver="own", own_addresses=True, start=start, read=read)
