"""Workers of a real Ray cluster do what those of one machine do, whoever dies meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pebble import ProcessExpired

from analysis.enrich.enricher import Enricher
from analysis.flow import ingest
from analysis.ingest.understand import understand
from analysis.model import Mention, Post
from analysis.model.errors import CandorError
from analysis.store.base import Filter
from analysis.store.open import open_store
from crawler.cluster.connection import connected
from crawler.cluster.hired import ClusterWorkers
from crawler.configuration import from_text
from tests.candor.commands.test_commands import candor
from tests.support.mentions import NOW
from tests.support.ray_cluster import RayOnLoopback

pytestmark = pytest.mark.slow

CONFIG = '[[brands]]\nname = "Tessaro"\nrole = "own"\n[enrich]\ntaxonomy = "topics.yaml"\n'
TAXONOMY = "topics:\n  - {id: lid, name: Lid, noun: lid, value: product, cost: [], journey: use, words: lid leak~}\n"
SAID = ("The Tessaro kettle leaks at its lid.", "I love my Tessaro kettle.", "We bought a Tessaro in March.")
COUNT = 90


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


def test_what_ends_or_keeps_a_worker_is_told_and_the_others_go_on(cluster: RayOnLoopback) -> None:
    said: list[str] = []

    async def work(workers: ClusterWorkers) -> None:
        pids = set(await asyncio.gather(*(workers.do(_slow_pid, (), 60) for _ in range(4))))
        assert len(pids) == 2
        with pytest.raises(ProcessExpired):
            await workers.do(os._exit, (1,), 60)
        with pytest.raises(TimeoutError):
            await workers.do(time.sleep, (600,), 0.5)
        with pytest.raises(ZeroDivisionError):
            await workers.do(divmod, (1, 0), 60)
        assert await workers.do(len, ("abc",), 60) == 3

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
        await workers.do(len, ("abc",), 60)

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


def _slow_pid() -> int:
    time.sleep(1)
    return os.getpid()
