"""What a place is by its front page: its bytes and address alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from analysis.model.addresses import same_site
from analysis.model.errors import ReadError, UsageError
from crawler.finding.found import FoundPlace, options_of
from crawler.finding.names import by_address
from crawler.kinds.appstore import app_of, is_reviews
from crawler.readers.encoding import decode
from crawler.readers.facts.about import facts_of
from crawler.readers.facts.links import feed_links
from crawler.readers.facts.structured import types
from crawler.readers.guess import guess
from crawler.readers.page import Page
from crawler.readers.recognise import is_json, is_table, read_as

_COMMENTS = re.compile(r"comment|replies", re.IGNORECASE)
_ARTICLE = re.compile(r"Article$|BlogPosting$|^Report$")
_HEAD = 300_000
# What the pages of a program have that no other has, each looked for in the page's own markup.
_PROGRAMS = (
    ("discourse", re.compile(r"<meta\s+name=\"generator\"\s+content=\"Discourse|id=\"data-discourse-setup\"|"
                             r"<discourse-assets|data-discourse-entrypoint")),
    ("askbot", re.compile(r"askbot\[|askbot\.|/m/default/(?:media|style)/|\baskbot_", re.IGNORECASE)),
    ("lemmy", re.compile(r"window\.isoData\b|<div id=\"app\" class=\"lemmy-site\"|content=\"lemmy\"", re.IGNORECASE)),
    ("mastodon", re.compile(r"<div[^>]{0,200}\bid=['\"]mastodon['\"]|<script id=['\"]initial-state['\"]")),
    ("forum", re.compile(
        r"\bid=\"phpbb\"|Powered by phpBB|phpBB Limited|content=\"(?:vBulletin|SMF|MyBB|NodeBB|Flarum)|"
        r"<html[^>]{0,300}\bid=\"XF\"|Powered By MyBB|"
        r"Powered by (?:<[^>]{0,200}>)?(?:vBulletin|XenForo|FluxBB|PunBB|SMF)|"
        r"\bsmf_(?:theme_url|scripturl)\b|ips(?:Layout_container|_Layout)|<body[^>]{0,300}\bipsApp\b|flarum-loading|"
        r"id=\"flarum-content\"|\bVBEditorContent\b", re.IGNORECASE)),
)  # fmt: skip
_TALK = re.compile(
    r"/(?:forums?|boards?|threads?|discussions?|talk|coffeehouse|travel-forum)/|/topics?/\d|/t/\d|/d/\d+-|"
    r"show(?:thread|topic)|view(?:topic|forum)|forumdisplay",
    re.IGNORECASE,
)
_TALK_HOSTS = frozenset(("board", "boards", "bbs", "talk", "discuss", "discussion", "discussions"))
_ROOT = re.compile(r"<(?:\w{1,12}:)?([A-Za-z]\w{0,20})")


def recognised(page: Page) -> tuple[FoundPlace, ...]:
    """Return what the place may be whose front page this is, the likeliest first; at least one.

    Raises ``ReadError`` for what is no text, ``UsageError`` for a place that is not read.
    """
    known = by_address(page.url)
    if known is not None:
        return (known,)
    return tuple(_places(page))


def _places(page: Page) -> Iterator[FoundPlace]:
    if is_table(page):
        yield FoundPlace(kind="table", keys={"url": page.url}, why="it is a table")
        return
    if is_reviews(page):
        yield _reviews(page)
        return
    if is_json(page):
        yield _answered(page)
        return
    head = decode(page.content[:_HEAD], page.content_type)
    root = _ROOT.search(head)
    if root and root[1].lower() in ("urlset", "sitemapindex"):
        yield FoundPlace(kind="sitemap", keys={"url": page.url}, why="it is a sitemap")
        return
    sort = guess(page)
    if sort == "feed":
        yield FoundPlace(kind="feed", keys={"url": page.url}, why="it is a feed")
        return
    program = next((name for name, sign in _PROGRAMS if sign.search(head)), "")
    if program in ("discourse", "lemmy", "mastodon", "askbot"):
        yield FoundPlace(kind=program, keys={"url": _base(page.url)}, why=f"its pages are made by {program.title()}")
    if sort == "forum" or program or (_is_talk(page.url) and not _is_article(page)):
        yield FoundPlace(kind="forum", keys={"url": page.url}, why="it shows threads, or a list of them")
    if sort == "review":
        yield FoundPlace(kind="reviews", keys={"url": page.url}, why="it shows reviews")
    for feed in _feeds(page):
        yield FoundPlace(kind="feed", keys={"url": feed}, why="the page names this feed")
    yield FoundPlace(
        kind="sitemap", keys={"url": f"{_base(page.url)}/robots.txt"}, why="its robots.txt names a sitemap"
    )
    yield FoundPlace(kind="pages", keys={"url": page.url, "depth": 1}, why="a page, and what it links to")


def _reviews(page: Page) -> FoundPlace:
    why, keys = "it is Apple's feed of an app's reviews", app_of(page)
    if not keys:
        raise UsageError(f"{page.url}: {why}, which does not name the app; write `candor add appstore:NUMBER`")
    if "api" in keys:
        return FoundPlace(kind="appstore", keys=keys, why=why)
    # The source is to ask Apple; a look at this address alone does not.
    return FoundPlace(kind="appstore", keys=keys, why=why, posts=read_as("appstore", page)[1])


def _answered(page: Page) -> FoundPlace:
    """Return the place whose API answered so: its kind, at the host of this page and at no other.

    Raises ``ReadError`` for what is no known answer, ``UsageError`` where a source of that kind needs what the answer
    does not tell.
    """
    kind, posts = read_as("auto", page)
    if kind in ("feed", "table"):
        return FoundPlace(kind=kind, keys={"url": page.url}, why=f"it is a {kind} in JSON")
    why = f"it is what the API of {kind} answers"
    place = FoundPlace(kind=kind, keys={"api": _base(page.url)}, why=why, posts=posts)
    try:
        options_of(place)
    except UsageError as error:
        raise UsageError(
            f"{page.url}: {place.why}, and a source of that kind is more than one answer: {error.fact}; "
            f"see {kind} in docs/configuration.md"
        ) from None
    return place


def _is_talk(url: str) -> bool:
    """Tell whether an address is that of a place where people talk, if its page is no article by its own words."""
    host = (urlsplit(url).hostname or "").split(".")
    return any("forum" in label or label in _TALK_HOSTS for label in host) or bool(_TALK.search(url))


def _is_article(page: Page) -> bool:
    return any(_ARTICLE.search(kind) for kind in types(facts_of(page).node))


def _feeds(page: Page) -> list[str]:
    """Return the feeds that a page names, those of articles before those of comments, the site's own first."""
    try:
        feeds = list(feed_links(page))
    except (ReadError, ValueError):
        return []
    feeds = [feed for feed in feeds if feed.startswith(("http://", "https://"))]
    return sorted(feeds, key=lambda feed: (bool(_COMMENTS.search(feed)), not same_site(feed, page.url), len(feed)))[:2]


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
