"""``feed``: RSS, Atom and JSON Feed. Follows each entry to its full article; keeps the feed's text where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model import Post, mention_id
from analysis.model.addresses import is_web, route_of
from analysis.model.errors import StoreError
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import unchanged
from crawler.kinds.feed import KIND, completed, is_its_own, is_old, kept, mark_of
from crawler.politeness.causes import cause, is_passing
from crawler.spiders.base import SourceSpider, posts_in


class FeedSpider(SourceSpider):
    """Reads ``url``; then, unless ``full`` is false, the article behind each entry that is new or changed.

    ``since`` leaves out entries that are dated longer ago; ``max_pages`` bounds the articles of one run.
    """

    name = "feed"
    kind = "feed"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = KIND.options_of(self.source.options)

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed."""
        for ask in KIND.start(self.options, self.known(self.context.now())):
            yield self.entry(ask.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read the feed and follow its new entries."""
        steps = await self.read_entry(response)
        if steps is None:
            return
        receipt = self.receipt(response)
        for entry, mark in await self._fresh(posts_in(steps)):
            request = self._article(entry, mark, receipt)
            if request is not None:
                receipt.hold()
                yield request
            else:
                own = Receipt(lambda url=entry.url, mark=mark: self.note_seen(url, mark), parent=receipt)  # type: ignore[misc]
                if await self._may_speak(entry):
                    yield self.own(kept(entry), own)
                own.settle()
        receipt.settle()

    async def parse_article(self, response: Response, entry: Post, mark: str, parent: Receipt) -> AsyncIterator[Any]:
        """Read an entry's article; what the page lacks comes from the feed."""
        receipt = self.receipt(response, parent=parent, mark=mark, listed=entry.url)
        parent.settle()
        posts = (await self.read_page(response)).posts
        own = is_its_own(entry, self.source.url)
        for post in posts:
            yield self.own(completed(post, entry, alone=len(posts) == 1, own=own), receipt)
        if not posts and response.status != 304 and await self._may_speak(entry):
            yield self.own(kept(entry), receipt)
        receipt.settle()

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
        if await self._may_speak(entry):
            self.visit.kept_short[cause(failure)] += 1
            yield self.own(kept(entry), receipt)
        receipt.settle(kept=not is_passing(failure))

    async def _may_speak(self, entry: Post) -> bool:
        """Return whether the feed's words may stand for the page: those of another site only where nothing is known.

        Else whoever writes a feed could replace a known post by listing its address so that it cannot be fetched.
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
        if known:
            self.visit.drop("words of another site's feed, and the page is known")
        return not known

    def _article(self, entry: Post, mark: str, parent: Receipt) -> Request | None:
        # Behind a route (``#/post/1``) is no page of its own, only the script that would show it.
        if not self.options.full or not is_web(entry.url) or route_of(entry.url):
            return None
        arguments = {"entry": entry, "mark": mark, "parent": parent}
        return self.ask(entry.url, self.parse_article, self.article_failed, arguments)

    async def _fresh(self, entries: Sequence[Post]) -> list[tuple[Post, str]]:
        """Return the entries that are new or changed, each address once, with the mark of their version."""
        now = self.context.now()
        wanted = {entry.url: entry for entry in reversed(entries) if not is_old(entry, self.options, now)}
        marks = {url: mark_of(entry) for url, entry in wanted.items()}
        known = await unchanged(self.context.records, self.source.id, marks)
        self.visit.unchanged += len(known)
        fresh = [(entry, marks[url]) for url, entry in reversed(wanted.items()) if url not in known]
        limit = self.options.max_pages
        if len(fresh) > limit:
            self.visit.drop("over max_pages", len(fresh) - limit)
        return fresh[:limit]
