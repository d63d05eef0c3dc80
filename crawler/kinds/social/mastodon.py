"""``mastodon``: posts with a tag, or that a search finds, as one Mastodon server sees them, newest first.

By the server's ``/api/v1/timelines/tag/TAG`` (https://docs.joinmastodon.org/methods/timelines/), which most servers
answer to all, and ``/api/v2/search``, which wants an access token; a token is told to its own server alone, so that
each source names its variable. A server answers 300 requests in five minutes; its headers say when none are left, and
that is heeded. Its own rules say what may be kept; only public posts are shown.

A post becomes its words (of its HTML), the warning in front of them as title, the account (``user`` of this server,
``user@server`` of another), language, tags, favourites as likes, replies and boosts. One of media alone is left out.
Where its address names the account, it is stored at ``SERVER/statuses/NUMBER``, which its server shows as well.
The time of the newest post is remembered for each tag and search. A server learns of others' posts late and files them
by the time when they were written: six hours before that time are read again, which also finds what was edited since.
The list is read backwards, by the ``Link`` header: forwards, by ``min_id``, a run that is cut off would not know its
end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote, urlencode

from pydantic import AfterValidator, Field

from analysis.model import Engagement, Post
from analysis.model.addresses import is_web
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import (
    BRAND,
    ApiOptions,
    Ask,
    Drop,
    Kind,
    Knowledge,
    Mark,
    Step,
    Took,
    Variable,
    first_asked,
    left,
    loaded,
    plain,
    searches,
    seen_until,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 40
LATE = timedelta(hours=6)
_NEXT = re.compile(r"<([^<>]{1,2000})>\s*;[^<]{0,200}?\brel=\"?next\b")
_NAMED = re.compile(r"(https?://[^/]{1,253})/@[^/]{1,200}/(\d{6,30})")


class MastodonOptions(ApiOptions):
    """``api``: the server's address; ``tag`` and ``query``: without either, a tag for each brand."""

    api: WebAddress = Field()
    tag: Annotated[str, AfterValidator(lambda text: text.strip().lstrip("#"))] = ""
    query: str = ""
    key_env: Variable | Literal[""] = ""
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)

    def subject(self) -> str:
        """Return the server with what is looked for."""
        return " ".join(part for part in (self.api.partition("://")[2], self.tag, self.query) if part)


def start(options: MastodonOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the newest page of each tag and of each search."""
    tag = options.tag or ("" if options.query else BRAND)
    for name in dict.fromkeys(re.sub(r"\W", "", each) for each in searches(tag, known)):
        if name:
            yield _page(options, known, f"tag {name}")
    for query in searches(options.query, known) if options.query else ():
        yield _page(options, known, f"search {query}")


def read(page: Page, ask: Ask, options: MastodonOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the posts, the page of older ones where that may hold something new, and from the first the newest time."""
    answer = loaded(page)
    rows = answer.get("statuses", [answer]) if isinstance(answer, dict) else answer
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and {"account", "content"} <= {*row} for row in rows
    ):
        raise ReadError(f"{page.place}: these are no posts of a Mastodon server; check api")
    rows = [row.get("reblog") or row for row in rows]
    posts = [_post(row, page.fetched_at) for row in rows]
    if silent := sum(not (post.text or post.title) for post in posts):
        yield Drop("a post without words", silent)
    yield Took(tuple(post for post in posts if post.text or post.title))
    if not ask.carry:
        return
    name, count = ask.carry
    times = [post.published_at for post in posts if post.published_at]
    if times and not count:
        yield Mark(name, max(times).isoformat())
    seen = seen_until(options, known, name, late=LATE)
    if rows and not (seen and times and max(times) <= seen):
        yield from _older(page, rows, ask, options, known)


def _older(page: Page, rows: list[Any], ask: Ask, options: MastodonOptions, known: Knowledge) -> Iterator[Ask]:
    name, count = ask.carry[0], ask.carry[1] + len(rows)
    link = page.headers.get("link", "")
    if found := _NEXT.search(link):
        # What the header names is asked at the address that the person named: a proxy's answers name the server.
        query = found[1].partition("?")[2]
        yield Ask(url=f"{ask.url.partition('?')[0]}?{query}", carry=(name, count), headers=ask.headers, keyed=ask.keyed)
    elif not link:
        oldest = min((str(row.get("id") or "") for row in rows), key=lambda text: (len(text), text))
        yield _page(options, known, name, count=count, before=oldest)


def _page(options: MastodonOptions, known: Knowledge, name: str, *, count: int = 0, before: str = "") -> Ask:
    """Return a list's page: of a tag that ``before`` an id, of a search that after ``count`` others."""
    sort, _, words = name.partition(" ")
    asked = {"limit": str(PAGE)}
    if sort == "search":
        asked |= {"q": words, "type": "statuses"} | ({"offset": str(count)} if count else {})
    elif before:
        asked["max_id"] = before
    path = f"api/v1/timelines/tag/{quote(words, safe='')}" if sort == "tag" else "api/v2/search"
    return Ask(
        url=f"{options.api.rstrip('/')}/{path}?{urlencode(asked, quote_via=quote)}",
        carry=(name, count),
        headers=(("Authorization", f"Bearer {known.key}"),) if known.key else (),
        keyed=bool(known.key),
    )


def _post(row: Mapping[str, Any], fetched_at: datetime) -> Post:
    at = parse_date(str(row.get("created_at") or ""), now=fetched_at)
    url = next((str(row[name]) for name in ("url", "uri") if is_web(str(row.get(name) or ""))), "")
    is_reply = bool(row.get("in_reply_to_id"))
    return Post(
        url=url,
        # A server's own pages show a post by its number alone, too.
        nameless=_NAMED.sub(r"\1/statuses/\2", url) if _NAMED.fullmatch(url) else "",
        text=plain(str(row["content"] or "")),
        title=str(row.get("spoiler_text") or "").strip(),
        author=str((row["account"] or {}).get("acct") or ""),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="comment" if is_reply else "post",
        lang=str(row.get("language") or ""),
        engagement=Engagement(
            likes=int(row.get("favourites_count") or 0),
            replies=int(row.get("replies_count") or 0),
            shares=int(row.get("reblogs_count") or 0),
        ),
        thread="" if is_reply else url,
        tags=tuple(str(tag["name"]) for tag in row.get("tags") or () if isinstance(tag, dict) and tag.get("name")),
    )


KIND = Kind(
    name="mastodon",
    options=MastodonOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=first_asked(start),
    left=left,
)
