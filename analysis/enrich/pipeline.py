"""The enrichers as spaCy components, in the order in which a text passes them; each names what it fills in.

A new enricher is a function here or in a file of its own, one line in ``PIPELINE``, and a case in the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from analysis.enrich.data_files import load
from analysis.enrich.find.clauses import sentences, shares, split_clauses
from analysis.enrich.find.cues import Cues, find_all
from analysis.enrich.find.phrases import PhraseFinder
from analysis.enrich.judge import Judge
from analysis.enrich.judges.intents import IntentCues, IntentRules
from analysis.enrich.judges.moves import move_patterns, moves_of
from analysis.enrich.judges.sentiment import Lexicon, Polarity
from analysis.enrich.judges.severity import severity_of, severity_patterns
from analysis.enrich.judges.switching import switching_of, switching_patterns
from analysis.enrich.judges.taxonomy import Taxonomy, TopicFinder, load_taxonomy
from analysis.enrich.models.linear import LinearSentiment
from analysis.enrich.reading import reading_of
from analysis.model import Severity

Part = TypeVar("Part")

# name, and why it stands where it stands
PIPELINE: tuple[tuple[str, str], ...] = (
    ("candor_brands", "first: everything after asks which brand a token names"),
    ("candor_clauses", "sentences and clauses, and which of them speak of which brand: needs the brands"),
    ("candor_cues", "the wordings of intents, severity, moves and switching, found in one pass: needs sentences"),
    ("candor_topics", "topics per clause"),
    ("candor_valence", "words that lean either way, per clause"),
    ("candor_switching", "who leaves whom, and for which topic: needs topics and valence for the reason"),
    ("candor_sentiment", "sentiment towards each brand from its clauses; who is left is blamed, so after switching"),
    ("candor_intents", "complaint, wish, praise, question: lean on cues and sentiment"),
    ("candor_severity", "the worst harm: only where somebody complains, so after the intents"),
    ("candor_moves", "what a company did: needs cues and brands"),
    ("candor_phrases", "key phrases of complaints and wishes: last, they rest on all the judgements before"),
)


def build(taxonomy: Taxonomy | None = None) -> Language:
    """Return a pipeline over ``spacy.blank("en")`` with every component of ``PIPELINE``."""
    nlp = spacy.blank("en")
    for name, _ in PIPELINE:
        nlp.add_pipe(name)
    if taxonomy is not None:
        part(nlp, "candor_topics", TopicComponent).finder = TopicFinder(taxonomy)
        part(nlp, "candor_phrases", PhraseComponent).finder = PhraseFinder(load("problems"), taxonomy)
    return nlp


def part(nlp: Language, name: str, kind: type[Part]) -> Part:
    """Return the component ``name`` of the pipeline, for setting its judge or finder."""
    component = nlp.get_pipe(name)
    assert isinstance(component, kind)
    return component


def version(nlp: Language, taxonomy: Taxonomy) -> str:
    """Return the version of everything that judges: the code's, each judge's and a short hash of the taxonomy."""
    content = "\n".join(map(repr, taxonomy.topics.values()))
    mark = hashlib.sha256(content.encode()).hexdigest()[:8]
    sentiment = part(nlp, "candor_sentiment", SentimentComponent).judge.version
    judges = f"{sentiment}+{part(nlp, 'candor_intents', IntentComponent).judge.version}"
    return f"enrich-1/{judges}/taxonomy-{taxonomy.version}-{mark}"


@Language.component("candor_brands")
def mark_brands(doc: Doc) -> Doc:
    """Fill ``lowers`` and ``targets``; brand spans become entities, which the token patterns can ask for."""
    reading = reading_of(doc)
    reading.lowers = [token.lower_.replace("’", "'") for token in doc]
    marked: list[Span] = []
    for found in reading.found:
        span = doc.char_span(found.start, found.end, alignment_mode="expand")
        if span is None:
            continue
        places = reading.targets.setdefault(found.brand, [])
        if (span.start, span.end) not in places:
            places.append((span.start, span.end))
        if len(span) <= 12:
            marked.append(Span(doc, span.start, span.end, label="BRAND"))
    doc.spans["brands"] = marked
    doc.set_ents(filter_spans(marked))
    return doc


@Language.component("candor_clauses")
def cut_clauses(doc: Doc) -> Doc:
    """Fill ``sentences``, ``clauses`` and ``shares``."""
    reading = reading_of(doc)
    reading.sentences = sentences(reading.lowers)
    reading.clauses = split_clauses(reading.sentences, reading.lowers)
    named: dict[int, frozenset[str]] = {}
    for number, clause in enumerate(reading.clauses):
        targets = frozenset(
            target
            for target, places in reading.targets.items()
            if any(first < clause.end and last > clause.start for first, last in places)
        )
        if targets:
            named[number] = targets
    reading.shares = shares(reading.clauses, named, reading.lowers, reach=reading.reach)
    return doc


class CueComponent:
    """Fills ``cues`` per clause: all token patterns, filed under the clause where they start."""

    def __init__(self, nlp: Language) -> None:
        patterns: dict[str, Sequence[str]] = {}
        for part in (
            severity_patterns(load("severity")),
            move_patterns(load("moves")),
            switching_patterns(load("switching")),
        ):
            patterns.update(part)
        self._cues = Cues(nlp.vocab, patterns)
        self._intents = IntentCues(load("intents"))

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.cues = [self._intents.find(reading.lowers, clause.start, clause.end) for clause in reading.clauses]
        number = 0
        for cue in find_all(self._cues, doc, reading.sentences, reading.lowers):
            while cue.start >= reading.clauses[number].end:
                number += 1
            reading.cues[number].append(cue)
        return doc


class TopicComponent:
    """Fills ``topics`` per clause."""

    def __init__(self) -> None:
        self.finder = TopicFinder(load_taxonomy())

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.topics = [self.finder.find(reading.lowers, clause.start, clause.end) for clause in reading.clauses]
        return doc


class ValenceComponent:
    """Fills ``hits`` and ``leaning`` per clause."""

    def __init__(self) -> None:
        self._lexicon = Lexicon(load("sentiment"))

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.hits = [self._lexicon.hits(reading.lowers, clause.start, clause.end) for clause in reading.clauses]
        reading.leaning = [sum(hit.value for hit in hits) for hits in reading.hits]
        return doc


class SentimentComponent:
    """Fills ``polarity`` per target by its ``judge``."""

    def __init__(self) -> None:
        self.judge: Judge[Polarity] = LinearSentiment()

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        targets = list(reading.targets)
        reading.polarity = dict(zip(targets, self.judge.judge(doc, targets), strict=True))
        return doc


class IntentComponent:
    """Fills ``intents`` per target by its ``judge``."""

    def __init__(self) -> None:
        self.judge: Judge[dict[str, float]] = IntentRules(load("intents"))

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        targets = list(reading.targets)
        reading.intents = dict(zip(targets, self.judge.judge(doc, targets), strict=True))
        return doc


class SeverityComponent:
    """Fills ``severity`` per target."""

    def __init__(self) -> None:
        self._weights = {level: float(part["weight"]) for level, part in load("severity").items()}

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        for target in reading.targets:
            level = severity_of(reading, target)
            reading.severity[target] = Severity(level=level, weight=self._weights.get(level, 0.0))
        return doc


class MovesComponent:
    """Fills ``moves`` per target."""

    def __init__(self) -> None:
        self._sides = {move: str(part["by"]) for move, part in load("moves").items()}

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.moves = {target: moves_of(reading, target, self._sides) for target in reading.targets}
        return doc


@Language.component("candor_switching")
def find_switching(doc: Doc) -> Doc:
    """Fill ``switching`` per target."""
    reading = reading_of(doc)
    reading.switching = switching_of(reading)
    return doc


class PhraseComponent:
    """Fills ``complaints`` and ``wishes`` per target."""

    def __init__(self) -> None:
        self.finder = PhraseFinder(load("problems"), load_taxonomy())

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        for target in reading.targets:
            reading.complaints[target] = self.finder.complaints(reading, target)
            reading.wishes[target] = self.finder.wishes(reading, target)
        return doc


def _factory(name: str, make: Callable[[Language], Callable[[Doc], Doc]]) -> None:
    def factory(nlp: Language, name: str) -> Callable[[Doc], Doc]:  # noqa: ARG001 - spaCy hands both over
        return make(nlp)

    Language.factory(name, func=factory)


_factory("candor_cues", CueComponent)
_factory("candor_topics", lambda _: TopicComponent())
_factory("candor_valence", lambda _: ValenceComponent())
_factory("candor_sentiment", lambda _: SentimentComponent())
_factory("candor_intents", lambda _: IntentComponent())
_factory("candor_severity", lambda _: SeverityComponent())
_factory("candor_moves", lambda _: MovesComponent())
_factory("candor_phrases", lambda _: PhraseComponent())
