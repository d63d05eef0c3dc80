"""One spider for every kind that is an API: it asks what the kind wants asked, and does what the answers come to.

Each such kind is in ``crawler.kinds``, pure; nothing here knows any of them by name. Scrapy finds a spider for each
(``scrapy list``), made below.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
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
from crawler.keys import keys_of
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Drop, Knowledge, Mark, Rest, Step, ThreadGone, Took
from crawler.politeness.causes import cause, is_passing
from crawler.politeness.hosts import host_of
from crawler.politeness.robots import meta_of
from crawler.spiders.base import SourceSpider
from crawler.workers.pool import reason

MOST_IDLE = 3
"""So many answers in a row that hold nothing new are a list that leads back to its beginning, by ever new cursors."""
UNREAD = 16 * 1024
"""Bytes of answers being read, from which on no more are asked for; Scrapy counts one as a kilobyte or more."""


class ApiSpider(SourceSpider):
    """Carries out one kind: sends its requests, yields its posts, keeps its marks, leaves the host alone when asked to.

    ``max_pages`` bounds the requests of one run. What the first answers lead to is a part of them: a mark is written
    only when everything that came after it is stored, so that a run that was cut off is repeated, never skipped.
    """

    # Scrapy's own 5 MB are thousands of small answers that wait to be read, of a list whose posts are each asked for
    # by themselves. What is beyond this waits at its host.
    custom_settings = {"SCRAPER_SLOT_MAX_ACTIVE_SIZE": UNREAD}  # noqa: RUF012 - Scrapy's name

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = KINDS[self.kind]
        self.options = self._kind.options_of(self.source.options)
        self._marks: dict[str, str] = {}
        self._keys: Mapping[str, str] = {}
        self._asked: set[tuple[str, str]] = set()
        self._read: set[int] = set()

    def known(self, now: datetime) -> Knowledge:
        """Return the time, the marks of the last run, the brands' names and the keys."""
        return replace(super().known(now), marks=self._before, keys=self._keys)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for what the kind starts from."""
        self._marks = await asyncio.to_thread(marks_of, self.context.records, self.source.id)
        self._before = {} if self.source.afresh else dict(self._marks)
        try:
            self._keys = await asyncio.to_thread(keys_of, self.options)
            asks = list(self._kind.start(self.options, self.known(self.context.now())))
        except ReadError as error:
            self.visit.error = str(error)
            return
        for ask in asks:
            request = self._request(ask, None, 0)
            if request is not None:
                yield request

    async def parse(self, response: Response, ask: Ask, parent: Receipt | None, idle: int) -> AsyncIterator[Any]:
        """Do what an answer comes to: its posts first, and once there is room for more, what it leads to.

        ``idle``: how many answers in a row that led here held nothing new.
        """
        steps = await self.read_entry(response, ask=ask) if parent is None else await self._read_more(response, ask)
        marks = [step for step in steps or () if isinstance(step, Mark)]
        receipt = self.receipt(response, parent=parent, note=lambda: self._remember(marks), known=steps is not None)
        if parent is not None:
            parent.settle()
        idle = self._idle(steps or (), idle)
        if idle >= MOST_IDLE:
            self.visit.drop("a list that goes on with what it said before")
        asks = []
        for step in steps or ():
            if isinstance(step, Took):
                for post in step.posts:
                    yield self.own(post, receipt)
            elif isinstance(step, Ask):
                asks.append(step)
            else:
                self._obey(step, response)
        if asks:
            await self.context.intake.room()
        for following in asks if idle < MOST_IDLE else ():
            request = self._request(following, receipt, idle)
            if request is not None:
                receipt.hold()
                yield request
        receipt.settle(kept=steps is not None or response.status == 304)

    def failed(self, failure: Failure) -> None:
        """Count a later request that came to nothing; the next run begins where this one began if that may help."""
        self.visit.drop(cause(failure))
        failure.request.cb_kwargs["parent"].settle(kept=not is_passing(failure))  # type: ignore[attr-defined]

    def _idle(self, steps: Sequence[Step], before: int) -> int:
        """Return how many answers in a row held nothing new: no post and, but for the next page, nothing to ask for."""
        said = [hash((post.url, post.text)) for step in steps if isinstance(step, Took) for post in step.posts]
        asks = [(step.url, step.body) in self._asked for step in steps if isinstance(step, Ask)]
        is_new = not self._read.issuperset(said) or asks.count(False) > 1
        self._read.update(said)
        if is_new:
            return 0
        return before + bool(said or any(asks))

    async def _read_more(self, response: Response, ask: Ask) -> tuple[Step, ...] | None:
        if response.status == 304:
            self.visit.unchanged += 1
            return None
        try:
            return await self.read(self.kind, response, ask=ask)
        except ReadError as error:
            self.logger.warning("%s", error)
            self.visit.drop(reason(error))
            self.visit.unread += 1
            return None

    def _request(self, ask: Ask, parent: Receipt | None, idle: int) -> Request | None:
        if (ask.url, ask.body) in self._asked:
            self.visit.drop("asked for before")
            return None
        if len(self._asked) >= self.options.max_pages:
            self.visit.drop("over max_pages")
            return None
        self._asked.add((ask.url, ask.body))
        try:
            return Request(
                ask.url,
                callback=self.parse,
                errback=self.entry_failed if parent is None else self.failed,
                method="POST" if ask.body else "GET",
                headers=dict(ask.headers),
                body=ask.body,
                meta=self._meta(ask),
                dont_filter=True,
                cb_kwargs={"ask": ask, "parent": parent, "idle": idle},
            )
        except ValueError:
            self.visit.drop("no web address")
            return None

    def _meta(self, ask: Ask) -> dict[str, Any]:
        refusals = self._kind.refusals
        return meta_of(ask) | ({"handle_httpstatus_list": [304, *refusals]} if refusals else {})

    def _obey(self, step: Step, response: Response) -> None:
        if isinstance(step, Drop):
            self.visit.drop(step.reason, step.count)
        elif isinstance(step, ThreadGone):
            self.visit.gone_threads.add(step.thread)
        elif isinstance(step, Rest):
            host = host_of(response.url)
            self.context.hosts.rest(host, step.seconds, step.why, at=monotonic(), now=self.context.now())

    def _remember(self, marks: list[Mark]) -> None:
        remembered(self.context.intake, self.source.id, self._marks, marks, now=self.context.now())


def _spider(kind: str) -> type[ApiSpider]:
    """Return the spider of an API kind, under the kind's name."""
    return type(f"{kind.capitalize()}Spider", (ApiSpider,), {"name": kind, "kind": kind, "__module__": __name__})


# Scrapy looks for spiders among a module's own names.
globals().update({f"{name}_spider": _spider(name) for name, kind in KINDS.items() if kind.driver == "api"})
