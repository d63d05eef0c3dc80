"""A real Ray cluster on loopback crawls into a real Elasticsearch: each host has one actor, whoever dies meanwhile."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.store.base import Filter
from tests.support.crawl.counting_server import Answer, Asked, CountingServer
from tests.support.elastic.cutting import CuttingProxy
from tests.support.elastic.servers import empty_store, environment, store_address
from tests.support.kill_trial import POSTS as NEW_POSTS
from tests.support.kill_trial import THIRD, Site, Trial
from tests.support.kill_trial import configured as kill_configuration
from tests.support.ray_cluster import RayOnLoopback

pytestmark = pytest.mark.slow

LINE = "8.19"
HOSTS = [f"127.0.0.{n}" for n in range(11, 17)]
POSTS = 4
LONG_S = 600.0
"""Nothing takes so long, however busy the machine."""
HEAD = """
[[brands]]
name = "Kettlo"
role = "own"
[crawl]
contact = "mailto:web@kettlo.example"
allow_networks = ["127.0.0.0/8"]
delay = 0.3
per_host = 1
workers = 1
retries = 0
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayOnLoopback]:
    """A head and one more node, with room for three actors."""
    with RayOnLoopback(cpus=(2, 1), client=True) as running:
        yield running


def site(asked: Asked) -> Answer:
    """Answer with a feed of posts, or with one of its posts; two feeds a host."""
    root = f"http://{asked.headers['host']}"
    if asked.path == "/robots.txt":
        return Answer(b"", 404)
    if asked.path.endswith(".xml"):
        name = asked.path[1:-4]
        items = "".join(
            f"<item><title>Kettlo {name} {n}</title><link>{root}/{name}/{n}</link>"
            f"<pubDate>Sun, 01 Mar 2026 10:0{n}:00 GMT</pubDate></item>"
            for n in range(POSTS)
        )
        feed = f"<rss version='2.0'><channel><title>Feed</title>{items}</channel></rss>"
        return Answer(feed.encode(), headers={"Content-Type": "application/xml"})
    words = f"My Kettlo kettle leaks and support never answered, case {asked.host} {asked.path}. It is awful."
    page = f"<html><title>Kettlo</title><article><h1>Kettlo {asked.path}</h1><p>{words}</p></article></html>"
    return Answer(page.encode())


def configured(folder: Path, server: CountingServer) -> list[str]:
    """Write a configuration with two feeds a host; return the ids of the sources."""
    names = [(host, name) for host in HOSTS for name in ("one", "two")]
    blocks = [
        f'[[sources]]\nkind = "feed"\nid = "{name}-{host}"\nurl = "{server.url(f"/{name}.xml", host=host)}"\n'
        for host, name in names
    ]
    (folder / "candor.toml").write_text(HEAD + "\n".join(blocks))
    return [f"{name}-{host}" for host, name in names]


def candor(folder: Path, cluster: RayOnLoopback, *words: str) -> subprocess.Popen[str]:
    """Start a command on the cluster."""
    return subprocess.Popen(
        [sys.executable, "-m", "candor", *words],
        cwd=folder,
        env={**environment(folder), **cluster.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_lost_or_doubled_and_no_host_has_two_actors(cluster: RayOnLoopback, tmp_path: Path) -> None:
    address = store_address(LINE, "ray")
    with CountingServer(site, hosts=HOSTS) as server, empty_store(LINE, tmp_path, name="ray") as store:
        sources = configured(tmp_path, server)
        crawl = candor(tmp_path, cluster, "crawl", "--on", "ray", "--actors", "3", "--json", "--store", address)
        try:
            asked = _wait_for_pages(server, crawl)
            rows = _status(tmp_path, cluster, address)
            having = [row for row in rows if row.get("hosts")]
            assert len(having) > 1, rows
            assert len({host for row in having for host in row["hosts"]}) == sum(len(row["hosts"]) for row in having)
            busy = having[0]
            os.kill(busy["pid"], signal.SIGKILL)
            out, err = crawl.communicate(timeout=LONG_S)
        finally:
            crawl.kill()
        assert crawl.returncode == 0, err
        assert asked
        assert "is lost and is replaced" in err
        runs = [json.loads(line) for line in out.splitlines()]
        assert sorted(run["source"] for run in runs) == sorted(sources)
        store.refresh()
        urls = Counter(mention.url for mention in store.scan(Filter()))
        wanted = {server.url(f"/{name}/{n}", host=h) for h in HOSTS for name in ("one", "two") for n in range(POSTS)}
        assert urls == Counter(wanted)
        _each_host_had_one_actor(server, set(busy["hosts"]))


def test_watch_crawls_what_is_due_on_the_cluster(cluster: RayOnLoopback, tmp_path: Path) -> None:
    address = store_address(LINE, "ray-watch")
    with CountingServer(site, hosts=HOSTS) as server, empty_store(LINE, tmp_path, name="ray-watch") as store:
        sources = configured(tmp_path, server)
        for _ in range(2):
            # The second begins when the names of the first one's actors are free again, and finds nothing due.
            watch = candor(tmp_path, cluster, "watch", "--once", "--no-alerts", "--on", "ray", "--store", address)
            try:
                out, err = watch.communicate(timeout=LONG_S)
            finally:
                watch.kill()
            assert (watch.returncode, out) == (0, ""), err
        store.refresh()
        assert len(list(store.scan(Filter()))) == len(sources) * POSTS
        assert all(len(server.times(host, "/one.xml")) == 1 for host in HOSTS)


def test_a_cluster_is_used_from_a_machine_outside_of_it(cluster: RayOnLoopback, tmp_path: Path) -> None:
    address = store_address(LINE, "ray-outside")
    with CountingServer(site, hosts=HOSTS) as server, empty_store(LINE, tmp_path, name="ray-outside") as store:
        sources = configured(tmp_path, server)
        words = ("--on", cluster.outside, "--json", "--store", address)
        crawl = candor(tmp_path, cluster, "crawl", "--actors", "2", *words)
        try:
            _wait_for_pages(server, crawl)
            second = candor(tmp_path, cluster, "crawl", "--actors", "2", *words)
            _, refused = second.communicate(timeout=LONG_S)
            asking = candor(tmp_path, cluster, "cluster", "status", *words)
            rows = [json.loads(line) for line in asking.communicate(timeout=LONG_S)[0].splitlines()]
            out, err = crawl.communicate(timeout=LONG_S)
        finally:
            crawl.kill()
        assert "another crawl or watch of this store is at work" in refused, refused
        assert [row["actor"] for row in rows if row["what"] == "actor"] == ["crawler-1", "crawler-2"]
        assert crawl.returncode == 0, err
        assert sorted(json.loads(line)["source"] for line in out.splitlines()) == sorted(sources)
        store.refresh()
        assert len(list(store.scan(Filter()))) == len(sources) * POSTS


def test_actors_that_cannot_reach_the_store_spool_and_then_drain(cluster: RayOnLoopback, tmp_path: Path) -> None:
    direct = store_address(LINE, "ray-cut")
    spool = tmp_path / "spool"
    with (
        CountingServer(site, hosts=HOSTS) as server,
        empty_store(LINE, tmp_path / "own", name="ray-cut") as store,
        CuttingProxy(direct) as proxy,
    ):
        sources = configured(tmp_path, server)
        crawl = candor(tmp_path, cluster, "crawl", "--on", "ray", "--actors", "2", "--json", "--store", proxy.address)
        try:
            _wait_for_pages(server, crawl)
            proxy.cut()
            _wait_for_pages(server, crawl, least=len(sources) * (POSTS + 1))
            _wait(lambda: any(_waiting(spool)), "nothing waits in a spool")
            proxy.mend()
            out, err = crawl.communicate(timeout=LONG_S)
        finally:
            crawl.kill()
        assert crawl.returncode == 0, err
        assert sorted(json.loads(line)["source"] for line in out.splitlines()) == sorted(sources)
        assert not any(_waiting(spool))
        store.refresh()
        urls = Counter(mention.url for mention in store.scan(Filter()))
        wanted = {server.url(f"/{name}/{n}", host=h) for h in HOSTS for name in ("one", "two") for n in range(POSTS)}
        assert urls == Counter(wanted)
        assert all(server.most_at_once[host] == 1 for host in HOSTS)


def test_whatever_is_killed_every_post_is_there_once(cluster: RayOnLoopback, tmp_path: Path) -> None:
    """The short form of ``python -m bench.kills``: an actor and a node. Two of the feeds lead to a third host."""
    site_ = Site()
    hosts = [HOSTS[0], HOSTS[1], HOSTS[5]]
    with CountingServer(site_, hosts=[*hosts, THIRD]) as server, empty_store(LINE, tmp_path / "own", name="ray-kills"):
        site_.third = server.url("", host=THIRD)
        kill_configuration(tmp_path, server, "json://127.0.0.1:9/nobody")
        address = store_address(LINE, "ray-kills")
        trial = Trial(cluster, server, site_, tmp_path, store=address, actors=2, environ=environment(tmp_path))
        found = trial.run(["actor", "node"], random.Random(1), each=2, say=lambda words: None)
    assert found.kills == ["actor", "node"]
    assert found.posts == len(hosts) * 2 * NEW_POSTS + 2 * 2
    assert (found.lost, found.doubled, found.unread, found.at_once) == (0, 0, [], {})


def _waiting(spool: Path) -> Iterator[Path]:
    return (path for path in spool.rglob("*.jsonl") if path.stat().st_size)


def _wait(until: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + LONG_S
    while not until():
        assert time.monotonic() < end, otherwise
        time.sleep(0.1)


def _wait_for_pages(server: CountingServer, crawl: subprocess.Popen[str], *, least: int = 8) -> int:
    end = time.monotonic() + LONG_S
    while time.monotonic() < end:
        read = sum(len(server.paths(host)) for host in HOSTS)
        if read >= least:
            return read
        assert crawl.poll() is None, crawl.communicate()
        time.sleep(0.1)
    raise AssertionError("no pages were asked for")


def _status(folder: Path, cluster: RayOnLoopback, address: str) -> list[dict[str, Any]]:
    asking = candor(folder, cluster, "cluster", "status", "--json", "--store", address)
    out, err = asking.communicate(timeout=LONG_S)
    assert asking.returncode == 0, err
    return [json.loads(line) for line in out.splitlines()]


def _each_host_had_one_actor(server: CountingServer, lost: set[str]) -> None:
    """Each process that asks a host reads its robots.txt first, once, and asks one thing at a time (``per_host``)."""
    for host in HOSTS:
        assert server.most_at_once[host] == 1
        # Who takes a host over from an actor that died finds what it read; unless it died before that was stored.
        read = len(server.times(host, "/robots.txt"))
        assert read == 1 or (host in lost and read == 2), (host, read)
