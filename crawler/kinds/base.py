"""What a kind of source is, and the values that it speaks in. Pure: no request is made and no clock is read here.

A kind says which addresses it starts from (``start``) and what an answer becomes (``read``): a stream of ``Ask`` (ask
for this too), ``Took`` (these are posts), ``Mark`` (remember this for the next run), ``Rest`` (leave the host alone so
long), ``Drop`` (this was left out, and why) and ``ThreadGone`` (this was deleted). A spider carries them out, politely.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, Literal, TypeVar
from urllib.parse import quote_plus

from pydantic import AfterValidator, Field

from analysis.model import Post
from analysis.model.errors import ReadError
from analysis.model.times import reset_wait
from analysis.settings.sources import SourceSection
from analysis.settings.values import Seconds, WebAddress, in_form

if TYPE_CHECKING:
    from crawler.readers.page import Page

MOST_PAGES = 1000
BRAND = "{query}"
PageKind = Literal["auto", "article", "forum", "review"]
TOKEN = "token"  # noqa: S105 - a step
"""The step of a request for a token: what it leads to is the first that asks for anything."""
Variable = Annotated[
    str,
    in_form("[A-Za-z_][A-Za-z0-9_]*", like='"GITHUB_TOKEN": the name of a variable, not the key itself', quoted=False),
]
"""The name of a variable of the environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request that a kind wants made: a GET, or a POST where it has a ``body``.

    ``step`` tells ``read`` which sort of answer it gets, and ``carry`` is a small value that comes back with it.
    ``mark`` is the version of what is behind the address, where a listing tells it. ``whole`` asks for the answer even
    if it is unchanged since the last run. ``keyed`` says that it carries a key which the host gave out: the terms of
    its API hold then, and not robots.txt, which speaks to who crawls unasked.
    """

    url: str
    step: str = ""
    carry: Any = None
    mark: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    whole: bool = False
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Took:
    """Posts that an answer held."""

    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the next run is to know (the newest id or time), written once all that came of the answer is stored."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Rest:
    """The host wants to be left alone for so many seconds, and said so in its answer; ``why`` in plain words."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Something was left out: why, in a few words, and how many."""

    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class ThreadGone:
    """A discussion that its host says is deleted, by its address: all that was stored of it is withdrawn."""

    thread: str


Step = Ask | Took | Mark | Rest | Drop | ThreadGone


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a kind may look at besides the answer: the time, the marks of the last run, and how the brands are named.

    ``keys`` are the values of the variables that its options call ``secrets``, where they are set.
    """

    now: datetime
    marks: Mapping[str, str] = field(default_factory=dict)
    brands: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str:
        """The key of a kind that takes one alone; empty where there is none."""
        return next(iter(self.keys.values()), "")


class PageOptions(SourceSection):
    """Keys of the kinds that lead to pages. ``render`` draws each in a browser, with its scripts."""

    url: WebAddress
    read: PageKind = "auto"
    render: bool = False
    max_pages: int = Field(default=MOST_PAGES, ge=1)

    def address(self) -> str:
        """Return the address that is read first."""
        return self.url


class OwnOptions(SourceSection):
    """Keys of what is one's own: ``about`` is a brand's name, put before each title: who writes seldom names it."""

    about: str = ""


class ApiOptions(SourceSection):
    """Keys that all API kinds share. A kind gives ``api`` the address of its host as the default.

    ``key_from`` says where a key is to be had, of a kind that is nothing without.
    """

    key_from: ClassVar[str] = ""
    api: WebAddress = ""
    since: Seconds | None = None
    max_pages: int = Field(default=MOST_PAGES, ge=1)

    def address(self) -> str:
        """Return the address of the host that answers."""
        return self.api

    def secrets(self) -> tuple[str, ...]:
        """Return the environment variables that hold its key, all of which are set or none; see ``keys_of``.

        That of ``key_env``, where the kind has such a key in its table.
        """
        name = getattr(self, "key_env", "")
        return (name,) if name else ()


def _search(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; write words to search for, or {query}, which stands for each brand's name")
    return text


class SearchOptions(ApiOptions):
    """Keys of an API that is searched: ``query``, in which ``{query}`` stands for each brand's name and aliases."""

    query: Annotated[str, AfterValidator(_search)] = BRAND

    def subject(self) -> str:
        """Return the words that are searched for."""
        return self.query.replace(BRAND, "")


O = TypeVar("O", bound=SourceSection)  # noqa: E741 - options


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[O]):
    """A kind of source. ``driver`` names the spider that carries it out: ``api``, ``own`` (what lies on no web page),
    ``news`` (an API that lists pages), or one of its own for listings.

    ``own_addresses`` says that its posts have addresses of their own (an API's answer tells them). Where it is false,
    posts stand on the site of the page that they were read from, whatever the page claims. ``posts_are_news`` says that
    what was read before is not read again, so that any post at all is a change.

    ``check`` is the cheapest request that shows whether a key works, and ``left`` says of its answer what may be asked
    still. ``refusals`` are statuses whose answers it reads too, because they say why.
    """

    name: str
    options: type[O]
    driver: Literal["feed", "sitemap", "pages", "api", "own", "warc", "news"]
    own_addresses: bool
    start: Callable[[O, Knowledge], Iterable[Ask]]
    read: Callable[[Page, Ask, O, Knowledge], Iterator[Step]]
    posts_are_news: bool = False
    check: Callable[[O, Knowledge], Ask] | None = None
    left: Callable[[Page], str] | None = None
    refusals: tuple[int, ...] = ()

    def steps(self, page: Page, ask: Ask, options: Any, known: Knowledge) -> tuple[Step, ...]:
        """Return what an answer becomes. Raises ``ReadError`` where it cannot be read."""
        # Before what it leads to is asked for.
        resting = rests(page, known) if self.driver in ("api", "news") else ()
        steps = chain(resting, self.read(page, ask, options, known))
        # What leads to pages has them read by the readers of pages, which place what they find.
        is_claim = self.driver == "api" and not self.own_addresses
        return tuple(placed(steps, page) if is_claim else steps)

    def options_of(self, options: object) -> O:
        """Return a source's options as this kind's own. Raises ``TypeError`` for those of another kind."""
        if not isinstance(options, self.options):
            raise TypeError(f"{type(options).__name__} are no options of a source of the kind {self.name}")
        return options


def searches(query: str, known: Knowledge) -> tuple[str, ...]:
    """Return the searches that ``query`` stands for: itself, or one for each brand's name where it has ``{query}``."""
    if BRAND not in query:
        return (query,)
    names = (f'"{name}"' if " " in name else name for name in known.brands)
    return tuple(dict.fromkeys(query.replace(BRAND, name) for name in names))


def addresses(url: str, known: Knowledge) -> tuple[str, ...]:
    """Return the addresses that ``url`` stands for: itself, or one for each brand's name where it has ``{query}``."""
    if BRAND not in url:
        return (url,)
    return tuple(dict.fromkeys(url.replace(BRAND, quote_plus(name)) for name in searches(BRAND, known)))


def seen_until(options: ApiOptions, known: Knowledge, mark: str, *, late: timedelta) -> datetime | None:
    """Return the time before which everything was read: that of ``mark`` less ``late``, or of ``since`` if it is later.

    None where neither is known. Posts may appear in an API's lists some time after they were written.
    """
    wanted = known.now - timedelta(seconds=options.since) if options.since else None
    written = known.marks.get(mark, "")
    seen = datetime.fromisoformat(written) - late if written else None
    return max((at for at in (wanted, seen) if at), default=None)


def rests(page: Page, known: Knowledge) -> Iterator[Rest]:
    """Yield a rest where an answer's headers say that no request is left in this period of the host's limit.

    By ``X-RateLimit-Remaining`` and ``-Reset``, with or without the X.
    """
    for name in ("x-ratelimit", "ratelimit"):
        left = page.headers.get(f"{name}-remaining", "").strip()
        wait = reset_wait(page.headers.get(f"{name}-reset", ""), known.now)
        # Reddit tells fractions: half a request is none.
        if left.replace(".", "", 1).isdigit() and float(left) < 1 and wait is not None:
            yield Rest(max(1.0, wait), "its requests of this period are used up")
            return


def unheeded(page: Page) -> ReadError:
    """Return the error of an answer that holds other times than were asked for: taken for the page that was wanted, it
    would leave a gap. The next run asks again."""
    return ReadError(f"{page.place}: gave another page than was asked for; does a cache stand in between?")


def left(page: Page) -> str:
    """Return in words how many requests an answer's headers leave for this period; empty where they do not say."""
    told = page.headers.get("x-ratelimit-remaining") or page.headers.get("ratelimit-remaining") or ""
    return f"{float(told):,.0f} requests of this period are left" if told.replace(".", "", 1).isdigit() else ""


def first_asked(start: Callable[[Any, Knowledge], Iterable[Ask]]) -> Callable[[Any, Knowledge], Ask]:
    """Return a kind's ``check`` that asks what a run would ask first."""

    def check(options: ApiOptions, known: Knowledge) -> Ask:
        return next(iter(start(options, known)), Ask(url=options.address()))

    return check


def loaded(page: Page) -> Any:
    """Return the JSON that an answer holds. Raises ``ReadError`` where it holds none."""
    try:
        return json.loads(page.content)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{page.place}: this is no JSON ({error}); is the address that of the API?") from None


def plain(html: str) -> str:
    """Return the words of a piece of HTML, a line per block."""
    # Here, because a configuration is read without any need of an HTML parser.
    from crawler.readers.facts.pieces import html_text

    return html_text(html)


def placed(steps: Iterable[Step], page: Page) -> Iterator[Step]:
    """Yield ``steps`` with every post on the site of ``page``, each with an address of its own."""
    from crawler.readers.placing import on_own_site

    for step in steps:
        yield replace(step, posts=on_own_site(step.posts, page)) if isinstance(step, Took) else step
