"""``appstore``: customer reviews of an app in Apple's App Store, newest first.

By Apple's public feed ``https://itunes.apple.com/COUNTRY/rss/customerreviews/...``, which needs no key. It is asked for
as XML, where every review has a date (older answers in JSON, which is read too, have none). A store of one country
shows at most 500 reviews: ten pages of 50. Apple's terms for the store apply.

A review becomes its words, title, author's name, stars (``rating``), the version of the app it is about
(``product_version``) and the sum of its votes. A review has no page: its address is that of the app with the review's
number behind ``#``. The newest date is remembered; the next run ends at the first page that is older.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from analysis.model import Engagement, Post
from analysis.model.errors import ReadError
from analysis.model.written.dates import parse_date
from analysis.settings.sources import PromiseSection
from analysis.settings.values import WebAddress, in_form
from crawler.kinds.base import ApiOptions, Ask, Kind, Knowledge, Mark, Step, Took, loaded

if TYPE_CHECKING:
    from crawler.readers.page import Page

LAST_PAGE = 10
"""The store has no more pages than these, however many reviews there are."""
_ATOM = "{http://www.w3.org/2005/Atom}"
_NAMESPACE = b"http://itunes.apple.com/rss"
_ITUNES = "{http://itunes.apple.com/rss}"
_ADDRESS = re.compile(r"https?://[^/]+/([a-z]{2})/(?:[^?#]*/)?review\?(?:[^#]*&)?id=(\d+)")
_FEED = re.compile(r"https?://[^/]+/([a-z]{2})/rss/customerreviews/(?:.*/)?id=(\d+)")
_TOLD = re.compile(r"/(?P<country>[a-z]{2})/rss/customerreviews/(?:[^\s\"'<>]{0,80}/)?id=(?P<app>\d{1,15})")
_HEAD = 4000
_NAMES = ("id", "updated", "title", "content", "rating", "version", "voteSum", "author", "link")


class AppstoreOptions(ApiOptions):
    """``app``: the number in the app's address; ``country``: of the store. Reviews have a date and an author."""

    api: WebAddress = "https://itunes.apple.com"
    app: Annotated[str, in_form("[0-9]{1,15}", like='"1234567890", the digits behind id in its address')]
    country: Annotated[str, in_form("[a-z]{2}", like='"us" or "de"')] = "us"
    promise: PromiseSection = PromiseSection(dated=1.0, author=1.0)

    def subject(self) -> str:
        """Return the store and the app."""
        return f"{self.country} {self.app}"


def is_reviews(page: Page) -> bool:
    """Tell whether this is Apple's feed of customer reviews, in either of its forms, by the names that it alone has."""
    content = page.content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if content.startswith(b"{"):
        if b"im:rating" in content or b"customerreviews" in content:
            with suppress(ReadError):
                return _feed_of(page) is not None
        return False
    return _NAMESPACE in content[:_HEAD] and (b"<im:rating" in content or b"/customerreviews/" in content[:_HEAD])


def app_of(page: Page) -> dict[str, str]:
    """Return ``app`` and ``country`` of a feed of reviews, and ``api`` where its own address is asked like Apple's.

    Empty where neither its address nor its beginning names the app.
    """
    if asked := _TOLD.search(page.url):
        return {**asked.groupdict(), "api": page.url[: asked.start()]}
    told = _TOLD.search(page.content[:_HEAD].decode("utf-8", "replace").replace("\\/", "/"))
    # What Apple says of the feed itself stands behind its entries in JSON.
    told = told or _TOLD.search(page.content[-_HEAD:].decode("utf-8", "replace").replace("\\/", "/"))
    return told.groupdict() if told else {}


def start(options: AppstoreOptions, known: Knowledge) -> Iterator[Ask]:
    """Yield the first page of the reviews."""
    yield _page(options, 1)


def read(page: Page, ask: Ask, options: AppstoreOptions, known: Knowledge) -> Iterator[Step]:
    """Yield the reviews, the next page where it may hold something new, and the newest date."""
    reviews = [review for review in _reviews(page) if review["rating"] and review["id"]]
    yield Took(tuple(_post(review, page) for review in reviews))
    dates = [at for review in reviews if (at := parse_date(review["updated"], now=page.fetched_at))]
    if dates and ask.carry == 1:
        yield Mark("newest", max(dates).isoformat())
    seen = _seen(options, known)
    is_new = bool(reviews) and (seen is None or not dates or max(dates) > seen)
    if ask.carry and ask.carry < LAST_PAGE and is_new:
        yield _page(options, ask.carry + 1)


def _page(options: AppstoreOptions, number: int) -> Ask:
    path = f"{options.country}/rss/customerreviews/page={number}/id={options.app}/sortby=mostrecent/xml"
    return Ask(url=f"{options.api.rstrip('/')}/{path}", carry=number)


def _seen(options: AppstoreOptions, known: Knowledge) -> datetime | None:
    wanted = known.now - timedelta(seconds=options.since) if options.since else None
    mark = known.marks.get("newest", "")
    return max((at for at in (wanted, datetime.fromisoformat(mark) if mark else None) if at), default=None)


def _reviews(page: Page) -> list[dict[str, str]]:
    """Return the entries of the feed, in either of its forms, with the names of ``_NAMES``."""
    if page.content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        feed = _feed_of(page)
        if feed is None:
            raise _no_feed(page)
        return [_of_json(each) for each in _entries(feed)]
    return _of_xml(page)


def _feed_of(page: Page) -> Mapping[str, Any] | None:
    answer = loaded(page)
    feed = answer.get("feed") if isinstance(answer, dict) else None
    if not isinstance(feed, dict):
        return None
    rated = any("im:rating" in each for each in _entries(feed))
    return feed if rated or "customerreviews" in str(feed.get("id", "")) else None


def _entries(feed: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    # Where there is one review alone, it is no list.
    entries = feed.get("entry", [])
    return [each for each in (entries if isinstance(entries, list) else [entries]) if isinstance(each, dict)]


def _of_json(entry: Mapping[str, Any]) -> dict[str, str]:
    def label(value: Any) -> str:
        return str(value.get("label") or "") if isinstance(value, dict) else ""

    said = {name: label(entry.get(name) or entry.get(f"im:{name}")) for name in _NAMES}
    links = entry.get("link") or {}
    link = next(iter(links), {}) if isinstance(links, list) else links
    return said | {"author": label((entry.get("author") or {}).get("name")), "link": str(_attribute(link))}


def _attribute(link: Mapping[str, Any]) -> Any:
    return (link.get("attributes") or {}).get("href") or ""


def _of_xml(page: Page) -> list[dict[str, str]]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(page.content.lstrip(), parser)
    except (etree.LxmlError, ValueError):
        root = None
    if root is None or root.tag != f"{_ATOM}feed":
        raise _no_feed(page)
    found = []
    for entry in root.iter(f"{_ATOM}entry"):
        said = {name: entry.findtext(f"{_ATOM}{name}") or entry.findtext(f"{_ITUNES}{name}") or "" for name in _NAMES}
        link = entry.find(f"{_ATOM}link")
        said["author"] = entry.findtext(f"{_ATOM}author/{_ATOM}name") or ""
        found.append(said | {"link": "" if link is None else link.get("href", "")})
    return found


def _no_feed(page: Page) -> ReadError:
    return ReadError(f"{page.place}: this is no feed of customer reviews; check api, app and country")


def _post(review: Mapping[str, str], page: Page) -> Post:
    place = _ADDRESS.match(review["link"]) or _FEED.match(page.url)
    app = f"https://apps.apple.com/{place[1]}/app/id{place[2]}" if place else ""
    at = parse_date(review["updated"], now=page.fetched_at)
    votes = review["voteSum"]
    return Post(
        url=f"{app}#review-{review['id']}" if app else "",
        text=review["content"].strip(),
        title=review["title"].strip(),
        author=review["author"].strip(),
        published_at=at,
        published_at_source="api" if at else "",
        fetched_at=page.fetched_at,
        kind="review",
        rating=float(review["rating"]) if review["rating"] in {"1", "2", "3", "4", "5"} else None,
        engagement=Engagement(likes=int(votes) if votes.isascii() and votes.isdigit() else 0),
        thread=app,
        product_version=review["version"].strip(),
    )


KIND = Kind(name="appstore", options=AppstoreOptions, driver="api", own_addresses=True, start=start, read=read)
