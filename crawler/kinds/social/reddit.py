"""``reddit``: posts of Reddit that a search finds, or all of a subreddit, with the comments; newest first.

With the keys of an app of your own (``REDDIT_CLIENT_ID``, ``REDDIT_CLIENT_SECRET``; https://www.reddit.com/prefs/apps)
by the Data API (https://www.reddit.com/dev/api): 100 requests a minute, of 100 rows each, 1,000 rows of a list at
most; its headers say when none are left, and that is heeded. Without keys by the public Atom feeds, some ten requests
a minute, which robots.txt may forbid: then nothing is read, and the run says so. The Data API Terms want what was
deleted there to be deleted here, and an agreement for commercial use.

A post becomes its words as written (Markdown; from a feed, of its HTML), its title, author, flair as tag, up-votes as
likes, comments as replies, and its address, which is its thread too; a comment has its post's title. Comments are read
of a subreddit as they come, and by the API under each post that a search finds, all of them, those that an answer
leaves out too. A deleted post or comment says ``[deleted]`` or ``[removed]`` in place of its words, so that what it
said before is withdrawn. The newest time is remembered for each list; six hours before it are read again: a search
finds posts late, and comments and edits come later still.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
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
    plain,
    searches,
    seen_until,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

PAGE = 100
LATE = timedelta(hours=6)
WWW = "https://www.reddit.com"
OAUTH = "https://oauth.reddit.com"
ID, SECRET = "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"
THREAD, MORE = "thread", "more"
POST, COMMENT = "t3", "t1"
GONE = ("[deleted]", "[removed]")
_ATOM = "{http://www.w3.org/2005/Atom}"
_ON = re.compile(r"/u/\S{1,100} on (.*)", re.DOTALL)
_BEGIN, _END = "<!-- SC_OFF -->", "<!-- SC_ON -->"
_FORM = "application/x-www-form-urlencoded"


class RedditOptions(ApiOptions):
    """``subreddit``, ``query`` or both; without either a search for each brand. What it finds has date and author."""

    api: WebAddress = WWW
    subreddit: Annotated[str, in_form(r"(\w[\w+-]*)?", like='"coffee", without r/')] = ""
    query: str = ""
    comments: bool = True
    promise: PromiseSection = PromiseSection(dated=1.0, author=0.9)

    def secrets(self) -> tuple[str, ...]:
        """Return the variables of an app's keys."""
        return ID, SECRET

    def subject(self) -> str:
        """Return what is read or looked for."""
        return " ".join(part for part in (self.subreddit, self.query.replace(BRAND, "")) if part)


class About(NamedTuple):
    """The post that comments stand under, as far as it is known: its number, title and address."""

    number: str = ""
    title: str = ""
    url: str = ""


def start(options: RedditOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the request for a token where there are keys, else the newest page of each list."""
    if not known.keys:
        yield from _first_pages(options, known, ())
        return
    basic = b64encode(f"{known.keys[ID]}:{known.keys[SECRET]}".encode()).decode()
    yield Ask(
        url=f"{options.api.rstrip('/')}/api/v1/access_token",
        step=TOKEN,
        headers=(("Authorization", f"Basic {basic}"), ("Content-Type", _FORM)),
        body="grant_type=client_credentials",
        keyed=True,
    )


def read(page: Page, ask: Ask, options: RedditOptions, known: Knowledge) -> Iterator[Step]:
    """Yield posts and comments, what asks for more of them, and from a list's first answer its newest time."""
    if ask.step == TOKEN:
        yield from _with_token(page, options, known)
        return
    about = About(*ask.carry) if ask.step in (THREAD, MORE) else About()
    things, after = _of_feed(page) if page.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else _of_json(page)
    posts, more = _posts(things, about, page.fetched_at)
    # The post that a thread begins with was read before: the search that found it led there.
    is_below = ask.step in (THREAD, MORE)
    yield Took(tuple(post for post in posts if not is_below or post.kind == "comment"))
    if is_below:
        yield from _left_out(more, _about(things, about), ask, options)
    elif ask.carry:
        name, is_first = ask.carry
        times = [post.published_at for post in posts if post.published_at]
        if times and is_first:
            yield Mark(name, max(times).isoformat())
        seen = seen_until(options, known, name, late=LATE)
        if name.startswith("search ") and options.comments and ask.headers:
            yield from _threads(things, ask, options)
        if after and times and not (seen and max(times) <= seen):
            yield _page(options, name, ask.headers, after)


def _with_token(page: Page, options: RedditOptions, known: Knowledge) -> Iterator[Ask]:
    answer = loaded(page)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not token:
        raise ReadError(f"{page.place}: no token was given; check {ID} and {SECRET}")
    yield from _first_pages(options, known, (("Authorization", f"Bearer {token}"),))


def _first_pages(options: RedditOptions, known: Knowledge, headers: tuple[tuple[str, str], ...]) -> Iterator[Ask]:
    query = options.query or ("" if options.subreddit else BRAND)
    names = [f"search {words}" for words in searches(query, known)] if query else ["new", "comments"]
    for name in names:
        if name != "comments" or options.comments:
            yield _page(options, name, headers)


def _page(options: RedditOptions, name: str, headers: tuple[tuple[str, str], ...], after: str = "") -> Ask:
    sort, _, words = name.partition(" ")
    asked = {"q": words, "sort": "new", "type": "link"} if words else {}
    asked |= {"restrict_sr": "1"} if words and options.subreddit else {}
    asked |= {"limit": str(PAGE)} | ({"after": after} if after else {})
    folder = f"r/{options.subreddit}/" if options.subreddit else ""
    return _ask(options, f"{folder}{sort}", asked, headers, carry=(name, not after))


def _ask(
    options: RedditOptions, path: str, asked: Mapping[str, str], headers: tuple[tuple[str, str], ...], **more: Any
) -> Ask:
    """Return a request to the API, or without a token for the feed of the same name."""
    host = OAUTH if headers and options.api == WWW else options.api.rstrip("/")
    path, asked = (path, {**asked, "raw_json": "1"}) if headers else (f"{path}.rss", asked)
    url = f"{host}/{path}?{urlencode(asked, quote_via=quote, safe=',')}"
    return Ask(url=url, headers=headers, keyed=bool(headers), **more)


def _threads(things: Sequence[Mapping[str, Any]], ask: Ask, options: RedditOptions) -> Iterator[Ask]:
    """Yield what asks for the comments under the posts that a search found."""
    for thing in things:
        post = thing["data"]
        if thing["kind"] == POST and post.get("num_comments"):
            asked = {"limit": "500", "sort": "new"}
            about = (str(post.get("id")), str(post.get("title") or ""), _url(post, About()))
            yield _ask(options, f"comments/{post.get('id')}", asked, ask.headers, step=THREAD, carry=about)


def _left_out(more: Sequence[Mapping[str, Any]], about: About, ask: Ask, options: RedditOptions) -> Iterator[Ask]:
    """Yield what asks for the comments that an answer about a thread left out: by number, or below a deep one."""
    numbers = [str(number) for each in more for number in each.get("children") or ()]
    for at in range(0, len(numbers), PAGE):
        asked = {"api_type": "json", "link_id": f"{POST}_{about.number}", "children": ",".join(numbers[at : at + PAGE])}
        yield _ask(options, "api/morechildren", asked, ask.headers, step=MORE, carry=tuple(about))
    for each in more:
        parent = str(each.get("parent_id") or "").removeprefix(f"{COMMENT}_")
        if not each.get("children") and parent:
            path = f"comments/{about.number}/_/{parent}"
            yield _ask(options, path, {"limit": "500"}, ask.headers, step=THREAD, carry=tuple(about))


def _of_json(page: Page) -> tuple[list[Mapping[str, Any]], str]:
    """Return the posts and comments of a listing, of a thread, or that were asked for by number, and the next page."""
    answer = loaded(page)
    if isinstance(answer, dict) and isinstance(answer.get("json"), dict):
        things = (answer["json"].get("data") or {}).get("things")
        listings: list[Any] = [{"data": {"children": things}}]
        after = ""
    else:
        listings = answer if isinstance(answer, list) else [answer]
        if not all(isinstance(each, dict) and each.get("kind") == "Listing" for each in listings):
            raise ReadError(f"{page.place}: this is no listing of Reddit; check api and what is asked for")
        after = str((listings[-1].get("data") or {}).get("after") or "") if listings else ""
    return [thing for each in listings for thing in _things(each)], after


def _things(listing: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a listing holds, each comment before its replies."""
    waiting = [listing]
    while waiting:
        thing = waiting.pop()
        data = thing.get("data")
        if not isinstance(data, dict):
            continue
        if thing.get("kind") in (POST, COMMENT, "more"):
            yield thing
        below = data.get("replies") if thing.get("kind") == COMMENT else thing
        children = (below.get("data") or {}).get("children") if isinstance(below, dict) else None
        if thing.get("kind") != "more":
            waiting += [each for each in reversed(children or ()) if isinstance(each, dict)]


def _of_feed(page: Page) -> tuple[list[Mapping[str, Any]], str]:
    """Return the entries of an Atom feed in the API's own form, and the name by which the next page is asked for."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(page.content.lstrip(), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None or root.tag != f"{_ATOM}feed":
        raise ReadError(f"{page.place}: this is no feed of Reddit; check api and what is asked for")
    things = [_thing(entry) for entry in root.iter(f"{_ATOM}entry")]
    return things, str(things[-1]["data"]["name"]) if things else ""


def _thing(entry: Any) -> Mapping[str, Any]:
    def said(name: str) -> str:
        return (entry.findtext(f"{_ATOM}{name}") or "").strip()

    name, title, html = said("id"), said("title"), said("content")
    on, words = _ON.fullmatch(title), html.partition(_BEGIN)[2].rpartition(_END)[0]
    link, category = entry.find(f"{_ATOM}link"), entry.find(f"{_ATOM}category")
    kind, _, number = name.rpartition("_")
    return {
        "kind": kind if kind in (POST, COMMENT) else POST,
        "data": {
            "id": number,
            "name": name,
            "url": "" if link is None else link.get("href", ""),
            "title": title,
            "link_title": on[1] if on else title,
            "text": plain(words or ("" if "submitted by" in html else html)),
            "author": (entry.findtext(f"{_ATOM}author/{_ATOM}name") or "").strip().removeprefix("/u/"),
            "subreddit": "" if category is None else category.get("term", ""),
            "at": said("published") or said("updated"),
        },
    }


def _posts(
    things: Sequence[Mapping[str, Any]], about: About, fetched_at: datetime
) -> tuple[list[Post], list[Mapping[str, Any]]]:
    """Return the posts and comments, and apart from them what says which comments were left out."""
    about = _about(things, about)
    posts = [_post(thing["data"], thing["kind"], about, fetched_at) for thing in things if thing["kind"] != MORE]
    return posts, [thing["data"] for thing in things if thing["kind"] == MORE]


def _about(things: Sequence[Mapping[str, Any]], about: About) -> About:
    first = next((thing["data"] for thing in things if thing["kind"] == POST), None)
    return About(str(first.get("id")), str(first.get("title") or ""), _url(first, about)) if first else about


def _post(said: Mapping[str, Any], kind: str, about: About, fetched_at: datetime) -> Post:
    url, is_comment = _url(said, about), kind == COMMENT
    seconds = said.get("created_utc")
    at = parse_date(str(said["at"]), now=fetched_at) if said.get("at") else None
    at = datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else at
    text = str(said.get("body" if is_comment else "selftext") or said.get("text") or "").strip()
    title = said.get("link_title") or (about.title if _is_under(said, about) else "") if is_comment else said["title"]
    flair = str(said.get("link_flair_text") or "")
    return Post(
        url=url,
        text=text,
        # Under the title alone what is gone would still speak of whom the thread is about.
        title="" if is_comment and text in GONE else str(title or "").strip(),
        author=str(said.get("author") or ""),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=fetched_at,
        kind="comment" if is_comment else "post",
        engagement=Engagement(likes=max(0, _count(said, "score")), replies=_count(said, "num_comments")),
        thread=f"{url.rstrip('/').rpartition('/')[0]}/" if is_comment else url,
        tags=(flair,) if flair else (),
    )


def _url(said: Mapping[str, Any], about: About) -> str:
    """Return the address of a post or comment. Old answers have none for comments: it is made of their numbers."""
    if said.get("permalink"):
        return f"{WWW}{said['permalink']}"
    if "at" in said:
        return str(said["url"])
    if about.url and _is_under(said, about):
        return f"{about.url}{said.get('id')}/"
    link = str(said.get("link_id") or "").removeprefix(f"{POST}_")
    return f"{WWW}/r/{said.get('subreddit')}/comments/{link}/_/{said.get('id')}/"


def _is_under(said: Mapping[str, Any], about: About) -> bool:
    return said.get("link_id") == f"{POST}_{about.number}"


def _count(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    return value if isinstance(value, int) else 0


KIND = Kind(
    name="reddit",
    options=RedditOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=first_asked(start),
    left=left,
)
