"""``hackernews``: stories and comments of Hacker News that a search finds, newest first.

By Algolia's search (https://hn.algolia.com/api): ``search_by_date`` gives at most 1000 hits of one search however it
is paged, so the next page is the same search up to the time of the oldest hit. Needs no key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Kind, Knowledge, Mark, SearchOptions, Step, Took, loaded, plain, searches, unheeded

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LATE = timedelta(hours=1)
"""A post may appear in the search some time after it was written: so much is asked for again."""
SORTS = ("ask_hn", "show_hn", "poll")


class HackernewsOptions(SearchOptions):
    """The keys that all searches share. What it finds has a date and an author."""

    api: WebAddress = "https://hn.algolia.com"
    promise: PromiseSection = PromiseSection(dated=1.0, author=0.9)


def start(options: HackernewsOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield one search for each brand, from where the last run ended."""
    for query in searches(options.query, known):
        yield _search(options, query, since=_since(options, known, query))


def read(page: Page, ask: Ask, options: HackernewsOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the hits as posts, the search for older ones, and from the first answer where the next run begins."""
    answer = loaded(page)
    hits = answer.get("hits") if isinstance(answer, dict) else None
    if not isinstance(hits, list):
        raise ReadError(f"{page.place}: this is no answer of the Hacker News search (it has no hits); check api")
    hits = [hit for hit in hits if isinstance(hit, dict)]
    yield Took(tuple(_post(hit, page.fetched_at) for hit in hits if _is_said(hit)))
    times = [hit["created_at_i"] for hit in hits if isinstance(hit.get("created_at_i"), int)]
    query, since, until = ask.carry or ("", 0, None)
    if times and until is not None and max(times) > until:
        raise unheeded(page)
    if times and until is None:
        yield Mark(query, str(max(times)))
    if times and int(answer.get("nbHits") or 0) > len(hits):
        # Hits of one and the same second may stand on both sides of the cut: that second is asked for again, unless it
        # is all that the answer holds.
        oldest = min(times) - (min(times) == max(times))
        yield _search(options, query, since=since, until=oldest)


def _since(options: HackernewsOptions, known: Knowledge, query: str) -> int:
    wanted = known.now - timedelta(seconds=options.since) if options.since else None
    mark = known.marks.get(query, "")
    seen = datetime.fromtimestamp(int(mark), UTC) - LATE if mark.isdigit() else None
    return int(max((at.timestamp() for at in (wanted, seen) if at), default=0))


def _search(options: HackernewsOptions, query: str, *, since: int, until: int | None = None) -> Ask:
    limits = [f"created_at_i>{since}"] if since else []
    limits += [f"created_at_i<={until}"] if until is not None else []
    asked = {"query": query, "tags": "(story,comment)", "hitsPerPage": str(PAGE), "numericFilters": ",".join(limits)}
    words = urlencode({name: value for name, value in asked.items() if value}, quote_via=quote, safe="(),")
    return Ask(url=f"{options.api.rstrip('/')}/api/v1/search_by_date?{words}", carry=(query, since, until))


def _is_said(hit: Mapping[str, Any]) -> bool:
    return bool(hit.get("objectID")) and bool(_text(hit) or hit.get("title"))


def _post(hit: Mapping[str, Any], fetched_at: datetime) -> Post:
    tags = tuple(str(tag) for tag in hit.get("_tags") or ())
    is_comment = "comment" in tags
    seconds = hit.get("created_at_i")
    return Post(
        url=_item(hit["objectID"]),
        text=plain(_text(hit)),
        title=plain(str((hit.get("story_title") if is_comment else hit.get("title")) or "")),
        author=str(hit.get("author") or ""),
        published_at=datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None,
        published_at_source="api" if isinstance(seconds, int) else "",
        fetched_at=fetched_at,
        kind="comment" if is_comment else "post",
        engagement=Engagement(likes=_count(hit.get("points")), replies=_count(hit.get("num_comments"))),
        thread=_item(hit.get("story_id") or hit["objectID"]),
        tags=tuple(sort for sort in SORTS if sort in tags),
    )


def _text(hit: Mapping[str, Any]) -> str:
    return str(hit.get("comment_text") or hit.get("story_text") or "")


def _item(number: Any) -> str:
    return f"https://news.ycombinator.com/item?id={number}"


def _count(value: Any) -> int:
    return max(0, value) if isinstance(value, int) else 0


KIND = Kind(name="hackernews", options=HackernewsOptions, driver="api", own_addresses=True, start=start, read=read)
