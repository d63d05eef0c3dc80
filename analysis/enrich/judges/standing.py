"""How much is a text about a target: about it, in passing, a list or an address only, or not the brand at all?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from spacy.tokens import Doc

from analysis.enrich.data_files import load, load_words
from analysis.enrich.find.wordings import Table
from analysis.enrich.judges.intents import THRESHOLD
from analysis.enrich.reading import Ruling, TextReading, reading_of
from analysis.enrich.slots import Material, StandingJudge

_ENGLISH = load_words("grammar", "english")
_BEFORE_NOUNS = load_words("standing", "before_nouns")
_BETWEEN = load_words("standing", "between")
_BARE = 4  # words beside the names up to which a text with an address in it says nothing
_SIGNS = 0.2  # signs between words, for each word, from which a text without a function word is a list
SAID = "something is said of it"
_SURE = 0.6  # probability from which a feeling towards the target makes a text about it
_ADDRESS = re.compile(r"(?:https?://|www\.)\S++|\b[\w-]{1,63}\.(?:com|net|org|io|de|fr|co|eu|shop|example)\b")


class StandingRules:
    """The judge of relevance by what is said of the target, and by how lists and advertisements are written."""

    version = "rules-1"

    def __init__(self) -> None:
        raw = load("standing")
        self._offers, self._passing = _table(raw["offers"]), _table(raw["passing"])

    def judge(self, doc: Doc, targets: Sequence[str]) -> list[Ruling[str]]:
        """Return for each target one of ``RELEVANCES`` and why."""
        reading = reading_of(doc)
        listed = self._is_list(doc, reading)
        return [self._standing(reading, target, listed) for target in targets]

    def _standing(self, reading: TextReading, target: str, listed: str) -> Ruling[str]:
        if _is_common_noun(reading, target):
            return Ruling("not", reason="written as a common noun")
        if _claims(reading, target):
            return Ruling("about", reason=SAID)
        if listed:
            return Ruling("list", reason=listed)
        if not reading.shares[target]:
            return Ruling("passing", reason="only the title or a quotation names it")
        named = [share.clause for share in reading.shares[target] if share.named]
        if named and all(self._is_passing(reading, number) for number in named):
            return Ruling("passing", reason="named beside something else")
        return Ruling("about", reason="the text speaks of it")

    def _is_passing(self, reading: TextReading, number: int) -> bool:
        clause = reading.clauses[number]
        return bool(self._passing.every(reading.lowers, clause.start, clause.end))

    def _is_list(self, doc: Doc, reading: TextReading) -> str:
        """Return why the text is a list; empty where it is none."""
        said = [token for token in doc if token.is_alpha]
        written = reading.window.text
        address = _ADDRESS.search(written)
        if address and len(re.findall(r"\w+", _ADDRESS.sub(" ", doc.text))) - len(reading.names) < _BARE:
            return "an address only"
        if self._offers.every(reading.lowers, 0, len(reading.lowers)):
            return "an offer or a list"
        function = any(token.lower_ in _ENGLISH for token in said)
        signs = sum(token.lower_ in _BETWEEN or token.like_num for token in doc)
        if len(said) >= 5 and not function and signs >= _SIGNS * len(said) and signs >= 3 and not _felt(reading):
            return "a list of names"
        return ""


def make(_background: Material) -> StandingJudge:
    """Return the judge."""
    return StandingRules()


def _felt(reading: TextReading) -> bool:
    return any(reading.valences)


def _table(sources: Sequence[str]) -> Table[None]:
    table: Table[None] = Table()
    for source in sources:
        table.add(str(source), None)
    return table


def _is_common_noun(reading: TextReading, target: str) -> bool:
    """Return whether a capitalised name stands small everywhere, behind an article: "an apple tree"."""
    text = reading.window.text
    places = [(place.start, place.end) for place in reading.window.places if place.brand == target]
    if not places or not text[:1].isupper() or any(text[start:end] != text[start:end].lower() for start, end in places):
        return False
    before = (re.findall(r"\w+", text[max(0, start - 20) : start].casefold())[-1:] for start, _ in places)
    return all(words and words[0] in _BEFORE_NOUNS for words in before)


def _claims(reading: TextReading, target: str) -> bool:
    intents, polarity = reading.intents[target], reading.polarity[target]
    return bool(
        any(chance.p >= THRESHOLD and chance.triggers for chance in intents.values())
        or max(polarity.negative, polarity.positive) >= _SURE
        or reading.moves[target]
        or target in reading.severity
        or target in reading.switching
    )
