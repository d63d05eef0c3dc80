"""A first taste of a place: as few requests as show what it gives, by its own kind's words."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from analysis.model import Post
from analysis.model.errors import CandorError, ReadError, UsageError
from analysis.settings.sources import SourceSection
from crawler.finding.found import FoundPlace, fitted, options_of
from crawler.finding.pages import recognised
from crawler.kinds import KINDS
from crawler.kinds.base import Ask, Drop, Knowledge, Step, Took
from crawler.kinds.sitemap import CHILD, LISTED, named_in, newest_last
from crawler.own.kinds import PIECES
from crawler.readers.encoding import decode
from crawler.readers.page import Page

Fetch = Callable[[Ask], Awaitable[Page]]
Keys = Callable[[SourceSection], Mapping[str, str]]
ENOUGH = 5
MOST_ASKED = 8
_MOST_PLACES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """What a place gave: its kind's options, the first posts, and what else it was held for and why that was none.

    ``left_out`` counts what lies beside the posts and is none of them, by its reason.
    """

    place: FoundPlace
    options: SourceSection
    posts: tuple[Post, ...] = ()
    passed: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Taster:
    """Asks with ``fetch``, each address once and ``MOST_ASKED`` in all; ``more`` are keys that the person gave.

    ``keys`` gives the keys of the API that a place's options are for.
    """

    fetch: Fetch
    known: Knowledge
    more: dict[str, object] = field(default_factory=dict)
    keys: Keys = lambda _: {}
    _pages: dict[tuple[str, str], Page] = field(default_factory=dict)

    async def address(self, url: str) -> Taste:
        """Return what the place at an address gives. Raises ``CandorError`` where it gives nothing."""
        page = await self._page(Ask(url=url))
        passed: list[str] = []
        for place in recognised(page)[:_MOST_PLACES]:
            try:
                taste = await self.place(place)
            except CandorError as error:
                passed.append(f"{place.kind}: {error.fact}")
                continue
            if taste.posts:
                return Taste(place=taste.place, options=taste.options, posts=taste.posts, passed=tuple(passed))
            passed.append(f"{place.kind}: no posts were found")
        raise ReadError(f"{url}: nothing there can be read as a source ({'; '.join(passed)})")

    async def place(self, place: FoundPlace) -> Taste:
        """Return what ``place`` gives. Raises ``CandorError`` where it cannot be read."""
        place = fitted(place)
        options = options_of(place, **self._taken(place))
        if place.posts is not None:
            return Taste(place=place, options=options, posts=place.posts[:ENOUGH])
        known = replace(self.known, keys=self.keys(options))
        waiting, posts = deque(KINDS[place.kind].start(options, known)), list[Post]()
        while waiting and len(posts) < ENOUGH and len(self._pages) < MOST_ASKED:
            ask = waiting.popleft()
            page = await self._page(ask)
            steps = self._steps(place.kind, options, ask, page, known)
            posts += [post for step in steps if isinstance(step, Took) for post in step.posts]
            waiting.extend(self._onward(place.kind, steps))
        return Taste(place=place, options=options, posts=tuple(posts[:ENOUGH]))

    def own(self, place: FoundPlace, folder: Path) -> Taste:
        """Return what lies on this machine. Raises ``CandorError`` where it cannot be read."""
        options = options_of(place, **self._taken(place))
        wrong: list[str] = []
        for piece in PIECES[place.kind](options, folder, self.known, lambda _: None):
            left_out: Counter[str] = Counter()
            with closing(piece.read()) as steps:
                posts = _first(steps, left_out)
            if posts:
                return Taste(place=place, options=options, posts=posts[:ENOUGH], left_out=left_out)
            wrong += [f"{piece.name}: {reason}" for reason in left_out]
        if wrong:
            raise ReadError(wrong[0])
        return Taste(place=place, options=options)

    def _taken(self, place: FoundPlace) -> dict[str, object]:
        unknown = [name for name in self.more if name not in KINDS[place.kind].options.model_fields]
        if unknown:
            raise UsageError(f"a source of the kind {place.kind} takes no {unknown[0]}")
        return self.more

    async def _page(self, ask: Ask) -> Page:
        if (ask.url, ask.body) not in self._pages:
            self._pages[ask.url, ask.body] = await self.fetch(ask)
        return self._pages[ask.url, ask.body]

    def _steps(self, kind: str, options: SourceSection, ask: Ask, page: Page, known: Knowledge) -> tuple[Step, ...]:
        if kind == "sitemap" and urlsplit(page.url).path == "/robots.txt":
            named = named_in(decode(page.content, page.content_type), page.url)
            if not named:
                raise ReadError(f"{page.url} names no sitemap")
            return (Ask(url=named[0], step=CHILD),)
        reader = "pages" if ask.step == LISTED else kind
        return KINDS[reader].steps(page, ask, options, known)

    def _onward(self, kind: str, steps: Iterable[Step]) -> list[Ask]:
        asks = [step for step in steps if isinstance(step, Ask)]
        if KINDS[kind].driver == "sitemap":
            asks = sorted(asks, key=lambda ask: newest_last(ask.carry) if ask.carry else "", reverse=True)
        return asks[:ENOUGH]


def _first(steps: Iterable[Step], left_out: Counter[str]) -> tuple[Post, ...]:
    """Return the first posts there are; what is left out with them is told behind them, before the next."""
    posts: tuple[Post, ...] = ()
    for step in steps:
        if isinstance(step, Drop):
            left_out[step.reason] += step.count
        elif isinstance(step, Took) and step.posts:
            if posts:
                break
            posts = step.posts
    return posts
