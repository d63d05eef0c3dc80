"""Reddit, Mastodon, Bluesky and Lemmy, crawled whole against servers that answer as their documentation says.

All sources of a group are crawled at once, each with a server of its own: a crawl costs more than what it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysis.model import Mention
from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.documented_api import ApiAnswer, DocumentedApi
from tests.support.crawl.networks import SERVERS, TOKEN, Network, Said, talk

ENVIRON = {
    "REDDIT_CLIENT_ID": "app",
    "REDDIT_CLIENT_SECRET": "s3cret",
    "TALK_TOKEN": TOKEN,
    "BLUESKY_HANDLE": "ann.example",
    "BLUESKY_APP_PASSWORD": "app-pass",
}
NOBODY = "User-agent: *\nDisallow: /\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A source: its kind, the list that it reads, how many posts are on a page, and its other keys."""

    kind: str
    listed: str
    size: int
    keys: Mapping[str, Any] = field(default_factory=dict)

    def said(self) -> list[Said]:
        """Return what fills two pages and a bit of the list."""
        return talk(2 * self.size + 7, under=7 if "comment" in self.listed else 0)

    @property
    def count(self) -> int:
        """How many those are."""
        return len(self.said())


KEYED = {
    "reddit-list": Play(kind="reddit", listed="new", size=100, keys={"subreddit": "coffee"}),
    "mastodon-search": Play(
        kind="mastodon", listed="search boiler", size=40, keys={"query": "boiler", "key_env": "TALK_TOKEN"}
    ),
    "bluesky-account": Play(kind="bluesky", listed="account me.example", size=100, keys={"account": "me.example"}),
}
PUBLIC = {
    "reddit-feed": Play(kind="reddit", listed="comments", size=100, keys={"subreddit": "coffee"}),
    "mastodon-tag": Play(kind="mastodon", listed="tag Kettle", size=40),
    "bluesky-search": Play(kind="bluesky", listed="search Kettle", size=100),
    "lemmy-list": Play(kind="lemmy", listed="post coffee", size=50, keys={"community": "coffee"}),
    "lemmy-search": Play(kind="lemmy", listed="comment Kettle", size=50),
}
EMPTY = {"reddit": ("new", "comments"), "lemmy": ("post Kettle", "comment Kettle", "post coffee", "comment coffee")}
"""Lists that are asked for too, and are empty."""


class Group:
    """Sources with their servers, crawled together as often as wanted."""

    def __init__(self, plays: Mapping[str, Play], folder: Path, environ: Mapping[str, str], robots: str = "") -> None:
        self.plays, self.folder, self.environ, self.robots = plays, folder, environ, robots
        self.nets = {
            name: Network(lists={**{each: [] for each in EMPTY.get(play.kind, ())}, play.listed: play.said()})
            for name, play in plays.items()
        }
        self.hosts: dict[str, DocumentedApi] = {}
        self._open = ExitStack()

    def __enter__(self) -> Group:
        for place, (name, play) in enumerate(self.plays.items(), start=1):
            answers = SERVERS[play.kind](self.nets[name])
            host = DocumentedApi(answers, robots=self.robots, host=f"127.0.7.{place}")
            self.hosts[name] = self._open.enter_context(host)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def crawl(self) -> dict[str, dict[str, Any]]:
        """Crawl once and return what is said of each source."""
        tables = {
            name: {"kind": play.kind, "api": self.hosts[name].api, **play.keys} for name, play in self.plays.items()
        }
        return crawl(configure(self.folder, tables), environ=self.environ).sources

    def each(self, rows: Mapping[str, Mapping[str, Any]], *fields: str) -> dict[str, Any]:
        """Return those fields of each source."""
        return {name: tuple(rows[name][each] for each in fields) for name in self.plays}

    def asked(self) -> dict[str, int]:
        """Return how often each server was asked."""
        return {name: len(host.asked) for name, host in self.hosts.items()}

    def stored(self, name: str) -> Sequence[Mention]:
        """Return what is stored of a source."""
        found = mentions(self.folder / "candor.toml").values()
        return [mention for mention in found if mention.source.id == name]


@pytest.fixture(params=["with keys", "open to all"])
def group(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Group]:
    # What asks with a key goes by the terms of that, and robots.txt is for those who have none.
    is_keyed = request.param == "with keys"
    plays, environ, robots = (KEYED, ENVIRON, NOBODY) if is_keyed else (PUBLIC, {}, "")
    with Group(plays, tmp_path, environ, robots) as made:
        yield made


def test_all_is_read_once_whatever_happens_and_then_what_is_new(group: Group) -> None:
    soon = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    for name, play in group.plays.items():
        # A page that is shown twice, an answer that asks for patience, and one that is broken once.
        group.nets[name].order = {play.listed: [0, 0, 1, 2]}
        group.nets[name].troubles = {
            (play.listed, 1): [ApiAnswer({}, 429, soon)],
            (play.listed, 2): [ApiAnswer({}, 500)],
        }
    first = group.crawl()
    counts = {name: play.count for name, play in group.plays.items()}
    assert group.each(first, "state", "mentions_new") == {name: ("ok", count) for name, count in counts.items()}
    assert {why for name in counts for why in first[name]["dropped"]} <= {"same address twice"}
    assert {name: len(group.stored(name)) for name in counts} == counts
    assert not any(left for net in group.nets.values() for left in net.troubles.values())
    asked = group.asked()
    second = group.crawl()
    assert group.each(second, "state", "mentions_new") == dict.fromkeys(counts, ("ok", 0))
    # What is old is not paged through again.
    assert all(twice < 2 * asked[name] for name, twice in group.asked().items())
    for name, play in group.plays.items():
        # One that is new, and one that was written shortly before what was read last and came late.
        said = group.nets[name].lists[play.listed]
        late, new = said[-1].at - timedelta(minutes=30), said[-1].at + timedelta(hours=1)
        group.nets[name].order = {}
        group.nets[name].lists[play.listed] = [
            *said, replace(said[-1], number=900, at=new), replace(said[-1], number=901, at=late)
        ]  # fmt: skip
    third = group.crawl()
    assert group.each(third, "state", "mentions_new") == dict.fromkeys(counts, ("ok", 2))


def test_a_page_that_stays_broken_is_no_gap(group: Group) -> None:
    for name, play in group.plays.items():
        group.nets[name].troubles = {(play.listed, 1): [ApiAnswer({}, 500)] * 2}
    cut = group.crawl()
    assert group.each(cut, "mentions_new", "dropped") == {
        name: (play.size, {"the server failed: 500": 1}) for name, play in group.plays.items()
    }
    whole = group.crawl()
    assert group.each(whole, "mentions_new") == {name: (play.size + 7,) for name, play in group.plays.items()}


def test_a_cursor_that_loops_ends(group: Group) -> None:
    for net in group.nets.values():
        net.loop = True
    rows = group.crawl()
    assert group.each(rows, "state", "mentions_new") == {name: ("ok", p.count) for name, p in group.plays.items()}
    assert max(group.asked().values()) < 12


def test_a_host_whose_limit_is_used_up_is_left_alone(group: Group) -> None:
    later = str(int((datetime.now(UTC) + timedelta(hours=2)).timestamp()))
    for net in group.nets.values():
        net.headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": later}
    rows = group.crawl()
    asked = group.asked()
    assert all("asked us to come back in" in " ".join(rows[name]["dropped"]) for name in group.plays)
    again = group.crawl()
    assert group.each(again, "state") == dict.fromkeys(group.plays, ("waiting",))
    assert group.asked() == asked


def test_robots_txt_holds_for_who_has_no_key(tmp_path: Path) -> None:
    with Group(PUBLIC, tmp_path, {}, NOBODY) as group:
        rows = group.crawl()
        assert group.each(rows, "state", "cause") == dict.fromkeys(PUBLIC, ("failing", "robots.txt forbids"))
        assert set(group.asked().values()) == {0}


def test_what_was_edited_is_updated_and_what_was_deleted_is_withdrawn(tmp_path: Path) -> None:
    plays = {
        "reddit": replace(KEYED["reddit-list"], listed="comments"),
        "lemmy": PUBLIC["lemmy-search"],
        "mastodon": PUBLIC["mastodon-tag"],
    }
    with Group(plays, tmp_path, ENVIRON) as group:
        for name, play in plays.items():
            group.nets[name].lists[play.listed] = talk(3, under=7 if name != "mastodon" else 0)
        assert group.each(group.crawl(), "mentions_new") == dict.fromkeys(plays, (3,))
        for name, play in plays.items():
            group.nets[name].change(play.listed, 2, text="my kettle, mended")
            group.nets[name].change(play.listed, 3, gone=True)
        rows = group.crawl()
        texts = {name: {mention.text for mention in group.stored(name)} for name in plays}
    assert texts["reddit"] == texts["lemmy"] == {"my kettle, number 1", "my kettle, mended"}
    assert texts["mastodon"] == {"my kettle, number 1", "my kettle, mended", "my kettle, number 3"}
    away = "edited since: no longer names the brand"
    assert {name for name in plays if rows[name]["dropped"].get(away) == 1} == {"reddit", "lemmy"}


def test_a_search_of_reddit_reads_all_comments_under_what_it_finds(tmp_path: Path) -> None:
    plays = {"reddit": Play(kind="reddit", listed="search Kettle", size=100)}
    with Group(plays, tmp_path, ENVIRON) as group:
        below = [said for post in (1, 2) for said in talk(150, first=1000 * post, under=post)]
        group.nets["reddit"].lists = {"search Kettle": talk(2), "below": below}
        first = group.crawl()["reddit"]
        assert (first["state"], first["mentions_new"], first["dropped"]) == ("ok", 302, {})
        # The token, the search and the empty page behind it, two threads, and twice two for what those leave out.
        assert len(group.hosts["reddit"].asked) == 9
        assert group.crawl()["reddit"]["mentions_new"] == 0
        comment = next(each for each in group.stored("reddit") if each.url.endswith("/a_kettle/1149/"))
    assert (comment.title, comment.thread) == ("Hello", "https://www.reddit.com/r/coffee/comments/1/a_kettle/")


def test_keys_that_are_refused_or_half_given_are_told_and_never_shown(tmp_path: Path) -> None:
    wrong = {"REDDIT_CLIENT_ID": "app", "REDDIT_CLIENT_SECRET": "wr0ng"}
    plays = {"reddit": KEYED["reddit-list"], "bluesky": KEYED["bluesky-account"]}
    with Group(plays, tmp_path, {**wrong, "BLUESKY_HANDLE": "ann.example"}) as group:
        rows = group.crawl()
    assert rows["reddit"]["state"] == rows["bluesky"]["state"] == "failing"
    assert "no token was given; check REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET" in rows["reddit"]["cause"]
    assert "BLUESKY_HANDLE is set, and BLUESKY_APP_PASSWORD is not" in rows["bluesky"]["cause"]
    assert "wr0ng" not in str(rows)
