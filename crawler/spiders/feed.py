"""``feed``: RSS, Atom and JSON Feed. Follows each entry to its full article; keeps the feed's text where it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from analysis.model import Post
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import unchanged
from crawler.politeness.causes import cause, is_passing
from crawler.spiders.base import SourceSpider, mark_of


class FeedSpider(SourceSpider):
    """Reads ``url``; then, unless ``full`` is false, the article behind each entry that is new or changed.

    ``since`` leaves out entries that are dated longer ago; ``max_pages`` bounds the articles of one run.
    """

    name = "feed"
    kind = "feed"

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the feed."""
        yield self.entry(self.source.url, self.parse)

    async def parse(self, response: Response, **_: Any) -> AsyncIterator[Any]:
        """Read the feed and follow its new entries."""
        feed = await self.read_entry("feed-entries", response)
        if feed is None:
            return
        receipt = self.receipt(response)
        for entry, mark in await self._fresh(feed.posts):
            request = self._article(entry, mark, receipt)
            if request is not None:
                receipt.hold()
                yield request
            else:
                own = Receipt(lambda url=entry.url, mark=mark: self.note_seen(url, mark), parent=receipt)  # type: ignore[misc]
                yield self.own(entry, own)
                own.settle()
        receipt.settle()

    async def parse_article(self, response: Response, entry: Post, mark: str, parent: Receipt) -> AsyncIterator[Any]:
        """Read an entry's article; what the page lacks comes from the feed."""
        receipt = self.receipt(response, parent=parent, mark=mark, listed=entry.url)
        parent.settle()
        found = (await self.read_page(response)).posts
        for post in found:
            yield self.own(completed(post, entry, alone=len(found) == 1), receipt)
        if not found and response.status != 304:
            yield self.own(entry, receipt)
        receipt.settle()

    def article_failed(self, failure: Failure) -> Sequence[Post]:
        """Keep the feed's text of an article that cannot be fetched; try again next time where that may help."""
        arguments = failure.request.cb_kwargs  # type: ignore[attr-defined]
        entry, mark, parent = arguments["entry"], arguments["mark"], arguments["parent"]
        if self.visit.stopped:
            # Whoever stopped the crawl did not want half an article; the next run reads it whole.
            self.visit.drop(cause(failure))
            parent.settle(kept=False)
            return []
        receipt = Receipt(lambda: self.note_seen(entry.url, mark), parent=parent)
        parent.settle()
        self.visit.kept_short[cause(failure)] += 1
        post = self.own(entry, receipt)
        receipt.settle(kept=not is_passing(failure))
        return [post]

    def _article(self, entry: Post, mark: str, parent: Receipt) -> Request | None:
        if not self.options.get("full", True) or not entry.url.startswith(("http://", "https://")):
            return None
        arguments = {"entry": entry, "mark": mark, "parent": parent}
        return self.ask(entry.url, self.parse_article, self.article_failed, arguments)

    async def _fresh(self, entries: Sequence[Post]) -> list[tuple[Post, str]]:
        """Return the entries that are new or changed, each address once, with the mark of their version."""
        wanted = {entry.url: entry for entry in reversed(entries) if not self._old(entry)}
        marks = {url: mark_of(entry.title, entry.published_at, entry.text) for url, entry in wanted.items()}
        known = await unchanged(self.context.records, self.source.id, marks)
        self.visit.unchanged += len(known)
        fresh = [(entry, marks[url]) for url, entry in reversed(wanted.items()) if url not in known]
        limit = int(self.options.get("max_pages", 1000))
        if len(fresh) > limit:
            self.visit.drop("over max_pages", len(fresh) - limit)
        return fresh[:limit]

    def _old(self, entry: Post) -> bool:
        since = self.options.get("since")
        if not since or entry.published_at is None:
            return False
        return entry.published_at < self.context.now() - timedelta(seconds=since)


def completed(post: Post, entry: Post, *, alone: bool) -> Post:
    """Return ``post`` with what its page lacks filled from the feed's ``entry``.

    On a page with several posts (a discussion) only the date and author of a post of its own are known, so nothing is
    filled. The feed's text is taken where it says more than the page (a wall in front of the article).
    """
    if not alone:
        return post
    dated = post.published_at is not None
    return replace(
        post,
        title=post.title or entry.title,
        text=entry.text if len(entry.text) > len(post.text) else post.text,
        author=post.author or entry.author,
        published_at=post.published_at if dated else entry.published_at,
        published_at_source=post.published_at_source if dated else entry.published_at_source,
        tags=post.tags or entry.tags,
    )
