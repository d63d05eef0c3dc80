"""``lemmy``: posts and comments of a Lemmy server: of a community, or what a search finds, newest first.

By the server's API, version 3 (https://join-lemmy.org/docs/contributors/04-api.html): ``/api/v3/post/list`` and
``comment/list`` of a community, ``/api/v3/search``. It needs no key. A server's limits are its own and are told by
429, which is heeded, and so are its terms; its robots.txt often asks for a minute between two requests, which makes
many communities of one server slow.

A post becomes its words as written (Markdown), its title, the author (``user`` of this server, ``user@server`` of
another), up-votes as likes, comments as replies, and its address at the server where it was written, which is its
thread too; a comment has its post's title. What was deleted or removed says so in place of its words, so that what it
said before is withdrawn. The newest time is remembered for each list; the next run ends at the first page that is a
day older than that: a server learns of others' posts late and files them by the time when they were written. Objects
of ActivityPub, which servers tell each other posts by, are read too, where they are saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
from crawler.kinds.base import (
    BRAND,
    ApiOptions,
    Ask,
    Kind,
    Knowledge,
    Mark,
    Step,
    Took,
    loaded,
    searches,
    seen_until,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 50
LATE = timedelta(days=1)
LISTS = ("post", "comment")


class LemmyOptions(ApiOptions):
    """``api``: the server's address; ``query``: without it and a ``community``, a search for each brand."""

    api: WebAddress = Field()
    community: Annotated[str, in_form(r"(\w+(@[\w.-]+)?)?", like='"coffee" or "coffee@lemmy.example"')] = ""
    query: str = ""
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)

    def subject(self) -> str:
        """Return the server with what is looked for."""
        words = (self.api.partition("://")[2], self.community, self.query.replace(BRAND, ""))
        return " ".join(part for part in words if part)


def start(options: LemmyOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the newest page of posts and of comments, for a community or for each search (in it, where both are)."""
    query = options.query or ("" if options.community else BRAND)
    for sort in LISTS:
        for words in searches(query, known) if query else ("",):
            yield _page(options, sort, words)


def read(page: Page, ask: Ask, options: LemmyOptions, known: Knowledge) -> Iterator[Step]:
    """Yield posts and comments, the next page where it may hold something new, and from the first the newest time."""
    from crawler.readers.talk.activities import posts_in

    answer = loaded(page)
    views = _views(answer if isinstance(answer, dict) else {})
    if views is None:
        objects = posts_in(answer, page.fetched_at)
        if objects is None:
            raise ReadError(f"{page.place}: this is no answer of a Lemmy server (no posts or comments); check api")
        yield Took(objects)
        return
    posts = tuple(_post(view, sort, page.fetched_at) for sort, view in views)
    yield Took(posts)
    if not ask.carry:
        return
    sort, words, number = ask.carry
    name = " ".join(part for part in (sort, words) if part)
    times = [post.published_at for post in posts if post.published_at]
    if times and number == 1:
        yield Mark(name, max(times).isoformat())
    seen = seen_until(options, known, name, late=LATE)
    if times and not (seen and max(times) <= seen):
        yield _page(options, sort, words, number + 1, str(answer.get("next_page") or ""))


def _page(options: LemmyOptions, sort: str, words: str, number: int = 1, cursor: str = "") -> Ask:
    asked = {"sort": "New", "limit": str(PAGE)}
    asked |= {"q": words, "type_": f"{sort.title()}s", "listing_type": "All"} if words else {"type_": "All"}
    asked |= {"community_name": options.community} if options.community else {}
    asked |= {"page_cursor": cursor} if cursor else {"page": str(number)}
    path = "search" if words else f"{sort}/list"
    url = f"{options.api.rstrip('/')}/api/v3/{path}?{urlencode(asked, quote_via=quote, safe='@')}"
    return Ask(url=url, carry=(sort, words, number))


def _views(answer: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]] | None:
    """Return the posts and comments of a list, a search, or of one alone, each with its sort; None of others."""
    lists = {(sort, end): answer.get(f"{sort}{end}") for sort in LISTS for end in ("_view", "s")}
    rows = [
        (sort, row)
        for (sort, _), told in lists.items()
        for row in (told if isinstance(told, list) else (told,) if isinstance(told, dict) else ())
    ]
    is_list = any(isinstance(told, list) for told in lists.values())
    is_right = all(isinstance(row, dict) and isinstance(row.get(sort), dict) for sort, row in rows)
    return rows if (rows or is_list) and is_right else None


def _post(view: Mapping[str, Any], sort: str, fetched_at: datetime) -> Post:
    said, about = view[sort], view.get("post") or {}
    counts = view.get("counts") or said
    gone = "[deleted]" if said.get("deleted") else "[removed]" if said.get("removed") else ""
    at = parse_date(str(said.get("published") or said.get("published_at") or ""), now=fetched_at)
    text = str(said.get("body" if sort == "post" else "content") or "")
    return Post(
        url=str(said.get("ap_id") or ""),
        text=gone or text.replace("\r\n", "\n").strip(),
        title="" if gone else str(about.get("name") or ""),
        author=_author(view.get("creator") or {}),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="post" if sort == "post" else "comment",
        engagement=Engagement(
            likes=int(counts.get("upvotes") or 0),
            replies=int(counts.get("comments") or counts.get("child_count") or 0),
        ),
        thread=str(about.get("ap_id") or ""),
    )


def _author(creator: Mapping[str, Any]) -> str:
    name = str(creator.get("name") or "")
    host = "" if creator.get("local") else urlsplit(str(creator.get("actor_id") or creator.get("ap_id") or "")).netloc
    return f"{name}@{host}" if name and host else name


KIND = Kind(name="lemmy", options=LemmyOptions, driver="api", own_addresses=True, start=start, read=read)
