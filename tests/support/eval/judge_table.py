"""``make eval``: what each judge reaches, a table a task, beside VADER and always saying the commonest answer.

Labelled sets: their dev parts, at most ``MOST`` rows each, chosen by a fixed seed. Written sentences: those of
``training/apart``, which nobody trained on. Reliability: of all sets together, how often an answer is right, by how
sure it is; ECE is the mean distance of the two (Guo et al. 2017, "On Calibration of Modern Neural Networks").
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from analysis.enrich.judge import judge_rows
from analysis.enrich.pipeline import build, read_all
from analysis.enrich.reading import TextReading, reading_of
from analysis.enrich.roster import by_model, choose
from analysis.enrich.slots import Judges
from analysis.model import INTENTS
from tests.support.eval.enricher_sets import comparison_spans, rows_of, score
from training import answers
from training.lessons import Lesson, of_sentences

MOODS = ("negative", "neutral", "positive")
SETS = (
    *(("newsmtsc", "dev"), ("newsmtsc", "dev_mt"), ("sentfin", "dev"), ("sentihood", "dev"), ("mams_atsa", "dev")),
    *(("airline", "dev"), ("dong2014", "dev"), ("brandemotion", "dev")),
    *(("semeval14_laptops", "dev"), ("semeval14_restaurants", "dev")),
)
WISHES = (("complaints", "dev", "complaint"), ("suggestions", "dev", "wish"), ("suggestions", "dev_hotel", "wish"))
MOST = 800
BINS = 10
Row = dict[str, Any]


@dataclass(slots=True)
class Table:
    """Rows of figures under one head."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"\n{self.title}", f"{'':26}" + "".join(f"{name:>12}" for name in self.columns)]
        lines += [f"{name:26}" + "".join(f"{value:12.3f}" for value in row) for name, row in self.rows.items()]
        return "\n".join(lines)


def sample(name: str, part: str, labels: Sequence[Any] = ()) -> list[Row]:
    """Return at most ``MOST`` rows of a set with one of ``labels``, the same each time."""
    rows = [row for row in rows_of(name, part) if not labels or row["label"] in labels]
    random.Random(0).shuffle(rows)
    return rows[:MOST]


@lru_cache(maxsize=2)
def judges_of(model: str) -> Judges:
    """Return the judges of a model."""
    return choose(names=by_model(model))


@lru_cache(maxsize=64)
def moods(name: str, part: str, model: str) -> tuple[tuple[str, str, float], ...]:
    """Return for each row what is right, what is most probable, and how probable."""
    rows = sample(name, part, MOODS)
    asked = ({"text": row["text"], "targets": [{"start": row["start"], "end": row["end"]}]} for row in rows)
    said = judge_rows(asked, task="sentiment", judges=judges_of(model))
    best = [max(item["targets"][0]["p"].items(), key=lambda pair: pair[1]) for item in said]
    return tuple((row["label"], label, p) for row, (label, p) in zip(rows, best, strict=True))


def sentiment_table() -> Table:
    """Return macro-F1 over three moods, a set a row, and their mean."""
    table = Table("sentiment, macro-F1", ("encoder", "linear", "VADER", "majority"))
    vader = SentimentIntensityAnalyzer()
    for name, part in SETS:
        rows = sample(name, part, MOODS)
        gold = [row["label"] for row in rows]
        found = [score(gold, [label for _, label, _ in moods(name, part, model)]) for model in ("encoder", "linear")]
        found.append(score(gold, [_by_vader(vader.polarity_scores(row["text"])["compound"]) for row in rows]))
        found.append(score(gold, [max(MOODS, key=gold.count)] * len(gold)))
        table.rows[name if part == "dev" else f"{name} {part}"] = tuple(scores.macro_f1 for scores in found)
    columns = zip(*table.rows.values(), strict=True)
    table.rows["mean"] = tuple(sum(column) / len(SETS) for column in columns)
    return table


def _by_vader(compound: float) -> str:
    return "positive" if compound >= 0.05 else "negative" if compound <= -0.05 else "neutral"


def intents_table() -> Table:
    """Return macro-F1 of complaints and F1 of wishes."""
    table = Table("intents: macro-F1 of complaint, F1 of wish", ("encoder", "linear", "majority"))
    for name, part, wanted in WISHES:
        rows = sample(name, part)
        gold = ["yes" if row["label"] == 1 else "no" for row in rows]
        figures = []
        for model in ("encoder", "linear"):
            asked = ({"text": row["text"], "targets": []} for row in rows)
            said = judge_rows(asked, task="intents", judges=judges_of(model))
            found = score(gold, ["yes" if item["intents"][wanted] >= 0.5 else "no" for item in said])
            figures.append(found.macro_f1 if wanted == "complaint" else found.per_class["yes"][2])
        common = score(gold, [max("yes", "no", key=gold.count)] * len(gold))
        figures.append(common.macro_f1 if wanted == "complaint" else common.per_class["yes"][2])
        table.rows[f"{name} {part}"] = tuple(figures)
    return table


def comparison_table() -> Table:
    """Return the F1 of each class of compsent19, and their mean weighted by how common each is."""
    rows = sample("compsent19", "dev")
    gold = [row["label"] for row in rows]
    table = Table("comparison, F1", ("encoder", "linear"))
    found = []
    for model in ("encoder", "linear"):
        asked = ({"text": row["text"], "targets": comparison_spans(row)} for row in rows)
        said = judge_rows(asked, task="comparison", judges=judges_of(model))
        found.append(score(gold, [item["comparison"]["label"] for item in said]))
    for label in sorted(set(gold)):
        table.rows[label] = tuple(scores.per_class[label][2] for scores in found)
    share = {label: gold.count(label) / len(gold) for label in set(gold)}
    weighted = [sum(share[label] * scores.per_class[label][2] for label in share) for scores in found]
    table.rows["weighted"] = tuple(weighted)
    return table


def reliability_table(model: str = "encoder") -> Table:
    """Return how often answers are right by how sure they are, over all sets, and the ECE."""
    every = [(p, gold == said) for name, part in SETS for gold, said, p in moods(name, part, model)]
    table = Table("reliability of sentiment, all sets", ("share", "sure", "right"))
    error = 0.0
    for number in range(BINS):
        inside = [(p, ok) for p, ok in every if number == min(int(p * BINS), BINS - 1)]
        if inside:
            share, sure = len(inside) / len(every), sum(p for p, _ in inside) / len(inside)
            right = sum(ok for _, ok in inside) / len(inside)
            error += share * abs(sure - right)
            table.rows[f"{number / BINS:.1f} to {(number + 1) / BINS:.1f}"] = (share, sure, right)
    table.rows["ECE"] = (1.0, error, error)
    return table


def written(model: str) -> Iterator[tuple[Lesson, TextReading]]:
    """Yield each sentence written apart with its reading."""
    judges = judges_of(model)
    nlp, lessons = build(judges), list(of_sentences("apart"))
    for start in range(0, len(lessons), 32):
        part = lessons[start : start + 32]
        for lesson, doc in zip(part, read_all(nlp, judges, [each.window for each in part]), strict=True):
            yield lesson, reading_of(doc)


def written_tables(model: str = "encoder") -> tuple[Table, Table]:
    """Return the accuracy of mood on sentences written apart by kind and language, and P and R of all that is told."""
    hits: dict[str, list[bool]] = defaultdict(list)
    told: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for lesson, reading in written(model):
        assert lesson.sentence
        for at, place in enumerate(lesson.window.places):
            if place.brand not in reading.polarity:
                continue
            if at < len(lesson.labels):
                right = _mood(reading, place.brand) == lesson.labels[at]
                for name in ("all", f"language {lesson.sentence.lang}", lesson.sentence.kind):
                    hits[name].append(right)
            for task, pair in _told(lesson, at, reading, place.brand).items():
                told[task].append(pair)
    moods = Table("sentiment on sentences written apart, accuracy", ("accuracy", "brands"))
    moods.rows = {name: (sum(found) / len(found), len(found)) for name, found in sorted(hits.items())}
    events = Table("told in sentences written apart", ("precision", "recall", "cases"))
    events.rows = {task: _precision_recall(pairs) for task, pairs in told.items()}
    return moods, events


def _mood(reading: TextReading, target: str) -> str:
    chances = {label: getattr(reading.polarity[target], label) for label in (*MOODS, "mixed")}
    return max(chances, key=chances.__getitem__)


def _told(lesson: Lesson, at: int, reading: TextReading, target: str) -> Mapping[str, tuple[str, str]]:
    """Return what is right and what is said of a target, by task; an empty word means nothing."""
    gold, said = answers.intents(lesson, at), reading.intents[target]
    harm, switch = reading.severity.get(target), reading.switching.get(target)
    part = f"{'from' if switch.value.origin == target else 'to'}_{switch.value.status}" if switch else ""
    moves, standing = reading.moves[target], answers.relevance(lesson)
    level = reading.standing[target].value
    return {
        **{name: (name if name in gold else "", name if said[name].p >= 0.5 else "") for name in INTENTS},
        "severity": (answers.severity(lesson, at), harm.value.level if harm else ""),
        "move": (answers.moves(lesson, at), moves[0].value if moves else ""),
        "switching": (answers.switching(lesson, at), part),
        "not about": ("" if standing == "about" else standing, "" if level == "about" else level),
    }


def _precision_recall(pairs: Sequence[tuple[str, str]]) -> tuple[float, float, float]:
    right = sum(bool(gold) and gold == said for gold, said in pairs)
    said, gold = sum(bool(said) for _, said in pairs), sum(bool(gold) for gold, _ in pairs)
    return right / max(1, said), right / max(1, gold), gold


def main() -> None:
    """Print every table."""
    tables = (sentiment_table(), intents_table(), comparison_table(), reliability_table(), *written_tables())
    for table in tables:
        print(table)


if __name__ == "__main__":
    main()
