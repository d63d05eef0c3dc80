"""``discourse``: the topics of a Discourse forum in which a search finds something, with all of their posts.

By the forum's own ``/search.json``, newest first, and ``/t/ID.json`` for each topic found. A topic's answer has its
first twenty posts and the numbers of all; the others are asked for by number. Needs no key where the forum is public. A
forum slows down who asks too often (429), which is heeded; its own terms say what may be kept.

A post becomes its words (of its HTML), the topic's title, the user's name, likes, and the topic as its thread. Of what
was hidden or deleted the mentions are withdrawn; what the forum says itself ("closed this topic") is left out. The day
of the newest post found is remembered for each search, and that day is searched again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress
from crawler.kinds.base import Ask, Kind, Knowledge, Mark, SearchOptions, Step, Took, loaded, plain, searches

if TYPE_CHECKING:
    from crawler.readers.page import Page

CHUNK = 20
GONE = "[deleted]"
"""The words of a post that is hidden or gone: as after any edit, its mentions are withdrawn."""
_LIKE = 2
_SAID = (None, 1)
"""Types of post that people write; the others are notices of the forum."""


class DiscourseOptions(SearchOptions):
    """``api``: the forum's address. What it finds has a date and an author."""

    api: WebAddress = Field()
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)


def start(options: DiscourseOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield one search for each brand, from the day where the last run ended."""
    wanted = (known.now - timedelta(seconds=options.since)).date().isoformat() if options.since else ""
    for query in searches(options.query, known):
        yield _search(options, query, max(wanted, known.marks.get(query, "")), 1)


def read(page: Page, ask: Ask, options: DiscourseOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the topics that a search found and its next page; of a topic, its posts and what asks for the others."""
    answer = loaded(page)
    if isinstance(answer, dict) and "grouped_search_result" in answer:
        yield from _found(answer, ask, options)
        return
    stream = answer.get("post_stream") if isinstance(answer, dict) else None
    posts = stream.get("posts") if isinstance(stream, dict) else [answer]
    posts = [post for post in posts or () if isinstance(post, dict) and "cooked" in post]
    if not posts and not isinstance(stream, dict):
        raise ReadError(f"{page.place}: this is no answer of a Discourse forum (no topic, post or search); check api")
    title = str(answer.get("title") or answer.get("topic_title") or ask.carry or "")
    host = _host(page.url)
    yield Took(tuple(_post(post, title, host, page.fetched_at) for post in posts if post.get("post_type") in _SAID))
    if ask.step == "topic" and isinstance(stream, dict):
        had = {post.get("id") for post in posts}
        rest = [number for number in stream.get("stream") or () if number not in had]
        for at in range(0, len(rest), CHUNK):
            words = urlencode([("post_ids[]", number) for number in rest[at : at + CHUNK]], safe="[]")
            yield Ask(url=f"{options.api.rstrip('/')}/t/{answer.get('id')}/posts.json?{words}", carry=title)


def _search(options: DiscourseOptions, query: str, after: str, number: int) -> Ask:
    words = f"{query} order:latest" + (f" after:{after}" if after else "")
    asked = urlencode({"q": words, "page": number}, quote_via=quote)
    return Ask(url=f"{options.api.rstrip('/')}/search.json?{asked}", step="search", carry=(query, after, number))


def _found(answer: Mapping[str, Any], ask: Ask, options: DiscourseOptions) -> Iterator[Step]:
    posts = [post for post in answer.get("posts") or () if isinstance(post, dict)]
    for topic in dict.fromkeys(post["topic_id"] for post in posts if isinstance(post.get("topic_id"), int)):
        yield Ask(url=f"{options.api.rstrip('/')}/t/{topic}.json", step="topic")
    if not ask.carry:
        return
    query, after, number = ask.carry
    days = [str(post["created_at"])[:10] for post in posts if post.get("created_at")]
    if days and number == 1:
        yield Mark(query, max(days))
    if posts and (answer.get("grouped_search_result") or {}).get("more_full_page_results"):
        yield _search(options, query, after, number + 1)


def _post(post: Mapping[str, Any], title: str, host: str, fetched_at: datetime) -> Post:
    at = parse_date(str(post.get("created_at") or ""), now=fetched_at)
    gone = bool(post.get("hidden") or post.get("deleted_at") or post.get("user_deleted"))
    thread = f"{host}/t/{post.get('topic_slug') or '-'}/{post.get('topic_id')}"
    return Post(
        url=f"{thread}/{post.get('post_number') or 1}",
        text=GONE if gone else plain(str(post["cooked"] or "")),
        # Under the title alone what is gone would still speak of whom the topic is about.
        title="" if gone else title,
        author=str(post.get("username") or ""),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="post" if post.get("post_number") == 1 else "comment",
        engagement=Engagement(likes=_likes(post), replies=int(post.get("reply_count") or 0)),
        thread=thread,
    )


def _likes(post: Mapping[str, Any]) -> int:
    done = post.get("actions_summary") or ()
    return sum(int(each.get("count") or 0) for each in done if isinstance(each, dict) and each.get("id") == _LIKE)


def _host(url: str) -> str:
    """Return what stands before the path of a Discourse answer: the forum may lie in a folder of its host."""
    parts = urlsplit(url)
    folder = parts.path.partition("/t/")[0].partition("/posts/")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{folder}" if parts.netloc else ""


KIND = Kind(name="discourse", options=DiscourseOptions, driver="api", own_addresses=True, start=start, read=read)
