"""The core of ``candor judge``: texts in, judgements with probabilities out, one object per row.

Rows are ``{"id", "text", "targets"?: [{"start", "end"}]}``; spans count characters. Without targets the whole text is
judged. ``comparison`` is that of the first target against the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from analysis.enrich.data_files import load
from analysis.enrich.find.brands import Found
from analysis.enrich.judges.comparison import ComparisonRules, compare
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.pipeline import build
from analysis.enrich.reading import Reading, attach, reading_of
from analysis.model import INTENTS
from analysis.model.errors import UsageError

TASKS = ("targets", "intents", "topics", "comparison", "moves", "severity", "switching")
_REACH = 8  # sentences: rows are short texts
WHOLE = "text"
Row = dict[str, Any]


def judge_rows(rows: Iterable[Row], *, task: str | None = None) -> Iterator[Row]:
    """Yield a judgement per row, in order; ``task`` (one of ``TASKS``) asks for one part alone.

    Raises ``UsageError`` for an unknown task, and for a row without a text or with a span outside it.
    """
    if task is not None and task not in TASKS:
        raise UsageError(f"unknown task {task!r}; use one of {', '.join(TASKS)}, or none for all")
    nlp = build()
    rules = ComparisonRules(load("comparison"))
    for number, row in enumerate(rows, start=1):
        yield judge_row(nlp, rules, row, task=task, place=f"row {number}")


def judge_row(nlp: Language, rules: ComparisonRules, row: Row, *, task: str | None, place: str) -> Row:
    """Return the judgement of one row. ``place`` names the row in errors."""
    found = _spans(row, place)
    doc = read(nlp, str(row["text"]), found, rating=row.get("rating"))
    targets = [item.brand for item in found]
    answers: dict[str, Callable[[], Any]] = {
        "targets": lambda: [_sentiment(reading_of(doc), target) for target in targets],
        "intents": lambda: _intents(reading_of(doc)),
        "topics": lambda: _topics(doc),
        "comparison": lambda: _comparison(rules, reading_of(doc), targets),
        "moves": lambda: sorted({move for moves in reading_of(doc).moves.values() for move in moves}),
        "severity": lambda: _severity(reading_of(doc)),
        "switching": lambda: _switching(reading_of(doc)),
    }
    return {"id": row.get("id"), **{name: answer() for name, answer in answers.items() if task in (None, name)}}


def read(nlp: Language, text: str, found: list[Found], *, rating: float | None = None, reach: int = _REACH) -> Doc:
    """Return ``text`` with its reading, after every component. ``found`` must not be empty."""
    doc = attach(nlp.make_doc(text), Reading(found=found, rating=rating, reach=reach))
    for _, component in nlp.pipeline:
        doc = component(doc)
    return doc


def _spans(row: Row, place: str) -> list[Found]:
    text = row.get("text")
    if not isinstance(text, str):
        raise UsageError(f'{place}: a text is needed, as in {{"id": 1, "text": "..."}}')
    spans = row.get("targets") or [{"start": 0, "end": len(text)}]
    whole = not row.get("targets")
    found = []
    for number, span in enumerate(spans):
        start, end = span.get("start"), span.get("end")
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)) and not whole:
            raise UsageError(
                f"{place}: target {start}-{end} is not a span of the text, which has {len(text)} characters"
            )
        found.append(Found(WHOLE if whole else f"t{number}", start, end))
    return found


def _sentiment(reading: Reading, target: str) -> Row:
    polarity = reading.polarity.get(target)
    if polarity is None:
        return {"label": "neutral", "p": {"negative": 0.0, "neutral": 1.0, "positive": 0.0}}
    return {
        "label": sentiment_of(polarity).label,
        "p": {
            "negative": round(polarity.negative, 4),
            "neutral": round(polarity.neutral, 4),
            "positive": round(polarity.positive, 4),
        },
    }


def _intents(reading: Reading) -> dict[str, float]:
    return {name: max((found[name] for found in reading.intents.values()), default=0.0) for name in INTENTS}


def _topics(doc: Doc) -> list[Row]:
    """Return the topics of the whole text; the more often one is named, the surer it is."""
    counts: dict[str, int] = {}
    for hits in reading_of(doc).topics:
        for hit in hits:
            counts[hit.topic] = counts.get(hit.topic, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"id": topic, "p": round(1 - 0.4 ** min(count, 5), 4)} for topic, count in ranked]


def _comparison(rules: ComparisonRules, reading: Reading, targets: list[str]) -> Row:
    if len(targets) < 2 or targets[0] not in reading.targets or targets[1] not in reading.targets:
        return {"label": "NONE", "p": 1.0}
    label, p = compare(rules, reading, targets[0], targets[1])
    return {"label": label, "p": round(p, 4)}


def _severity(reading: Reading) -> Row:
    worst = max(reading.severity.values(), key=lambda item: item.weight, default=None)
    return {"level": worst.level, "weight": worst.weight} if worst else {"level": "", "weight": 0.0}


def _switching(reading: Reading) -> list[Row]:
    found = {(item.origin, item.target, item.status, item.reason) for item in reading.switching.values()}
    return [{"origin": a, "target": b, "status": c, "reason": d} for a, b, c, d in sorted(found)]
