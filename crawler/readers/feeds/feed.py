"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom (with iTunes, YouTube, FeedBurner and Google Alerts habits) and JSON Feed 1.x."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import feedparser

from analysis.model import Engagement, Post
from analysis.model.addresses import is_web, target
from analysis.model.errors import ReadError
from analysis.model.text import one_line
from analysis.model.written.dates import parse_date
from analysis.model.written.origin import Origin, order_in, origin_at
from crawler.readers.encoding import decode
from crawler.readers.facts.links import feed_links
from crawler.readers.facts.names import clean_text, person_name, unbroken
from crawler.readers.facts.pieces import html_text
from crawler.readers.feeds.apart import told_apart
from crawler.readers.feeds.cleaning import CAPTION, cleaned_feed, entries_alone
from crawler.readers.feeds.jsonfeed import read_json_feed
from crawler.readers.page import Page, PageReading, joined
from crawler.readers.unzipping import unzipped

MAX_BYTES = 10 * 1024 * 1024
_HTML = re.compile(
    r"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:(?!-->).){0,2000}+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_ROOT = re.compile(r"<(?:\w{1,12}:)?(?:feed|rss|rdf|channel)\b", re.I)
_HEAD = 1 << 16
_DATES = ("published", "updated", "created")
_COUNTS = ("slash_comments", "thr_total")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read: its own title and link, and a post for each entry, in document order.

    ``merged`` counts the entries that another entry says again.
    """

    title: str
    link: str
    posts: tuple[Post, ...]
    language: str = ""
    merged: int = 0


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
    # Some servers do not say that they send a feed as gzip.
    content = unzipped(page.content, MAX_BYTES + 1)
    page = page if content is page.content else replace(page, content=content)
    if not content.strip():
        raise ReadError(f"{page.place}: the feed is empty; check its address")
    if len(content) > MAX_BYTES:
        raise ReadError(f"{page.place}: {len(content)} bytes or more; at most {MAX_BYTES} bytes of a feed are read")
    head = decode(content[:4096], page.content_type)
    if head.lstrip().startswith("{"):
        title, link, items = read_json_feed(page)
        posts, merged = told_apart(items, feed=page.url, home=link)
        return Feed(title, link, posts, merged=merged)
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
    parsed = _feed_in(page)
    if not parsed.entries and not parsed.version:
        raise ReadError(f"{page.place}: this is no feed that can be read; check the address")
    origin = _origin(parsed, page)
    language = origin.lang[:2].lower()
    link = _text(parsed.feed.get("link"))
    entries = [
        (_text(entry.get("id")), _post(entry, parsed.feed, page, origin, resolve=resolve)) for entry in parsed.entries
    ]
    posts, merged = told_apart(entries, feed=page.url, home=link)
    return Feed(clean_text(_text(parsed.feed.get("title"))), link, posts, language, merged)


def _feed_in(page: Page) -> Any:
    """Return what the parser makes of the feed; where it gives up on the whole, of each entry that it can take."""
    text = cleaned_feed(page.content, page.content_type)
    try:
        return _parse(text, page)
    except Exception as problem:
        whole = None
        for alone in entries_alone(text):
            with suppress(Exception):
                parsed = _parse(alone, page)
                if whole is None:
                    whole = parsed
                else:
                    whole.entries += parsed.entries
        if whole is None:
            said = f"{type(problem).__name__}: {problem}"
            raise ReadError(f"{page.place}: the feed could not be read ({said})") from problem
        return whole


def _parse(text: str, page: Page) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8"}
    headers |= {"content-location": page.url} if page.url else {}
    return feedparser.parse(text.encode("utf-8", "replace"), response_headers=headers, sanitize_html=False)


def _origin(parsed: Any, page: Page) -> Origin:
    """Return where the feed's dates were written: its language, the host of its site, and the order that they show."""
    site = page.url or _text(parsed.feed.get("link"))
    said = (each for entry in parsed.entries for each in _dates(entry))
    return origin_at(site, lang=_text(parsed.feed.get("language")), day_first=order_in(said))


def _post(entry: Any, feed: Any, page: Page, origin: Origin, *, resolve: bool) -> Post:
    at = _date(entry, page.fetched_at, origin)
    language = origin.lang[:2].lower()
    return Post(
        url=_address(entry, page, resolve=resolve),
        text=_body(entry),
        title=_title(entry),
        author=_authors(entry) or _authors(feed),
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


def _title(entry: Any) -> str:
    """Return the title: markup is taken out of it only where it is told to hold some (``type`` in Atom)."""
    said = _text(entry.get("title"))
    return one_line(unbroken(said)) if _is_plain(entry.get("title_detail")) else clean_text(html_text(said))


def _is_plain(detail: Any) -> bool:
    return isinstance(detail, dict) and detail.get("type") == "text/plain"


def _authors(node: Any) -> str:
    """Return the names of all authors, each once, without their e-mail addresses."""
    said = [_text(each.get("name")) for each in _list(node.get("authors"))] or [_text(node.get("author"))]
    names = (person_name(each) for each in said)
    return ", ".join(dict.fromkeys(name for name in names if name))


def _words(said: str, detail: Any) -> str:
    if not _is_plain(detail):
        return html_text(said)
    return "\n".join(line for part in said.splitlines() if (line := one_line(part)))


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
    contents = [each for each in _list(entry.get("content")) if _text(each.get("value"))]
    said = [_text(each["value"]) for each in contents]
    # What is said of a picture or a film is the entry's text where it has no other.
    summary = _text(entry.get("summary")) or ("" if said else _text(entry.get(CAPTION)))
    content = _words(said[0], contents[0]) if contents else ""
    plain = _words(summary, entry.get("summary_detail")) if summary not in said else ""
    if not content or len(plain) > len(content):
        return plain
    # A summary in the author's own words, which the content does not repeat, is part of what they said.
    is_said = "".join(plain.split())[:80] in "".join(content.split())
    return content if is_said else f"{plain}\n{content}"


def _date(entry: Any, now: datetime, origin: Origin) -> datetime | None:
    # Not what feedparser made of them: it takes a zone or a clock that it does not know for UTC, or for none.
    at = next(filter(None, (parse_date(said, now=now, origin=origin) for said in _dates(entry))), None)
    return at.astimezone(UTC) if at else None


def _dates(entry: dict[str, Any]) -> list[str]:
    # The dictionary's own get: that of feedparser answers for "updated" with "published", and warns.
    return [said for name in _DATES if (said := _text(dict.get(entry, name)))]


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
