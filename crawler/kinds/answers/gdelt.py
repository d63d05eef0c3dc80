"""``gdelt``: news articles of the last three months that a search finds; each is then read at its own address.

By GDELT's DOC 2.0 API (https://blog.gdeltproject.org/gdelt-doc-2-0-api-debuts/), which needs no key and wants five
seconds between two requests: searches are made one after the other, and the host rests between their pages. It lists at
most 250 articles, newest first, so the next page is the same search up to the last article's time. It tells title,
address, language and when it saw the article (to a quarter of an hour), no words and no author. GDELT's data may be
used by all with its name; the articles' own sites decide on theirs, and their robots.txt is asked.

An entry becomes the post that its page holds, with GDELT's time where the page has none; where the page cannot be read,
its title alone. The newest time is remembered for each search, and six hours before it are listed again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from analysis.model import Post
from analysis.model.addresses import is_web
from analysis.model.errors import ReadError
from analysis.settings.values import WebAddress
from crawler.kinds.base import (
    Ask,
    Drop,
    Kind,
    Knowledge,
    Mark,
    PageKind,
    Rest,
    SearchOptions,
    Step,
    Took,
    loaded,
    searches,
    unheeded,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 250
GAP_S = 5.0
HISTORY = timedelta(days=90)
LATE = timedelta(hours=6)
_FORM = "%Y%m%d%H%M%S"


class GdeltOptions(SearchOptions):
    """``full``: follow each entry to its article; ``read`` and ``render``: how; ``max_pages`` bounds the articles."""

    api: WebAddress = "https://api.gdeltproject.org"
    full: bool = True
    read: PageKind = "auto"
    render: bool = False


def start(options: GdeltOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the first search; each search leads to the next."""
    yield from _next(options, known, searches(options.query, known))


def read(page: Page, ask: Ask, options: GdeltOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the entries, the search for older ones or the next search, and the time where the next run begins."""
    query, since, until, others = ask.carry or ("", "", "", ())
    if not page.content.lstrip().startswith(b"{"):
        # What it cannot search for it says in plain text, as an answer of status 200.
        said = f"GDELT says: {' '.join(page.text.split())[:200]}"
        if not others:
            raise ReadError(f"{said} (asked for {query or page.url})")
        yield Drop(said)
        yield from _resting(_next(options, known, others))
        return
    answer = loaded(page)
    # A search that finds nothing is answered by an empty object.
    rows = answer.get("articles", [] if not answer else None) if isinstance(answer, dict) else None
    # Others list articles under the same name.
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "seendate" in row for row in rows[:1]):
        raise ReadError(f"{page.place}: this is no article list of GDELT; check api")
    rows = [row for row in rows if isinstance(row, dict) and is_web(str(row.get("url") or ""))]
    yield Took(tuple(_post(row, page.fetched_at) for row in rows))
    times = sorted(at for row in rows if (at := _time(row)))
    if not ask.carry:
        return
    if times and until and f"{times[len(times) // 2]:{_FORM}}" > until:
        # Most are later: its times are rounded, so that one or the other may be.
        raise unheeded(page)
    if times and not until:
        yield Mark(query, times[-1].isoformat())
    if len(rows) >= PAGE and times:
        # Many share the quarter of an hour at the cut: it is listed again, unless it is all that the answer holds.
        oldest = times[0] - timedelta(seconds=times[0] == times[-1])
        yield from _resting(iter((_page(options, query, since, f"{oldest:{_FORM}}", others),)))
        return
    yield from _resting(_next(options, known, others))


def _next(options: GdeltOptions, known: Knowledge, queries: tuple[str, ...]) -> Iterator[Ask]:
    if not queries:
        return
    back = min(timedelta(seconds=options.since), HISTORY) if options.since else HISTORY
    mark = known.marks.get(queries[0], "")
    begin = max(known.now - back, datetime.fromisoformat(mark) - LATE) if mark else known.now - back
    yield _page(options, queries[0], f"{begin:{_FORM}}", "", queries[1:])


def _resting(asks: Iterator[Ask]) -> Iterator[Step]:
    for ask in asks:
        yield Rest(GAP_S, "wants five seconds between two requests")
        yield ask


def _page(options: GdeltOptions, query: str, since: str, until: str, others: tuple[str, ...]) -> Ask:
    asked = {"query": query, "mode": "artlist", "format": "json", "maxrecords": str(PAGE), "sort": "datedesc"}
    asked |= {"startdatetime": since} | ({"enddatetime": until} if until else {})
    url = f"{options.api.rstrip('/')}/api/v2/doc/doc?{urlencode(asked, quote_via=quote)}"
    return Ask(url=url, carry=(query, since, until, others))


def _post(row: Mapping[str, Any], fetched_at: datetime) -> Post:
    at = _time(row)
    return Post(
        url=str(row["url"]),
        title=" ".join(str(row.get("title") or "").split()),
        text="",
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="article",
    )


def _time(row: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.strptime(str(row.get("seendate")), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


KIND = Kind(name="gdelt", options=GdeltOptions, driver="news", own_addresses=True, start=start, read=read)
