"""The enrichers' scores on labelled sets, printed as a table and held to floors a little under what was reached.

``pytest -s tests/eval/test_enricher_scores.py`` shows the table. Sets on which the shipped weights were trained are
marked "in": their dev parts were not trained on, but they are of the same kind; "out" marks texts of other kinds.
"""

from __future__ import annotations

import pytest

from tests.support.eval.enricher_sentences import LISTED, cases, precision_recall
from tests.support.eval.enricher_sets import comparison, intent, sentiment
from tests.support.shared import needs_shared

# set, kind, floor of accuracy, floor of macro-F1
SENTIMENT: tuple[tuple[str, str, float, float], ...] = (
    ("newsmtsc", "in", 0.72, 0.71),
    ("sentfin", "in", 0.80, 0.80),
    ("sentihood", "in", 0.77, 0.74),
    ("mams_atsa", "in", 0.70, 0.70),
    ("airline", "out", 0.65, 0.61),
    ("dong2014", "out", 0.56, 0.56),
    ("semeval14_laptops", "out", 0.66, 0.64),
    ("semeval14_restaurants", "out", 0.66, 0.61),
    ("brandemotion", "out", 0.59, 0.48),
)
# set, part, intent, floor of F1 of the class looked for
INTENTS: tuple[tuple[str, str, str, float], ...] = (
    ("complaints", "dev", "complaint", 0.67),
    ("suggestions", "dev", "wish", 0.74),
    ("suggestions", "dev_hotel", "wish", 0.43),
    ("appreviews", "dev", "complaint", 0.50),
    ("appreviews", "dev", "wish", 0.38),
)
# floors of precision and recall of the exact answer on the sentences saved for a judge; every other gets all right
SENTENCES = {
    ("switching", "encoder"): (0.60, 0.60),
    ("severity", "encoder"): (1.0, 0.60),
    ("sentiment", "encoder"): (1.0, 0.80),
    ("intents", "encoder"): (0.83, 1.0),
    ("moves", "encoder"): (0.50, 0.20),
    ("standing", "encoder"): (1.0, 0.80),
    ("comparison", "encoder"): (1.0, 0.20),
    ("sentiment", "linear"): (0.75, 1.0),
    ("sentiment", "rules"): (0.85, 1.0),
    ("topics", "rules"): (0.85, 1.0),
    ("severity", "rules"): (0.88, 0.95),
    ("moves", "rules"): (0.95, 0.93),
    ("switching", "rules"): (0.95, 0.95),
}


@pytest.mark.shared
@pytest.mark.slow
@needs_shared("data")
@pytest.mark.parametrize(("name", "kind", "accuracy", "macro_f1"), SENTIMENT)
def test_sentiment_towards_targets(name: str, kind: str, accuracy: float, macro_f1: float) -> None:
    scores = sentiment(name)
    classes = ", ".join(f"{label} {f1:.2f}" for label, (_, _, f1) in scores.per_class.items())
    print(f"sentiment {name:22} {kind:3} accuracy {scores.accuracy:.3f} macro-F1 {scores.macro_f1:.3f} ({classes})")
    assert scores.accuracy >= accuracy
    assert scores.macro_f1 >= macro_f1


@pytest.mark.shared
@pytest.mark.slow
@needs_shared("data")
@pytest.mark.parametrize(("name", "part", "wanted", "floor"), INTENTS)
def test_intents(name: str, part: str, wanted: str, floor: float) -> None:
    tags = {"complaint": "Bug", "wish": "Feature"}
    positive = (lambda row: tags[wanted] in row["labels"]) if name == "appreviews" else None
    precision, recall, f1 = intent(name, wanted, part, positive=positive).per_class["yes"]
    print(f"intent {wanted:9} {name:12} {part:9} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
    assert f1 >= floor


@pytest.mark.shared
@pytest.mark.slow
@needs_shared("data")
def test_comparison() -> None:
    scores = comparison()
    for label, (precision, recall, f1) in scores.per_class.items():
        print(f"comparison {label:6} precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
    assert scores.macro_f1 >= 0.69


@pytest.mark.parametrize(("task", "name"), LISTED)
def test_written_sentences(task: str, name: str) -> None:
    judged = cases(task, name)
    precision, recall = precision_recall(judged)
    print(f"{task:10} {name:10} {len(judged)} sentences precision {precision:.3f} recall {recall:.3f}")
    least_precision, least_recall = SENTENCES.get((task, name), (1.0, 1.0))
    wrong = [case for case in judged if case.gold != case.said]
    assert precision >= least_precision, wrong
    assert recall >= least_recall, wrong


@pytest.mark.parametrize(("task", "name"), [("severity", "rules"), ("moves", "rules"), ("switching", "rules")])
def test_the_written_sets_are_large_and_hold_as_many_near_misses(task: str, name: str) -> None:
    judged = cases(task, name)
    negatives = sum(not case.gold for case in judged)
    assert len(judged) >= 150
    assert 0.45 <= negatives / len(judged) <= 0.55
    assert len({case.text for case in judged}) == len(judged)
