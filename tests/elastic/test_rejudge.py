"""Mentions on a server judged again, in words, and brought back; what they were lies beside its spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.enrich.enricher import Enricher
from analysis.flow import ingest
from analysis.ingest.understand import understand
from analysis.model import Post
from analysis.store.base import Filter
from analysis.store.letters import FormerJudgements
from crawler.configuration import from_text
from crawler.rejudging import bring_back, rejudge
from tests.support.elastic.servers import TESTED, empty_store
from tests.support.mentions import NOW

CONFIG = '[[brands]]\nname = "Tessaro"\nrole = "own"\n'
SAID = ("The Tessaro kettle leaks.", "I love my Tessaro kettle.", "We bought a Tessaro in March.")
RUN = "rejudge-20260301T101500"


@pytest.mark.parametrize("line", TESTED)
def test_mentions_on_a_server_are_judged_again_and_brought_back(line: str, tmp_path: Path) -> None:
    config = from_text(CONFIG, path=tmp_path / "candor.toml", environ={})
    enricher = Enricher(config.brands, pseudonym_key=b"key", model="linear")
    posts = [Post(url=f"https://forum.example/{n}", text=text, fetched_at=NOW) for n, text in enumerate(SAID)]
    with empty_store(line, tmp_path, name="rejudge") as store:
        list(ingest(understand(posts, enricher), store=store, run="first"))
        store.refresh()
        before = {mention.id: mention for mention in store.scan(Filter())}
        compared = rejudge(config, store, Filter(), run=RUN)
        assert (compared.judged, compared.unnamed) == (3, 0)
        after = {mention.id: mention for mention in store.scan(Filter())}
        assert {mention.model for mention in after.values()} == {compared.model}
        assert FormerJudgements.runs(store.letters.path.parent) == [RUN]
        assert bring_back(store, RUN) == 3
        assert {mention.id: mention for mention in store.scan(Filter())} == before
        assert FormerJudgements.runs(store.letters.path.parent) == []
