"""How much is a text about a target: about it, in passing, a list or an address only, or not the brand at all?"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.find.wordings import Table
from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.reading import Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, StandingJudge

_ENGLISH = load_words("grammar", "english")
_BARE = 4  # words beside the name up to which a text without any verb says nothing
_LISTED = 0.12  # share of function words up to which a text is a list
SAID = "something is said of it"
_SURE = 0.6  # probability from which a feeling towards the target makes a text about it


class StandingRules:
    """The judge of relevance by what is said of the target, and by how lists and advertisements are written."""

    version = "rules-1"

    def __init__(self) -> None:
        raw = load("standing")
        self._offers: Table[None] = Table()
        for source in raw["offers"]:
            self._offers.add(str(source), None)

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str]]:
        """Return for each target one of ``RELEVANCES`` and why."""
        reading = reading_of(doc)
        listed = self._is_list(doc, reading)
        return [_standing(reading, target, listed) for target in targets]

    def _is_list(self, doc: Doc, reading: TextReading) -> str:
        """Return why the text is a list; empty where it is none."""
        said = [token for token in doc if token.is_alpha and not token.like_url]
        named = sum(last - first for places in reading.targets.values() for first, last in places)
        if len(said) - named < _BARE and any(token.like_url for token in doc):
            return "an address only"
        if self._offers.every(reading.lowers, 0, len(reading.lowers)):
            return "an offer or a list"
        function = sum(token.lower_ in _ENGLISH for token in said)
        if len(said) >= 8 and function <= _LISTED * len(said):
            return "a list of names"
        return ""


def make(_background: Material) -> StandingJudge:
    """Return the judge."""
    return StandingRules()


def _standing(reading: TextReading, target: str, listed: str) -> Ruling[str]:
    if _claims(reading, target):
        return Ruling("about", reason=SAID)
    if listed:
        return Ruling("list", reason=listed)
    if not reading.shares[target]:
        return Ruling("passing", reason="only the title or a quotation names it")
    return Ruling("about", reason="the text speaks of it")


def _claims(reading: TextReading, target: str) -> bool:
    intents, polarity = reading.intents[target], reading.polarity[target]
    return bool(
        any(chance.p >= THRESHOLD and chance.triggers for chance in intents.values())
        or max(polarity.negative, polarity.positive) >= _SURE
        or reading.moves[target]
        or target in reading.severity
        or target in reading.switching
    )
