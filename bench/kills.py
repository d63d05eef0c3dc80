"""Kills at random moments of crawls on a Ray cluster, and what was lost: ``python -m bench.kills [--kills 20]``.

A head and three nodes on loopback, a real Elasticsearch, and a web of 60 hosts that counts what it is asked. Every host
has a feed, which tells more posts in each round. In each round ``candor crawl --on ray`` reads them, and at moments
drawn from a seed an actor, a node, the head or Elasticsearch is killed (SIGKILL). A node or a server comes back after
some seconds, as whoever supervises them would see to. Where the command ends with an error, or the head is gone, it is
given again, as a timer would. After each round ``candor alert`` makes a pass. At the end it is told what was lost,
doubled, asked too soon or by two. Exit status 1 where anything was.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
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
from tests.support.elastic.server import Server, prepare
from tests.support.ray_cluster import RayOnLoopback

POSTS = 3
"""New posts of a feed in each round."""
DELAY_S = 0.3
SHARES = {"actor": 8, "node": 5, "elasticsearch": 4, "head": 3}
BACK_S = 4.0
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
    """What every host shows: a feed of all posts up to the present round, and the posts."""

    round: int = 1

    def __call__(self, asked: Asked) -> Answer:
        """Answer one request."""
        if asked.path == "/robots.txt":
            return Answer(b"", 404)
        root = f"http://{asked.headers['host']}"
        if asked.path == "/feed.xml":
            items = "".join(
                f"<item><title>Kettlo {n}</title><link>{root}/{n}</link><guid>{root}/{n}</guid></item>"
                for n in range(self.round * POSTS)
            )
            feed = f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>"
            return Answer(feed.encode(), headers={"Content-Type": "application/xml"})
        words = f"My Kettlo kettle leaks and support never answered, case {asked.host} {asked.path}. It is awful."
        page = f"<html><title>Kettlo</title><article><h1>Kettlo {asked.path}</h1><p>{words}</p></article></html>"
        return Answer(page.encode())


@dataclass(slots=True)
class Found:
    """What a trial showed; all but the first four must be empty or 0."""

    kills: list[str] = field(default_factory=list)
    calls: int = 0
    posts: int = 0
    requests: int = 0
    lost: int = 0
    """Posts that are not stored."""
    doubled: int = 0
    unread: list[str] = field(default_factory=list)
    at_once: dict[str, int] = field(default_factory=dict)
    too_soon: list[float] = field(default_factory=list)
    robots: Counter[int] = field(default_factory=Counter)
    alerts: int = 0
    alerts_doubled: int = 0
    hung: int = 0

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled, asked too soon or by two."""
        wrong = (self.lost, self.doubled, self.unread, self.at_once, self.too_soon, self.alerts_doubled, self.hung)
        return not any(wrong)


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
        self._due: list[tuple[float, Callable[[], Any]]] = []

    def run(self, kinds: Sequence[str], rng: random.Random, *, each: int = 2, say: Callable[[str], None]) -> Found:
        """Kill what ``kinds`` name, ``each`` in a round; then crawl once more without, and look at what is there."""
        rounds = [kinds[at : at + each] for at in range(0, len(kinds), each)]
        hosts = len(self.web._hosts)
        for number, some in enumerate([*rounds, []], start=1):
            self.site.round = number
            before, began = len(self.web.asked), time.monotonic()
            whole = hosts * (POSTS + 1)
            moments = sorted(rng.randrange(whole // 10, whole * 8 // 10) for _ in some)
            self._round(list(zip(moments, some, strict=True)), before)
            asked = {one.host for one in self.web.asked[before:] if one.path == "/feed.xml"}
            self.found.unread += [f"{host} in round {number}" for host in self.web._hosts if host not in asked]
            self._alerts()
            killed = ", ".join(f"{kind} at {at}" for at, kind in zip(moments, some, strict=True)) or "nothing killed"
            took = time.monotonic() - began
            say(f"round {number:2}: {killed}; {len(self.web.asked) - before} requests in {took:.0f} s")
        self._look()
        return self.found

    def _round(self, kills: list[tuple[int, str]], before: int) -> None:
        for _ in range(MOST_CALLS):
            self.found.calls += 1
            with self._crawl() as crawl:
                status = self._watched(crawl, kills, before)
            self._bring_back(all_=True)
            if status == 0 and not kills:
                return
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
        # A moment that never came, because little was left to ask for: it comes in the next call, at once.
        kills[:] = [(0, kind) for _, kind in kills]
        if self.found.kills and self.found.kills[-1] == "head" and crawl.returncode:
            self.cluster.end()
            self.cluster.start()
        return crawl.returncode

    def _kill(self, kind: str) -> bool:
        """Kill one of a kind; False where there is none yet."""
        if kind == "actor":
            pids = self.cluster.actors("CrawlActor")
            if not pids:
                return False
            os.kill(random.Random(len(self.found.kills)).choice(pids), 9)
        elif kind == "node":
            self.cluster.kill_node(1 + len(self.found.kills) % self.cluster.count)
            self._later(lambda: self.cluster.add(1))
        elif kind == "elasticsearch":
            assert self.server is not None
            self.server.kill()
            self._later(self.server.start)
        else:
            self.cluster.kill_node(0)
        return True

    def _later(self, what: Callable[[], Any]) -> None:
        self._due.append((time.monotonic() + BACK_S, what))

    def _bring_back(self, *, all_: bool = False) -> None:
        """Start again what was killed, when its time has come: here, because Ray starts nodes on the main thread."""
        now = time.monotonic()
        due = [what for at, what in self._due if all_ or at <= now]
        self._due = [(at, what) for at, what in self._due if what not in due]
        for what in due:
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
        subprocess.run(self._command("alert"), cwd=self.folder, env=self._environ(), check=False, capture_output=True)

    def _look(self) -> None:
        found, web = self.found, self.web
        wanted = {web.url(f"/{n}", host=host) for host in web._hosts for n in range(self.site.round * POSTS)}
        with open_elastic(self.store, environ=self._environ()) as store:
            store.refresh()
            urls = Counter(mention.url for mention in store.scan(Filter()))
        found.posts, found.requests = len(wanted), len(web.asked)
        found.lost = len(wanted - urls.keys())
        found.doubled = sum(count - 1 for count in urls.values()) + len(urls.keys() - wanted)
        found.at_once = {host: most for host, most in web.most_at_once.items() if host in web._hosts and most > 1}
        for host in web._hosts:
            gaps = [after - first for first, after in pairwise(web.times(host))]
            # On a busy machine a request is late to where it is counted; two actors on a host would show all the same.
            found.too_soon += [gap for gap in gaps if gap < DELAY_S / 2]
            found.robots[len(web.times(host, "/robots.txt"))] += 1


class Chat:
    """A chat that counts what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        chat = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                chat.told.append(json.dumps(json.loads(body), sort_keys=True))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


def configured(folder: Path, web: CountingServer, chat: str) -> None:
    """Write a configuration with a feed of each host."""
    blocks = [
        f'[[sources]]\nkind = "feed"\nid = "feed-{host}"\nurl = "{web.url("/feed.xml", host=host)}"\n'
        for host in web._hosts
    ]
    channel = f'[[channels]]\nid = "team"\nurl = "{chat}"\n'
    (folder / "candor.toml").write_text(_HEAD + "\n".join([channel, *blocks]))


def main() -> int:
    """Run the trial and print what it showed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=60)
    parser.add_argument("--each", type=int, default=2, help="kills in a round")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    kinds = [kind for kind, share in SHARES.items() for _ in range(share)]
    rng.shuffle(kinds)
    hosts = [f"127.0.1.{n}" for n in range(1, given.hosts + 1)]
    server, site, chat = prepare("8.19", name="kills"), Site(), Chat()
    try:
        server.start(wait_s=240)
        with (
            tempfile.TemporaryDirectory() as folder,
            CountingServer(site, hosts=hosts) as web,
            RayOnLoopback(cpus=(0, 1, 1, 1)) as cluster,
        ):
            configured(Path(folder), web, chat.url)
            trial = Trial(
                cluster,
                web,
                site,
                Path(folder),
                store=f"{server.url}?prefix=candor-test-kills",
                actors=3,
                environ={**os.environ, "CANDOR_SPOOL": str(Path(folder) / "spool")},
                server=server,
            )
            found = trial.run(kinds[: given.kills], rng, each=given.each, say=lambda words: print(words, flush=True))
        found.alerts = len(chat.told)
        found.alerts_doubled = len(chat.told) - len(set(chat.told))
    finally:
        server.remove()
        chat.close()
    show(found)
    return 0 if found.is_good else 1


def show(found: Found) -> None:
    """Print what a trial showed."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(Counter(found.kills).items()))
    print(f"{len(found.kills)} kills ({kinds}) in {found.calls} calls of candor crawl, {found.requests} requests")
    rows = [
        ("posts that had to be stored", found.posts),
        ("lost", found.lost),
        ("stored twice, or never published", found.doubled),
        ("feeds not read in a round", len(found.unread)),
        ("hosts with two requests at once", len(found.at_once)),
        (f"requests less than {DELAY_S / 2:.2f} s after the last of their host", len(found.too_soon)),
        ("alerts told", found.alerts),
        ("alerts told twice", found.alerts_doubled),
        (f"calls that stood for {LONGEST_S:.0f} s", found.hung),
    ]
    for name, value in rows:
        print(f"  {name:60} {value:8,}")
    print(
        "  robots.txt read so often: " + ", ".join(f"{n} times by {c} hosts" for n, c in sorted(found.robots.items()))
    )


if __name__ == "__main__":
    raise SystemExit(main())
