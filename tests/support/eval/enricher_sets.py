"""Rows of the labelled sets beside the repository as ``candor judge`` reads them, and the scores on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.enrich.judge import judge_rows
from tests.support.shared import DATA, lines

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scores:
    """Accuracy, and precision, recall and F1 per class."""

    accuracy: float
    per_class: dict[str, tuple[float, float, float]]

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes."""
        return sum(f1 for _, _, f1 in self.per_class.values()) / len(self.per_class)


def score(gold: Sequence[str], said: Sequence[str]) -> Scores:
    """Return the scores of ``said`` against ``gold``; an answer outside the gold classes is simply wrong."""
    per_class = {}
    for name in sorted(set(gold)):
        hits = sum(a == b == name for a, b in zip(gold, said, strict=True))
        precision = hits / max(1, sum(b == name for b in said))
        recall = hits / max(1, sum(a == name for a in gold))
        per_class[name] = (precision, recall, 2 * precision * recall / max(1e-9, precision + recall))
    right = sum(a == b for a, b in zip(gold, said, strict=True))
    return Scores(right / len(gold), per_class)


def rows_of(name: str, part: str = "dev") -> list[Row]:
    """Return the rows of a labelled set."""
    return list(lines(DATA / name / f"{part}.jsonl"))


def _judged(rows: Iterable[Row], spans: Callable[[Row], list[Row]], task: str) -> list[Row]:
    asked = ({"id": row["id"], "text": row["text"], "targets": spans(row)} for row in rows)
    return list(judge_rows(asked, task=task))


def sentiment(name: str, part: str = "dev") -> Scores:
    """Score the most probable of the three sentiments, sure or not. ``mixed`` rows are left out."""
    rows = [row for row in rows_of(name, part) if row["label"] in ("negative", "neutral", "positive")]
    judged = _judged(rows, lambda row: [{"start": row["start"], "end": row["end"]}], "sentiment")
    said = [max(item["targets"][0]["p"].items(), key=lambda pair: pair[1])[0] for item in judged]
    return score([row["label"] for row in rows], said)


def intent(name: str, wanted: str, part: str = "dev", *, positive: Callable[[Row], bool] | None = None) -> Scores:
    """Score one intent against rows whose label is 1, or that ``positive`` picks."""
    rows = rows_of(name, part)
    judged = _judged(rows, lambda row: [], "intents")
    is_positive = positive or (lambda row: row["label"] == 1)
    gold = ["yes" if is_positive(row) else "no" for row in rows]
    return score(gold, ["yes" if item["intents"][wanted] >= 0.5 else "no" for item in judged])


def comparison_spans(row: Row) -> list[Row]:
    """Return the two things that a row of compsent19 compares."""
    return [
        {"start": row["start_a"], "end": row["start_a"] + len(row["object_a"])},
        {"start": row["start_b"], "end": row["start_b"] + len(row["object_b"])},
    ]


def comparison(part: str = "dev") -> Scores:
    """Score compsent19."""
    rows = rows_of("compsent19", part)
    judged = _judged(rows, comparison_spans, "comparison")
    return score([row["label"] for row in rows], [item["comparison"]["label"] for item in judged])
