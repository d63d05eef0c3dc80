"""Fit how much the network and the rules count: ``python -m training.fuse FOLDER [--held] [--base NAME]``.

For each task a handful of figures: one weight an expert, a bias an answer. Mood is fitted on the dev parts of the
permissive sets. With ``--held`` the tasks of ``FITTED`` are fitted on the written sentences that ``training.train``
holds out. A network that has learnt from those too would be trusted too much there; for such a one, and for the other
tasks, each expert is weighed on texts that it has not learnt from: the rules alone, on the English sentences; of that
weight ``DAMPED`` stands beside the network, whose confidence is drawn back by ``DRAWN``. These constants,
``COMPLAINT``, ``HEARD`` and those of intents and comparison were set by hand, and ``FITTED`` chosen, while results on
the sentences written apart and on dev parts of other sets were in sight: see the model card.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.enrich.models.encoder import comparison as fused_comparison
from analysis.enrich.models.encoder import sentiment as fused_sentiment
from analysis.enrich.models.encoder.encoder import Encoder
from analysis.enrich.models.encoder.fusion import UNLIKELY, log_odds, only
from analysis.enrich.models.encoder.switching import part_of
from analysis.enrich.pipeline import build, read
from analysis.enrich.reading import READ_BY_RULES, Insight, TextReading, reading_of
from analysis.enrich.roster import choose
from analysis.model import INTENTS
from training import answers, bases
from training.bases import BASES, Base
from training.lessons import Lesson, of_sentences, of_sets

DRAWN, DAMPED = 0.6, 0.75
FITTED = ("severity", "moves", "wish")
HEARD = 0.3  # by so much a harm or a move that the rules hear wins over a network that denies it outright
PLAIN = log_odds(0.9967)  # what the rules say of a wish in so many words
CERTAINTY = 0.7  # of mood: the one figure chosen on the dev parts of all sets at once, where 0.8 is then 0.8
COMPLAINT = -0.3  # log odds; beside the rules the network takes what is told of a fault for a complaint too readily
WRITTEN = 2.0  # weight of a written sentence: the sets have more rows and fewer voices
_FIRST = {"network": 1.0, "rules": 0.3}  # where the weights start, and what holds them
_RIDGE = 2.0
RULES = dict.fromkeys(("switching", "severity", "sentiment", "intents", "moves", "comparison", "standing"), "rules")
Floats = NDArray[np.float64]


class Row(NamedTuple):
    """One answer of a task: what each expert says (log chances, or log odds), what is right, and its weight."""

    network: NDArray[np.float32]
    rules: NDArray[np.float32] | None
    right: int
    weight: float


def rows(lessons: Sequence[Lesson], base: Base) -> Iterator[tuple[str, Row]]:
    """Yield for each lesson and target the task and the row."""
    judges = choose(names=RULES)
    nlp, encoder = build(judges), Encoder(base.folder)
    for start in range(0, len(lessons), 64):
        part = lessons[start : start + 64]
        for lesson, insight in zip(part, encoder.read([lesson.window for lesson in part]), strict=True):
            doc = read(nlp, lesson.window) if lesson.window.lang == READ_BY_RULES else None
            reading = reading_of(doc) if doc is not None else None
            for at, place in enumerate(lesson.window.places):
                if place.brand in insight.signals and (reading is None or place.brand in reading.polarity):
                    yield from _of_target(lesson, at, place.brand, insight, reading, encoder)
            if lesson.sentence and len(lesson.sentence.brands) > 1:
                said = encoder.compare(insight, "t0", "t1")
                if said is not None:
                    labels = encoder.heads.labels["comparison"]
                    ruled = (
                        fused_comparison.expert(judges.comparison.judge(doc, "t0", "t1")) if doc is not None else None
                    )
                    right = labels.index(answers.comparison(lesson))
                    yield "comparison", Row(said, ruled, right, WRITTEN)


def _of_target(
    lesson: Lesson, at: int, target: str, insight: Insight, reading: TextReading | None, encoder: Encoder
) -> Iterator[tuple[str, Row]]:
    scores, labels = insight.signals[target].scores, encoder.heads.labels
    weight = WRITTEN if lesson.sentence else 1.0
    if at < len(lesson.labels):
        ruled = fused_sentiment.expert(reading.polarity[target]) if reading else None
        right = labels["sentiment"].index(lesson.labels[at])
        yield "sentiment", Row(scores["sentiment"], ruled, right, weight)
    if lesson.sentence is None:
        return
    said = answers.intents(lesson, at)
    for name in INTENTS:
        odds = scores["intents"][labels["intents"].index(name)]
        ruled = np.array([log_odds(reading.intents[target][name].p)], np.float32) if reading else None
        yield name, Row(np.array([odds]), ruled, int(name in said), weight)
    harm, told = answers.severity(lesson, at), reading.severity.get(target) if reading else None
    ruled = only(labels["severity"], told.value.level if told else "") if reading else None
    yield "severity", Row(scores["severity"], ruled, answers.number(harm, labels["severity"]), weight)
    ruled = only(labels["moves"], *(move.value for move in reading.moves[target])) if reading else None
    yield "moves", Row(scores["moves"], ruled, answers.number(answers.moves(lesson, at), labels["moves"]), weight)
    standing = answers.number(answers.relevance(lesson), labels["relevance"])
    ruled = only(labels["relevance"], reading.standing[target].value) if reading else None
    yield "standing", Row(scores["relevance"], ruled, standing, weight)
    part = answers.number(answers.switching(lesson, at), labels["switching"])
    ruled = only(labels["switching"], part_of(reading.switching.get(target), target)) if reading else None
    yield "switching", Row(scores["switching"], ruled, part, weight)


def fit(task: Sequence[Row], *, with_rules: bool) -> dict[str, object]:
    """Return the weights that make the right answers most probable, held near where they start."""
    binary = len(task[0].network) == 1
    network = np.clip([row.network for row in task], UNLIKELY, -UNLIKELY)
    ruled = np.array([row.rules if with_rules else np.zeros_like(row.network) for row in task], float)
    right = np.array([row.right for row in task])
    weight = np.array([row.weight for row in task])
    size = network.shape[1]

    def loss(flat: Floats) -> float:
        scores = flat[0] * network + flat[1] * ruled + flat[2:]
        if binary:
            wrong = np.logaddexp(0, np.where(right == 1, -scores[:, 0], scores[:, 0]))
        else:
            wrong = -_log_softmax(scores)[np.arange(len(right)), right]
        held = (flat[0] - 1) ** 2 + (flat[1] - first) ** 2 + 0.3 * (flat[2:] ** 2).sum()
        return float((weight * wrong).sum() + _RIDGE * held)

    first = _FIRST["rules"] if with_rules else 0.0
    best = minimize(loss, np.array([1.0, first, *[0.0] * size]), method="L-BFGS-B").x
    return {
        "network": round(float(best[0]), 4),
        "rules": round(float(best[1]), 4) if with_rules else 0.0,
        "bias": [round(float(figure), 4) for figure in best[2:]],
    }


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def _by_task(lessons: Sequence[Lesson], base: Base) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for task, row in rows(lessons, base):
        found[task].append(row)
    return found


def together(lessons: Sequence[Lesson], base: Base) -> dict[str, dict[str, Any]]:
    """Return the pools of every task, both experts fitted together."""
    return {task: _pools(every) for task, every in _by_task(lessons, base).items()}


def _pools(every: Sequence[Row]) -> dict[str, Any]:
    ruled = [row for row in every if row.rules is not None]
    return {"with_rules": fit(ruled, with_rules=True), "alone": fit(every, with_rules=False)}


def apart(lessons: Sequence[Lesson], base: Base) -> dict[str, dict[str, Any]]:
    """Return the pools of every task but mood, each expert weighed by itself."""
    pools = {}
    for task, every in _by_task(lessons, base).items():
        if task in INTENTS:
            pools[task] = _at_their_word(every)
            continue
        silent = [row._replace(network=np.zeros_like(row.network)) for row in every]
        weight = max(0.0, DAMPED * float(fit(silent, with_rules=True)["rules"]))  # type: ignore[arg-type]
        alone = {"network": DRAWN, "rules": 0.0, "bias": [0.0] * len(every[0].network)}
        pools[task] = {"with_rules": alone | {"rules": round(weight, 4)}, "alone": alone}
    # Comparisons are told by few forms, which the rules know and the written sentences, all opposed, hardly hold.
    pools["comparison"]["with_rules"] |= {"network": DRAWN / 2, "rules": 1.0}
    complaint = pools["complaint"]["with_rules"]
    complaint["bias"] = [round(figure + COMPLAINT, 4) for figure in complaint["bias"]]
    return pools


def _at_their_word(every: Sequence[Row]) -> dict[str, Any]:
    """Return the pools of an intent, of which both experts give a chance. What they both knew before counts once."""
    share = sum(row.right for row in every) / len(every)
    before = float(np.log(share / (1 - share)))

    def pool(rules: float) -> dict[str, object]:
        return {"network": DRAWN, "rules": rules, "bias": [round((1 - DRAWN - rules) * before, 4)]}

    return {"with_rules": pool(DAMPED), "alone": pool(0.0)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write ``fusion.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--held", action="store_true", help="the network has not learnt from the texts held out")
    bases.ask(parser)
    asked = parser.parse_args(arguments)
    base = BASES[asked.base]
    english = [lesson for lesson in of_sentences("sentences") if lesson.window.lang == READ_BY_RULES]
    pools = apart(english, base) | together(list(of_sets(asked.folder, "dev")), base)
    if asked.held:
        fitted = together([lesson for lesson in base.read(of_sentences("sentences")) if lesson.held], base)
        pools |= {task: fitted[task] for task in FITTED}
        for task in ("severity", "moves"):
            pool = pools[task]["with_rules"]
            pool["rules"] = round(HEARD - UNLIKELY * pool["network"] + pool["bias"][0], 4)
        wish = pools["wish"]["with_rules"]  # what is asked for in so many words is a wish, whatever stands around it
        least = (HEARD - UNLIKELY * wish["network"] - wish["bias"][0]) / PLAIN
        wish["rules"] = round(max(wish["rules"], least), 4)
    for kind in pools["sentiment"].values():
        kind.update(
            network=round(CERTAINTY * kind["network"], 4),
            rules=round(CERTAINTY * kind["rules"], 4),
            bias=[round(CERTAINTY * figure, 4) for figure in kind["bias"]],
        )
    for task, pool in pools.items():
        print(f"{task:11} {pool}")
    (base.folder / "fusion.json").write_text(json.dumps(pools, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
