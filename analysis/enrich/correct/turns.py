"""Set wordings that mean the opposite of their words, and what is only supposed: they correct what others judged.

"Could not be worse" blames, "hardly any noise" praises, "which is more than I can say for X" blames X, and of what
would be if it broke nobody complains where praise follows. Word lists: ``data/turns.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.enrich.data_files import load_words
from analysis.enrich.find.masking import NAME
from analysis.enrich.find.stems import StemTable, plain
from analysis.enrich.find.wordings import Table
from analysis.enrich.reading import READ_BY_RULES, Bounds, Chance, Clause, Polarity, TextReading, Trigger

_SURE = 0.85  # probability of what a set wording says
_TURN = 3.0  # what it adds to the log chance of its side and takes from the other's
_LEAST = 0.02
_NEXT = 3  # tokens behind thanks in which a name is who is thanked
_LEANS = 0.15  # distance of good and bad from which the opposite of what is felt towards one is felt towards another
_BESIDE = 3  # tokens in front in which a negation takes a wording's meaning away
_WORDS = frozenset({"unreal", "buying", "denying"})
_BUYING = load_words("turns", "buying")
_NOT = load_words("turns", "denying")
_WOULD = frozenset({"would", "'d", "might", "could"})
_NEVER = frozenset({"never", "n't", "not"})
_OPPOSITE = {"complaint": "praise", "praise": "complaint"}
Found = tuple[int, int, str]


class Turns:
    """The wordings by language. Judging changes only the reading that is handed over."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._tables: dict[str, Table[str] | StemTable[str]] = {}
        self._unreal = frozenset(str(raw["unreal"]).split())
        for language in raw.keys() - _WORDS:
            kinds = raw[language]
            table: Table[str] | StemTable[str] = Table() if language == READ_BY_RULES else StemTable()
            for kind, wordings in kinds.items():
                for wording in [wordings] if isinstance(wordings, str) else wordings:
                    table.add(wording, kind)
            self._tables[language] = table

    def correct(self, reading: TextReading) -> None:
        """Correct ``polarity`` and ``intents`` of the targets that a set wording speaks of."""
        if reading.window.lang == READ_BY_RULES:
            _forget_supposed(reading)
            _forget_unlike(reading)
        for first, last in reading.sentences:
            for start, end, kind in self._found(reading, first, last):
                if kind == "people":
                    _forget_thanks(reading, (first, last), (start, end))
                    continue
                if kind == "wish":
                    _wish(reading, (start, end))
                    continue
                for target, side in _sides(reading, (first, last), (start, end), kind).items():
                    _take(reading, target, side, _place(reading, target, (start, end)))

    def _found(self, reading: TextReading, start: int, end: int) -> list[Found]:
        table = self._tables.get(reading.window.lang)
        if table is None or reading.is_context(start, end):
            return []
        lowers = reading.lowers
        words = lowers if isinstance(table, Table) else [plain(word) for word in lowers]
        if "?" in lowers[max(start, end - 3) : end]:
            return []
        return [hit for hit in table.every(words, start, end) if self._is_told(lowers, start, end, hit)]

    def _is_told(self, lowers: Sequence[str], start: int, end: int, hit: Found) -> bool:
        """Return whether a wording is said outright: not denied, wished for or promised, nor compared by ``than``."""
        first, last, kind = hit
        if kind not in ("good", "bad"):
            return True
        denied = kind == "good" and not _NOT.isdisjoint(lowers[max(start, first - _BESIDE) : first])
        compares = last < end and lowers[last] == "than"
        still = kind == "bad" and "still" in lowers[last:end]
        return not denied and not compares and not still and self._unreal.isdisjoint(lowers[start:first])


def _sides(reading: TextReading, sentence: Bounds, span: Bounds, kind: str) -> dict[str, str]:
    """Return for each target that a wording speaks of whether it is praised or complained of."""
    clause = next(clause for clause in reading.clauses if clause.start <= span[0] < clause.end)
    if kind in ("good", "bad"):
        said = "praise" if kind == "good" else "complaint"
        return dict.fromkeys(_spoken_of(reading, clause), said)
    meant = [name for name, places in reading.targets.items() if any(span[0] <= at < span[1] for at, _ in places)]
    others = [
        name
        for name, places in reading.targets.items()
        if name not in meant and any(sentence[0] <= at < span[0] for at, _ in places)
    ]
    if not meant or NAME not in reading.lowers[span[0] : span[1]]:
        return {}
    if kind == "beyond":
        return dict.fromkeys(meant, "complaint") | dict.fromkeys(others, "praise")
    if not others:
        return {}
    leaning = reading.polarity[others[0]].positive - reading.polarity[others[0]].negative
    return dict.fromkeys(meant, "complaint" if leaning > 0 else "praise") if abs(leaning) >= _LEANS else {}


def _place(reading: TextReading, target: str, span: Bounds) -> Bounds:
    """Return the target's own name inside a wording that holds it, else the wording."""
    return next((place for place in reading.targets[target] if span[0] <= place[0] < span[1]), span)


def _spoken_of(reading: TextReading, clause: Clause) -> list[str]:
    """Return the one target named in a clause, or that it speaks of; none where it is not told which of several."""
    number = reading.clauses.index(clause)
    shares = {target: share for target, some in reading.shares.items() for share in some if share.clause == number}
    named = [target for target, share in shares.items() if share.named]
    spoken = named or list(shares)
    return spoken if len(spoken) == 1 else []


def _wish(reading: TextReading, span: Bounds) -> None:
    """Let a wording wish for something of the one target that its clause speaks of."""
    clause = next(clause for clause in reading.clauses if clause.start <= span[0] < clause.end)
    for target in _spoken_of(reading, clause):
        wish = reading.intents[target]["wish"]
        told = wish if wish.triggers else Chance(max(wish.p, _SURE), (Trigger(*span, _SURE),))
        reading.intents[target] = {**reading.intents[target], "wish": told}


def _take(reading: TextReading, target: str, side: str, span: Bounds) -> None:
    switch = reading.switching.get(target)
    if side == "praise" and switch and switch.value.origin == target:
        return  # who could not be happier has left
    other, intents = _OPPOSITE[side], dict(reading.intents[target])
    home = next(clause for clause in reading.clauses if clause.start <= span[0] < clause.end)
    intents[other] = _without(intents[other], [home])
    intents[side] = Chance(max(intents[side].p, _SURE), (Trigger(*span, _SURE), *intents[side].triggers))
    reading.intents[target] = intents
    harm = reading.severity.get(target)
    if harm and side == "praise" and home.start <= harm.span[0] < home.end:
        del reading.severity[target]
    if not intents[other].triggers:
        reading.polarity[target] = _moved(reading.polarity[target], _TURN if side == "praise" else -_TURN)


def _without(chance: Chance, clauses: Sequence[Clause]) -> Chance:
    kept = tuple(at for at in chance.triggers if not any(part.start <= at.start < part.end for part in clauses))
    return Chance(chance.p if kept else 0.0, kept)


def _moved(polarity: Polarity, step: float) -> Polarity:
    chances = np.maximum([polarity.negative, polarity.neutral, polarity.positive, polarity.mixed], _LEAST)
    moved = np.exp(np.log(chances) + np.array([-step, 0.0, step, 0.0]))
    negative, neutral, positive, mixed = (moved / moved.sum()).tolist()
    return Polarity(negative, neutral, positive, mixed, polarity.least)


def _forget_thanks(reading: TextReading, sentence: Bounds, span: Bounds) -> None:
    """Take back praise that rests on thanks to people, where no other word of its clause feels that way."""
    if NAME in reading.lowers[max(sentence[0], span[0] - 1) : min(span[1] + _NEXT, sentence[1])]:
        return  # it is the brand that is thanked
    number = next(at for at, clause in enumerate(reading.clauses) if clause.start <= span[0] < clause.end)
    felt = [valence for valence in reading.valences[number] if valence.end <= span[0] or valence.start >= span[1]]
    if any(valence.value > 0 and reading.lowers[valence.start] not in _BUYING for valence in felt):
        return
    for target, intents in list(reading.intents.items()):
        kept = _without(intents["praise"], [reading.clauses[number]])
        if kept != intents["praise"]:
            reading.intents[target] = {**intents, "praise": kept}
        if not kept.triggers and any(share.clause == number for share in reading.shares[target]):
            reading.polarity[target] = _calmed(reading.polarity[target])


def _calmed(polarity: Polarity) -> Polarity:
    """Return a polarity whose good side is left to what is not felt."""
    return Polarity(polarity.negative, polarity.neutral + polarity.positive, 0.0, polarity.mixed, polarity.least)


def _forget_supposed(reading: TextReading) -> None:
    """Take back complaints and wishes that rest on what would be, where praise or denial follows in the sentence."""
    for first, last in reading.sentences:
        clauses = [clause for clause in reading.clauses if first <= clause.start < last]
        turn = next((at for at, clause in enumerate(clauses) if at and reading.lowers[clause.start] == "but"), 0)
        supposed, then = clauses[:turn], clauses[turn:]
        if not supposed or not _is_supposed(reading.lowers[supposed[0].start : supposed[-1].end]):
            continue
        if not any(_reassures(reading, clause) for clause in then):
            continue
        for target, intents in list(reading.intents.items()):
            kept = {kind: _without(intents[kind], supposed) for kind in ("complaint", "wish")}
            reading.intents[target] = {**intents, **kept}


def _forget_unlike(reading: TextReading) -> None:
    """Take back complaints that rest on what something unnamed is like: "unlike my old phone, which died at noon"."""
    unlike = [
        clause
        for clause in reading.clauses
        if reading.lowers[clause.start] == "unlike" and NAME not in reading.lowers[clause.start : clause.end]
    ]
    for target, intents in list(reading.intents.items()) if unlike else ():
        reading.intents[target] = {**intents, "complaint": _without(intents["complaint"], unlike)}


def _is_supposed(words: Sequence[str]) -> bool:
    return "if" in words and not _WOULD.isdisjoint(words)


def _reassures(reading: TextReading, clause: Clause) -> bool:
    words = reading.lowers[clause.start : clause.end]
    denies = not _NEVER.isdisjoint(words) and any(word in ("has", "did", "does", "have") for word in words[-3:])
    return reading.leaning[reading.clauses.index(clause)] > 0 or (denies and len(words) <= 6)
