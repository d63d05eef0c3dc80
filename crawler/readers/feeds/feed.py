"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom (with iTunes, YouTube, FeedBurner and Google Alerts habits) and JSON Feed 1.x."""

from __future__ import annotations

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from analysis.model import Engagement, Post
from analysis.model.addresses import is_web, target
from analysis.model.errors import ReadError
from crawler.readers.encoding import decode
from crawler.readers.facts.dates import parse_date, within
from crawler.readers.facts.links import feed_links
from crawler.readers.facts.names import clean_text
from crawler.readers.facts.pieces import html_text
from crawler.readers.feeds.jsonfeed import read_json_feed
from crawler.readers.page import Page, PageReading, joined

MAX_BYTES = 10 * 1024 * 1024
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_ROOT = re.compile(r"<(?:\w{1,12}:)?(?:feed|rss|rdf|channel)\b", re.I)
_ENTITY = re.compile(rb"<!ENTITY[^>]*>", re.I)
_HEAD = 1 << 16
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d")
_DATES = ("published", "updated", "created")
_COUNTS = ("slash_comments", "thr_total")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read: its own title and link, and a post for each entry, in document order."""

    title: str
    link: str
    posts: tuple[Post, ...]
    language: str = ""


def read_feed_posts(page: Page) -> PageReading:
    """Return the entries of the feed as posts; the entries' addresses are the links."""
    posts = read_feed(page).posts
    return PageReading(posts=posts, links=tuple(dict.fromkeys(post.url for post in posts if is_web(post.url))))


def read_feed(page: Page, *, resolve: bool = True) -> Feed:
    """Return the feed that ``page`` holds.

    With ``resolve`` an entry's address is the article's own where the feed tells it beside a counter's (FeedBurner's
    origLink, the target inside Google's redirect); without, it is the link as published. Raises ReadError where the
    page is no feed; if it is HTML, the message names the feeds that the page links to.
    """
    content = page.content
    if not content.strip():
        raise ReadError(f"{page.place}: the feed is empty; check its address")
    if len(content) > MAX_BYTES:
        raise ReadError(f"{page.place}: {len(content)} bytes; at most {MAX_BYTES} bytes of a feed are read")
    head = decode(content[:4096], page.content_type)
    if head.lstrip().startswith("{"):
        title, link, posts = read_json_feed(page)
        return Feed(title, link, posts)
    if _HTML.match(head) and not _ROOT.search(head):
        raise ReadError(_not_a_feed(page))
    if not _ROOT.search(decode(content[:_HEAD], page.content_type)):
        raise ReadError(f"{page.place}: neither RSS nor Atom nor JSON Feed; check the address")
    return _parsed(page, resolve=resolve)


def _not_a_feed(page: Page) -> str:
    feeds = feed_links(page)
    cure = f"the page links to {', '.join(feeds[:3])}" if feeds else 'it links to no feed: use kind = "pages" for it'
    return f"{page.place}: this is an HTML page, not a feed; {cure}"


def _parsed(page: Page, *, resolve: bool) -> Feed:
    # Entities of a document's own are what "billion laughs" is made of; no real feed needs them.
    content = _ENTITY.sub(b"", page.content)
    headers = {"content-location": page.url} if page.url else {}
    if page.content_type and "charset" in page.content_type.lower() and "xml" in page.content_type.lower():
        headers["content-type"] = page.content_type
    try:
        parsed = feedparser.parse(content, response_headers=headers, sanitize_html=False)
    except Exception as problem:
        raise ReadError(f"{page.place}: the feed could not be read ({type(problem).__name__}: {problem})") from problem
    if not parsed.entries and not parsed.version:
        raise ReadError(f"{page.place}: this is no feed that can be read; check the address")
    language = str(parsed.feed.get("language") or "")[:2].lower()
    posts = tuple(_post(entry, parsed.feed, page, language, resolve=resolve) for entry in parsed.entries)
    return Feed(clean_text(_text(parsed.feed.get("title"))), _text(parsed.feed.get("link")), posts, language)


def _post(entry: Any, feed: Any, page: Page, language: str, *, resolve: bool) -> Post:
    at = _date(entry, page.fetched_at)
    return Post(
        url=_address(entry, page, resolve=resolve),
        text=_body(entry),
        title=clean_text(html_text(_text(entry.get("title")))),
        author=clean_text(_text(entry.get("author")) or _text(feed.get("author"))),
        published_at=at,
        published_at_source="feed" if at else "",
        fetched_at=page.fetched_at,
        lang=language if len(language) == 2 and language.isalpha() else "",
        engagement=_engagement(entry),
        rating=None,
        thread=_text(entry.get("comments")),
        tags=tuple(
            dict.fromkeys(tag for each in _list(entry.get("tags")) if (tag := clean_text(_text(each.get("term")))))
        ),
    )


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _address(entry: Any, page: Page, *, resolve: bool) -> str:
    own = _text(entry.get("feedburner_origlink"))
    if resolve and is_web(own):
        return own
    said = _text(entry.get("link"))
    if not said:
        links = [each for each in _list(entry.get("links")) if each.get("rel") in ("alternate", "self", None)]
        said = next((_text(each.get("href")) for each in links), "")
    if not said and is_web(_text(entry.get("id"))):
        said = _text(entry.get("id"))
    said = joined(page.url, said) if page.url and said else said
    return target(said) if resolve else said


def _body(entry: Any) -> str:
    """Return the entry's content, or its summary where that tells more, as plain text with a line per paragraph."""
    contents = [_text(each.get("value")) for each in _list(entry.get("content"))]
    summary = _text(entry.get("summary")) or _text(entry.get("media_description"))
    content = html_text(next(filter(None, contents), ""))
    plain = html_text(summary) if summary not in contents else ""
    if not content or len(plain) > len(content):
        return plain
    # A summary in the author's own words, which the content does not repeat, is part of what they said.
    is_said = "".join(plain.split())[:80] in "".join(content.split())
    return content if is_said else f"{plain}\n{content}"


def _date(entry: Any, now: datetime) -> datetime | None:
    for name in _DATES:
        raw = _text(entry.get(name))
        parsed = None if _ISO_TIME.match(raw) else entry.get(f"{name}_parsed")
        if parsed:
            try:
                at = within(datetime.fromtimestamp(timegm(parsed), UTC), now)
            except (ValueError, TypeError, OverflowError):
                at = None
            if at:
                return at
        at = parse_date(raw, now=now)
        if at:
            return at.astimezone(UTC)
    return None


def _engagement(entry: Any) -> Engagement:
    rating, statistics = entry.get("media_starrating"), entry.get("media_statistics")
    return Engagement(
        likes=_count(rating.get("count")) if isinstance(rating, dict) else 0,
        views=_count(statistics.get("views")) if isinstance(statistics, dict) else 0,
        replies=max(_count(entry.get(name)) for name in _COUNTS),
    )


def _count(value: Any) -> int:
    text = str(value or "").strip()
    return int(text) if text.isdigit() and len(text) < 16 else 0
