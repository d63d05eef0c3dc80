"""Articles and other single-text pages: one page, one post.

Title, authors and date come from what the page declares (JSON-LD, meta tags, microdata), since declared values are
right far more often than guessed ones; the text from ``body``.
"""

from __future__ import annotations

import re
from itertools import islice

from analysis.model import Engagement, Post
from analysis.model.addresses import canonical
from crawler.readers.facts.about import (
    PageFacts,
    count_of,
    declared_address,
    declared_texts,
    facts_of,
    is_article,
    language,
    title_of,
)
from crawler.readers.facts.authors import page_authors
from crawler.readers.facts.links import page_links
from crawler.readers.facts.names import clean_text, name_key
from crawler.readers.facts.published import Dated, published
from crawler.readers.facts.structured import Node, many
from crawler.readers.page import Page, PageReading
from crawler.readers.pages.body import main_text
from crawler.readers.pages.interest import may_interest
from crawler.readers.talk.posts import thread_entries

_FEW, _FIRST_PIECES = 200, 400
LEAST, LEAST_OF_DATED = 0.75, 0.35
"""Shares of a main region's words that an extractor's text must hold, by what was measured on saved pages."""


def read_article(page: Page) -> PageReading:
    """Return the one post of ``page`` and its links; no post where the page shows no text.

    A forum thread is one post too here: its text is that of all its posts, its author and date those of the first.

    Raises ReadError where the page is no HTML at all.
    """
    facts = facts_of(page)
    thread = thread_entries(page)
    dated = published(facts)
    title = title_of(facts)
    text = "\n".join(entry.text for entry in thread)
    if not text and not may_interest(facts, title):
        text = _few_words(page)
    text = text or _own_text(facts, dated) or _declared_text(facts)
    if not text:
        return PageReading(links=page_links(page))
    if thread and thread[0].at:
        dated = Dated(thread[0].at, "html")
    post = Post(
        url=canonical(page.url, declared=declared_address(page)),
        text=_without_heading(text, title),
        title=title,
        author=(thread[0].author if thread else "") or ", ".join(page_authors(facts)),
        published_at=dated.at,
        published_at_source=dated.source,
        fetched_at=page.fetched_at,
        lang=language(page),
        engagement=_engagement(facts.node),
        tags=_tags(facts),
    )
    return PageReading(posts=(post,), links=page_links(page))


def _few_words(page: Page) -> str:
    """Return the first words that the page shows, for a page that names nobody."""
    body = page.tree.find("body")
    shown = (page.tree if body is None else body).itertext("p", "h1", "h2", "div", "span", "li", "td", "a")
    return " ".join(" ".join(islice(shown, _FIRST_PIECES)).split())[:_FEW]


def _own_text(facts: PageFacts, dated: Dated) -> str:
    """Return the page's main text. An article holds menus and related stories too, so what reads like one (it says so,
    or is dated) is left to the extractor unless that finds next to nothing."""
    least = 0.0 if is_article(facts) else LEAST_OF_DATED if dated.at else LEAST
    return main_text(facts.page, least=least)


def _without_heading(text: str, title: str) -> str:
    """Return ``text`` without a first line that only repeats the title."""
    first, _, rest = text.partition("\n")
    return rest.lstrip("\n") if rest.strip() and name_key(first) == name_key(title) else text


def _declared_text(facts: PageFacts) -> str:
    """Return the text that the page declares, for pages that show none without a script."""
    return next(filter(None, declared_texts(facts)), "")


def _engagement(node: Node) -> Engagement:
    return Engagement(
        replies=count_of(node, "CommentAction", "commentCount"), likes=count_of(node, "LikeAction", "likeCount")
    )


def _tags(facts: PageFacts) -> tuple[str, ...]:
    said = [word for name in ("article:tag", "keywords", "news_keywords") for word in facts.metas.get(name, ())[:30]]
    said += [word for value in many(facts.node.get("keywords")) if isinstance(value, str) for word in [value]]
    parts = [clean_text(part) for value in said for part in re.split(r"[,;]", value[:2000])]
    return tuple(dict.fromkeys(part for part in parts if 1 < len(part) <= 60))[:30]
