"""Rounds of crawls on a Ray cluster in which something is killed, and what was lost: for a test and for a bench.

The web that is read counts what it is asked; every host has a feed, which tells more posts in each round. Some feeds
lead to a host that has no feed of its own: several actors are led there, and one at a time may ask it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from analysis.store.base import Filter
from analysis.store.elastic.store import open_elastic
from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.elastic.server import Server
from tests.support.ray_cluster import RayOnLoopback

POSTS = 3
"""New posts of a feed in each round."""
DELAY_S = 0.3
TOO_SOON_S = DELAY_S / 2
"""On a busy machine a request is late to where it is counted; two actors on a host would show all the same."""
THIRD = "127.0.2.1"
LEADS = 4
"""One feed in so many leads to ``THIRD``, with one post a round."""
BACK_S = 4.0
SERVER_WITHIN_S = 300.0
LONGEST_S = 600.0
MOST_CALLS = 6
_HEAD = f"""
[[brands]]
name = "Kettlo"
role = "own"
[crawl]
contact = "mailto:web@kettlo.example"
allow_networks = ["127.0.0.0/8"]
delay = {DELAY_S}
per_host = 1
workers = 1
retries = 0
[alerts]
keywords = [{{id = "leaks", query = "leaks", severity = "warning"}}]
"""


@dataclass(slots=True)
class Site:
    """What every host shows: a feed of all posts up to the present round, and the posts.

    ``third`` is the root of the host that some feeds lead to; empty for none.
    """

    round: int = 1
    third: str = ""

    def posts(self, host: str, root: str) -> list[str]:
        """Return the addresses of all posts that the feed of ``host`` tells of."""
        own = [f"{root}/{n}" for n in range(self.round * POSTS)]
        led = self.third and not int(host.rpartition(".")[2]) % LEADS
        return own + ([f"{self.third}/{host}/{n}" for n in range(self.round)] if led else [])

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.path == "/robots.txt":
            return Answer(b"", 404)
        root = f"http://{asked.headers['host']}"
        if asked.path == "/feed.xml":
            items = "".join(
                f"<item><title>Kettlo {n}</title><link>{url}</link><guid>{url}</guid></item>"
                for n, url in enumerate(self.posts(asked.host, root))
            )
            feed = f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>"
            return Answer(feed.encode(), headers={"Content-Type": "application/xml"})
        words = f"My Kettlo kettle leaks and support never answered, case {asked.host} {asked.path}. It is awful."
        page = f"<html><title>Kettlo</title><article><h1>Kettlo {asked.path}</h1><p>{words}</p></article></html>"
        return Answer(page.encode())


@dataclass(slots=True)
class Found:
    """What a trial showed. What ``wrong`` lists must be empty or 0."""

    kills: list[str] = field(default_factory=list)
    calls: int = 0
    posts: int = 0
    requests: int = 0
    lost: int = 0
    """Posts that are not stored."""
    doubled: int = 0
    unread: list[str] = field(default_factory=list)
    at_once: dict[str, int] = field(default_factory=dict)
    too_soon: list[str] = field(default_factory=list)
    """Of each request that came too soon, the host and the seconds since the last."""
    robots: Counter[int] = field(default_factory=Counter)
    """How many hosts were asked for robots.txt so often."""
    alerts: int = 0
    alerts_doubled: int = 0
    passes_failed: int = 0
    """Passes of ``candor alert`` that ended with an error."""
    hung: int = 0

    @property
    def wrong(self) -> dict[str, int]:
        """How often what must not be was seen."""
        return {
            "lost": self.lost,
            "doubled": self.doubled,
            "unread": len(self.unread),
            "at_once": len(self.at_once),
            "too_soon": len(self.too_soon),
            "alerts_doubled": self.alerts_doubled,
            "passes_failed": self.passes_failed,
            "hung": self.hung,
        }


class Trial:
    """Rounds of crawls with kills in them. ``server`` may be None where no kill of Elasticsearch is drawn."""

    def __init__(
        self,
        cluster: RayOnLoopback,
        web: CountingServer,
        site: Site,
        folder: Path,
        *,
        store: str,
        actors: int,
        environ: Mapping[str, str],
        server: Server | None = None,
    ) -> None:
        self.cluster, self.web, self.site, self.folder = cluster, web, site, folder
        self.store, self.actors = store, actors
        self.environ, self.server = environ, server
        self.found = Found()
        self._headless = False
        """The head was killed: who needs it waits until it is restarted, when the command has ended."""
        self._due: list[tuple[float, Callable[[], Any]]] = []

    def run(self, kinds: Sequence[str], rng: random.Random, *, each: int = 2, say: Callable[[str], None]) -> Found:
        """Kill what ``kinds`` name, ``each`` in a round; then crawl once more without, and look at what is there."""
        rounds = [kinds[at : at + each] for at in range(0, len(kinds), each)]
        hosts = len(feeds_of(self.web))
        for number, some in enumerate([*rounds, []], start=1):
            self.site.round = number
            before, began = len(self.web.asked), time.monotonic()
            whole = hosts * (POSTS + 1)
            moments = sorted(rng.randrange(whole // 10, whole * 8 // 10) for _ in some)
            self._round(list(zip(moments, some, strict=True)), before, rng)
            asked = {one.host for one in self.web.asked[before:] if one.path == "/feed.xml"}
            self.found.unread += [f"{host} in round {number}" for host in feeds_of(self.web) if host not in asked]
            self._alerts()
            killed = ", ".join(f"{kind} at {at}" for at, kind in zip(moments, some, strict=True)) or "nothing killed"
            took = time.monotonic() - began
            say(f"round {number:2}: {killed}; {len(self.web.asked) - before} requests in {took:.0f} s")
        self._look()
        return self.found

    def _round(self, kills: list[tuple[int, str]], before: int, rng: random.Random) -> None:
        for _ in range(MOST_CALLS):
            self.found.calls += 1
            with self._crawl() as crawl:
                status = self._watched(crawl, kills, before)
            self._restore()
            if status == 0 and not kills:
                return
            # A moment that never came, because little was left to ask for, comes in the next call.
            asked, feeds = len(self.web.asked) - before, len(feeds_of(self.web))
            moments = sorted(asked + rng.randrange(1, max(2, feeds * 3 // 4)) for _ in kills)
            kills[:] = [(at, kind) for at, (_, kind) in zip(moments, kills, strict=True)]
        raise RuntimeError(f"the crawl did not end well in {MOST_CALLS} calls: {self._said()}")

    def _watched(self, crawl: subprocess.Popen[bytes], kills: list[tuple[int, str]], before: int) -> int:
        end = time.monotonic() + LONGEST_S
        while crawl.poll() is None:
            if kills and len(self.web.asked) - before >= kills[0][0] and self._kill(kills[0][1]):
                self.found.kills.append(kills.pop(0)[1])
            self._bring_back()
            if time.monotonic() > end:
                self.found.hung += 1
                crawl.kill()
            time.sleep(0.05)
        return crawl.returncode

    def _restore(self) -> None:
        """Have all that was killed run again: what comes back by itself, and a new head where it was killed."""
        if self._headless:
            self._due = [(at, what) for at, what in self._due if what != self._add]
            self.cluster.end()
            self.cluster.start()
            self._headless = False
        self._bring_back(all_=True)

    def _kill(self, kind: str) -> bool:
        """Kill one of a kind; False where there is none at present."""
        if kind == "elasticsearch":
            assert self.server is not None
            if self.server.process is None:
                return False
            self.server.kill()
            self._later(self._serve)
        elif self._headless:
            return False
        elif kind == "actor":
            pids = self.cluster.actors("CrawlActor")
            if not pids:
                return False
            os.kill(random.Random(len(self.found.kills)).choice(pids), 9)
        elif kind == "node":
            if not self.cluster.count:
                return False
            self.cluster.kill_node(1 + len(self.found.kills) % self.cluster.count)
            self._later(self._add)
        else:
            self.cluster.kill_node(0)
            self._headless = True
        return True

    def _add(self) -> None:
        self.cluster.add(1)

    def _serve(self) -> None:
        assert self.server is not None
        self.server.start(wait_s=SERVER_WITHIN_S)

    def _later(self, what: Callable[[], Any]) -> None:
        self._due.append((time.monotonic() + BACK_S, what))

    def _bring_back(self, *, all_: bool = False) -> None:
        """Start again what was killed, when its time has come: here, because Ray starts nodes on the main thread."""
        now = time.monotonic()
        due = [
            (at, what) for at, what in self._due if (all_ or at <= now) and not (self._headless and what == self._add)
        ]
        self._due = [each for each in self._due if each not in due]
        for _, what in due:
            what()

    @contextmanager
    def _crawl(self) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / "said").open("ab") as said:
            crawl = subprocess.Popen(
                self._command("crawl", "--on", "ray", "--actors", str(self.actors)),
                cwd=self.folder,
                env=self._environ(),
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
            try:
                yield crawl
            finally:
                crawl.kill()
                crawl.wait()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "candor", *words, "--store", self.store]

    def _environ(self) -> dict[str, str]:
        return {**self.environ, **self.cluster.environ}

    def _said(self) -> str:
        return (self.folder / "said").read_text(errors="replace")[-2000:]

    def _alerts(self) -> None:
        done = subprocess.run(
            self._command("alert"), cwd=self.folder, env=self._environ(), check=False, capture_output=True
        )
        if done.returncode:
            self.found.passes_failed += 1
            with (self.folder / "said").open("ab") as said:
                said.write(done.stderr)

    def _look(self) -> None:
        found, web = self.found, self.web
        wanted = {url for host in feeds_of(web) for url in self.site.posts(host, web.url("", host=host))}
        with open_elastic(self.store, environ=self._environ()) as store:
            store.refresh()
            urls = Counter(mention.url for mention in store.scan(Filter()))
        found.posts, found.requests = len(wanted), len(web.asked)
        found.lost = len(wanted - urls.keys())
        found.doubled = sum(count - 1 for count in urls.values()) + len(urls.keys() - wanted)
        found.at_once = {host: most for host, most in web.most_at_once.items() if host in web._hosts and most > 1}
        for host in web._hosts:
            gaps = [after - first for first, after in pairwise(web.times(host))]
            found.too_soon += [f"{host} {gap:.3f}" for gap in gaps if gap < TOO_SOON_S]
            found.robots[len(web.times(host, "/robots.txt"))] += 1


def feeds_of(web: CountingServer) -> list[str]:
    """Return the hosts that have a feed."""
    return [host for host in web._hosts if host != THIRD]


def configured(folder: Path, web: CountingServer, chat: str) -> None:
    """Write a configuration with a feed of each host."""
    blocks = [
        f'[[sources]]\nkind = "feed"\nid = "feed-{host}"\nurl = "{web.url("/feed.xml", host=host)}"\n'
        for host in feeds_of(web)
    ]
    channel = f'[[channels]]\nid = "team"\nurl = "{chat}"\n'
    (folder / "candor.toml").write_text(_HEAD + "\n".join([channel, *blocks]))
