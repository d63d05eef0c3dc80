"""The sites of the sample web that are read by their APIs: a forum, an app store, a social network. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from candor.sample import content
from candor.sample.answers import SamplePage
from candor.sample.content import Entry, Group

APP = 1001
"""No app of the real store has so small a number."""
TAG = "ereaders"
BRAND = "Quillane"
_JSON = "application/json; charset=utf-8"
_ATOM = "http://www.w3.org/2005/Atom"
_ITUNES = "http://itunes.apple.com/rss"


def talk(today: date) -> dict[str, SamplePage]:
    """Return a forum's search for our brand, as of now and from the newest post's day on, and each topic."""
    topics = content.talk()
    said = [(topic, at, entry) for topic in topics for at, entry in enumerate(topic.entries, 1)]
    named = [(topic, at, entry) for topic, at, entry in said if BRAND in f"{entry.title} {entry.text}"]
    newest = max(entry.at(today) for _, _, entry in named)
    pages = {f"/t/{topic.number}.json": _json(_topic(topic, today)) for topic in topics}
    for after in ("", f" after:{newest:%Y-%m-%d}"):
        kept = [each for each in named if not after or each[2].at(today).date() == newest.date()]
        posts = [_post(topic, at, entry, today) for topic, at, entry in sorted(kept, key=lambda each: -each[2].day)]
        words = quote(f"{BRAND} order:latest{after}", safe="")
        answer = {"posts": posts, "grouped_search_result": {"more_full_page_results": None}}
        pages[f"/search.json?q={words}&page=1"] = _json(answer)
    return pages


def apps(today: date) -> dict[str, SamplePage]:
    """Return an app store's feed of customer reviews: a page of them, and an empty one."""
    (app,) = content.apps()
    reviews = "".join(_review(entry, today) for entry in app.entries[::-1])
    path = f"/us/rss/customerreviews/page={{}}/id={APP}/sortby=mostrecent/xml"
    return {path.format(number): _feed(each) for number, each in ((1, reviews), (2, ""))}


def square(today: date, base: str) -> dict[str, SamplePage]:
    """Return a social network's timeline of one tag, and the end of it."""
    posts = content.square()[::-1]
    path = f"/api/v1/timelines/tag/{TAG}?limit=40"
    return {
        path: _json([_status(entry, base, today) for entry in posts]),
        f"{path}&max_id={min(entry.number for entry in posts)}": _json([]),
    }


def _topic(topic: Group, today: date) -> Mapping[str, Any]:
    posts = [_post(topic, at, entry, today) for at, entry in enumerate(topic.entries, 1)]
    stream = {"posts": posts, "stream": [post["id"] for post in posts]}
    return {"id": topic.number, "title": topic.title, "slug": topic.slug, "post_stream": stream}


def _post(topic: Group, at: int, entry: Entry, today: date) -> dict[str, Any]:
    return {
        "id": entry.number,
        "topic_id": topic.number,
        "topic_slug": topic.slug,
        "post_number": at,
        "post_type": 1,
        "username": entry.author,
        "created_at": entry.at(today).isoformat(),
        "cooked": _paragraphs(entry.paragraphs),
    }


def _review(entry: Entry, today: date) -> str:
    link = f"https://apps.apple.com/us/review?id={APP}&type=Purple%20Software"
    return (
        f"<entry><updated>{entry.at(today).isoformat()}</updated><id>{entry.number}</id>"
        f'<title>{escape(entry.title)}</title><content type="text">{escape(entry.text)}</content>'
        f"<im:voteSum>0</im:voteSum><im:rating>{entry.rating}</im:rating><im:version>{entry.version}</im:version>"
        f'<author><name>{escape(entry.author)}</name></author><link rel="related" href={quoteattr(link)}/></entry>'
    )


def _feed(entries: str) -> SamplePage:
    body = f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="{_ATOM}" xmlns:im="{_ITUNES}">{entries}</feed>'
    return SamplePage(body, "text/xml; charset=utf-8")


def _status(entry: Entry, base: str, today: date) -> dict[str, Any]:
    return {
        "id": str(entry.number),
        "url": f"{base}/@{entry.author}/{entry.number}",
        "created_at": entry.at(today).isoformat(),
        "content": _paragraphs(entry.paragraphs),
        "language": "en",
        "account": {"acct": entry.author},
        "tags": [{"name": TAG}],
        "favourites_count": entry.number % 7,
    }


def _paragraphs(parts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in parts)


def _json(value: Any) -> SamplePage:
    return SamplePage(json.dumps(value, ensure_ascii=False), _JSON)
