"""Which judges there are for each task. The first of a task is the one that judges where none is named.

A new judge is a file in ``judges`` (rules) or ``models`` (trained) whose ``make`` gives it, a line here, and its
sentences with the right answers in ``tests/data/enrich/TASK/NAME.jsonl``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from analysis.enrich.judges import (
    comparison,
    intents,
    moves,
    phrases,
    relevance,
    sentiment,
    severity,
    switching,
    topics,
)
from analysis.enrich.models import linear
from analysis.enrich.reading import KeyPhrases, Polarity, Ruling
from analysis.enrich.slots import (
    TASKS,
    Background,
    Judges,
    PairJudge,
    RelevanceJudge,
    TargetJudge,
    TopicJudge,
)
from analysis.enrich.taxonomy import load_taxonomy
from analysis.model import Switching
from analysis.model.errors import ConfigError

J = TypeVar("J")
Makers = Mapping[str, Callable[[Background], J]]

RELEVANCE: Makers[RelevanceJudge] = {"rules": relevance.make}
TOPICS: Makers[TopicJudge] = {"rules": topics.make}
SWITCHING: Makers[TargetJudge[Ruling[Switching] | None]] = {"rules": switching.make}
SENTIMENT: Makers[TargetJudge[Polarity]] = {"linear": linear.make, "rules": sentiment.make}
INTENTS: Makers[TargetJudge[Mapping[str, float]]] = {"rules": intents.make}
SEVERITY: Makers[TargetJudge[Ruling[str] | None]] = {"rules": severity.make}
MOVES: Makers[TargetJudge[tuple[Ruling[str], ...]]] = {"rules": moves.make}
PHRASES: Makers[TargetJudge[KeyPhrases]] = {"rules": phrases.make}
COMPARISON: Makers[PairJudge] = {"rules": comparison.make}

ROSTER: Mapping[str, Makers[object]] = {
    "relevance": RELEVANCE,
    "topics": TOPICS,
    "switching": SWITCHING,
    "sentiment": SENTIMENT,
    "intents": INTENTS,
    "severity": SEVERITY,
    "moves": MOVES,
    "phrases": PHRASES,
    "comparison": COMPARISON,
}


def choose(background: Background | None = None, names: Mapping[str, str] | None = None) -> Judges:
    """Return a judge for each slot: of a task in ``names`` (task to name) the one named, else the first of its list.

    Raises ``ConfigError`` for a task or a judge that is on no list.
    """
    background, names = background or Background(taxonomy=load_taxonomy()), names or {}
    _check(names)
    return Judges(
        relevance=_named(RELEVANCE, names.get("relevance"))(background),
        topics=_named(TOPICS, names.get("topics"))(background),
        switching=_named(SWITCHING, names.get("switching"))(background),
        sentiment=_named(SENTIMENT, names.get("sentiment"))(background),
        intents=_named(INTENTS, names.get("intents"))(background),
        severity=_named(SEVERITY, names.get("severity"))(background),
        moves=_named(MOVES, names.get("moves"))(background),
        phrases=_named(PHRASES, names.get("phrases"))(background),
        comparison=_named(COMPARISON, names.get("comparison"))(background),
    )


def _named(makers: Makers[J], name: str | None) -> Callable[[Background], J]:
    return makers[name or next(iter(makers))]


def _check(names: Mapping[str, str]) -> None:
    problems = [f"no judged task {task!r}; use some of {', '.join(TASKS)}" for task in names if task not in ROSTER]
    problems += [
        f"no judge {name!r} of {task}; use one of {', '.join(ROSTER[task])}"
        for task, name in names.items()
        if task in ROSTER and name not in ROSTER[task]
    ]
    if problems:
        raise ConfigError(problems)
