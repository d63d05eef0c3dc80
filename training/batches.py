"""Lessons as rows of figures for the network, and rows as batches of like length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.encoder.inputs import asked_ids
from analysis.enrich.models.encoder.network import LONGEST, Network
from training import answers
from training.examples import Example
from training.export import LABELS

INTENTS, SPANS, NO_PAIR = LABELS["intents"], LABELS["spans"], -1
LENGTHS = (16, 24, 32, 40, 48, 64, 96, LONGEST)
_WHOLE = -1  # the label of the text as a whole, towards which nothing is felt
_QUIET = 0.5  # weight where a missing harm says little: not every complaint was given one


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answers of the heads for one target of a written sentence."""

    intents: NDArray[np.float32]
    severity: int
    severity_weight: float
    move: int
    switch: int
    relevance: int


@dataclass(slots=True, kw_only=True)
class Row:
    """A chunk to learn from. ``told`` is None where only the mood is known; ``tags`` are pieces and their span head."""

    ids: list[int]
    places: list[list[int]]  # of each target, all pieces that stand for it
    moods: list[int]
    told: list[Told | None]
    tags: list[tuple[int, int]] = field(default_factory=list)
    is_tagged: bool = False
    comparison: int = NO_PAIR
    lang: str = ""
    closes: bool = False


def rows(examples: Iterable[Example]) -> Iterator[Row]:
    """Yield a row for each example; a written sentence is learnt as a whole too."""
    for example in examples:
        lesson = example.lesson
        moods = [_mood(lesson.labels[at]) if at < len(lesson.labels) else _WHOLE for at in example.targets]
        places = [list(at) for at in example.places]
        row = Row(ids=list(example.ids), places=places, moods=moods, told=[None] * len(moods))
        if lesson.sentence:
            row.told = [_told(example, at) for at in example.targets]
            if [0] not in row.places:
                row.places, row.moods = [*row.places, [0]], [*row.moods, _WHOLE]
                row.told = [*row.told, _told(example, None)]
            row.tags, row.is_tagged = _tags(example)
            if sum(mood >= 0 for mood in row.moods) > 1:
                row.comparison = LABELS["comparison"].index(answers.comparison(lesson))
            row.lang, row.closes = lesson.sentence.lang, lesson.sentence.text.rstrip()[-1:] in ".!?…"
        yield row


def _mood(label: str) -> int:
    return LABELS["sentiment"].index(label)


def _told(example: Example, at: int | None) -> Told:
    """Return the answers for a target, or for the text as a whole."""
    lesson = example.lesson
    assert lesson.sentence
    named = at is not None and at < len(lesson.labels)
    said = answers.intents(lesson, at) if named and at is not None else set(answers.values(lesson.sentence, "intent"))
    harm = (answers.values(lesson.sentence, "severity") or [""])[0]
    if named and at is not None:
        harm = answers.severity(lesson, at)
    level = LABELS["severity"].index(harm)
    known = named or len(lesson.labels) < 2
    place = at if named and at is not None else 0
    return Told(
        intents=np.array([name in said for name in INTENTS], np.float32),
        severity=level,
        severity_weight=1.0 if level or "complaint" not in said else _QUIET,
        move=LABELS["moves"].index(answers.moves(lesson, place)) if known else 0,
        switch=LABELS["switching"].index(answers.switching(lesson, place)) if named else 0,
        relevance=LABELS["relevance"].index(answers.relevance(lesson)),
    )


def _tags(example: Example) -> tuple[list[tuple[int, int]], bool]:
    """Return the pieces of each span, and whether they may be learnt: a sentence that says something shows where."""
    sentence = example.lesson.sentence
    assert sentence
    marked = [
        (SPANS.index("severity" if name == "severity" else value), words)
        for name, value, words in sentence.codes
        if words and (name == "severity" or value in SPANS)
    ]
    found = []
    for tag, words in marked:
        start = sentence.text.index(words) + example.offset
        inside = [start <= first < last <= start + len(words) for first, last in example.spans]
        found += [(at, tag) for at, is_in in enumerate(inside) if is_in]
    return found, bool(marked) or not answers.values(sentence, "intent")


def _width(row: Row) -> int:
    """Return how often ``row`` is read: once for each target where it has several, and once as a whole."""
    return len(row.places) if sum(places != [0] for places in row.places) > 1 else 1


def groups(every: Sequence[Row], rng: np.random.Generator, pieces: int) -> list[tuple[list[Row], int]]:
    """Return the rows in shuffled groups of like length, each with the length that it is padded to."""
    bins: dict[int, list[Row]] = {}
    for row in every:
        bins.setdefault(next(length for length in LENGTHS if len(row.ids) <= length), []).append(row)
    found = []
    for length, like in bins.items():
        rng.shuffle(like)
        group: list[Row] = []
        for row in like:
            group.append(row)
            if sum(_width(kept) for kept in group) * length >= pieces:
                found.append((group, length))
                group = []
        if group:
            found.append((group, length))
    rng.shuffle(found)
    return found


class _Line(NamedTuple):
    """A text as it is read when some of its targets are asked for, and the span heads' answers in it."""

    ids: list[int]
    tags: list[tuple[int, int]]
    is_tagged: bool


def _lines(row: Row, unknown: int) -> tuple[list[_Line], list[int]]:
    """Return how ``row`` is read, and for each target which of these it is asked in."""
    lines: list[_Line] = []
    asked: list[int] = []
    for places, told in zip(row.places, row.told, strict=True):
        ids = asked_ids(row.ids, places, row.places, unknown)
        same = next((number for number, line in enumerate(lines) if line.ids == ids), len(lines))
        asked.append(same)
        if same == len(lines):
            lines.append(_Line(ids, [(at, tag) for at, tag in row.tags if _is_told(told, tag)], row.is_tagged))
    return lines, asked


def _is_told(told: Told | None, tag: int) -> bool:
    """Return whether what a span rests on is said of the target that is asked for."""
    if told is None:
        return False
    name = SPANS[tag]
    return bool(told.severity) if name == "severity" else bool(told.intents[INTENTS.index(name)])


def figures(part: Sequence[Row], length: int, network: Network, unknown: int) -> dict[str, NDArray[Any]]:
    """Return a batch as the network and its loss take it: a row of ``E`` a reading, of ``y`` and the like a target."""
    read = [_lines(row, unknown) for row in part]
    lines = [line for found, _ in read for line in found]
    before = np.cumsum([0, *(len(found) for found, _ in read)])
    ids = np.array([[*line.ids, *[1] * (length - len(line.ids))] for line in lines])
    mask = np.array([[1.0] * len(line.ids) + [0.0] * (length - len(line.ids)) for line in lines], np.float32)
    spans = np.zeros((len(lines), length, len(SPANS)), np.float32)
    for number, line in enumerate(lines):
        for piece, tag in line.tags:
            spans[number, piece, tag] = 1
    return {
        "E": network.embed(ids),
        "mask": mask,
        "row": np.concatenate([first + np.array(asked) for first, (_, asked) in zip(before, read, strict=False)]),
        "tpos": np.array([places[0] for row in part for places in row.places]),
        "spy": spans,
        "sw_tok": np.stack([mask[number] * line.is_tagged for number, line in enumerate(lines)]),
        **_answers(part),
    }


def _answers(part: Sequence[Row]) -> dict[str, NDArray[Any]]:
    """Return what is right for each target, and how much that is worth."""
    moods = np.array([mood for row in part for mood in row.moods])
    told = [answer for row in part for answer in row.told]
    alone = np.array([len(row.moods) == 1 for row in part for _ in row.moods])
    weight = np.array([answer is not None for answer in told], np.float32)
    weight *= np.where((moods >= 0) | alone, 1.0, 0.5)
    nothing = Told(
        intents=np.zeros(len(INTENTS), np.float32), severity=0, severity_weight=0, move=0, switch=0, relevance=0
    )
    full = [answer or nothing for answer in told]
    firsts = np.cumsum([0, *(len(row.places) for row in part)])[:-1]
    paired = np.array([row.comparison != NO_PAIR for row in part])
    return {
        "y": np.maximum(moods, 0),
        "w": (moods >= 0).astype(np.float32),
        "ww": weight.astype(np.float32),
        "wt": (weight * (moods >= 0)).astype(np.float32),
        "int": np.stack([answer.intents for answer in full]),
        "sev": np.array([answer.severity for answer in full]),
        "sevm": np.array([answer.severity_weight for answer in full], np.float32),
        "mv": np.array([answer.move for answer in full]),
        "sw": np.array([answer.switch for answer in full]),
        "rel": np.array([answer.relevance for answer in full]),
        "c1": np.where(paired, firsts, 0),
        "c2": np.where(paired, firsts + 1, 0),
        "cy": np.array([max(row.comparison, 0) for row in part]),
        "cw": paired.astype(np.float32),
    }
