"""``reviews``: the reviews of a product, an app or a place, by the pages that show them.

Reads what a page declares as schema.org ``Review`` (JSON-LD, microdata, RDFa), as search engines ask. Terms and
limits: those of the site; robots.txt is asked before each page. Needs no key.

A review becomes a post with its author, its date and its rating as stars from 0 to 5; a rating on another scale is kept
among the tags as it was ("8/10"). The page after it is read too, where it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection, SourceSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import MOST_PAGES, Ask, Drop, Kind, Knowledge, Step, Took

if TYPE_CHECKING:
    from crawler.readers.page import Page

MORE = "more"


class ReviewsOptions(SourceSection):
    """``url`` and ``urls``: pages that show reviews. A review has an author; a date is often left out."""

    url: WebAddress
    urls: tuple[WebAddress, ...] = ()
    render: bool = False
    max_pages: int = Field(default=MOST_PAGES, ge=1)
    promise: PromiseSection = PromiseSection(author=0.5)

    def address(self) -> str:
        """Return the address that is read first."""
        return self.url


def start(options: ReviewsOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the pages given, each once."""
    for url in dict.fromkeys((options.url, *options.urls)):
        yield Ask(url=url)


def read(page: Page, ask: Ask, options: ReviewsOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the reviews of a page, and the page after it."""
    from crawler.readers.pages.scripted import NEEDS_SCRIPT, needs_script
    from crawler.readers.talk.onward import next_page
    from crawler.readers.talk.review import aggregates, read_review

    posts = read_review(page).posts
    yield Took(posts)
    if not posts:
        if aggregates(page):
            yield Drop("only a mean rating, no single review")
        elif not options.render and needs_script(page):
            raise ReadError(f"{page.place}: {NEEDS_SCRIPT}")
        elif not ask.step:
            raise ReadError(f"{page.place}: declares no reviews (schema.org Review); is it the page that shows them?")
        return
    following = next_page(page)
    if following:
        yield Ask(url=following, step=MORE)


KIND = Kind(name="reviews", options=ReviewsOptions, driver="api", own_addresses=False, start=start, read=read)
