"""What to ask people about: judgements that are least sure first, of different kinds, and one in five by lot.

Uncertainty is the margin between the two likeliest answers (Scheffer, Decomain and Wrobel 2001). Asked alone it would
draw a wrong picture of how good the judgements are, so a fifth of all stories is set aside for each task and asked
about in an order that no judgement has a say in (``by_lot``): their answers estimate precision without bias.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from analysis.ledger import corrections
from analysis.ledger.learning.confirmations import DOUBT, LOT, NONE, SEVERAL
from analysis.model import MOVES, RELEVANCES, SENTIMENTS, SEVERITIES, Claim, Mention, claims_of
from analysis.model.records.audit import CorrectedField

ASKED: tuple[CorrectedField, ...] = (
    "sentiment",
    "complaint",
    "praise",
    "wish",
    "question",
    "severity",
    "topic",
    "move",
    "relevance",
)
"""The tasks that people are asked about."""
Chances = Mapping[str, Mapping[str, float]]
"""Task -> answer -> probability."""
EVERY = 5  # one in so many is drawn by lot
_YES_NO = ("yes", "no")
_CHOICES: Mapping[CorrectedField, tuple[str, ...]] = {
    "sentiment": SENTIMENTS,
    "complaint": _YES_NO,
    "praise": _YES_NO,
    "wish": _YES_NO,
    "question": _YES_NO,
    "severity": (*SEVERITIES, NONE),
    "move": (NONE, *MOVES),
    "relevance": RELEVANCES,
}
_UNTOLD = frozenset({"no", NONE, "unsure"})
"""Answers that claim nothing: nobody asks how precise they are."""
_ALIKE, _BESIDE = 0.06, 0.25  # what an item loses for each chosen before of its kind, and of its thread
_LONGEST = 300
_LEAST = 0.12  # from here a judgement is unsure enough to be asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One question to a person: is it right that the mention says ``judged`` in ``task``?

    ``p`` is the chance that the judges give it, None where that is not known; ``doubt`` runs from 0 (sure) to 1.
    ``drawn`` is ``lot`` or ``doubt``. ``sentence`` is what the judgement rests on, with the characters marked.
    """

    mention: Mention
    task: CorrectedField
    judged: str
    p: float | None
    doubt: float
    choices: tuple[str, ...]
    sentence: str
    span: tuple[int, int] = (0, 0)
    drawn: str = DOUBT

    @property
    def value(self) -> str:
        """Of a topic or a move, the one that is asked about; else empty."""
        return self.judged if self.task in SEVERAL else ""


def queue(
    candidates: Iterable[tuple[Mention, Chances]],
    *,
    answered: Iterable[tuple[str, str, str, str]] = (),
    tasks: Sequence[CorrectedField] = ASKED,
    topics: Sequence[str] = (),
    common: Mapping[str, Sequence[str]] = MappingProxyType({}),
    limit: int = 20,
) -> list[Doubt]:
    """Return at most ``limit`` questions: the least sure first, every fifth one drawn by lot.

    ``answered`` are answers given before (mention, task, value, how drawn): what was answered is not asked again. Of a
    story one question is asked at most. ``topics`` are those that a topic may be instead, ``common`` those that each
    brand has most complaints about, most first.
    """
    done = set(answered)
    known = {(mention, task, value) for mention, task, value, _ in done}
    lots = {(mention, task, value) for mention, task, value, drawn in done if drawn == LOT}
    unsure: list[Doubt] = []
    drawn: dict[str, list[tuple[str, Doubt]]] = {task: [] for task in tasks}
    settled: set[str] = set()
    for mention, chances in candidates:
        for item in questions(mention, chances, tasks, _likely(mention, topics, common.get(mention.brand.id, ()))):
            name = (mention.id, item.task, item.value)
            place = lot_of(item)
            if by_lot(place):
                settled |= {place} if name in lots else set()
                if item.judged not in _UNTOLD:
                    drawn[item.task].append((place, replace(item, drawn=LOT)))
            elif name not in known and item.doubt >= _LEAST:
                unsure.append(item)
    by_chance = _in_turn({task: _lot(items, settled) for task, items in drawn.items()})
    return _woven(unsure, by_chance, limit)


def questions(
    mention: Mention, chances: Chances, tasks: Sequence[CorrectedField] = ASKED, topics: Sequence[str] = ()
) -> Iterator[Doubt]:
    """Yield what could be asked about a mention."""
    standing = corrections.judged(mention)
    for task in tasks:
        values = sorted(standing.topics if task == "topic" else standing.moves)
        judged = values if task in SEVERAL else [standing.said(task)]
        if task == "move" and not judged:
            judged = [NONE]
        for value in judged:
            p, doubt = _margin(task, value, chances, mention)
            sentence, span = _evidence(mention, task, value)
            others = tuple(topics) or tuple(standing.topics) if task == "topic" else _CHOICES[task]
            yield Doubt(
                mention=mention,
                task=task,
                judged=value,
                p=p,
                doubt=doubt,
                choices=(NONE, *others) if task == "topic" else others,
                sentence=sentence,
                span=span,
            )


def _likely(mention: Mention, topics: Sequence[str], common: Sequence[str]) -> Sequence[str]:
    """Return ``topics``, the likeliest of the mention first: what its claims are of, the surest complaint before all,
    what else it speaks of, what its brand has most complaints about, and the rest as they come.
    """
    claims = sorted(mention.claims, key=lambda claim: (claim.kind != "complaint", -claim.score))
    known = frozenset(topics)
    order = (*(claim.topic for claim in claims), *mention.topics, *common, *topics)
    return [topic for topic in dict.fromkeys(order) if topic in known]


def known_chances(mention: Mention) -> Chances:
    """Return what a stored mention tells of its judges' chances: of what they claim, not of what they nearly did."""
    label, p = mention.sentiment.label, mention.sentiment.confidence
    found: dict[str, Mapping[str, float]] = {} if label == "unsure" else {"sentiment": {label: p}}
    for kind in ("complaint", "praise", "wish", "question"):
        if told := claims_of(mention, kind):
            found[kind] = {"yes": told[0].score, "no": 1 - told[0].score}
    if told := claims_of(mention, "severity"):
        found["severity"] = {told[0].value: told[0].score}
    return found


def by_lot(place: str) -> bool:
    """Return whether a task of a story is among those that are asked about by lot alone; ``place`` is its number."""
    return int(place[:8], 16) % EVERY == 0


def lot_of(item: Doubt) -> str:
    """Return the number under which a question is drawn: a hash of its task, brand, value and story."""
    mention = item.mention
    named = f"{item.task}\n{mention.brand.id}\n{item.value}\n{mention.story or mention.id}"
    return hashlib.sha256(named.encode()).hexdigest()


def _margin(task: CorrectedField, judged: str, chances: Chances, mention: Mention) -> tuple[float | None, float]:
    """Return the chance of a judgement, and how little it stands above the next one: 0 to 1."""
    if task == "topic" or (task == "move" and judged in mention.moves):
        scores = [claim.score for claim in mention.claims if judged in (claim.topic, claim.value)]
        p = max(scores, default=0.5)
        return p, _doubt(p, 1 - p)
    given = chances.get(task)
    if task == "sentiment" and judged == "unsure":
        return None, 1.0
    if not given:
        return None, 0.0
    p = given.get(judged, 0.0)
    others = [chance for label, chance in given.items() if label != judged]
    return p, _doubt(p, max(others, default=1 - p))


def _doubt(p: float, other: float) -> float:
    return min(1.0, max(0.0, 1 - (p - other)))


def _evidence(mention: Mention, task: CorrectedField, judged: str) -> tuple[str, tuple[int, int]]:
    """Return the sentence that a judgement rests on and the characters in it, or what the mention says."""
    kind = {"topic": "complaint", "sentiment": "", "relevance": ""}.get(task, task)
    told = [claim for claim in claims_of(mention, kind) if task not in SEVERAL or judged in (claim.topic, claim.value)]
    if told:
        return _sentence(told[0])
    said = mention.quote or " ".join(mention.text.split()) or mention.title
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…", (0, 0)


def _sentence(claim: Claim) -> tuple[str, tuple[int, int]]:
    return claim.sentence, (claim.start, claim.end)


def _lot(items: Sequence[tuple[str, Doubt]], settled: set[str]) -> list[Doubt]:
    """Return those that are not answered yet in the order of their numbers, one of each story."""
    first = {place: item for place, item in reversed(items) if place not in settled}
    return [item for _, item in sorted(first.items(), key=lambda pair: pair[0])]


def _in_turn(items: Mapping[str, Sequence[Doubt]]) -> list[Doubt]:
    """Return the first of each task, then the second of each, and so on."""
    longest = max(map(len, items.values()), default=0)
    return [some[at] for at in range(longest) for some in items.values() if at < len(some)]


def _woven(unsure: Sequence[Doubt], by_chance: Sequence[Doubt], limit: int) -> list[Doubt]:
    chosen: list[Doubt] = []
    left, lots = list(unsure), list(by_chance)
    while len(chosen) < limit and (left or lots):
        turn = lots and (not left or len(chosen) % EVERY == EVERY - 1)
        best = lots.pop(0) if turn else _least_sure(left, chosen)
        if best is None:
            left = []
        elif turn or _story(best) not in {_story(item) for item in chosen}:
            chosen.append(best)
    return chosen


def _least_sure(left: list[Doubt], chosen: Sequence[Doubt]) -> Doubt | None:
    """Take the least sure question out of ``left``, those like what was chosen before counting as surer."""
    kinds = Counter((item.task, item.judged, item.mention.brand.id) for item in chosen)
    threads = Counter(item.mention.thread for item in chosen if item.mention.thread)
    stories = {_story(item) for item in chosen}
    left[:] = [item for item in left if _story(item) not in stories]
    if not left:
        return None

    def worth(item: Doubt) -> tuple[float, str]:
        alike = kinds[item.task, item.judged, item.mention.brand.id]
        return item.doubt - _ALIKE * alike - _BESIDE * threads[item.mention.thread], item.mention.id

    best = max(left, key=worth)
    left.remove(best)
    return best


def _story(item: Doubt) -> str:
    return item.mention.story or item.mention.id
