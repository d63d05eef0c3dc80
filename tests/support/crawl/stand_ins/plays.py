"""Every kind that asks an API, as it is played: one row each, and it meets all that may go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from analysis.model import Mention
from crawler.spiders.api import UNREAD
from tests.support.crawl.crawling import HEAD, configure, crawl, mentions
from tests.support.crawl.documented_api import Answers, DocumentedApi
from tests.support.crawl.place import Place, Said, talk
from tests.support.crawl.stand_ins import boards, desks, networks, searches, stores

LINEAR = HEAD + '[enrich]\nmodel = "linear"\n'
FULL = 100
"""A page of whose fullness an API's reader judges whether there are more."""
PER_HOST = 8
"""How many requests of one host the configuration of these tests lets be on their way at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A source: its kind, how it is answered, the list that it reads, its other keys, and its variables.

    ``size`` posts are on a page, ``first`` is the number of the first; ``beside`` are other lists, which are asked for
    too. ``edits`` and ``withdraws`` say that it finds the newest post edited, or deleted; ``details`` that each post is
    an answer of its own; ``account`` is the variable of a service account's key.
    """

    kind: str
    answers: Callable[[Place], Answers]
    listed: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    size: int = 7
    first: int = 1
    beside: Mapping[str, Sequence[Said]] = field(default_factory=dict)
    edits: bool = True
    withdraws: bool = False
    details: bool = False

    def said(self) -> list[Said]:
        """Return what fills two pages and a bit of the list, of the last days."""
        count = 2 * self.size + 3 if self.size < FULL else self.size + 3
        start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3, seconds=40 * count)
        return talk(count, first=self.first, under=self.under, at=start, step=40)

    @property
    def under(self) -> int:
        """The number of the post under which it is said, where that is comments."""
        return 1 if "comment" in self.listed else 0

    @property
    def early(self) -> int:
        """The number of a post on the first page: a desk shows first what changed the longest ago."""
        return self.first + 2 if self.listed == "tickets" else self.said()[-3].number

    @property
    def under_way(self) -> int:
        """How many answers may be in memory at once: of each list the one that is read and the next, what grants access
        besides, and of posts that are each an answer those that are read and as many as come at once."""
        asks_for_each = self.details or self.kind == "freshdesk"
        return 2 * (1 + len(self.beside)) + 2 + (UNREAD // 1024 + PER_HOST) * asks_for_each

    @property
    def count(self) -> int:
        """How many posts there are in all."""
        return len(self.said()) + sum(map(len, self.beside.values()))


VIDEO = {"search Kettle": talk(1, at=datetime.now(UTC).replace(microsecond=0) - timedelta(days=3))}
APP = {"REDDIT_CLIENT_ID": "app", "REDDIT_CLIENT_SECRET": "s3cret"}
ANN = {"BLUESKY_HANDLE": "ann.example", "BLUESKY_APP_PASSWORD": "app-pass"}
PUBLIC: dict[str, Play] = {
    "hackernews": Play(kind="hackernews", answers=searches.hackernews, listed="search Kettle"),
    "reddit-feed": Play(
        kind="reddit", answers=networks.reddit, listed="comments", keys={"subreddit": "coffee"}, beside={"new": ()}
    ),
    "mastodon-tag": Play(kind="mastodon", answers=networks.mastodon, listed="tag Kettle"),
    "bluesky-search": Play(kind="bluesky", answers=networks.bluesky, listed="search Kettle"),
    "lemmy-list": Play(
        kind="lemmy",
        answers=networks.lemmy,
        listed="post coffee",
        keys={"community": "coffee"},
        beside={"comment coffee": ()},
        withdraws=True,
    ),
    "lemmy-search": Play(
        kind="lemmy", answers=networks.lemmy, listed="comment Kettle", beside={"post Kettle": ()}, withdraws=True
    ),
    "stackexchange": Play(
        kind="stackexchange", answers=searches.stackexchange, listed="search Kettle", keys={"site": "cooking"}
    ),
    "github": Play(
        kind="github",
        answers=boards.github,
        listed="issues",
        keys={"repository": "kettle/app"},
        size=FULL,
        beside={"comments": ()},
    ),
    "discourse": Play(kind="discourse", answers=boards.discourse, listed="search Kettle", withdraws=True, details=True),
    "askbot": Play(kind="askbot", answers=boards.askbot, listed="search Kettle"),
    "appstore": Play(kind="appstore", answers=stores.appstore, listed="reviews", keys={"app": "77"}),
    "gdelt": Play(
        kind="gdelt", answers=searches.gdelt, listed="search Kettle", keys={"full": False}, size=250, edits=False
    ),
}
"""Those that need no key."""
KEYED: dict[str, Play] = {
    "reddit-list": Play(
        kind="reddit",
        answers=networks.reddit,
        listed="new",
        keys={"subreddit": "coffee"},
        environ=APP,
        beside={"comments": ()},
        withdraws=True,
    ),
    "mastodon-search": Play(
        kind="mastodon",
        answers=networks.mastodon,
        listed="search boiler",
        keys={"query": "boiler", "key_env": "TALK_TOKEN"},
        environ={"TALK_TOKEN": networks.TOKEN},
    ),
    "bluesky-account": Play(
        kind="bluesky",
        answers=networks.bluesky,
        listed="account me.example",
        keys={"account": "me.example"},
        environ=ANN,
    ),
    "bluesky-cursor": Play(kind="bluesky", answers=networks.bluesky, listed="search Kettle", environ=ANN, first=1001),
    "youtube-videos": Play(
        kind="youtube",
        answers=stores.youtube,
        listed="search Kettle",
        first=1001,
        environ={"YOUTUBE_API_KEY": stores.YOUTUBE_KEY},
    ),
    "youtube-comments": Play(
        kind="youtube",
        answers=stores.youtube,
        listed="comments v1",
        environ={"YOUTUBE_API_KEY": stores.YOUTUBE_KEY},
        beside=VIDEO,
        edits=False,
    ),
    "playstore": Play(
        kind="playstore",
        answers=stores.playstore,
        listed="reviews",
        keys={"app": "example.kettle"},
        account="PLAYSTORE_KEY",
    ),
    "zendesk": Play(
        kind="zendesk",
        answers=desks.zendesk,
        listed="tickets",
        keys={"user": desks.AGENT},
        environ={"ZENDESK_API_TOKEN": desks.DESK_KEY},
        withdraws=True,
        details=True,
    ),
    "freshdesk": Play(
        kind="freshdesk",
        answers=desks.freshdesk,
        listed="tickets",
        environ={"FRESHDESK_API_KEY": desks.DESK_KEY},
        size=FULL,
        withdraws=True,
    ),
    "intercom": Play(
        kind="intercom",
        answers=desks.intercom,
        listed="tickets",
        environ={"INTERCOM_TOKEN": desks.DESK_KEY},
        withdraws=True,
        details=True,
    ),
}
"""Those that are asked with one."""


class Group:
    """Sources, each with a server of its own, crawled together as often as wanted: a crawl costs more than it reads."""

    def __init__(
        self, plays: Mapping[str, Play], folder: Path, *, environ: Mapping[str, str] | None = None, robots: str = ""
    ) -> None:
        self.plays, self.folder, self.robots = plays, folder, robots
        self.places = {
            name: Place(
                size=play.size,
                lists={**{each: list(said) for each, said in play.beside.items()}, play.listed: play.said()},
            )
            for name, play in plays.items()
        }
        self.hosts: dict[str, DocumentedApi] = {}
        self.environ = {} if environ is None else dict(environ)
        self._is_given = environ is not None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for at, (name, play) in enumerate(self.plays.items(), start=1):
            # Each has an address of its own: what a host is owed is owed to its address.
            host = DocumentedApi(play.answers(self.places[name]), robots=self.robots, host=f"127.7.0.{at}")
            self.hosts[name] = self._open.enter_context(host)
            if not self._is_given:
                self.environ |= play.environ
                self.environ |= {play.account: stores.service_account(host.api)} if play.account else {}
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def config(self) -> Path:
        """Write the configuration and return its path."""
        tables = {
            name: {"kind": play.kind, "api": self.hosts[name].api, **play.keys} for name, play in self.plays.items()
        }
        return configure(self.folder, tables, head=LINEAR)

    def crawl(self) -> dict[str, dict[str, Any]]:
        """Crawl all once; return the record of each."""
        return crawl(self.config(), environ=self.environ).sources

    def asked(self) -> dict[str, int]:
        """Return how often each server was asked."""
        return {name: len(host.asked) for name, host in self.hosts.items()}

    def stored(self, name: str) -> list[Mention]:
        """Return what is stored of a source."""
        return [each for each in mentions(self.folder / "candor.toml").values() if each.source.id == name]

    def each(self, rows: Mapping[str, Mapping[str, Any]], *names: str) -> dict[str, tuple[Any, ...]]:
        """Return some fields of each record."""
        return {name: tuple(rows[name][each] for each in names) for name in self.plays}

    def lists(self) -> Iterator[tuple[Place, Play]]:
        """Yield each place with what is played there."""
        for name, play in self.plays.items():
            yield self.places[name], play
