"""What answers teach: a systematic mistake of a trade is mended on texts that were held back; chance is refused."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from analysis.enrich.enricher import Enricher
from analysis.enrich.learnt import layer as layers
from analysis.enrich.learnt.fitting import Lesson, fitted
from analysis.enrich.learnt.layer import Layer, LearntTask, fitting_layer, layer_from, weights_hash
from analysis.enrich.learnt.refit import FEWEST, FEWEST_RIGHT, Refit, Taught, refit
from analysis.enrich.models.encoder.network import WIDTH
from analysis.ingest.understand import understand
from analysis.model import Brand, Mention, Post
from analysis.model.errors import LayerError
from tests.support.trade_slang import sentences

BRANDS = (Brand(id="tessaro", name="Tessaro", role="own"),)
AT = datetime(2026, 5, 2, tzinfo=UTC)
HELD_BACK = 3  # one in so many sentences is never answered about


def make(layer: Layer | None = None) -> Enricher:
    return Enricher(BRANDS, pseudonym_key=b"key", layer=layer)


def post(number: int, text: str) -> Post:
    return Post(url=f"https://bench.example/t/{number}", text=text, kind="comment", fetched_at=AT)


SAID = list(sentences())
POSTS = [post(number, said.text) for number, said in enumerate(SAID)]
TAUGHT, KEPT_BACK = (
    [number for number in range(len(SAID)) if (number % HELD_BACK == 0) is back] for back in (False, True)
)


def judge(enricher: Enricher, numbers: Sequence[int]) -> list[Mention]:
    return [one.mentions[0] for one in understand([POSTS[number] for number in numbers], enricher)]


PLAIN = [
    Post(url=f"https://plain.example/t/{number}", text=text, kind="comment", fetched_at=AT)
    for number, text in enumerate(
        f"{who} {what}"
        for who in ("My Tessaro", "The Tessaro that I bought", "Our second Tessaro", "This Tessaro", "The old Tessaro")
        for what in (
            "broke after a week and support ignored me. Terrible.",
            "is excellent, and support was wonderful.",
            "arrived on Tuesday.",
            "leaks, smells and never worked. Avoid it.",
            "is the best I ever had. I love it.",
            "has two doors and a tray.",
            "is a waste of money and I regret it.",
            "works perfectly every single day. Great value.",
            "cost 200 euros at the shop.",
        )
    )
]


def learn(taught: Sequence[Taught]) -> Refit:
    return refit(taught, make, others=PLAIN)


def right(mentions: Sequence[Mention], numbers: Sequence[int]) -> int:
    return sum(mention.sentiment.label == SAID[number].label for mention, number in zip(mentions, numbers, strict=True))


def lessons(label: Callable[[int], str], numbers: Sequence[int] = TAUGHT, task: str = "sentiment") -> list[Taught]:
    mentions = judge(make(), numbers)
    return [
        Taught(post=POSTS[number], mention=mention.id, story=mention.id, truths={task: label(number)})
        for mention, number in zip(mentions, numbers, strict=True)
    ]


@pytest.fixture(scope="module")
def learnt() -> Layer:
    found = learn(lessons(lambda number: SAID[number].label))
    assert found.others == len(PLAIN)
    assert found.changed["sentiment"] <= 0.2 * len(PLAIN)
    (tested,) = found.tested
    assert (tested.task, tested.outcome) == ("sentiment", "helps")
    assert tested.gain is not None
    assert tested.mended - tested.broken == tested.right_after - tested.right_before > 0.3 * tested.answers
    assert 0 < tested.gain.low < tested.gain.value
    return found.layer


def test_the_words_of_a_trade_are_learnt_for_texts_that_nobody_answered_about(learnt: Layer) -> None:
    shipped, adjusted = judge(make(), KEPT_BACK), judge(make(learnt), KEPT_BACK)
    assert right(shipped, KEPT_BACK) < 0.4 * len(KEPT_BACK), "the trade misleads the shipped judges"
    assert right(adjusted, KEPT_BACK) > 0.75 * len(KEPT_BACK)


def test_both_judgements_are_kept_and_the_model_names_the_layer(learnt: Layer) -> None:
    for before, after in zip(judge(make(), KEPT_BACK), judge(make(learnt), KEPT_BACK), strict=True):
        assert f"+learnt-{learnt.hash}" in after.model
        assert "learnt" not in before.model
        said = f"sentiment:{before.sentiment.label}"
        assert after.adjusted == (() if after.sentiment.label == before.sentiment.label else (said,))
        assert before.adjusted == ()


def test_plain_words_are_judged_as_before(learnt: Layer) -> None:
    plain = [
        post(900, "My Tessaro failed within days and nobody at support answers. Awful."),
        post(901, "I adore my Tessaro, it is brilliant and the service was lovely."),
    ]
    found = [one.mentions[0].sentiment.label for one in understand(plain, make(learnt))]
    assert found == ["negative", "positive"]


def test_random_answers_are_refused() -> None:
    drawn = random.Random(1)
    found = learn(lessons(lambda _: drawn.choice(("negative", "neutral", "positive"))))
    (tested,) = found.tested
    assert tested.outcome == "does not help"
    assert tested.gain is not None
    assert tested.gain.low <= 0
    assert found.layer.tasks == {}


def test_too_few_answers_say_how_many_are_missing() -> None:
    found = learn(lessons(lambda number: SAID[number].label, TAUGHT[:12]))
    (tested,) = found.tested
    assert (tested.outcome, tested.answers, tested.missing) == ("too few answers", 12, FEWEST - 12)
    assert tested.missing_right == FEWEST_RIGHT - tested.right_before > 0


def test_corrections_alone_teach_nothing_without_answers_that_say_right() -> None:
    mentions = judge(make(), TAUGHT)
    wrong = [number for mention, number in zip(mentions, TAUGHT, strict=True) if not right([mention], [number])]
    (tested,) = learn(lessons(lambda number: SAID[number].label, wrong)).tested
    assert len(wrong) >= FEWEST
    assert (tested.outcome, tested.missing, tested.missing_right) == ("too few answers", 0, FEWEST_RIGHT)


def test_where_all_is_right_there_is_nothing_to_mend() -> None:
    mentions = {mention.url: mention.sentiment.label for mention in judge(make(), TAUGHT)}
    sure = [number for number in TAUGHT if mentions[POSTS[number].url] != "unsure"]
    (tested,) = learn(lessons(lambda number: mentions[POSTS[number].url], sure)).tested
    assert tested.outcome == "nothing to mend"


def test_what_breaks_more_than_it_mends_of_those_drawn_by_lot_is_refused() -> None:
    """The answers of the least sure teach the trade's words; those drawn by lot say that the judges were right."""
    mentions = judge(make(), TAUGHT)
    some = lessons(lambda number: SAID[number].label)
    changed = []
    for at, (one, mention) in enumerate(zip(some, mentions, strict=True)):
        by_lot = at % 7 == 0 and mention.sentiment.label not in ("unsure", SAID[TAUGHT[at]].label)
        lot = replace(one, truths={"sentiment": mention.sentiment.label}, by_lot=frozenset({"sentiment"}))
        changed.append(lot if by_lot else one)
    (tested,) = learn(changed).tested
    assert tested.outcome == "harms by lot"


@pytest.mark.parametrize(
    ("task", "text", "truth"),
    [
        ("complaint", "The Tessaro is in the shop.", "yes"),
        ("praise", "The Tessaro is in the shop.", "yes"),
        ("wish", "The Tessaro is in the shop.", "yes"),
        ("question", "The Tessaro is in the shop.", "yes"),
        ("severity", "The Tessaro is in the shop.", "safety"),
        ("move", "The Tessaro is in the shop.", "recall"),
        ("relevance", "The Tessaro is in the shop.", "list"),
    ],
)
def test_every_task_can_be_adjusted_and_says_what_was_shipped(task: str, text: str, truth: str) -> None:
    labels = layers_labels(task)
    bias = np.array([9.0 if label == truth else 0.0 for label in labels], np.float32)
    pushed = LearntTask(labels, 0.1, bias, np.zeros((2 * WIDTH, len(labels)), np.float32))
    [before] = make().mentions([post(1, text)])[0]
    [after] = make(Layer(weights_hash(), {task: pushed})).mentions([post(1, text)])[0]
    told = {
        "severity": after.severity.level,
        "move": " ".join(after.moves),
        "relevance": after.relevance.level,
    }.get(task, "yes" if task in after.intents else "no")
    assert told == truth
    was = {"severity": "none", "move": "none", "relevance": before.relevance.level}.get(task, "no")
    assert f"{task}:{was}" in after.adjusted
    if task != "relevance":
        assert [claim.sentence for claim in after.claims if claim.kind == task], "what is new has its sentence"


def layers_labels(task: str) -> tuple[str, ...]:
    from analysis.enrich.learnt.shipped import LABELS

    return LABELS[task]


def test_a_layer_is_the_same_after_it_was_kept(learnt: Layer) -> None:
    again = layer_from(learnt.written())
    assert again.hash == learnt.hash
    assert right(judge(make(again), KEPT_BACK), KEPT_BACK) == right(judge(make(learnt), KEPT_BACK), KEPT_BACK)
    assert fitting_layer(learnt.written()).hash == learnt.hash


def test_a_layer_for_other_weights_is_refused_with_the_cure(learnt: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "weights_hash", lambda: "other")
    with pytest.raises(LayerError, match=r"was made for the weights .*; learn again"):
        fitting_layer(learnt.written())
    with pytest.raises(LayerError, match="damaged"):
        layer_from(b'{"made_for": "x", "tasks": {"sentiment": {"labels": ["a"], "scale": 1}}}')


def test_a_layer_that_learnt_nothing_says_what_the_shipped_judges_say() -> None:
    task = LearntTask(("no", "yes"), 1.0, np.zeros(2, np.float32), np.zeros((3, 2), np.float32))
    chances = task.chances({"no": 0.3, "yes": 0.7}, np.ones(3, np.float32))
    assert chances == pytest.approx({"no": 0.3, "yes": 0.7}, abs=1e-6)


def test_a_fit_to_few_answers_stays_near_what_was_shipped() -> None:
    drawn = np.random.default_rng(5)
    truths = drawn.integers(0, 2, 40)
    chances = np.where(truths[:, None] == np.arange(2), 0.9, 0.1)
    features = drawn.normal(size=(40, 384)).astype(np.float32)
    wanted = (truths[:, None] == np.arange(2)).astype(np.float32)
    offsets, even = np.log(chances).astype(np.float32), np.ones(40, np.float32)
    task = fitted(Lesson(("no", "yes"), offsets, features, wanted, even, np.arange(40)))
    assert task.scale > 0.9
    assert np.abs(task.matrix).max() < 0.05
