"""What sort of page this is, by its content alone."""

from __future__ import annotations

import re

from analysis.model.errors import ReadError
from crawler.readers.encoding import decode
from crawler.readers.facts.about import facts_of
from crawler.readers.facts.structured import types, words
from crawler.readers.page import Page
from crawler.readers.talk.forum import list_entries
from crawler.readers.talk.posts import thread_entries
from crawler.readers.talk.review import review_nodes

_FEED = re.compile(r"<(?:\w{1,12}:)?(?:rss|feed|rdf)\b[^>]{0,2000}>", re.IGNORECASE)
_JSON_FEED = re.compile(r"jsonfeed\.org\\?/version")
_JSON = re.compile(r"\ufeff?\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_MAP = re.compile(r"<(?:\w{1,12}:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)
_TEXT = re.compile(r"Article$|BlogPosting$|^Report$")
_MANY_REVIEWS = 3
_MANY_TOPICS = 5


def guess(page: Page) -> str:
    """Return the kind (article, forum, review, feed) that reads ``page`` best.

    Raises ReadError for what is no text, and for a sitemap, which lists addresses and says nothing.
    """
    head = decode(page.content[:4096], page.content_type).lstrip()
    if head.startswith("<?xml") and _MAP.search(head) and "<html" not in head.lower():
        raise ReadError(f"{page.place}: this is a sitemap, which lists addresses; read the pages that it names")
    if head.startswith("{") and (_JSON_FEED.search(head) or '"items"' in head):
        return "feed"
    root = _FEED.search(head)
    if root and "<html" not in head[: root.start()].lower():
        return "feed"
    if thread_entries(page):
        return "forum"
    if _is_review(page):
        return "review"
    return "forum" if _is_list(page) else "article"


def need_page(page: Page) -> None:
    """Raise ReadError where this is JSON, which programs answer each other: nothing in it was written as a page."""
    if _JSON.match(decode(page.content[:4096], page.content_type)):
        raise ReadError(
            f"{page.place}: this is JSON, and no page; name the API that answered it, or `table` for rows, as its kind"
        )


def _is_review(page: Page) -> bool:
    """Reviews are what the page is about: many of them, or a product's page rather than a critic's article."""
    reviews = [node for node in review_nodes(page) if words(node.get("reviewBody")) or words(node.get("description"))]
    if not reviews:
        return False
    own = types(facts_of(page).node)
    return len(reviews) >= _MANY_REVIEWS or not any(_TEXT.search(kind) for kind in own)


def _is_list(page: Page) -> bool:
    return len(list_entries(page)) >= _MANY_TOPICS and not any(
        _TEXT.search(kind) for kind in types(facts_of(page).node)
    )
