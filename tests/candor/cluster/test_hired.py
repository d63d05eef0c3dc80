"""Workers of a real Ray cluster do what those of one machine do, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pebble import ProcessExpired

from analysis.enrich.enricher import Enricher
from analysis.flow import ingest
from analysis.ingest.understand import understand
from analysis.model import Mention, Post
from analysis.model.errors import CandorError
from analysis.model.records.past import PastFile
from analysis.store.base import Filter
from analysis.store.open import open_store
from crawler.cluster.connection import connected
from crawler.cluster.hired import ClusterWorkers
from crawler.configuration import from_text
from crawler.history import archives
from crawler.history.taking import take_past
from tests.candor.commands.test_commands import candor
from tests.support.crawl.warc_files import story, warc
from tests.support.mentions import NOW
from tests.support.ray_cluster import RayOnLoopback

pytestmark = pytest.mark.slow

CONFIG = '[[brands]]\nname = "Tessaro"\nrole = "own"\n[enrich]\ntaxonomy = "topics.yaml"\n'
PAST = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'
TAXONOMY = "topics:\n  - {id: lid, name: Lid, noun: lid, value: product, cost: [], journey: use, words: lid leak~}\n"
SAID = ("The Tessaro kettle leaks at its lid.", "I love my Tessaro kettle.", "We bought a Tessaro in March.")
COUNT = 90
LONG_S = 300.0
"""Nothing takes so long, however busy the machine."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayOnLoopback]:
    """A head with room for two workers."""
    with RayOnLoopback(cpus=(2,)) as running:
        yield running


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A folder whose mentions were judged by another model."""
    folder = tmp_path / "one"
    folder.mkdir()
    (folder / "candor.toml").write_text(CONFIG)
    (folder / "topics.yaml").write_text(TAXONOMY)
    config = from_text(CONFIG, path=folder / "candor.toml", environ={})
    enricher = Enricher(config.brands, pseudonym_key=b"key", model="linear")
    posts = [
        Post(url=f"https://forum.example/{n}", text=f"{SAID[n % 3]} Number {n}.", fetched_at=NOW) for n in range(COUNT)
    ]
    with open_store(config.store, write=True) as store:
        list(ingest(understand(posts, enricher), store=store, run="first"))
    return folder


def stored(folder: Path) -> dict[str, Mention]:
    with open_store(str(folder / ".candor" / "store"), write=False) as store:
        return {mention.id: mention for mention in store.scan(Filter())}


def test_a_cluster_judges_as_one_machine_does(
    judged: Path, cluster: RayOnLoopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster.environ["RAY_ADDRESS"])
    other = judged.with_name("other")
    shutil.copytree(judged, other)
    before = stored(judged)
    plain = candor(judged, "rejudge", "--json")
    assert plain.returncode == 0, plain.stderr
    on = candor(other, "rejudge", "--on", "ray", "--json")
    assert on.returncode == 0, on.stderr
    did, did_on = json.loads(plain.stdout), json.loads(on.stdout)
    assert did["judged"] == COUNT
    assert {**did, "run": ""} == {**did_on, "run": ""}
    assert stored(other) == stored(judged) != before
    again = candor(other, "rejudge", "--on", "ray", "--json")
    assert json.loads(again.stdout)["judged"] == 0
    assert candor(other, "rejudge", "--back", did_on["run"]).returncode == 0
    assert stored(other) == before


def test_every_record_of_the_past_is_there_once_though_a_worker_of_the_cluster_is_killed(
    cluster: RayOnLoopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MOST", 7)
    paths = [tmp_path / f"{file}.warc.gz" for file in range(10)]
    for file, path in enumerate(paths):
        path.write_bytes(warc(story(file * 100 + n, name="Tessaro" if n % 4 == 0 else "kettle") for n in range(24)))
    config = from_text(PAST, path=tmp_path / "candor.toml", environ={})
    killed: list[int] = []

    def kill(file: PastFile) -> None:
        if not killed and file.records:
            killed.extend(cluster.actors("WorkActor")[:1])
            os.kill(killed[0], signal.SIGKILL)

    said: list[str] = []
    with (
        open_store(config.store, write=True) as store,
        connected(cluster.environ["RAY_ADDRESS"], namespace="candor-test") as ray,
    ):
        workers = ClusterWorkers(ray, 2, said=said.append)
        done, stopped = take_past(
            config, store, "warc", paths, run="past", source="s", rows_of=lambda _: iter(()), told=kill, hired=workers
        )
        workers.close()
        found = Counter(mention.url for mention in store.scan(Filter()))
    assert (stopped, len(killed)) == (False, 1)
    assert any("is lost and is replaced" in words for words in said)
    assert {(file.records, file.posts, file.mentions, file.new, file.errors) for file in done} == {(24, 24, 6, 6, 0)}
    assert found == Counter(
        f"https://news.example/story/{100 * file + n}" for file in range(10) for n in range(0, 24, 4)
    )


def test_what_ends_or_keeps_a_worker_is_told_and_the_others_go_on(cluster: RayOnLoopback, tmp_path: Path) -> None:
    said: list[str] = []

    async def work(workers: ClusterWorkers) -> None:
        assert len(set(await asyncio.gather(*(workers.do(_met, (str(tmp_path), 2), LONG_S) for _ in range(2))))) == 2
        with pytest.raises(ProcessExpired):
            await workers.do(os._exit, (1,), LONG_S)
        with pytest.raises(TimeoutError):
            await workers.do(time.sleep, (600,), 0.5)
        with pytest.raises(ZeroDivisionError):
            await workers.do(divmod, (1, 0), LONG_S)
        assert await workers.do(len, ("abc",), LONG_S) == 3

    with connected(cluster.environ["RAY_ADDRESS"], namespace="candor-test") as ray:
        workers = ClusterWorkers(ray, 2, said=said.append)
        try:
            asyncio.run(work(workers))
        finally:
            workers.close()
    assert sum("is lost and is replaced" in words for words in said) == 3


def test_workers_that_cannot_start_are_told(cluster: RayOnLoopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.cluster.hired.WorkActor", _Broken)

    async def work(workers: ClusterWorkers) -> None:
        await workers.do(len, ("abc",), LONG_S)

    with connected(cluster.environ["RAY_ADDRESS"], namespace="candor-test") as ray:
        workers = ClusterWorkers(ray, 1)
        with pytest.raises(CandorError, match=r"no worker can start on the cluster: .*no spaCy here"):
            asyncio.run(work(workers))
        workers.close()


class _Broken:
    def __init__(self, taxonomy: bytes) -> None:
        raise RuntimeError("no spaCy here")

    def do(self, *given: object) -> None:
        """Never called."""


def _met(folder: str, count: int) -> int:
    """Return this process's id once ``count`` processes are here together."""
    own = Path(folder) / str(os.getpid())
    own.touch()
    while len(list(own.parent.iterdir())) < count:
        time.sleep(0.05)
    return os.getpid()
