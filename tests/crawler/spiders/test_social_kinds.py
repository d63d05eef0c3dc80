"""Reddit, Mastodon, Bluesky and Lemmy, each crawled whole against a server that answers as its documentation says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.crawl.crawling import configure, crawl, mentions
from tests.support.crawl.documented_api import ApiAnswer, DocumentedApi
from tests.support.crawl.networks import SERVERS, START, TOKEN, Network, talk

APP = {"REDDIT_CLIENT_ID": "app", "REDDIT_CLIENT_SECRET": "s3cret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A source: its keys, the list that it reads, how many posts are on a page, and the variables that are set."""

    kind: str
    listed: str
    size: int
    keys: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


PLAYS = {
    "reddit by its API": Play(
        kind="reddit", listed="new", size=100, keys={"subreddit": "coffee", "comments": False}, environ=APP
    ),
    "reddit by its feeds": Play(kind="reddit", listed="comments", size=100, keys={"subreddit": "coffee"}),
    "mastodon by tag": Play(kind="mastodon", listed="tag Kettle", size=40),
    "mastodon by search": Play(
        kind="mastodon", listed="search boiler", size=40, keys={"query": "boiler", "key_env": "TALK_TOKEN"},
        environ={"TALK_TOKEN": TOKEN},
    ),
    "bluesky by search": Play(kind="bluesky", listed="search Kettle", size=100),
    "bluesky by account": Play(
        kind="bluesky", listed="account kettle.example", size=100, keys={"account": "kettle.example"},
        environ={"BLUESKY_HANDLE": "ann.example", "BLUESKY_APP_PASSWORD": "app-pass"},
    ),
    "lemmy by community": Play(kind="lemmy", listed="post coffee", size=50, keys={"community": "coffee"}),
    "lemmy by search": Play(kind="lemmy", listed="comment Kettle", size=50),
}  # fmt: skip
OTHERS = {"reddit": ["new", "comments"], "lemmy": ["post Kettle", "comment Kettle", "post coffee", "comment coffee"]}
"""Further lists that are asked for, and are empty."""


class Played:
    """One source, crawled as often as wanted against its network."""

    def __init__(self, play: Play, net: Network, folder: Path) -> None:
        self.play, self.net, self.folder = play, net, folder
        net.lists = {name: net.lists.get(name, []) for name in [*OTHERS.get(play.kind, ()), *net.lists]}

    def crawl(self, host: DocumentedApi) -> dict[str, Any]:
        """Crawl once and return what is said of the source."""
        config = configure(self.folder, {"it": {"kind": self.play.kind, "api": host.api, **self.play.keys}})
        return crawl(config, environ=self.play.environ).sources["it"]

    def texts(self) -> dict[str, str]:
        """Return the words that are stored, by address."""
        return {url: mention.text for url, mention in mentions(self.folder / "candor.toml").items()}


@pytest.fixture(params=PLAYS)
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Played:
    play = PLAYS[request.param]
    under = 7 if "comment" in play.listed else 0
    return Played(play, Network(lists={play.listed: talk(2 * play.size + 7, under=under)}), tmp_path)


def test_all_is_read_once_to_the_end_and_a_second_run_reads_what_is_new(played: Played) -> None:
    net, play = played.net, played.play
    with DocumentedApi(SERVERS[play.kind](net)) as host:
        first = played.crawl(host)
        assert (first["state"], first["mentions_new"], first["dropped"]) == ("ok", 2 * play.size + 7, {})
        assert len(played.texts()) == 2 * play.size + 7
        asked = len(host.asked)
        second = played.crawl(host)
        assert (second["state"], second["mentions_new"]) == ("ok", 0)
        # What is old is not paged through again.
        assert len(host.asked) - asked < asked
        late = talk(1, first=9000, at=START - timedelta(hours=9000), under=play.listed.startswith("comment") and 7)
        net.lists[play.listed] += (
            [*talk(1, first=9001, at=START), *late] if play.kind == "never" else talk(1, first=400)
        )
        third = played.crawl(host)
    assert (third["state"], third["mentions_new"]) == ("ok", 1)


def test_troubles_on_the_way_cost_nothing(played: Played) -> None:
    net, play = played.net, played.play
    soon = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    # A page that is shown twice, an answer that asks for patience, and one that is broken.
    net.order = {play.listed: [0, 0, 1, 2]}
    net.troubles = {(play.listed, 1): [ApiAnswer({}, 429, soon)], (play.listed, 2): [ApiAnswer({}, 500)]}
    with DocumentedApi(SERVERS[play.kind](net)) as host:
        row = played.crawl(host)
        assert (row["state"], row["mentions_new"]) == ("ok", 2 * play.size + 7)
        assert not net.troubles[play.listed, 1]
        assert not net.troubles[play.listed, 2]
        assert played.crawl(host)["mentions_new"] == 0
    assert len(played.texts()) == 2 * play.size + 7


def test_a_page_that_stays_broken_is_no_gap(played: Played) -> None:
    net, play = played.net, played.play
    net.troubles = {(play.listed, 1): [ApiAnswer({}, 500)] * 2}
    with DocumentedApi(SERVERS[play.kind](net)) as host:
        cut = played.crawl(host)
        assert (cut["mentions_new"], cut["dropped"]) == (play.size, {"the server failed: 500": 1})
        assert played.crawl(host)["mentions_new"] == play.size + 7
        assert played.crawl(host)["mentions_new"] == 0


def test_a_cursor_that_loops_ends(played: Played) -> None:
    net, play = played.net, played.play
    net.loop = True
    with DocumentedApi(SERVERS[play.kind](net)) as host:
        row = played.crawl(host)
    assert (row["state"], row["mentions_new"]) == ("ok", 2 * play.size + 7)
    assert len(host.asked) < 12


def test_an_empty_list_is_no_failure(played: Played) -> None:
    played.net.lists[played.play.listed] = []
    with DocumentedApi(SERVERS[played.play.kind](played.net)) as host:
        row = played.crawl(host)
    assert (row["state"], row["mentions_new"], row["dropped"]) == ("ok", 0, {})


def test_a_host_whose_limit_is_used_up_is_left_alone(played: Played) -> None:
    net, play = played.net, played.play
    later = str(int((datetime.now(UTC) + timedelta(hours=2)).timestamp()))
    net.headers = {"RateLimit-Remaining": "0", "RateLimit-Reset": later}
    with DocumentedApi(SERVERS[play.kind](net)) as host:
        row = played.crawl(host)
        assert len(host.asked) <= 3
        assert any("asked us to come back in" in why for why in row["dropped"])
        asked = len(host.asked)
        again = played.crawl(host)
    assert (again["state"], len(host.asked)) == ("waiting", asked)
