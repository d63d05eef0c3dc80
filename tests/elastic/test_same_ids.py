"""The Python matcher, Tantivy and Elasticsearch select the same mentions, whatever the query."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from analysis.model.query import Node, Query, matches, parse
from analysis.model.text import token_words
from analysis.store.base import Filter, Store
from analysis.store.open import open_store
from tests.analysis.model.test_query import build_texts, nodes
from tests.support.elastic.servers import TESTED, empty_store
from tests.support.mentions import make_mention

Stores = tuple[Store, Store, dict[str, list[str]]]


@pytest.fixture(scope="module", params=TESTED)
def both(request: pytest.FixtureRequest) -> Iterator[Stores]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder) / "store"), write=True) as embedded,
        empty_store(request.param, Path(folder), name="same") as elastic,
    ):
        mentions = [make_mention(n, text=text) for n, text in enumerate(build_texts())]
        for store in (embedded, elastic):
            store.write(mentions)
            store.refresh()
        yield embedded, elastic, {mention.id: token_words(f"{mention.title}\n{mention.text}") for mention in mentions}


def selected(store: Store, query: Query, most: int) -> list[str]:
    return sorted(hit.mention.id for hit in store.search(Filter(query=query), limit=most))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(node=nodes)
def test_all_three_select_the_same(both: Stores, node: Node) -> None:
    embedded, elastic, texts = both
    query = Query("generated", node)
    wanted = sorted(mention_id for mention_id, words in texts.items() if matches(query, words))
    assert elastic.count(Filter(query=query)) == len(wanted)
    assert selected(elastic, query, len(texts)) == wanted
    assert selected(embedded, query, len(texts)) == wanted


@pytest.mark.parametrize("source", ["*x????????????????????", '"a b a"~7', "x* NOT *a", "é OR ß", '"b a b a"~3'])
def test_what_lucene_alone_would_not_decide(both: Stores, source: str) -> None:
    embedded, elastic, texts = both
    query = parse(source)
    wanted = sorted(mention_id for mention_id, words in texts.items() if matches(query, words))
    assert wanted
    assert selected(elastic, query, len(texts)) == wanted
    assert selected(embedded, query, len(texts)) == wanted
