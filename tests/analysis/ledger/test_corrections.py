"""Corrections: the judgement stays, the figures with and without stand side by side, and nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.ledger import audit, checks, corrections
from analysis.ledger.entries import Stamp
from analysis.ledger.erasing import erasure
from analysis.model import Mention, Sentiment, SentimentLabel
from analysis.model.errors import UsageError
from analysis.model.records.audit import CORRECTIONS, CorrectedField
from analysis.store.base import Filter
from analysis.store.embedded.store import EmbeddedStore
from analysis.track.parts import Period
from analysis.track.sections.hands import hands
from tests.support.mentions import NOW, make_mention

STAMP = Stamp(at=NOW, who="ann")


def judged(n: int, label: SentimentLabel, brand: str = "tessaro", **more: object) -> Mention:
    return make_mention(n, brand=brand, sentiment=Sentiment(label=label, score=0.0, confidence=0.9), **more)


LABELS: tuple[SentimentLabel, ...] = ("positive", "positive", "neutral", "negative", "unsure")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path / "store", write=True) as made:
        made.write([judged(n, label) for n, label in enumerate(LABELS)] + [judged(0, "neutral", "brewvia")])
        made.refresh()
        yield made


def correct(store: EmbeddedStore, n: int, to: str, *, stamp: Stamp = STAMP, brand: str = "tessaro") -> None:
    mention = judged(n, "unsure", brand)
    corrections.correct(store.records, store.get([mention.id])[mention.id], to=to, reason="irony", stamp=stamp)


def raw(store: EmbeddedStore, brand: str) -> dict[str, int]:
    where = Filter(terms={"brand.id": [brand]})
    answer = store.aggregate(where, {"labels": {"terms": {"field": "sentiment.label", "size": 9}}})
    return {bucket["key"]: bucket["doc_count"] for bucket in answer["labels"]["buckets"]}


def test_the_judgement_stays_and_the_adjusted_figures_move(store: EmbeddedStore) -> None:
    before = raw(store, "tessaro")
    correct(store, 0, "negative")
    correct(store, 4, "negative")
    assert raw(store, "tessaro") == before
    moves = corrections.moved(store, Filter())
    assert moves == {"tessaro": {("positive", "negative"): 1, ("unsure", "negative"): 1}}
    assert corrections.adjusted(before, moves["tessaro"]) == {
        "negative": 3,
        "neutral": 1,
        "positive": 1,
        "mixed": 0,
        "unsure": 0,
    }


def test_of_two_corrections_the_newest_holds_and_both_are_kept(store: EmbeddedStore) -> None:
    correct(store, 0, "negative")
    correct(store, 0, "neutral")
    kept = [(one.was, one.to, one.judged) for one in CORRECTIONS.values(store.records)]
    assert kept == [("positive", "negative", "positive"), ("negative", "neutral", "positive")]
    assert corrections.moved(store, Filter()) == {"tessaro": {("positive", "neutral"): 1}}
    correct(store, 0, "positive")
    assert corrections.moved(store, Filter()) == {}


def test_only_what_is_in_the_period_and_in_the_store_moves(store: EmbeddedStore) -> None:
    correct(store, 0, "negative")
    correct(store, 3, "positive")
    first = judged(0, "positive").published_at
    assert corrections.moved(store, Filter(since=first)) == {"tessaro": {("positive", "negative"): 1}}
    assert corrections.moved(store, Filter(terms={"brand.id": ["brewvia"]})) == {}
    erasure.erase(store, erasure.by_url(judged(0, "positive").url), reason="request", stamp=STAMP)
    assert corrections.moved(store, Filter()) == {"tessaro": {("negative", "positive"): 1}}


def test_a_newer_judgement_that_agrees_is_no_move(store: EmbeddedStore) -> None:
    correct(store, 0, "negative")
    store.write([judged(0, "negative", last_seen_at=NOW + timedelta(days=1))])
    store.refresh()
    assert corrections.moved(store, Filter()) == {}


def test_counts_by_direction_are_of_the_time_of_correction(store: EmbeddedStore) -> None:
    correct(store, 0, "negative")
    correct(store, 1, "negative")
    correct(store, 3, "positive", stamp=Stamp(at=NOW + timedelta(days=9), who="ann"))
    made = list(CORRECTIONS.values(store.records))
    week = (NOW, NOW + timedelta(days=7))
    assert corrections.by_direction(made, *week) == {("positive", "negative"): 2}
    period = Period(since=week[0], until=week[1], days=7)
    assert [(one.name, one.count) for one in hands((), made, period).corrected] == [("positive to negative", 2)]


def test_what_cannot_be_corrected_is_said(store: EmbeddedStore) -> None:
    with pytest.raises(UsageError, match="did you mean negative"):
        correct(store, 0, "negativ")
    with pytest.raises(UsageError, match="counts as positive already"):
        correct(store, 0, "positive")
    mention = judged(0, "positive")
    with pytest.raises(UsageError, match=r"^reason: is missing"):
        corrections.correct(store.records, mention, to="negative", reason="", stamp=STAMP)
    assert list(audit.entries(store.records)) == []
    post = erasure.post_ids(mention.url)
    with pytest.raises(UsageError, match="names brewvia, tessaro"):
        corrections.choose(store, named=mention.url, post_ids=post)
    assert corrections.choose(store, named=mention.url, post_ids=post, brand="tessaro") == mention
    assert corrections.choose(store, named=mention.id, post_ids=()) == mention
    with pytest.raises(UsageError, match="no mention of steamly"):
        corrections.choose(store, named=mention.url, post_ids=post, brand="steamly")


def test_a_correction_whose_record_is_gone_is_missed_and_can_be_completed(store: EmbeddedStore) -> None:
    """Removed by hand, or killed between log and record: nobody can tell, so it is told."""
    correct(store, 0, "negative")
    (record,) = store.records.all("correction")
    store.records.delete("correction", record.key)
    found = checks.check(store.records)
    assert not found.sound
    assert found.differing[0].startswith(f"correction {record.key} stands in the log and its record is gone")
    assert corrections.DERIVED.complete(store.records) == 1
    assert next(store.records.all("correction")).body == record.body
    assert checks.check(store.records).sound
    assert corrections.DERIVED.complete(store.records) == 0


def test_a_record_that_says_something_else_than_the_log_is_found(store: EmbeddedStore) -> None:
    correct(store, 0, "negative")
    (record,) = store.records.all("correction")
    store.records.put("correction", record.key, {**record.body, "to": "positive"})
    found = checks.check(store.records)
    assert not found.sound
    assert found.differing == (f"correction {record.key} says something else than the log",)
    store.records.put("correction", record.key, record.body)
    assert checks.check(store.records).sound
    store.records.put("correction", "000000000099", record.body)
    assert checks.check(store.records).differing == ("correction 000000000099 stands in no entry of the log",)


def test_the_log_is_written_before_the_record(store: EmbeddedStore) -> None:
    correct(store, 3, "positive", stamp=Stamp(at=datetime(2026, 6, 2, tzinfo=UTC), who="ben"))
    (entry,) = audit.entries(store.records)
    (made,) = CORRECTIONS.values(store.records)
    assert (entry.action, entry.reason, entry.who, entry.key) == ("correct", "irony", "ben", made.key)
    assert made == corrections.correction_of(entry)


def complaining(n: int, *topics: str, brand: str = "tessaro") -> Mention:
    return judged(n, "negative", brand, intents=("complaint",), complaint_topics=topics)


@pytest.fixture
def complaints(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path / "complaints", write=True) as made:
        made.write([complaining(20, "battery"), complaining(21, "battery", "app"), complaining(22, "lid")])
        made.refresh()
        yield made


def test_a_topic_moves_a_complaint_that_is_none_leaves_and_another_brand_leaves_everything(
    complaints: EmbeddedStore,
) -> None:
    store = complaints
    one, two, three = (store.get([complaining(n).id])[complaining(n).id] for n in (20, 21, 22))
    records = store.records
    corrections.correct(records, one, what="topic", was="battery", to="charging", reason="it is the plug", stamp=STAMP)
    assert corrections.changed(store, Filter()).themes == {("tessaro", "battery"): -1, ("tessaro", "charging"): 1}
    corrections.correct(records, two, what="complaint", to="no", reason="it quotes another", stamp=STAMP)
    corrections.correct(records, three, what="brand", to="not about", reason="a band of that name", stamp=STAMP)
    found = corrections.changed(store, Filter())
    assert found.themes == {
        ("tessaro", "app"): -1,
        ("tessaro", "battery"): -2,
        ("tessaro", "charging"): 1,
        ("tessaro", "lid"): -1,
    }
    assert found.labels == {"tessaro": {("negative", ""): 1}}
    raw = {"negative": 3, "neutral": 0, "positive": 0, "unsure": 0}
    assert corrections.adjusted(raw, found.labels["tessaro"])["negative"] == 2
    # Taken back, it counts as before; the log keeps both.
    corrections.correct(records, three, what="brand", to="about", reason="it is ours after all", stamp=STAMP)
    assert corrections.changed(store, Filter()).labels == {}
    assert checks.check(records).sound
    period = Period(since=NOW - timedelta(days=1), until=NOW + timedelta(days=1), days=2)
    assert {(way.name, way.count) for way in hands((), CORRECTIONS.values(records), period).corrected} == {
        ("topic battery to charging", 1),
        ("complaint to no complaint", 1),
        ("about the brand to not about it", 1),
        ("not about the brand to about it", 1),
    }


@pytest.mark.parametrize(
    ("what", "was", "to", "message"),
    [
        ("topic", "lid", "app", "does not count in 'lid'; its complaint topics: battery"),
        ("topic", "", "battery", "counts in 'battery' already"),
        ("complaint", "", "yes", "counts as yes already"),
        ("complaint", "", "maybe", "^complaint: 'maybe' is not known"),
        ("brand", "", "about", "counts as about already"),
    ],
)
def test_a_correction_that_changes_nothing_is_refused(
    complaints: EmbeddedStore, what: CorrectedField, was: str, to: str, message: str
) -> None:
    mention = complaining(20, "battery")
    with pytest.raises(UsageError, match=message):
        corrections.correct(complaints.records, mention, what=what, was=was, to=to, reason="r", stamp=STAMP)
    assert list(audit.entries(complaints.records)) == []
