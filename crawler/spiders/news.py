"""Kinds that are APIs which list articles: the list as an API is asked, each new article as from a feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model.errors import ReadError
from crawler.keeping.bookmarks import marks_of, remembered
from crawler.keeping.receipts import Receipt
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Drop, Knowledge, Mark, Rest, Step
from crawler.politeness.causes import cause, is_passing
from crawler.politeness.hosts import host_of
from crawler.spiders.base import posts_in
from crawler.spiders.feed import FeedSpider
from crawler.workers.pool import reason


class NewsSpider(FeedSpider):
    """Asks for the lists that its kind wants, and follows their entries to their articles; ``max_pages`` bounds these.

    A mark is written only when all that came of a list is stored, the articles and the lists after it.
    """

    # No spider by itself: Scrapy takes none without a name.
    name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._marks: dict[str, str] = {}
        self._before: dict[str, str] = {}
        self._listed: set[str] = set()

    def known(self, now: datetime) -> Knowledge:
        """Return the time, the marks of the last run and the brands' names."""
        return replace(super().known(now), marks=self._before)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for what the kind starts from."""
        self._marks = await asyncio.to_thread(marks_of, self.context.records, self.source.id)
        self._before = {} if self.source.afresh else dict(self._marks)
        for ask in KINDS[self.kind].start(self.options, self.known(self.context.now())):
            yield self.entry(ask.url, self.parse_list, ask=ask, parent=None)

    async def parse_list(self, response: Response, ask: Ask, parent: Receipt | None) -> AsyncIterator[Any]:
        """Read a list, follow its new entries, and once there is room for more ask for the list after it."""
        steps = await (self.read_entry(response, ask=ask) if parent is None else self._read_more(response, ask))
        marks = [step for step in steps or () if isinstance(step, Mark)]
        receipt = self.receipt(response, parent=parent, note=lambda: self._remember(marks), known=steps is not None)
        if parent is not None:
            parent.settle()
        for step in steps or ():
            if isinstance(step, Drop):
                self.visit.drop(step.reason, step.count)
            elif isinstance(step, Rest):
                host = host_of(response.url)
                self.context.hosts.rest(host, step.seconds, step.why, at=monotonic(), now=self.context.now())
        is_all = True
        async for each in self.follow(posts_in(steps or ()), receipt):
            if each is None:
                is_all = False
            else:
                yield each
        asks = [step for step in steps or () if isinstance(step, Ask)]
        if asks:
            await self.context.intake.room()
        for following in asks:
            if (request := self._list(following, receipt)) is not None:
                receipt.hold()
                yield request
        receipt.settle(kept=steps is not None and is_all)

    def list_failed(self, failure: Failure) -> None:
        """Count a list that could not be fetched; the next run begins where this one began if that may help."""
        self.visit.drop(cause(failure))
        failure.request.cb_kwargs["parent"].settle(kept=not is_passing(failure))  # type: ignore[attr-defined]

    def _list(self, ask: Ask, receipt: Receipt) -> Request | None:
        if ask.url in self._listed:
            self.visit.drop("asked for before")
            return None
        self._listed.add(ask.url)
        return self.ask(ask.url, self.parse_list, self.list_failed, {"ask": ask, "parent": receipt})

    async def _read_more(self, response: Response, ask: Ask) -> tuple[Step, ...] | None:
        try:
            return await self.read(self.kind, response, ask=ask)
        except ReadError as error:
            self.visit.drop(reason(error))
            self.visit.unread += 1
            return None

    def _remember(self, marks: list[Mark]) -> None:
        remembered(self.context.intake, self.source.id, self._marks, marks, now=self.context.now())


def _spider(kind: str) -> type[NewsSpider]:
    return type(f"{kind.capitalize()}Spider", (NewsSpider,), {"name": kind, "kind": kind, "__module__": __name__})


# Scrapy looks for spiders among a module's own names.
globals().update({f"{name}_spider": _spider(name) for name, kind in KINDS.items() if kind.driver == "news"})
