"""``feed``: RSS, Atom and JSON Feed. Follows each entry to its full article; keeps the feed's text where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model import Post, mention_id
from analysis.model.addresses import is_web, own_address, route_of
from analysis.model.errors import StoreError
from crawler.archive.notes import ENTRY
from crawler.keeping.receipts import Receipt
from crawler.kinds import KINDS
from crawler.kinds.base import Drop
from crawler.kinds.feed import KIND, completed, is_its_own, is_old, kept, mark_of
from crawler.politeness.causes import cause, is_passing
from crawler.readers.feeds.apart import is_front
from crawler.readers.saved import post_row
from crawler.spiders.base import SourceSpider, posts_in


class FeedSpider(SourceSpider):
    """Reads ``url``; then, unless ``full`` is false, the article behind each entry that is new or changed.

    ``since`` leaves out entries that are dated longer ago; ``max_pages`` bounds the articles of one run.
    """

    name = "feed"
    kind = "feed"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options: Any = KINDS[self.kind].options_of(self.source.options)
        self._order = 0
        self._room = self.options.max_pages

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed."""
        for ask in KIND.start(self.options, self.known(self.context.now())):
            yield self.entry(ask.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read the feed and follow its new entries."""
        steps = await self.read_entry(response)
        if steps is None:
            return
        for step in steps:
            if isinstance(step, Drop):
                self.visit.drop(step.reason, step.count)
        receipt, is_all = self.receipt(response), True
        async for each in self.follow(posts_in(steps), receipt):
            if each is None:
                is_all = False
            else:
                yield each
        # What was left out for the next run must not be hidden from it by an answer of 304.
        receipt.settle(kept=is_all)

    async def follow(self, entries: Sequence[Post], receipt: Receipt) -> AsyncIterator[Request | Post | None]:
        """Yield the requests of the new entries' articles, or the entries themselves where there is none to ask for.

        None where some are left out for the next run.
        """
        fresh, is_all = await self._fresh(entries)
        if not is_all:
            yield None
        for entry, mark in fresh:
            request = self._article(entry, mark, receipt)
            if request is not None:
                receipt.hold()
                yield request
            else:
                own = Receipt(lambda url=entry.url, mark=mark: self.note_seen(url, mark), parent=receipt)  # type: ignore[misc]
                if await self._may_speak(entry):
                    yield self.own(kept(entry), own)
                own.settle()

    async def parse_article(self, response: Response, entry: Post, mark: str, parent: Receipt) -> AsyncIterator[Any]:
        """Read an entry's article; what the page lacks comes from the feed, and all of it where it is no such page."""
        is_left = is_front(response.url) and not is_front(entry.url)
        receipt = self.receipt(response, parent=parent, mark=mark, listed=entry.url, known=not is_left)
        parent.settle()
        if is_left:
            self.visit.kept_short["its page leads to the front page"] += 1
        posts = () if is_left else (await self.read_page(response)).posts
        own, alone = is_its_own(entry, self.source.url), len(posts) == 1
        instead = kept(entry) if alone and await self._may_speak(entry, quietly=True) else None
        for post in posts:
            yield self.own(completed(post, entry, alone=alone, own=own), receipt, instead=instead)
        if not posts and response.status != 304 and await self._may_speak(entry):
            yield self.own(kept(entry), receipt)
        receipt.settle()

    def told(self, response: Response) -> dict[str, Any]:
        """Return the entry that an article's page belongs to."""
        entry = response.cb_kwargs.get("entry")
        return {ENTRY: post_row(entry)} if entry else {}

    async def article_failed(self, failure: Failure) -> AsyncIterator[Post]:
        """Keep the feed's text of an article that cannot be fetched; try again next time where that may help."""
        arguments = failure.request.cb_kwargs  # type: ignore[attr-defined]
        entry, mark, parent = arguments["entry"], arguments["mark"], arguments["parent"]
        if self.visit.stopped:
            # Whoever stopped the crawl did not want half an article; the next run reads it whole.
            self.visit.drop(cause(failure))
            parent.settle(kept=False)
            return
        receipt = Receipt(lambda: self.note_seen(entry.url, mark), parent=parent)
        parent.settle()
        if is_passing(failure):
            # Asked again by the next run, but behind what was never asked for.
            self.note_seen(entry.url, "")
        if await self._may_speak(entry):
            self.visit.kept_short[cause(failure)] += 1
            yield self.own(kept(entry), receipt)
        receipt.settle(kept=not is_passing(failure))

    async def _may_speak(self, entry: Post, *, quietly: bool = False) -> bool:
        """Return whether the feed's words may stand for the page: those of another site only where nothing is known.

        Else whoever writes a feed could replace a known post by listing its address so that it cannot be fetched. Where
        they may not, that is counted, unless ``quietly`` asked.
        """
        if is_its_own(entry, self.source.url):
            return True
        url = kept(entry).url
        ids = [mention_id(url, brand.id) for brand in self.context.config.brands]
        try:
            known = await asyncio.to_thread(self.context.store.get, ids)
        except StoreError:
            # Its server is away: what was read waits, and who asks whether it is new finds out with it.
            return True
        if known and not quietly:
            self.visit.drop("words of another site's feed, and the page is known")
        return not known

    def _article(self, entry: Post, mark: str, parent: Receipt) -> Request | None:
        # Behind a route (``#/post/1``) is no page of its own, only the script that would show it; and an entry that is
        # one post of a page (a comment under an article) says more of itself than that page does.
        if not self.options.full or not is_web(entry.url) or route_of(entry.url) or "#" in own_address(entry.url):
            return None
        arguments = {"entry": entry, "mark": mark, "parent": parent}
        request = self.ask(entry.url, self.parse_article, self.article_failed, arguments)
        # Scrapy's queue is last in, first out.
        self._order -= 1
        return request.replace(priority=self._order) if request is not None else None

    async def _fresh(self, entries: Sequence[Post]) -> tuple[list[tuple[Post, str]], bool]:
        """Return the entries that are new or changed, newest first, with the marks of their versions; and whether that
        is all of them. Those whose page was asked for in vain come last."""
        now = self.context.now()
        wanted = {entry.url: entry for entry in reversed(entries) if not is_old(entry, self.options.since, now)}
        marks = {url: mark_of(entry) for url, entry in wanted.items()}
        seen = await self.seen(marks)
        self.visit.unchanged += len(seen.unchanged)
        fresh = [(entry, marks[url]) for url, entry in reversed(wanted.items()) if url not in seen.unchanged]
        fresh.sort(key=lambda each: each[0].published_at or now, reverse=True)
        fresh.sort(key=lambda each: seen.asked_last(each[0].url))
        limit = self._room
        self._room = max(0, limit - len(fresh))
        if len(fresh) > limit:
            self.visit.drop("over max_pages", len(fresh) - limit)
        return fresh[:limit], len(fresh) <= limit
