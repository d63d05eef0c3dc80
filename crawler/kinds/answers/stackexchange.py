"""``stackexchange``: questions on a site of the Stack Exchange network with all under them, by a search or a tag.

By the API 2.3 (https://api.stackexchange.com/docs), which answers 300 requests a day to an address without a key and
10,000 with one, of 100 questions each; a key is free and, as its makers say, no secret: it stands in the address. What
it is told is obeyed: ``backoff`` (so many seconds until the next request), and once ``quota_remaining`` is 0 nothing is
asked until the next day (UTC). Contents are under CC BY-SA; the API's terms apply. A filter made once by
``/filters/create`` has it answer with bodies, answers and comments in one; filters never change and never expire.

A question, an answer or a comment becomes a post with its words (of its HTML), the question's title, the display name,
the score as likes, and the question as its thread. What was active since the newest activity that was seen is read; an
hour is read again, so that late posts and edits are found. A page holds what was active up to the last of the page
before, because the pages after the 25th need a key. A comment alone makes no question active: it is read with the next
answer or edit. Deleted posts are not answered any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from pydantic import model_validator

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
from crawler.kinds.base import (
    Ask,
    Kind,
    Knowledge,
    Mark,
    Rest,
    SearchOptions,
    Step,
    Took,
    Variable,
    loaded,
    plain,
    unheeded,
)
from crawler.kinds.base import searches as _searches

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LATE = timedelta(hours=1)
FILTER, QUOTA = "filter", "quota_remaining"
_FIELDS = (
    "question.answers question.comments question.body answer.body answer.comments answer.link comment.body comment.link"
)
_OWN_HOSTS = ("stackoverflow", "superuser", "serverfault", "askubuntu", "stackapps")
_WAIT = re.compile(r"available in (\d+) seconds")


class StackexchangeOptions(SearchOptions):
    """``site``: as the API calls it; ``tag`` in place of ``query``; ``key_env``: the variable with a key.

    What it gives has a date and an author, but of users who are gone.
    """

    api: WebAddress = "https://api.stackexchange.com"
    key_env: Variable = "STACKEXCHANGE_KEY"
    site: Annotated[str, in_form("[a-z0-9][a-z0-9.-]*", like='"stackoverflow" or "diy"')]
    tag: str = ""
    promise: PromiseSection = PromiseSection(dated=1.0, author=0.9)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.tag and "query" in self.model_fields_set:
            raise ValueError("give either query or tag (several tags, all of which a question has: a;b)")
        return self

    def subject(self) -> str:
        """Return the site and what is looked for on it."""
        return f"{self.site} {self.tag or super().subject()}"


def start(options: StackexchangeOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield one search for each brand, or one for the tag; before the first run the request for the filter."""
    if FILTER in known.marks:
        yield from _first_pages(options, known, known.marks[FILTER])
        return
    asked = {"base": "withbody", "include": _FIELDS.replace(" ", ";"), "unsafe": "false"}
    yield _ask(options, known, "filters/create", asked, step=FILTER)


def read(page: Page, ask: Ask, options: StackexchangeOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the questions with all under them, the search for older ones, and what the API says of its limits."""
    answer = loaded(page)
    if isinstance(answer, dict) and "error_id" in answer:
        yield _refused(answer, page)
        return
    items = answer.get("items") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise ReadError(f"{page.place}: this is no answer of the Stack Exchange API (it has no items); check api")
    yield from _limits(answer, known)
    items = [item for item in items if isinstance(item, dict)]
    if ask.step == FILTER:
        name = str(items[0].get("filter") or "") if items else ""
        yield Mark(FILTER, name)
        yield from _first_pages(options, known, name)
        return
    site = (parse_qs(urlsplit(page.url).query).get("site") or [getattr(options, "site", "")])[0]
    yield Took(tuple(post for item in items for post in _posts(item, None, _host(site), page.fetched_at)))
    times = [item["last_activity_date"] for item in items if isinstance(item.get("last_activity_date"), int)]
    if not times or not ask.carry:
        return
    search, name, since, until = ask.carry
    if until is not None and max(times) > until:
        raise unheeded(page)
    if until is None:
        yield Mark(f"search {search}", str(max(times)))
    if answer.get("has_more"):
        # Questions of one second may stand on both sides of the cut: it is asked for again, unless it is all there was.
        yield _page(options, known, search, name, since, min(times) - (min(times) == max(times)))


def check(options: StackexchangeOptions, known: Knowledge) -> Ask:
    """Return a small request, whose answer tells the quota as every one does."""
    return _ask(options, known, "info", {"site": options.site})


def left(page: Page) -> str:
    """Return how many requests are left of this day."""
    answer = loaded(page)
    if not isinstance(answer, dict) or QUOTA not in answer:
        raise ReadError(f"{page.place}: this is no answer of the Stack Exchange API (it tells no quota); check api")
    return f"{answer[QUOTA]:,} of {answer.get('quota_max') or 0:,} requests of this day are left"


def _first_pages(options: StackexchangeOptions, known: Knowledge, name: str) -> Iterator[Ask]:
    for search in (options.tag,) if options.tag else _searches(options.query, known):
        wanted = (known.now - timedelta(seconds=options.since)).timestamp() if options.since else 0
        mark = known.marks.get(f"search {search}", "")
        seen = int(mark) - LATE.total_seconds() if mark.isdigit() else 0
        yield _page(options, known, search, name, int(max(wanted, seen)), None)


def _page(
    options: StackexchangeOptions, known: Knowledge, search: str, name: str, since: int, until: int | None
) -> Ask:
    asked = {"site": options.site, "filter": name, "sort": "activity", "order": "desc", "pagesize": str(PAGE)}
    asked |= {"tagged": search} if options.tag else {"q": search}
    asked |= ({"min": str(since)} if since else {}) | ({"max": str(until)} if until is not None else {})
    return _ask(options, known, "search/advanced", asked, carry=(search, name, since, until))


def _ask(
    options: StackexchangeOptions,
    known: Knowledge,
    method: str,
    asked: Mapping[str, str],
    *,
    step: str = "",
    carry: Any = None,
) -> Ask:
    words = urlencode(dict(asked) | ({"key": known.key} if known.key else {}), quote_via=quote)
    url = f"{options.api.rstrip('/')}/2.3/{method}?{words}"
    return Ask(url=url, step=step, carry=carry, whole=True, keyed=bool(known.key))


def _limits(answer: Mapping[str, Any], known: Knowledge) -> Iterator[Step]:
    remaining, backoff = answer.get(QUOTA), answer.get("backoff")
    if isinstance(remaining, int):
        yield Mark(QUOTA, str(remaining))
    if remaining == 0:
        tomorrow = (known.now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        yield Rest((tomorrow - known.now).total_seconds(), "its requests of this day are used up")
    elif isinstance(backoff, int) and backoff > 0:
        yield Rest(backoff, "its answer asked for a pause (backoff)")


def _refused(answer: Mapping[str, Any], page: Page) -> Rest:
    """Return the rest that a throttled request is told to take. Raises ``ReadError`` for another refusal."""
    said = str(answer.get("error_message") or answer.get("error_name") or answer["error_id"])
    if answer.get("error_name") != "throttle_violation":
        raise ReadError(f"{urlsplit(page.url).netloc}: the Stack Exchange API says: {said}")
    wait = _WAIT.search(said)
    return Rest(float(wait[1]) if wait else 3600.0, "too many requests (throttle_violation)")


def _posts(
    item: Mapping[str, Any], question: Mapping[str, Any] | None, host: str, fetched_at: datetime
) -> Iterator[Post]:
    """Yield a question, an answer or a comment, and then what stands under it, in the order of the answer."""
    question = question or item
    yield _post(item, question, host, fetched_at)
    for name in item:
        if name in ("answers", "comments"):
            for each in item[name] or ():
                yield from _posts(each, question, host, fetched_at)


def _post(item: Mapping[str, Any], question: Mapping[str, Any], host: str, fetched_at: datetime) -> Post:
    at = item.get("creation_date")
    thread = str(question.get("link") or f"https://{host}/questions/{question.get('question_id')}")
    url = thread
    if "comment_id" in item:
        url = str(item.get("link") or f"{thread}#comment{item['comment_id']}_{item.get('post_id')}")
    elif "answer_id" in item:
        url = str(item.get("link") or f"https://{host}/a/{item['answer_id']}")
    return Post(
        url=url,
        text=plain(str(item.get("body") or "")) or unescape(str(item.get("body_markdown") or "")).strip(),
        title=unescape(str(question.get("title") or "")),
        author=unescape(str((item.get("owner") or {}).get("display_name") or "")),
        published_at=datetime.fromtimestamp(at, UTC) if isinstance(at, int) else None,
        published_at_source="api" if isinstance(at, int) else "",
        fetched_at=fetched_at,
        kind="comment" if "comment_id" in item else "answer" if "answer_id" in item else "question",
        engagement=Engagement(
            likes=max(0, int(item.get("score") or 0)),
            replies=int(item.get("answer_count") or 0),
            views=int(item.get("view_count") or 0),
        ),
        thread=thread,
        tags=tuple(str(tag) for tag in item.get("tags") or ()),
    )


def _host(site: str) -> str:
    if "." in site:
        return site
    return f"{site}.com" if site in _OWN_HOSTS else f"{site}.stackexchange.com"


KIND = Kind(
    name="stackexchange",
    options=StackexchangeOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
    refusals=(400,),
)
