"""The one road of everything that comes in: what was understood is kept, whole mentions are taken as they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from analysis.flow import Ingested, ingest, understand, whole
from analysis.model import Mention, Post
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import NOW, make_mention

LATER = NOW + timedelta(days=1)


class Named:
    """An enricher that finds one brand in every post that has a text."""

    def mentions(self, posts: Sequence[Post]) -> list[list[Mention]]:
        return [[make_mention(1, url=post.url, text=post.text)] if post.text else [] for post in posts]


def post(number: int, text: str) -> Post:
    return Post(url=f"https://a.example/{number}", text=text, fetched_at=NOW)


def test_posts_and_whole_mentions_take_the_same_road(tmp_path: Path) -> None:
    exported = replace(make_mention(9, text="as it was"), run="the run of old", story="a story")
    other_brand = replace(exported, id="f" * 64, brand=replace(exported.brand, id="other"))
    posts = [post(1, "the kettle"), post(2, ""), post(1, "the kettle leaks")]
    understood = [whole(exported), *understand(posts, Named()), whole(other_brand)]
    with EmbeddedStore(tmp_path, write=True) as store:
        total = sum(ingest(understood, store=store, run="now"), Ingested())
        assert (total.read, total.new, total.duplicates, total.unmatched) == (5, 3, 1, 1)
        assert total.dropped == {"same address twice": 1, "no text": 1}
        store.refresh()
        # Two brands of one post share its address: both are whole mentions, and both stay.
        assert store.get([exported.id, other_brand.id]) == {exported.id: exported, other_brand.id: other_brand}
        (judged,) = (mention for mention in store.scan(Filter()) if mention.run == "now")
        assert judged.text == "the kettle leaks"
        again = sum(ingest(understood, store=store, run="again"), Ingested())
        assert (again.new, again.updated, again.mentions_new) == (0, 0, 0)


def test_batches_are_told_one_by_one_and_none_is_asked_for_before_its_turn(tmp_path: Path) -> None:
    taken: list[int] = []

    def stream() -> object:
        for number in range(5):
            taken.append(number)
            yield whole(make_mention(number))

    with EmbeddedStore(tmp_path, write=True) as store:
        steps = ingest(stream(), store=store, run="r", batch=2)  # type: ignore[arg-type]
        assert next(steps).new == 2
        assert taken == [0, 1]
        assert [step.new for step in steps] == [2, 1]


def test_a_crawl_that_imports_the_flow_loads_no_statistics() -> None:
    heavy = ("analysis.measure", "analysis.track", "analysis.alert", "spacy", "scipy", "trafilatura", "altair")
    code = f"import sys, crawler.context, crawler.run; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
