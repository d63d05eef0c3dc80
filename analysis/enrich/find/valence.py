"""Words and phrases that lean either way, with negation, degree and irony.

Method: valence per word, turned by negation and scaled by degree (Taboada et al. 2011, "Lexicon-based methods for
sentiment analysis").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.enrich.data_files import load_words
from analysis.enrich.find.masking import NAME
from analysis.enrich.find.wordings import Table
from analysis.enrich.find.words import expand
from analysis.enrich.reading import Clause, Valence

_ANSWERING = load_words("grammar", "answering")
_DENYING = load_words("grammar", "denying")
VALENCES = {
    "strong_positive": 2.0,
    "positive": 1.0,
    "mild_positive": 0.4,
    "neutral": 0.0,
    "mild_negative": -0.5,
    "negative": -1.1,
    "strong_negative": -2.0,
}


class Lexicon:
    """The words and phrases of ``data/sentiment.yaml``, ready for look-up. Finding changes nothing in it."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._words: dict[str, float] = {}
        for group, value in VALENCES.items():
            for item in str(raw["words"].get(group, "")).split():
                self._words.update(dict.fromkeys(expand(item), value))
        self._phrases: Table[float] = Table()
        for group, sources in raw["phrases"].items():
            for source in sources:
                self._phrases.add(str(source), VALENCES[group])
        self._irony: Table[None] = Table()
        for source in raw["irony"]:
            self._irony.add(source, None)
        self._more = frozenset(raw["intensifiers"].split())
        self._less = frozenset(raw["diminishers"].split())
        self._not = frozenset(raw["negators"].split())

    def valences(self, lowers: Sequence[str], start: int, end: int) -> list[Valence]:
        """Return what leans in tokens ``start`` to ``end``, in order."""
        valences: list[Valence] = []
        flipped = self._ironic(lowers, start, end)
        place = start
        while place < end:
            last, value, is_phrase = self._at(lowers, place, end)
            if value:
                value = value if is_phrase else self._turned(lowers, start, place, value)
                if flipped is not None and value > 0 and place >= flipped:
                    value = -0.8 * value
                valences.append(Valence(place, last, value))
            place = last
        if flipped is not None:
            valences.append(Valence(flipped, flipped + 1, -1.0))
        return valences

    def _ironic(self, lowers: Sequence[str], start: int, end: int) -> int | None:
        return next((place for place, _, _ in self._irony.every(lowers, start, end)), None)

    def _at(self, lowers: Sequence[str], place: int, end: int) -> tuple[int, float, bool]:
        phrase = self._phrases.longest(lowers, place, end)
        if phrase is not None:
            return phrase[0], phrase[1], True
        return place + 1, self._words.get(lowers[place], 0.0), False

    def _turned(self, lowers: Sequence[str], start: int, place: int, value: float) -> float:
        degree = 1.0
        for back in range(place - 1, max(start, place - 5) - 1, -1):
            word = lowers[back]
            if back >= place - 2 and word in self._more:
                degree *= 1.3
            elif back >= place - 2 and word in self._less:
                degree *= 0.7
            elif word == "too" and back == place - 1 and abs(value) < 1.5:
                return -abs(value) if value else value
            elif word in self._not:
                return -0.7 * value * min(degree, 1.0) if value > 0 else -0.6 * value
            elif word in (",", ";", ":") or (back < place - 1 and abs(self._words.get(word, 0.0)) >= 1.0):
                break
        if place + 1 < len(lowers) and lowers[place + 1] == "!":
            degree *= 1.15
        return value * degree


def answered(
    clauses: Sequence[Clause], lowers: Sequence[str], valences: Sequence[Sequence[Valence]]
) -> dict[int, Valence]:
    """Return the leaning of clauses that only deny what the one before says of another: "A manages it, B does not".

    What was denied had no leaning of its own as often as not; being managed is then good, and not being so is bad.
    """
    leanings: dict[int, Valence] = {}
    for number, clause in enumerate(clauses[1:], start=1):
        before, words = clauses[number - 1], lowers[clause.start : clause.end]
        rest = [word for word in words if word not in _ANSWERING and (word.isalpha() or word in (NAME, "n't"))]
        denies = len(rest) == 2 and rest[0] == NAME and rest[1] in _DENYING
        if not denies or before.sentence != clause.sentence or NAME not in lowers[before.start : before.end]:
            continue
        said = sum(valence.value for valence in valences[number - 1])
        leanings[number] = Valence(clause.start, clause.end, 1.1 if said < 0 else -1.1)
        if not said:
            leanings[number - 1] = Valence(before.start, before.end, 0.9)
    return leanings
