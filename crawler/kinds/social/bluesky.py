"""``bluesky``: posts of Bluesky that a search finds, or that an account wrote or passed on, newest first.

By ``app.bsky.feed.searchPosts`` and ``getAuthorFeed`` (https://docs.bsky.app/docs/category/http-reference). Its
AppView answers 3,000 requests in five minutes; its headers say when none are left, and that is heeded. To who is not
logged in it shows searches at times only, and one page of each (403 for a ``cursor``): older posts are asked for by
their time. Whoever gives an account's handle and app password (``BLUESKY_HANDLE``, ``BLUESKY_APP_PASSWORD``) is
asked for by its server, with a cursor. The terms want searches to serve people's own questions: they are no way to
copy the network.

A post becomes its words, the account's handle, language, tags, likes, replies, and re-posts and quotes as shares; its
``at://`` address becomes ``https://bsky.app/profile/HANDLE/post/KEY``, and is stored with the account's lasting id in
place of its handle. Its thread is the address of the first post in that form. Bluesky has no edits. The time of the
newest post is remembered for each search, and an hour before it is read again: what was posted from another clock or
came late stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.times import written
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import (
    BRAND,
    TOKEN,
    ApiOptions,
    Ask,
    Kind,
    Knowledge,
    Mark,
    Step,
    Took,
    first_asked,
    left,
    loaded,
    searches,
    seen_until,
    unheeded,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LATE = timedelta(hours=1)
VIEW = "https://api.bsky.app"
LOGIN = "https://bsky.social"
HANDLE, PASSWORD = "BLUESKY_HANDLE", "BLUESKY_APP_PASSWORD"
_SITE = "https://bsky.app/profile"


class BlueskyOptions(ApiOptions):
    """``query``: without it and an ``account``, a search for each brand. What it finds has a date and an author."""

    api: WebAddress = VIEW
    query: str = ""
    account: str = ""
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)

    def secrets(self) -> tuple[str, ...]:
        """Return the variables of the account that asks."""
        return HANDLE, PASSWORD

    def subject(self) -> str:
        """Return what is looked for."""
        return " ".join(part for part in (self.account, self.query.replace(BRAND, "")) if part)


def start(options: BlueskyOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the request to log in where there is an account to do so, else the newest page of each search."""
    if not known.keys:
        yield from _first_pages(options, known, ())
        return
    login = {"identifier": known.keys[HANDLE], "password": known.keys[PASSWORD]}
    yield Ask(
        url=f"{_host(options, known)}/xrpc/com.atproto.server.createSession",
        step=TOKEN,
        headers=(("Content-Type", "application/json"),),
        body=json.dumps(login),
        keyed=True,
    )


def read(page: Page, ask: Ask, options: BlueskyOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the posts, the page of older ones where that may hold something new, and from the first the newest time."""
    answer = loaded(page)
    if ask.step == TOKEN:
        token = answer.get("accessJwt") if isinstance(answer, dict) else None
        if not token:
            raise ReadError(f"{page.place}: no session was given; check {HANDLE} and {PASSWORD}")
        yield from _first_pages(options, known, (("Authorization", f"Bearer {token}"),))
        return
    views = list(_views(answer, page))
    yield Took(tuple(_post(view, page.fetched_at) for view, _ in views))
    if not ask.carry:
        return
    name, is_first, *until = ask.carry
    times = [at for view, passed_on in views if (at := _listed_at(view, passed_on, page.fetched_at))]
    if until and 2 * sum(written(at) > until[0] for at in times) > len(times):
        raise unheeded(page)
    if times and is_first:
        yield Mark(name, max(times).isoformat())
    seen = seen_until(options, known, name, late=LATE)
    if times and not (seen and max(times) <= seen):
        yield from _older(answer, ask, options, known, min(times))


def _older(
    answer: Mapping[str, Any], ask: Ask, options: BlueskyOptions, known: Knowledge, oldest: datetime
) -> Iterator[Ask]:
    """Yield the next page: by the cursor, or of a search by time where cursors are refused."""
    sort, _, words = ask.carry[0].partition(" ")
    if sort == "search" and not ask.keyed:
        # Not inclusive: those of the same moment stand on both sides of the cut.
        until = oldest + timedelta(milliseconds=1)
        yield _page(options, known, sort, words, ask.headers, until=written(until))
    elif answer.get("cursor"):
        yield _page(options, known, sort, words, ask.headers, cursor=str(answer["cursor"]))


def _first_pages(options: BlueskyOptions, known: Knowledge, headers: tuple[tuple[str, str], ...]) -> Iterator[Ask]:
    if options.account:
        yield _page(options, known, "account", options.account, headers)
    query = options.query or ("" if options.account else BRAND)
    for words in searches(query, known) if query else ():
        yield _page(options, known, "search", words, headers)


def _page(
    options: BlueskyOptions, known: Knowledge, sort: str, words: str, headers: tuple[tuple[str, str], ...], **more: str
) -> Ask:
    name = f"{sort} {words}"
    if sort == "account":
        method, asked = "getAuthorFeed", {"actor": words, "filter": "posts_with_replies"}
    else:
        method, asked = "searchPosts", {"q": words, "sort": "latest"}
        if seen := seen_until(options, known, name, late=LATE):
            asked["since"] = written(seen)
    words = urlencode(asked | {"limit": str(PAGE)} | more, quote_via=quote, safe=":")
    url = f"{_host(options, known)}/xrpc/app.bsky.feed.{method}?{words}"
    until = (more["until"],) if "until" in more else ()
    return Ask(url=url, carry=(name, not more, *until), headers=headers, keyed=bool(headers))


def _host(options: BlueskyOptions, known: Knowledge) -> str:
    return LOGIN if known.keys and options.api == VIEW else options.api.rstrip("/")


def _views(answer: Any, page: Page) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the posts of a search, a list, a feed (with the time when they were passed on) or a thread."""
    answer = answer if isinstance(answer, dict) else {}
    if isinstance(answer.get("posts"), list):
        yield from ((view, "") for view in answer["posts"] if _is_post(view))
    elif isinstance(answer.get("feed"), list):
        rows = [row for row in answer["feed"] if isinstance(row, dict) and _is_post(row.get("post"))]
        yield from ((row["post"], str((row.get("reason") or {}).get("indexedAt") or "")) for row in rows)
    elif isinstance(answer.get("thread"), dict):
        yield from ((view, "") for view in _thread(answer["thread"]))
    else:
        raise ReadError(f"{page.place}: this is no answer of Bluesky (no posts, feed or thread); check api")


def _thread(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    above, waiting = [], [node]
    while isinstance(parent := waiting[0].get("parent"), dict):
        waiting[0] = parent
        above.append(parent)
    yield from (each["post"] for each in reversed(above) if _is_post(each.get("post")))
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if _is_post(each.get("post")):
            yield each["post"]
        waiting += [reply for reply in reversed(each.get("replies") or ()) if isinstance(reply, dict)]


def _is_post(view: Any) -> bool:
    return isinstance(view, dict) and "uri" in view and isinstance(view.get("record"), dict)


def _listed_at(view: Mapping[str, Any], passed_on: str, now: datetime) -> datetime | None:
    """Return the time by which a post is listed: when it was passed on, else the earlier of written and indexed."""
    told = (passed_on,) if passed_on else (view["record"].get("createdAt"), view.get("indexedAt"))
    return min((at for text in told if text and (at := parse_date(str(text), now=now))), default=None)


def _post(view: Mapping[str, Any], fetched_at: datetime) -> Post:
    record, author = view["record"], view.get("author") or {}
    handle = str(author.get("handle") or "")
    at = parse_date(str(record.get("createdAt") or ""), now=fetched_at)
    uri = str(view["uri"])
    root = str(((record.get("reply") or {}).get("root") or {}).get("uri") or uri)
    # A handle that its owner's server does not confirm is nobody's.
    is_valid = handle and handle != "handle.invalid"
    return Post(
        url=_address(uri, handle if is_valid else ""),
        nameless=_address(uri) if is_valid else "",
        text=str(record.get("text") or "").strip(),
        author=handle if is_valid else str(author.get("did") or ""),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="comment" if record.get("reply") else "post",
        lang=next(iter(record.get("langs") or ()), ""),
        engagement=Engagement(
            likes=int(view.get("likeCount") or 0),
            replies=int(view.get("replyCount") or 0),
            shares=int(view.get("repostCount") or 0) + int(view.get("quoteCount") or 0),
        ),
        thread=_address(root),
        tags=tuple(dict.fromkeys(_tags(record))),
    )


def _tags(record: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(tag) for tag in record.get("tags") or ())
    for facet in record.get("facets") or ():
        yield from (str(feature["tag"]) for feature in facet.get("features") or () if feature.get("tag"))


def _address(uri: str, handle: str = "") -> str:
    """Return the web address of ``at://ID/app.bsky.feed.post/KEY``."""
    account, _, rest = uri.removeprefix("at://").partition("/")
    key = rest.rpartition("/")[2]
    return f"{_SITE}/{handle or account}/post/{key}" if key else ""


KIND = Kind(
    name="bluesky",
    options=BlueskyOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=first_asked(start),
    left=left,
)
