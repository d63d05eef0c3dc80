"""Forum threads and lists of threads: one page, a post for each post shown."""

from __future__ import annotations

from dataclasses import replace

from bs4 import BeautifulSoup, Tag

from analysis.model import Engagement, Post
from analysis.model.addresses import canonical
from crawler.readers.facts.about import declared_address, facts_of, language, title_of
from crawler.readers.facts.links import page_links
from crawler.readers.page import Page, PageReading, joined
from crawler.readers.talk.bodies import posts_by_body
from crawler.readers.talk.engines import TOPICS, TopicList
from crawler.readers.talk.opening import told_opening, with_opening
from crawler.readers.talk.posts import ThreadPost, thread_entries, to_count
from crawler.readers.talk.threads import Block, beginning, repeated_posts

_FEWEST_TOPICS = 2
_FEW = 5
_MUCH_MORE = 1.5


def read_forum(page: Page) -> PageReading:
    """Return a post for each post (question, answer, comment) of the thread, or for each thread of a list of threads.

    A list's posts are of kind ``topic``, have a title and an address, and no text. Raises ReadError for what is
    no HTML.
    """
    entries = _thread(page) or list_entries(page) or _repeated(page) or _told(page)
    thread = canonical(page.url, declared=declared_address(page))
    title = title_of(facts_of(page)) if entries else ""
    lang = language(page)
    posts = tuple(_post(entry, page, thread, title, lang) for entry in entries)
    return PageReading(posts=posts, links=page_links(page))


def _thread(page: Page) -> list[ThreadPost]:
    """Return the posts of the thread on ``page``: as known, or where that is next to nothing, as their shape tells.

    Many programs declare the first post or the best answer alone.
    """
    known = thread_entries(page)
    if not known or len(known) > _FEW:
        return _written(known)
    found = posts_by_body(page)
    is_more = len(found) > len(known) and _words(found) > _MUCH_MORE * sum(len(post.text) for post in known)
    return _written(_both(known, found, page) if is_more else known)


def _written(posts: list[ThreadPost]) -> list[ThreadPost]:
    return [post for post in posts if not post.is_notice]


def _both(known: list[ThreadPost], found: list[Block], page: Page) -> list[ThreadPost]:
    """Return what was found by its shape, as it is known where it is: the opening first, then what is known alone."""
    told = {beginning(post.text): post for post in known}
    keys = {beginning(block.text) for block in found}
    blocks = with_opening(page, found, declared=told)
    opening = blocks[: len(blocks) - len(found)]
    # Where an opening is declared, one in other words is something else that stands above the replies.
    if opening and beginning(opening[0].text) not in told and not told.keys() <= keys:
        opening = []
    keys |= {beginning(block.text) for block in opening}
    alone = [post for post in known if beginning(post.text) not in keys]
    shown = [_fuller(told.get(beginning(block.text)), _found(block)) for block in (*opening, *found)]
    return [*shown[: len(opening)], *alone, *shown[len(opening) :]]


def _fuller(known: ThreadPost | None, found: ThreadPost) -> ThreadPost:
    if known is None:
        return found
    return replace(known, text=max(known.text, found.text, key=len), at=known.at or found.at)


def _repeated(page: Page) -> list[ThreadPost]:
    found = max(posts_by_body(page), repeated_posts(page), key=_words)
    return [_found(block) for block in with_opening(page, found)]


def _told(page: Page) -> list[ThreadPost]:
    opening = told_opening(page)
    return [_found(opening)] if opening else []


def _found(block: Block) -> ThreadPost:
    return ThreadPost(text=block.text, author=block.author, at=block.at, anchor=block.anchor)


def _words(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _post(entry: ThreadPost, page: Page, thread: str, title: str, lang: str) -> Post:
    address = joined(page.base, entry.url) if entry.url else ""
    own = _own_address(address, thread, entry.anchor)
    return Post(
        url=own,
        text=entry.text,
        title=entry.title or title,
        author=entry.author,
        published_at=entry.at,
        published_at_source="html" if entry.at else "",
        fetched_at=page.fetched_at,
        kind=entry.kind,
        lang=lang,
        engagement=Engagement(likes=max(0, entry.likes), replies=entry.replies, views=entry.views),
        thread="" if entry.kind == "topic" else thread,
    )


def _own_address(address: str, thread: str, anchor: str) -> str:
    """Return the post's permalink; a fragment is kept, because it is what tells two posts of a thread apart."""
    if not address:
        return f"{thread}#{anchor}" if anchor else thread
    base, _, fragment = address.partition("#")
    fragment = fragment or anchor
    return f"{canonical(base)}#{fragment}" if fragment else canonical(base)


def list_entries(page: Page) -> list[ThreadPost]:
    """Return the threads that a list of threads shows; empty where the page is none."""
    soup: BeautifulSoup | None = None
    for shape in TOPICS:
        if shape.sign in page.text:
            soup = soup or BeautifulSoup(page.text, "lxml")
            topics = [entry for row in soup.select(shape.row) if (entry := _topic(row, shape)) is not None]
            if len(topics) >= _FEWEST_TOPICS:
                return topics
    return []


def _topic(row: Tag, shape: TopicList) -> ThreadPost | None:
    link = row.select_one(shape.title)
    if link is None or not link.get_text(strip=True):
        return None
    return ThreadPost(
        text="",
        title=_said(link),
        url=str(link.get("href") or ""),
        author=_said(row.select_one(shape.author) if shape.author else None)[:80],
        kind="topic",
        replies=to_count(_said(row.select_one(shape.replies) if shape.replies else None)),
        views=to_count(_said(row.select_one(shape.views) if shape.views else None)),
    )


def _said(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ", strip=True).split()) if tag is not None else ""
