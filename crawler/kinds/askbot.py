"""``askbot``: questions on a site that runs Askbot, newest first.

By the site's ``/api/v1/questions/``, which needs no key; limits and terms are the site's. It gives questions alone,
without their answers.

A question becomes its words (of its HTML), title, author's name, tags, score as likes, answers as replies, and views.
The time of the newest question is remembered for each search; the next run ends at the first page that is older.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from pydantic import Field

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Kind, Knowledge, Mark, SearchOptions, Step, Took, loaded, plain, searches

if TYPE_CHECKING:
    from crawler.readers.page import Page


class AskbotOptions(SearchOptions):
    """``api``: the site's address. What it finds has a date and an author."""

    api: WebAddress = Field()
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: AskbotOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of one search for each brand."""
    for query in searches(options.query, known):
        yield _page(options, query, 1)


def read(page: Page, ask: Ask, options: AskbotOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the questions, the next page where it may hold something new, and the newest time."""
    answer = loaded(page)
    rows = answer.get("questions") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise ReadError(f"{page.place}: this is no list of an Askbot site (it has no questions); check api")
    rows = [row for row in rows if isinstance(row, dict) and row.get("url")]
    yield Took(tuple(_post(row, page.fetched_at) for row in rows))
    if not ask.carry:
        return
    query, number = ask.carry
    times = [seconds for row in rows if (seconds := _count(row.get("added_at")))]
    if times and number == 1:
        yield Mark(query, str(max(times)))
    if number < _count(answer.get("pages")) and times and max(times) > _seen(options, known, query):
        yield _page(options, query, number + 1)


def _page(options: AskbotOptions, query: str, number: int) -> Ask:
    asked = urlencode({"query": query, "sort": "age-desc", "page": number}, quote_via=quote)
    return Ask(url=f"{options.api.rstrip('/')}/api/v1/questions/?{asked}", carry=(query, number))


def _seen(options: AskbotOptions, known: Knowledge, query: str) -> float:
    wanted = (known.now - timedelta(seconds=options.since)).timestamp() if options.since else 0
    return max(wanted, _count(known.marks.get(query)))


def _post(row: Mapping[str, Any], fetched_at: datetime) -> Post:
    seconds = _count(row.get("added_at"))
    return Post(
        url=str(row["url"]),
        text=plain(str(row.get("summary") or "")),
        title=str(row.get("title") or ""),
        author=str((row.get("author") or {}).get("username") or ""),
        published_at=datetime.fromtimestamp(seconds, UTC) if seconds else None,
        published_at_source="api" if seconds else "",
        fetched_at=fetched_at,
        kind="post",
        engagement=Engagement(
            likes=_count(row.get("score")), replies=_count(row.get("answer_count")), views=_count(row.get("view_count"))
        ),
        thread=str(row["url"]),
        tags=tuple(str(tag) for tag in row.get("tags") or ()),
    )


def _count(value: Any) -> int:
    """Return a number that is written as one or as text; 0 where it is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else 0


KIND = Kind(name="askbot", options=AskbotOptions, driver="api", own_addresses=True, start=start, read=read)
