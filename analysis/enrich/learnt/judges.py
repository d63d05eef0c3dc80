"""The judges that a learnt layer adjusts: each asks the shipped one, then what the team's answers have taught.

Where an answer becomes another, the reading remembers what the shipped judge said (``TextReading.shipped``), so that
both are kept. What the network could not read stays as it was judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from spacy.tokens import Doc

from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.judges.sentiment import sentiment_of
from analysis.enrich.learnt.layer import Layer, LearntTask
from analysis.enrich.learnt.shipped import intent_chances, move_chances, polarity_chances, ranked, severity_chances
from analysis.enrich.learnt.shipped import standing_chances as standings
from analysis.enrich.models.encoder.panel import span_of
from analysis.enrich.reading import Chance, Polarity, Ruling, Signal, Trigger, reading_of
from analysis.enrich.slots import IntentJudge, Judges, MoveJudge, SentimentJudge, SeverityJudge, StandingJudge
from analysis.model import INTENTS

TAUGHT = "by your own answers"


def adjusted(judges: Judges, layer: Layer) -> Judges:
    """Return ``judges`` with those adjusted of whose tasks ``layer`` knows something."""
    tasks, mark = layer.tasks, f"+learnt-{layer.hash}"
    intents = {name: tasks[name] for name in INTENTS if name in tasks}
    changed: dict[str, Any] = {}
    if "sentiment" in tasks:
        changed["sentiment"] = LearntSentiment(judges.sentiment, tasks["sentiment"], mark)
    if intents:
        changed["intents"] = LearntIntents(judges.intents, intents, mark)
    if "severity" in tasks:
        changed["severity"] = LearntSeverity(judges.severity, tasks["severity"], mark)
    if "move" in tasks:
        changed["moves"] = LearntMoves(judges.moves, tasks["move"], mark)
    if "relevance" in tasks:
        changed["standing"] = LearntStanding(judges.standing, tasks["relevance"], mark)
    return replace(judges, **changed)


class LearntSentiment:
    """The judge of sentiment, adjusted."""

    def __init__(self, shipped: SentimentJudge, task: LearntTask, mark: str) -> None:
        self.shipped, self.task, self.version = shipped, task, shipped.version + mark
        self.encoder = getattr(shipped, "encoder", None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Polarity]:
        """Return the chances towards each target."""
        said = self.shipped.judge(doc, targets)
        return [self._adjusted(doc, target, polarity) for target, polarity in zip(targets, said, strict=True)]

    def _adjusted(self, doc: Doc, target: str, polarity: Polarity) -> Polarity:
        signal = _signal(doc, target)
        if signal is None:
            return polarity
        chances = self.task.chances(polarity_chances(polarity), signal.features)
        now = replace(polarity, **chances)
        _remember(doc, target, "sentiment", sentiment_of(polarity).label, sentiment_of(now).label)
        return now


class LearntIntents:
    """The judge of complaint, praise, wish and question, adjusted."""

    def __init__(self, shipped: IntentJudge, tasks: Mapping[str, LearntTask], mark: str) -> None:
        self.shipped, self.tasks, self.version = shipped, tasks, shipped.version + mark
        self.encoder = getattr(shipped, "encoder", None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Mapping[str, Chance]]:
        """Return for each target the chance of each intent."""
        said = self.shipped.judge(doc, targets)
        return [self._adjusted(doc, target, chances) for target, chances in zip(targets, said, strict=True)]

    def _adjusted(self, doc: Doc, target: str, chances: Mapping[str, Chance]) -> Mapping[str, Chance]:
        signal = _signal(doc, target)
        if signal is None:
            return chances
        learnt = {name: self._chance(doc, target, name, chances[name], signal) for name in self.tasks}
        return {**chances, **learnt}

    def _chance(self, doc: Doc, target: str, name: str, chance: Chance, signal: Signal) -> Chance:
        p = round(self.tasks[name].chances(intent_chances(chance), signal.features)["yes"], 4)
        was, now = _yes(chance.p), _yes(p)
        _remember(doc, target, name, was, now)
        if now == "no":
            return Chance(p)
        return Chance(p, chance.triggers or (Trigger(*span_of(doc, signal, name, target), p),))


class LearntSeverity:
    """The judge of severity, adjusted: of what an owner tells."""

    def __init__(self, shipped: SeverityJudge, task: LearntTask, mark: str) -> None:
        self.shipped, self.task, self.version = shipped, task, shipped.version + mark
        self.encoder = getattr(shipped, "encoder", None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str] | None]:
        """Return for each target the worst harm told of, or None."""
        said = self.shipped.judge(doc, targets)
        if reading_of(doc).window.genre != "owner":
            return list(said)
        return [self._adjusted(doc, target, ruling) for target, ruling in zip(targets, said, strict=True)]

    def _adjusted(self, doc: Doc, target: str, ruling: Ruling[str] | None) -> Ruling[str] | None:
        signal = _signal(doc, target)
        if signal is None:
            return ruling
        label, p = ranked(self.task.chances(severity_chances(ruling, signal), signal.features))
        return _rule(doc, target, "severity", ruling, (label, p), signal)


class LearntMoves:
    """The judge of moves, adjusted: the likeliest one, or none."""

    def __init__(self, shipped: MoveJudge, task: LearntTask, mark: str) -> None:
        self.shipped, self.task, self.version = shipped, task, shipped.version + mark
        self.encoder = getattr(shipped, "encoder", None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Sequence[Ruling[str]]]:
        """Return for each target what it did."""
        said = self.shipped.judge(doc, targets)
        return [self._adjusted(doc, target, rulings) for target, rulings in zip(targets, said, strict=True)]

    def _adjusted(self, doc: Doc, target: str, rulings: Sequence[Ruling[str]]) -> Sequence[Ruling[str]]:
        signal = _signal(doc, target)
        if signal is None or len(rulings) > 1:
            return rulings
        best = ranked(self.task.chances(move_chances(rulings, signal), signal.features))
        now = _rule(doc, target, "move", rulings[0] if rulings else None, best, signal)
        return [now] if now else []


class LearntStanding:
    """The judge of how much a text is about a brand, adjusted."""

    def __init__(self, shipped: StandingJudge, task: LearntTask, mark: str) -> None:
        self.shipped, self.task, self.version = shipped, task, shipped.version + mark
        self.encoder = getattr(shipped, "encoder", None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str]]:
        """Return for each target one of ``RELEVANCES`` and why."""
        said = self.shipped.judge(doc, targets)
        return [self._adjusted(doc, target, ruling) for target, ruling in zip(targets, said, strict=True)]

    def _adjusted(self, doc: Doc, target: str, ruling: Ruling[str]) -> Ruling[str]:
        signal = _signal(doc, target)
        if signal is None:
            return ruling
        label, p = ranked(self.task.chances(standings(ruling), signal.features))
        _remember(doc, target, "relevance", ruling.value, label)
        return ruling if label == ruling.value else Ruling(label, p, ruling.span, TAUGHT)


def _rule(
    doc: Doc, target: str, task: str, was: Ruling[str] | None, now: tuple[str, float], signal: Signal
) -> Ruling[str] | None:
    """Return the ruling after adjustment: of an event that is told of or not."""
    label, p = now
    before = was.value if was else "none"
    _remember(doc, target, task, before, label)
    if label == "none":
        return None
    return Ruling(label, p, was.span if was else span_of(doc, signal, task, target))


def _signal(doc: Doc, target: str) -> Signal | None:
    insight = reading_of(doc).insight
    return insight.signals.get(target) if insight else None


def _yes(p: float) -> str:
    return "yes" if p >= THRESHOLD else "no"


def _remember(doc: Doc, target: str, task: str, was: str, now: str) -> None:
    if was != now:
        reading_of(doc).shipped.setdefault(target, {})[task] = was
