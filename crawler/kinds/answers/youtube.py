"""``youtube``: videos that a search finds, or those of a channel, with the comments under them.

By the Data API v3 (https://developers.google.com/youtube/v3), with an API key of your own project. Its terms hold: what
is stored is refreshed or deleted within thirty days, so set ``[privacy] keep``. A project has 10,000 units a day, which
end at midnight in California; a page of a search costs 100 of them (of 50 videos), everything else one: a channel's
list, 50 videos, 100 comments with their first replies, 100 further replies. The API does not tell what is left.

A video becomes a post with title, description, channel, likes, comments and views; a comment one with its words, the
video's title, the author's name, likes and replies, and the video as its thread. Videos are searched for from the
newest one's time on, less a day. The newest 50 are looked at again in each run, and where the number of comments has
grown since, those written since the run before, less a day, are read; where that does not explain by how many it has
grown, there are late replies to older comments, and the older pages are read too, until it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from pydantic import model_validator

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.text import one_line
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import Interval, WebAddress, in_form
from crawler.kinds.base import (
    Ask,
    Drop,
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
    searches,
)

if TYPE_CHECKING:
    from crawler.readers.page import Page

WATCHED = 50
LATE = timedelta(days=1)
SEARCH_COST = 100
"""Units of a page of a search; all else costs one."""
_QUOTA = ("quotaExceeded", "dailyLimitExceeded")


class YoutubeOptions(SearchOptions):
    """``channel`` in place of ``query``: its id; ``comments`` too, or videos alone; ``key_env``: the key's variable.

    What it gives has a date and an author.
    """

    key_from = "https://console.cloud.google.com/apis/credentials"
    api: WebAddress = "https://www.googleapis.com"
    key_env: Variable = "YOUTUBE_API_KEY"
    every: Interval = 6 * 3600.0
    channel: Annotated[str, in_form(r"(UC[\w-]+)?", like='"UC" and the signs that follow it in its address')] = ""
    comments: bool = True
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.channel and "query" in self.model_fields_set:
            raise ValueError("give either query or channel")
        return self

    def subject(self) -> str:
        """Return the channel, or what is searched for."""
        return self.channel or super().subject()


def start(options: YoutubeOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield one search for each brand, from the newest video on, or the list of the channel's videos."""
    for search in (options.channel,) if options.channel else searches(options.query, known):
        yield _list(options, known, search, "")


def read(page: Page, ask: Ask, options: YoutubeOptions, known: Knowledge) -> Iterator[Step]:
    """Yield videos and comments as posts, what leads to more of them, and where the next run begins."""
    answer = loaded(page)
    if isinstance(answer, dict) and "error" in answer:
        yield _refused(answer["error"], page, known)
        return
    if not isinstance(answer, dict) or not str(answer.get("kind")).startswith("youtube#"):
        raise ReadError(f"{page.place}: this is no list of the YouTube API; check api")
    items = [item for item in answer.get("items") or () if isinstance(item, dict)]
    following = str(answer.get("nextPageToken") or "")
    sort = str(answer["kind"]).removeprefix("youtube#")
    if sort in ("searchListResponse", "playlistItemListResponse"):
        yield from _listed(items, following, ask, options, known)
    elif sort == "videoListResponse":
        yield from _videos(items, page, ask, options, known)
    else:
        yield from _comments(items, following, page, ask, options, known)


def check(options: YoutubeOptions, known: Knowledge) -> Ask:
    """Return a request that costs one unit."""
    return _ask(options, known, "i18nLanguages", {"part": "id"})


def left(page: Page) -> str:
    """Return what a run costs: the API does not tell what is left."""
    return f"10,000 units a day, {SEARCH_COST} for a page of a search; YouTube does not tell what is left of them"


def _list(options: YoutubeOptions, known: Knowledge, search: str, token: str) -> Ask:
    if options.channel:
        # A channel's uploads are the playlist of its own id.
        asked = {"part": "snippet", "playlistId": f"UU{options.channel[2:]}", "maxResults": "50"}
        method = "playlistItems"
    else:
        asked = {"part": "snippet", "type": "video", "order": "date", "maxResults": "50", "q": search}
        since = _since(options, known, f"{search} newest")
        asked |= {"publishedAfter": f"{since:%Y-%m-%dT%H:%M:%SZ}"} if since else {}
        method = "search"
    asked |= {"pageToken": token} if token else {}
    return _ask(options, known, method, asked, carry=(search, bool(token)))


def _listed(
    items: Sequence[Mapping[str, Any]], following: str, ask: Ask, options: YoutubeOptions, known: Knowledge
) -> Iterator[Step]:
    """Yield what asks for the videos of a list; those that are watched stand among those of its first page."""
    search, is_later = ask.carry or ("", True)
    ids = [video for item in items if (video := _video_of(item))]
    dates = [at for item in items if (at := _date(item.get("snippet") or {}, known.now))]
    since = _since(options, known, f"{search} newest")
    if dates and not is_later:
        yield Mark(f"{search} newest", max(dates).isoformat())
    if not is_later:
        ids = list(dict.fromkeys([*ids, *_watched(known, search)]))[:WATCHED]
    if ids:
        asked = {"part": "snippet,statistics", "id": ",".join(ids)}
        yield _ask(options, known, "videos", asked, carry=(search, is_later))
    is_new = since is None or not dates or max(dates) > since
    if following and items and is_new:
        yield _list(options, known, search, following)


def _videos(
    items: Sequence[Mapping[str, Any]], page: Page, ask: Ask, options: YoutubeOptions, known: Knowledge
) -> Iterator[Step]:
    search, is_later = ask.carry or ("", True)
    yield Took(tuple(_video(item, page.fetched_at) for item in items))
    before = _watched(known, search)
    counts = {str(item.get("id")): _count(item, "commentCount") for item in items}
    for item in items:
        video = str(item.get("id"))
        if options.comments and counts[video] and before.get(video) != counts[video]:
            title = str((item.get("snippet") or {}).get("title") or "")
            grown = counts[video] - before.get(video, 0)
            yield _threads(options, known, (search, video, title, video in before, grown), "")
    if not is_later:
        yield Mark(f"{search} videos", " ".join(f"{video}={count}" for video, count in counts.items()))
        yield Mark(f"{search} read", known.now.isoformat())


def _threads(options: YoutubeOptions, known: Knowledge, carry: tuple[str, str, str, bool, int], token: str) -> Ask:
    asked = {"part": "snippet,replies", "videoId": carry[1], "order": "time", "maxResults": "100"}
    asked |= {"textFormat": "html"} | ({"pageToken": token} if token else {})
    return _ask(options, known, "commentThreads", asked, carry=carry)


def _comments(
    items: Sequence[Mapping[str, Any]], following: str, page: Page, ask: Ask, options: YoutubeOptions, known: Knowledge
) -> Iterator[Step]:
    """Yield threads of comments, or the further replies of one, and what leads to more."""
    search, video, title, was_read, grown = ask.carry or ("", "", "", False, 0)
    read_at = _time(known.marks.get(f"{search} read", ""))
    posts, dates = list[Post](), list[datetime]()
    for item in items:
        top = (item.get("snippet") or {}).get("topLevelComment") or item
        video = str((top.get("snippet") or {}).get("videoId") or video)
        replies = [each for each in (item.get("replies") or {}).get("comments") or () if isinstance(each, dict)]
        count = int((item.get("snippet") or {}).get("totalReplyCount") or 0)
        comments = [top, *(replies if count <= len(replies) else ())]
        posts += [_comment(each, video, title, count if each is top else 0, page.fetched_at) for each in comments]
        dates += [at] if (at := _date(top.get("snippet") or {}, page.fetched_at)) else []
        said = [_date(each.get("snippet") or {}, page.fetched_at) for each in (top, *replies)]
        grown -= sum(read_at is None or at > read_at for at in said if at)
        if count > len(replies):
            asked = {"part": "snippet", "parentId": str(top.get("id")), "maxResults": "100", "textFormat": "html"}
            yield _ask(options, known, "comments", asked, carry=(search, video, title, False, 0))
    yield Took(tuple(posts))
    since = _since(options, known, f"{search} read") if was_read else None
    if following and items and (since is None or not dates or min(dates) > since or grown > 0):
        method = "comments" if "parentId=" in ask.url else "commentThreads"
        if method == "comments":
            parent = str((items[0].get("snippet") or {}).get("parentId") or "")
            asked = {"part": "snippet", "parentId": parent, "maxResults": "100", "textFormat": "html"}
            yield _ask(options, known, "comments", {**asked, "pageToken": following}, carry=ask.carry)
        elif ask.carry:
            yield _threads(options, known, (search, ask.carry[1], title, was_read, grown), following)


def _ask(options: YoutubeOptions, known: Knowledge, method: str, asked: Mapping[str, str], *, carry: Any = None) -> Ask:
    url = f"{options.api.rstrip('/')}/youtube/v3/{method}?{urlencode(asked, quote_via=quote)}"
    # In a header: what stands in an address is written into logs.
    headers = (("X-Goog-Api-Key", known.key),) if known.key else ()
    return Ask(url=url, headers=headers, carry=carry, whole=True, keyed=bool(known.key))


def _refused(error: Mapping[str, Any], page: Page, known: Knowledge) -> Step:
    """Return what a refusal comes to: a rest until the next day, or nothing to read. Raises ``ReadError``."""
    reasons = {str(each.get("reason") or "") for each in error.get("errors") or () if isinstance(each, dict)}
    if reasons & {*_QUOTA}:
        there = known.now.astimezone(ZoneInfo("America/Los_Angeles"))
        midnight = (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return Rest(max(1.0, (midnight - known.now).total_seconds()), "its units of this day are used up")
    if reasons & {"commentsDisabled", "videoNotFound", "commentNotFound"}:
        return Drop("a video without comments, or a video or comment that is gone")
    said = one_line(plain(str(error.get("message") or error.get("code"))))
    raise ReadError(f"{page.place}: the YouTube API says: {said}")


def _since(options: YoutubeOptions, known: Knowledge, mark: str) -> datetime | None:
    wanted = known.now - timedelta(seconds=options.since) if options.since else None
    seen = _time(known.marks.get(mark, ""))
    return max((at for at in (wanted, seen - LATE if seen else None) if at), default=None)


def _time(mark: str) -> datetime | None:
    return datetime.fromisoformat(mark) if mark else None


def _watched(known: Knowledge, search: str) -> dict[str, int]:
    """Return the videos that were the newest in the last run, with how many comments they had."""
    pairs = (pair.rpartition("=") for pair in known.marks.get(f"{search} videos", "").split())
    return {video: int(count) for video, _, count in pairs}


def _video_of(item: Mapping[str, Any]) -> str:
    """Return the id of the video that an entry of a list is."""
    own = item.get("id")
    if isinstance(own, dict):
        return str(own.get("videoId") or "")
    return str(((item.get("snippet") or {}).get("resourceId") or {}).get("videoId") or "")


def _date(snippet: Mapping[str, Any], now: datetime) -> datetime | None:
    return parse_date(str(snippet.get("publishedAt") or ""), now=now)


def _count(item: Mapping[str, Any], name: str) -> int:
    text = str((item.get("statistics") or {}).get(name) or "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _video(item: Mapping[str, Any], fetched_at: datetime) -> Post:
    snippet = item.get("snippet") or {}
    url = f"https://www.youtube.com/watch?v={item.get('id')}"
    return _post(
        snippet,
        url=url,
        text=str(snippet.get("description") or "").replace("\r\n", "\n").strip(),
        author=str(snippet.get("channelTitle") or ""),
        title=str(snippet.get("title") or ""),
        kind="post",
        engagement=Engagement(
            likes=_count(item, "likeCount"), replies=_count(item, "commentCount"), views=_count(item, "viewCount")
        ),
        thread=url,
        tags=tuple(str(tag) for tag in snippet.get("tags") or ()),
        fetched_at=fetched_at,
    )


def _comment(item: Mapping[str, Any], video: str, title: str, replies: int, fetched_at: datetime) -> Post:
    snippet = item.get("snippet") or {}
    thread = f"https://www.youtube.com/watch?v={video}"
    return _post(
        snippet,
        url=f"{thread}&lc={item.get('id')}",
        text=plain(str(snippet.get("textDisplay") or "")) or str(snippet.get("textOriginal") or "").strip(),
        author=str(snippet.get("authorDisplayName") or ""),
        title=title,
        kind="comment",
        engagement=Engagement(likes=max(0, int(snippet.get("likeCount") or 0)), replies=replies),
        thread=thread,
        fetched_at=fetched_at,
    )


def _post(snippet: Mapping[str, Any], **said: Any) -> Post:
    at = _date(snippet, said["fetched_at"])
    return Post(published_at=at, published_at_source="api" if at else "", **said)


KIND = Kind(
    name="youtube",
    options=YoutubeOptions,
    driver="api",
    own_addresses=True,
    start=start,
    read=read,
    check=check,
    left=left,
    refusals=(400, 403, 404),
)
