"""The core of ``candor judge``: texts in, judgements with probabilities out, one object per row.

Rows are ``{"id", "text", "targets"?: [{"start", "end"}]}``; spans count characters. Without targets the whole text is
judged. ``comparison`` is that of the first target against the second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import starmap
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from analysis.enrich.find.language import Languages
from analysis.enrich.find.masking import without
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.pipeline import build, read_all
from analysis.enrich.reading import (
    REACH_PERSONAL,
    READ_BY_RULES,
    Bounds,
    BrandPlace,
    Polarity,
    Ruling,
    TextReading,
    Window,
    reading_of,
)
from analysis.enrich.roster import choose
from analysis.enrich.slots import TASKS, Judges
from analysis.model import INTENTS, Severity
from analysis.model.errors import UsageError
from analysis.model.text import token_words, tokens

WHOLE = "text"
TOGETHER = 32  # rows that are read at once
LONGEST = 1_000_000
"""Characters of a text: what is longer is no post, and its tokens alone fill a machine."""
_MANY = 200_000  # characters from which no further row is read at once
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One row read by every component: its window's places and reading, and the judges who are asked further."""

    doc: Doc
    judges: Judges

    @property
    def reading(self) -> TextReading:
        """What the components learnt."""
        return reading_of(self.doc)

    @property
    def targets(self) -> list[str]:
        """The targets, in the order of the row."""
        return [place.brand for place in self.reading.window.places]


def judge_rows(
    rows: Iterable[Row | UsageError],
    *,
    task: str | None = None,
    judges: Judges | None = None,
    refused: Callable[[UsageError], None] | None = None,
) -> Iterator[Row]:
    """Yield a judgement per row, in order; ``task`` (of ``TASKS``; ``targets`` is sentiment too) asks for one alone.

    Raises ``UsageError`` for an unknown task, and for a row without a text or with a span outside it. Where ``refused``
    is given, it is told of such a row, which is left out; so it is of an error in place of a row that cannot be read.
    """
    asked = UNASKED if task is None else ("sentiment" if task == "targets" else task,)
    if not set(asked) <= set(TASKS):
        raise UsageError(f"unknown task {task!r}; use one of {', '.join(TASKS)}, or none for all")
    judges = judges or choose()
    nlp = build(judges)
    for part in parts(enumerate(rows, start=1)):
        sound = [each for number, row in part if (each := _judged(number, row, refused)) is not None]
        # Words met for the first time are forgotten behind the rows: memory stays flat however many come by.
        with nlp.memory_zone():
            answers = _answers(nlp, judges, sound, asked)
        yield from answers


def parts(rows: Iterable[tuple[int, Row | UsageError]]) -> Iterator[list[tuple[int, Row | UsageError]]]:
    """Yield rows in parts that are read at once: so many, or so many characters."""
    part, size = list[tuple[int, Row | UsageError]](), 0
    for number, row in rows:
        part.append((number, row))
        text = row.get("text") if isinstance(row, dict) else ""
        size += len(text) if isinstance(text, str) else 0
        if len(part) >= TOGETHER or size >= _MANY:
            yield part
            part, size = [], 0
    if part:
        yield part


def _answers(nlp: Language, judges: Judges, sound: Sequence[tuple[Row, Window]], asked: Sequence[str]) -> list[Row]:
    docs = read_all(nlp, judges, [window for _, window in sound]) if sound else ()
    answers = []
    for (row, _), doc in zip(sound, docs, strict=True):
        judged = JudgedRow(doc, judges)
        answers.append({"id": row.get("id"), **{KEYS.get(name, name): _ANSWERS[name](judged) for name in asked}})
    return answers


def _judged(
    number: int, row: Row | UsageError, refused: Callable[[UsageError], None] | None
) -> tuple[Row, Window] | None:
    """Return a row that can be judged with what is judged of it."""
    try:
        if isinstance(row, UsageError):
            raise row
        return row, row_window(row, place=f"row {number}")
    except UsageError as error:
        if refused is None:
            raise
        refused(error)
        return None


def row_window(row: Row, *, place: str) -> Window:
    """Return what is judged of a row. Raises ``UsageError`` where it cannot be; ``place`` names the row."""
    text = row.get("text")
    if not isinstance(text, str):
        raise UsageError(f'{place}: a text is needed, as in {{"id": 1, "text": "..."}}')
    if len(text) > LONGEST:
        raise UsageError(f"{place}: the text has {len(text)} characters; {LONGEST} can be judged: give a post a row")
    spans, rating = row.get("targets"), row.get("rating")
    if not isinstance(spans, list | None):
        raise UsageError(f'{place}: targets is {spans!r}; give a list such as [{{"start": 0, "end": 7}}]')
    if not (rating is None or type(rating) in (int, float)):
        raise UsageError(f"{place}: rating is {rating!r}; give a number of stars")
    places = [_target(number, span, text, place) for number, span in enumerate(spans)] if spans else []
    whole = BrandPlace(WHOLE, 0, len(text))
    return Window(
        text=text,
        places=tuple(places) or (whole,),
        rating=rating,
        reach=REACH_PERSONAL,
        lang=row.get("lang") or _language(text, [(place.start, place.end) for place in places]),
        aspects=True,
    )


def _language(text: str, names: Sequence[Bounds]) -> str:
    """Return the language of a text, names aside; one of signs alone is read in any."""
    said = without(text, names)
    words = token_words(said)
    return _languages().of(said, words) if any(word.isalpha() for word in words) else READ_BY_RULES


@lru_cache(maxsize=1)
def _languages() -> Languages:
    return Languages()


def _target(number: int, span: Any, text: str, place: str) -> BrandPlace:
    if not isinstance(span, Mapping):
        raise UsageError(f'{place}: target {number + 1} is {span!r}; give an object such as {{"start": 0, "end": 7}}')
    start, end = span.get("start"), span.get("end")
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise UsageError(f"{place}: target {start}-{end} is not a span of the text, which has {len(text)} characters")
    return BrandPlace(f"t{number}", start, end)


def _relevance(judged: JudgedRow) -> list[float]:
    window = judged.reading.window
    return [round(p, 4) for p in judged.judges.relevance.judge(window, tokens(window.text))]


def _sentiments(judged: JudgedRow) -> list[Row]:
    return [_sentiment(judged.reading.polarity.get(target)) for target in judged.targets]


def _sentiment(polarity: Polarity | None) -> Row:
    if polarity is None:
        return {"label": "neutral", "p": {"negative": 0.0, "neutral": 1.0, "positive": 0.0}}
    return {
        "label": sentiment_of(polarity).label,
        # What is mixed leans to either side alike.
        "p": {
            "negative": round(polarity.negative + polarity.mixed / 2, 4),
            "neutral": round(polarity.neutral, 4),
            "positive": round(polarity.positive + polarity.mixed / 2, 4),
        },
    }


def _intents(judged: JudgedRow) -> dict[str, float]:
    intents = judged.reading.intents.values()
    return {name: max((chances[name].p for chances in intents), default=0.0) for name in INTENTS}


def _topics(judged: JudgedRow) -> list[Row]:
    """Return the topics of the whole text; the more often one is named, the surer it is (five times at most)."""
    misses: dict[str, list[float]] = {}
    for hits in judged.reading.topics:
        for hit in hits:
            misses.setdefault(hit.topic, []).append(1 - hit.p)
    ranked = sorted(misses, key=lambda topic: (math.prod(misses[topic]), topic))
    return [{"id": topic, "p": round(1 - math.prod(misses[topic][:5]), 4)} for topic in ranked]


def _comparison(judged: JudgedRow) -> Row:
    pair = judged.targets[:2]
    if len(pair) < 2 or not set(pair) <= judged.reading.targets.keys():
        return {"label": "NONE", "p": 1.0}
    comparison = judged.judges.comparison.judge(judged.doc, *pair)
    return {"label": comparison.label, "p": round(comparison.p, 4)}


def _switching(judged: JudgedRow) -> list[Row]:
    told = (ruling.value for ruling in judged.reading.switching.values())
    switches = {(item.origin, item.target, item.status, item.reason) for item in told}
    return [dict(zip(("origin", "target", "status", "reason"), switch, strict=True)) for switch in sorted(switches)]


def _moves(judged: JudgedRow) -> list[str]:
    return sorted({move.value for moves in judged.reading.moves.values() for move in moves})


def _severity(judged: JudgedRow) -> Row:
    told = [ruling.value for ruling in judged.reading.severity.values()]
    worst = max(told, key=lambda severity: severity.weight, default=Severity())
    return {"level": worst.level, "weight": worst.weight}


def _standing(judged: JudgedRow) -> list[Row]:
    known = [judged.reading.standing.get(target) or Ruling("not") for target in judged.targets]
    return [{"label": ruling.value, "p": round(ruling.p, 4)} for ruling in known]


def _phrases(judged: JudgedRow) -> Row:
    phrases = judged.reading.phrases.values()
    complaints = dict.fromkeys(phrase[:2] for each in phrases for phrase in each.complaints)
    wishes = dict.fromkeys(phrase[:2] for each in phrases for phrase in each.wishes)
    return {"complaints": list(starmap(_phrase, complaints)), "wishes": list(starmap(_phrase, wishes))}


def _phrase(topic: str, words: str) -> Row:
    return {"topic": topic, "phrase": words}


_ANSWERS: Mapping[str, Callable[[JudgedRow], Any]] = {
    "sentiment": _sentiments,
    "intents": _intents,
    "topics": _topics,
    "comparison": _comparison,
    "moves": _moves,
    "severity": _severity,
    "switching": _switching,
    "relevance": _relevance,
    "phrases": _phrases,
    "standing": _standing,
}
UNASKED: tuple[str, ...] = tuple(_ANSWERS)[:7]
"""The tasks that are answered where none is named, in the order of an answer's keys."""
KEYS: Mapping[str, str] = {"sentiment": "targets"}
"""The key of a task's answer, where it is not the task's name."""
