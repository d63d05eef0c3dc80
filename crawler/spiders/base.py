"""What every spider shares: its source, its visit, reading in the pool, and what happens when an address fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any, ClassVar, Self, get_origin

from pydantic import ValidationError
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure

from analysis.model import Post, Source, at_nameless
from analysis.model.addresses import route_of
from analysis.model.errors import ReadError, UsageError
from analysis.model.records.crawl import SEEN_PAGES, SeenPage
from analysis.settings.mistakes import in_words
from analysis.settings.sources import SourceSection, keys_of
from crawler.archive.notes import ENTRY, post_of
from crawler.archive.writing import ArchiveError
from crawler.context import Context, context_of, visit_of
from crawler.drawing.browser import BrowserError, Fetched, checked_browser
from crawler.keeping.health import NONE_ON_PAGE
from crawler.keeping.receipts import Receipt
from crawler.keeping.seen import SeenBefore, seen_before
from crawler.keeping.validators import validator_of
from crawler.keeping.visit import Visit
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Drop, Knowledge, Step, Took
from crawler.politeness.causes import Refused, cause
from crawler.politeness.dial import PUBLIC_ONLY, WAITS
from crawler.politeness.public import is_public
from crawler.readers.page import Page, PageReading
from crawler.readers.pages.scripted import is_html
from crawler.workers.pool import reason
from crawler.workers.work import Reader

MORE_KINDS = "pages"
"""The kind of source by which the pages are read that a feed or a sitemap leads to."""
NO_POSTS = "sitemap"
"""The kind of source whose own answers never hold a post."""
LISTS = ("feed", "sitemap")
"""The kinds of source whose own answers are no pages."""


class SourceSpider(Spider):
    """A spider of one source. It yields requests and posts, and never blocks: pages are read in the pool.

    Made from a ``Source`` by ``candor crawl``, or from arguments by ``scrapy crawl NAME -a url=...``: they are the
    keys of ``[[sources]]``, checked in the same way. The parts of a list are separated by spaces.
    """

    kind: ClassVar[str]
    # An answer of 304 to our validators is an answer; without this Scrapy hands it to the errback.
    handle_httpstatus_list: ClassVar[list[int]] = [304]
    # Whether the links of the pages that it reads are wanted.
    follows = False

    def __init__(self, name: str | None = None, *, source: Source | None = None, **arguments: str) -> None:
        super().__init__(name)
        self.source = source or source_from(self.kind, arguments)
        self.draws = bool(getattr(self.source.options, "render", False))
        # For feed exports: FEEDS = {"posts.%(slug)s.jsonl": ...} gives each source a file.
        self.slug = self.source.id
        self.context: Context
        self.visit: Visit

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider with what the crawl shares and its visit."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.spider = spider
        spider.context = context_of(crawler)
        spider.visit = visit_of(crawler)
        if spider.draws:
            checked_browser()
        return spider

    def entry(self, url: str, callback: Callable[..., Any], **kwargs: Any) -> Request:
        """Return the request of an address that the source starts from: if none can be read, the source fails."""
        return Request(url, callback=callback, errback=self.entry_failed, dont_filter=True, cb_kwargs=kwargs)

    def ask(
        self, url: str, callback: Callable[..., Any], errback: Callable[..., Any], arguments: dict[str, Any]
    ) -> Request | None:
        """Return the request of an address that a page or list told, or None where that is no address, counted.

        Never filtered as a duplicate: a request that Scrapy drops silently would leave its receipt open.
        """
        try:
            return Request(url, callback=callback, errback=errback, dont_filter=True, cb_kwargs=arguments)
        except ValueError:
            self.visit.drop("no web address")
            return None

    def entry_failed(self, failure: Failure) -> None:
        """Note why an address that the source starts from could not be fetched."""
        self.visit.entry_causes[cause(failure)] += 1
        self.visit.entries_waiting += isinstance(failure.value, Refused) and failure.value.kind == "waiting"
        self.visit.drop(cause(failure))

    def receipt(
        self,
        response: Response,
        *,
        parent: Receipt | None = None,
        mark: str = "",
        listed: str = "",
        note: Callable[[], None] | None = None,
        known: bool = True,
    ) -> Receipt:
        """Return a receipt for the answer; when all that came of it is stored, the answer is remembered.

        ``listed`` is the address as its feed or sitemap lists it, and ``mark`` what that says of its version; ``note``
        is called too. With ``known`` false the answer is not remembered: the next run reads it whole again.
        """
        # Not the answer itself, whose body would stay in memory until its posts are stored.
        validator = validator_of(response) if known else None

        def keep() -> None:
            self.context.intake.remember(validator)
            if listed and known:
                self.note_seen(listed, mark)
            if note is not None:
                note()

        return Receipt(keep, parent=parent)

    async def seen(self, marks: Mapping[str, str]) -> SeenBefore:
        """Return what earlier runs read of the addresses of ``marks``; nothing where all is wanted once more."""
        return SeenBefore() if self.source.afresh else await seen_before(self.context.records, self.source.id, marks)

    def note_seen(self, url: str, mark: str) -> None:
        """Remember that ``url`` was read in the version that ``mark`` names; an empty one is never unchanged."""
        page = SeenPage(source=self.source.id, url=url, mark=mark, read_at=self.context.now())
        self.context.intake.note(SEEN_PAGES, page)

    async def read(self, kind: str, response: Response, *, ask: Ask | None = None) -> tuple[Step, ...]:
        """Return what the answer becomes, as ``kind`` reads it. Raises ``ReadError``."""
        headers = {name.decode("latin-1").lower(): value[-1].decode("latin-1") for name, value in _headers(response)}
        type_ = headers.get("content-type", "")
        now = self.context.now()
        # An answer's address has lost the route by which its page shows one thing of several.
        url = response.url + (route_of(response.request.url) if response.request else "")
        page = Page(response.body, url, now, type_, follow=self.follows, headers=headers)
        if self.draws and kind not in LISTS and is_html(page):
            page = await self._drawn(page, response)
        reader = Reader(kind=kind, ask=ask or Ask(url=response.url), options=self.source.options, known=self.known(now))
        posts: tuple[Post, ...] = ()
        try:
            # A feed export takes every post, so that each must be whole.
            steps = await self.context.pool.read(reader, page, whole=bool(self.settings.getdict("FEEDS")))
            posts = posts_in(steps)
        finally:
            # What nothing is read from today may hold posts for the readers of tomorrow, if it is a page: an API's
            # answer without posts may be the one that hands out a key.
            if posts or (kind != NO_POSTS and page.content.lstrip().startswith(b"<")):
                await self._archived(page, kind=kind, ask=reader.ask, response=response, posts=posts)
        self.visit.pages += 1
        return steps

    async def _drawn(self, page: Page, response: Response) -> Page:
        """Return a page as its scripts leave it. Raises ``ReadError``; without a browser the source fails."""
        # A page of the public web must not reach into networks that are open to the crawl.
        strangers = not isinstance(response.ip_address, IPv4Address | IPv6Address) or is_public(response.ip_address)
        fetch = partial(self._fetched, strangers=strangers)
        given = Fetched(response.url, response.status, page.content_type, page.content)
        try:
            drawn = await self.context.browser(self.settings["USER_AGENT"]).draw(given, fetch)
        except BrowserError as error:
            self.visit.error = self.visit.error or str(error)
            raise ReadError(str(error)) from None
        url = page.url if drawn.url == response.url else drawn.url
        return replace(page, content=drawn.body, url=url, content_type=drawn.content_type)

    async def _fetched(self, url: str, *, strangers: bool) -> Fetched | None:
        """Return what a page asks for, as politely as all else; None where it is not to be had, which is counted."""
        meta = {"whole": True, WAITS: True, PUBLIC_ONLY: strangers}
        try:
            request = Request(url, callback=NO_CALLBACK, meta=meta, dont_filter=True)
            answer = await self.crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the page goes on without it
            self.visit.drop(f"what a page asks for: {cause(error)}")
            return None
        said = {name: values[-1].decode("latin-1") for name, values in _headers(answer)}
        type_, origin = said.get(b"Content-Type", ""), said.get(b"Access-Control-Allow-Origin", "")
        return Fetched(answer.url, answer.status, type_, answer.body, origin)

    async def _archived(self, page: Page, *, kind: str, ask: Ask, response: Response, posts: Sequence[Post]) -> None:
        if not self.context.archives.wants(self.source):
            return
        told = self.told(response)
        about = [post_of(told[ENTRY])] if ENTRY in told else []
        try:
            await self.context.archives.keep(self.source, page, kind=kind, ask=ask, told=told, posts=(*posts, *about))
        except ArchiveError as error:
            # The posts are stored all the same; the source fails and says why.
            self.visit.error = self.visit.error or str(error)

    def told(self, response: Response) -> dict[str, Any]:  # noqa: ARG002 - for those that do
        """Return what the list that led to the answer said of it, for whoever reads it again; see ``Note``."""
        return {}

    def known(self, now: datetime) -> Knowledge:
        """Return what the kind may look at besides the answer."""
        names = [name for brand in self.context.config.brands for name in (brand.name, *brand.aliases)]
        return Knowledge(now=now, brands=tuple(dict.fromkeys(names)))

    async def read_entry(self, response: Response, *, ask: Ask | None = None) -> tuple[Step, ...] | None:
        """Return what an address that the source starts from holds; None where it is unchanged or cannot be read."""
        if response.status == 304:
            self.visit.unchanged += 1
            self.visit.entries_read += 1
            return None
        try:
            steps = await self.read(self.source.kind, response, ask=ask)
        except ReadError as error:
            self.visit.entry_causes[str(error)] += 1
            self.visit.drop(reason(error))
            return None
        self.visit.entries_read += 1
        return steps

    async def read_page(self, response: Response, *, entry: bool = False) -> PageReading:
        """Return the posts and links of a page; none where it is unchanged or cannot be read, which is counted.

        ``entry`` says that the source starts from this page, so that being unreadable is the source's fault.
        """
        self.visit.entries_read += entry
        if response.status == 304:
            self.visit.unchanged += 1
            return PageReading()
        try:
            steps = await self.read(MORE_KINDS, response)
        except ReadError as error:
            self.logger.warning("%s", error)
            self.visit.drop(reason(error))
            self.visit.unread += 1
            if entry:
                self.visit.entries_read -= 1
                self.visit.entry_causes[str(error)] += 1
            return PageReading()
        for step in steps:
            if isinstance(step, Drop):
                self.visit.drop(step.reason, step.count)
        reading = PageReading(posts=posts_in(steps), links=tuple(step.url for step in steps if isinstance(step, Ask)))
        if not reading.posts and not any(isinstance(step, Drop) for step in steps):
            self.visit.drop(NONE_ON_PAGE)
        return reading

    def own(self, post: Post, receipt: Receipt, *, instead: Post | None = None) -> Post:
        """Return ``post`` as one of this source, and a part of ``receipt``; ``instead`` is what its feed says of it."""
        return self.visit.expect(self._signed(post), receipt, instead=self._signed(instead) if instead else None)

    def _signed(self, post: Post) -> Post:
        private = post.private or self.source.private
        return replace(at_nameless(post), source=self.source.id, source_kind=self.source.kind, private=private)

    async def start(self) -> AsyncIterator[Any]:
        """Yield the requests of the addresses that the source starts from."""
        raise NotImplementedError(f"{type(self).__name__} must say where it starts")
        yield


def posts_in(steps: Iterable[Step]) -> tuple[Post, ...]:
    """Return the posts that an answer held."""
    return tuple(post for step in steps if isinstance(step, Took) for post in step.posts)


def source_from(kind: str, arguments: dict[str, str]) -> Source:
    """Return the source that spider arguments describe. Raises ``UsageError`` that lists every mistake and cure."""
    section = KINDS[kind].options
    # Scrapyd adds _job: names that begin so are for whoever started the spider.
    values: dict[str, Any] = {name: value for name, value in arguments.items() if not name.startswith("_")}
    for name, info in section.model_fields.items():
        if name in values and get_origin(info.annotation) is tuple:
            values[name] = values[name].split()
    if "url" not in values and values.get("urls"):
        values["url"] = values["urls"][0]
    try:
        checked: SourceSection = section.model_validate(values)
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(item, section)}" for item in error.errors())
        raise UsageError(f"the arguments of the spider {kind!r} cannot be used:\n{problems}") from None
    return checked.source(kind)


def _problem(item: Any, section: type[SourceSection]) -> str:
    name = ".".join(str(part) for part in item["loc"] if not str(part).startswith("function-"))
    if item["type"] == "missing":
        return f"{name}: is missing; add -a {name}=..."
    if item["type"] == "extra_forbidden":
        return f"{name}: there is no such argument; known are {', '.join(keys_of(section)[1:])}"
    return f"{name}: {in_words(item, (name,))}"


def _headers(response: Response) -> Iterable[tuple[bytes, list[bytes]]]:
    return ((name, values) for name, values in response.headers.items() if values)
