"""What people are asked next, and what their answers say: the least sure first, a fifth by lot, everything kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from analysis.ledger import checks, corrections
from analysis.ledger.entries import Stamp
from analysis.ledger.learning import confirmations, doubts, learnt
from analysis.ledger.learning.confirmations import answer, asked_already, precision, truths
from analysis.ledger.learning.doubts import ASKED, Doubt, by_lot, known_chances, lot_of, queue
from analysis.model import Claim, Mention, Relevance, Sentiment, Severity
from analysis.model.errors import UsageError
from analysis.model.records.audit import CONFIRMATIONS, CORRECTIONS, Confirmation, Correction
from analysis.store.embedded.store import EmbeddedStore
from tests.support.mentions import make_mention

STAMP = Stamp(at=datetime(2026, 6, 1, tzinfo=UTC), who="ann")


def unsure(number: int, p: float, **more: Any) -> Mention:
    """Return a mention that complains with a probability."""
    values: dict[str, Any] = {
        "sentiment": Sentiment(label="negative", score=-0.9, confidence=0.9),
        "intents": ("complaint",),
        "complaint_topics": ("battery",),
        "claims": (Claim(kind="complaint", sentence=f"It dies, case {number}.", end=6, score=p, topic="battery"),),
        "severity": Severity(level="annoyance", weight=0.2),
        "relevance": Relevance(level="about", through="text"),
        "model": "m1",
    }
    return make_mention(number, **{**values, **more})


def asked(mentions: list[Mention], **more: Any) -> list[Doubt]:
    return queue(((mention, known_chances(mention)) for mention in mentions), **more)


def is_by_chance(mention: Mention, task: str = "complaint") -> bool:
    [item] = doubts.questions(mention, known_chances(mention), (task,))  # type: ignore[arg-type]
    return by_lot(lot_of(item))


def some(count: int, *, lot: bool, first: int = 0) -> list[int]:
    """Return numbers of mentions that are, or are not, asked about by lot."""
    numbers = (number for number in range(first, 5_000) if is_by_chance(unsure(number, 0.6)) is lot)
    return [next(numbers) for _ in range(count)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EmbeddedStore]:
    with EmbeddedStore(tmp_path / "store", write=True) as kept:
        yield kept


def test_the_least_sure_come_first() -> None:
    chances = (0.95, 0.52, 0.7, 0.99)
    mentions = [unsure(number, p) for number, p in zip(some(4, lot=False), chances, strict=True)]
    found = asked(mentions, tasks=("complaint",))
    assert [item.p for item in found] == [0.52, 0.7]
    assert found[0].sentence.startswith("It dies")
    assert found[0].span == (0, 6)
    assert found[0].doubt == pytest.approx(0.96)


def test_every_fifth_is_drawn_by_lot_and_marked() -> None:
    mentions = [unsure(number, 0.6) for number in range(200)]
    found = asked(mentions, tasks=("complaint",), limit=20)
    assert [at for at, item in enumerate(found) if item.drawn == "lot"] == [4, 9, 14, 19]
    assert all(by_lot(lot_of(item)) is (item.drawn == "lot") for item in found)


def test_the_lot_knows_nothing_of_how_sure_a_judgement_is() -> None:
    sure, doubtful = ([unsure(number, p) for number in range(300)] for p in (0.99, 0.55))
    drawn = [
        [item.mention.id for item in asked(mentions, tasks=("complaint",), limit=300) if item.drawn == "lot"]
        for mentions in (sure, doubtful)
    ]
    assert drawn[0] == drawn[1]
    assert 0.1 < len(drawn[0]) / 300 < 0.3


def test_no_story_is_asked_about_twice_and_threads_take_turns() -> None:
    copies = [unsure(number, 0.5, story="one") for number in some(5, lot=False)]
    same = [unsure(number, 0.55, thread="t") for number in some(3, lot=False, first=500)]
    other = unsure(some(1, lot=False, first=900)[0], 0.6)
    found = asked([*copies, *same, other], tasks=("complaint",))
    assert len([item for item in found if item.mention.story == "one"]) <= 1
    threads = [item.mention.thread for item in found if item.mention.story != "one"]
    assert threads.index("") < 2, "the second of a thread waits for the others"


def test_kinds_of_question_are_mixed() -> None:
    mentions = [
        unsure(number, 0.55, sentiment=Sentiment(label="negative", score=-0.2, confidence=0.55))
        for number in range(100)
    ]
    kinds = Counter(item.task for item in asked(mentions, limit=20))
    assert len(kinds) > 2
    assert max(kinds.values()) < 15


def test_what_was_answered_is_not_asked_again(store: EmbeddedStore) -> None:
    mentions = [unsure(number, 0.6) for number in range(60)]
    store.write(mentions)
    first = asked(mentions, tasks=("complaint", "topic"), limit=30)
    for item in first:
        answer(
            store.records, item.mention, what=item.task, was=item.value, says=item.judged, drawn=item.drawn, stamp=STAMP
        )
    again = asked(mentions, tasks=("complaint", "topic"), limit=30, answered=asked_already(store.records))
    before = {(item.mention.id, item.task, item.value) for item in first}
    assert before.isdisjoint({(item.mention.id, item.task, item.value) for item in again})


def test_right_is_a_confirmation_and_wrong_a_correction(store: EmbeddedStore) -> None:
    mention = unsure(1, 0.6)
    right = answer(store.records, mention, what="complaint", says="yes", stamp=STAMP, drawn="lot")
    wrong = answer(store.records, mention, what="sentiment", says="mixed", stamp=STAMP)
    assert isinstance(right, Confirmation)
    assert (right.said, right.judged, right.drawn, right.model, right.who) == ("yes", "yes", "lot", "m1", "ann")
    assert isinstance(wrong, Correction)
    assert (wrong.was, wrong.to) == ("negative", "mixed")
    again = answer(store.records, mention, what="sentiment", says="mixed", stamp=STAMP)
    assert isinstance(again, Confirmation), "it counts so by now"
    assert (again.said, again.judged) == ("mixed", "negative")
    assert checks.check(store.records).sound
    with pytest.raises(UsageError, match="'bad' is not known"):
        answer(store.records, mention, what="sentiment", says="bad", stamp=STAMP)


@pytest.mark.parametrize(
    ("what", "was", "says", "truth"),
    [
        ("severity", "", "none", "none"),
        ("severity", "", "annoyance", "annoyance"),
        ("move", "none", "none", "none"),
        ("move", "none", "recall", "recall"),
        ("move", "launch", "none", "none"),
        ("move", "launch", "price", "price"),
        ("relevance", "", "not", "not"),
        ("question", "", "yes", "yes"),
        ("sentiment", "", "unsure", None),
        ("topic", "battery", "none", None),
        ("topic", "battery", "app", None),
        ("topic", "battery", "battery", None),
    ],
)
def test_every_task_is_answered_and_tells_what_is_true(
    store: EmbeddedStore, what: Any, was: str, says: str, truth: str | None
) -> None:
    mention = unsure(1, 0.6, moves=("launch",) if was == "launch" else ())
    answer(store.records, mention, what=what, was=was, says=says, stamp=STAMP)
    assert truths(store.records).get((mention.id, what)) == truth
    standing = corrections.current(store.records, mention)
    if what == "topic":
        assert standing.topics == ({says} - {"none"})
    elif what == "move":
        assert standing.moves == ({says} - {"none"})
    else:
        assert standing.said(what) == says


def test_the_newest_word_holds_and_a_correction_by_hand_counts_too(store: EmbeddedStore) -> None:
    mention = unsure(1, 0.6)
    answer(store.records, mention, what="complaint", says="yes", stamp=STAMP)
    corrections.correct(store.records, mention, what="complaint", to="no", reason="a joke", stamp=STAMP)
    corrections.correct(store.records, mention, what="brand", to="not about", reason="a perfume", stamp=STAMP)
    assert truths(store.records) == {(mention.id, "complaint"): "no", (mention.id, "relevance"): "not"}


def test_precision_is_of_what_was_drawn_by_lot_alone(store: EmbeddedStore) -> None:
    for number, (says, drawn) in enumerate([("yes", "lot")] * 8 + [("no", "lot")] * 2 + [("no", "doubt")] * 10):
        answer(store.records, unsure(number, 0.6), what="complaint", says=says, drawn=drawn, stamp=STAMP)
    found = {(one.task, one.judged): one.right for one in precision(store.records)}
    assert {name: (right.count, right.value) for name, right in found.items()} == {
        ("complaint", ""): (10, 0.8),
        ("complaint", "yes"): (10, 0.8),
    }
    whole = found["complaint", ""]
    assert (round(whole.low, 2), round(whole.high, 2)) == (0.49, 0.94), "Wilson's interval of 8 in 10"
    later = datetime(2027, 1, 1, tzinfo=UTC)
    assert precision(store.records, since=later) == []


def test_a_killed_program_leaves_a_confirmation_that_is_made_good(store: EmbeddedStore) -> None:
    made = answer(store.records, unsure(1, 0.6), what="complaint", says="yes", stamp=STAMP)
    CONFIRMATIONS.delete(store.records, made.key)
    assert [words for words in checks.check(store.records).differing if "its record is gone" in words]
    assert confirmations.DERIVED.complete(store.records) == 1
    assert list(CONFIRMATIONS.values(store.records)) == [made]
    assert checks.check(store.records).sound
    assert list(CORRECTIONS.values(store.records)) == []


def test_a_layer_is_kept_looked_up_and_forgotten_by_name(store: EmbeddedStore) -> None:
    assert learnt.bytes_of(store.records) == b""
    figures: Mapping[str, Any] = {"sentiment": {"outcome": "helps"}}
    for named in ("a1", "b2"):
        learnt.keep(store.records, layer="{}", named=named, made_for="w", answers=40, tested=figures, stamp=STAMP)
    kept = learnt.current(store.records)
    assert kept is not None
    assert (kept.hash, kept.made_for, kept.answers, kept.who) == ("b2", "w", 40, "ann")
    assert learnt.bytes_of(store.records) == b"{}"
    assert learnt.forget(store.records, stamp=STAMP).hash == "b2"
    assert learnt.bytes_of(store.records) == b""
    with pytest.raises(UsageError, match="no learnt layer is in use"):
        learnt.forget(store.records, stamp=STAMP)
    assert checks.check(store.records).sound


def test_every_task_has_its_choices() -> None:
    mention = unsure(1, 0.6, moves=("recall",))
    found = {item.task: item for item in doubts.questions(mention, known_chances(mention), ASKED, ("app", "battery"))}
    assert set(found) == set(ASKED)
    assert found["topic"].choices == ("none", "app", "battery")
    assert found["move"].value == "recall"
    assert all(item.judged in item.choices for item in found.values())


def test_the_likeliest_topics_are_offered_first() -> None:
    claims = (
        Claim(kind="praise", sentence="Lovely to look at.", end=6, score=0.99, topic="design"),
        Claim(kind="complaint", sentence="It dies.", end=3, score=0.5, topic="battery"),
        Claim(kind="complaint", sentence="The cord burns.", end=8, score=0.6, topic="charging"),
    )
    mention = unsure(some(1, lot=False)[0], 0.5, claims=claims, topics=("app", "design"), complaint_topics=("battery",))
    topics = ("app", "battery", "charging", "delivery", "design", "heat", "noise")
    common = {mention.brand.id: ("noise", "gone", "heat"), "another": ("delivery",)}
    [item] = asked([mention], tasks=("topic",), topics=topics, common=common)
    assert item.choices == ("none", "charging", "battery", "design", "app", "noise", "heat", "delivery")
