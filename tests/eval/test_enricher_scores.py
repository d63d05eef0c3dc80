"""The enrichers' scores on labelled sets, printed as a table and held to floors a little under what was reached.

``pytest -s tests/eval/test_enricher_scores.py`` shows the table. Sets on which the shipped weights were trained are
marked "in": their dev parts were not trained on, but they are of the same kind; "out" marks texts of other kinds.
"""

from __future__ import annotations

import pytest

from tests.support.eval.enricher_sentences import Case, move_cases, precision_recall, severity_cases, switching_cases
from tests.support.eval.enricher_sets import comparison, intent, sentiment
from tests.support.shared import needs_shared

# set, kind, floor of accuracy, floor of macro-F1
SENTIMENT: tuple[tuple[str, str, float, float], ...] = (
    ("newsmtsc", "in", 0.64, 0.62),
    ("sentfin", "in", 0.74, 0.74),
    ("sentihood", "in", 0.71, 0.68),
    ("mams_atsa", "in", 0.58, 0.58),
    ("airline", "out", 0.59, 0.57),
    ("dong2014", "out", 0.52, 0.52),
    ("semeval14_laptops", "out", 0.67, 0.64),
    ("semeval14_restaurants", "out", 0.66, 0.61),
    ("brandemotion", "out", 0.59, 0.48),
)
# set, part, intent, floor of F1 of the class looked for
INTENTS: tuple[tuple[str, str, str, float], ...] = (
    ("complaints", "dev", "complaint", 0.64),
    ("suggestions", "dev", "wish", 0.70),
    ("suggestions", "dev_hotel", "wish", 0.18),
    ("appreviews", "dev", "complaint", 0.50),
    ("appreviews", "dev", "wish", 0.38),
)
# floors of precision and recall of the exact answer on the sentences written for it
SENTENCES = {"severity": (0.88, 0.95), "moves": (0.95, 0.93), "switching": (0.95, 0.95)}
_CASES = {"severity": severity_cases, "moves": move_cases, "switching": switching_cases}


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


@pytest.mark.parametrize("name", list(SENTENCES))
def test_written_sentences(name: str) -> None:
    cases = _CASES[name]()
    precision, recall = precision_recall(cases)
    print(f"{name:10} {len(cases)} sentences precision {precision:.3f} recall {recall:.3f}")
    least_precision, least_recall = SENTENCES[name]
    assert (precision, recall) >= (least_precision, 0)
    assert recall >= least_recall


@pytest.mark.parametrize("name", list(SENTENCES))
def test_the_written_sets_are_large_and_hold_as_many_near_misses(name: str) -> None:
    cases: list[Case] = _CASES[name]()
    negatives = sum(not case.gold for case in cases)
    assert len(cases) >= 150
    assert 0.45 <= negatives / len(cases) <= 0.55
    assert len({case.text for case in cases}) == len(cases)
