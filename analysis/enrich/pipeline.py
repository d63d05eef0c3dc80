"""The enrichers as spaCy components, in the order in which a text passes them; each names what it fills in.

Components that judge ask the judge in their slot (``slots.Judges``); the others only find. A new enricher is a function
here or in a file of its own, one line in ``PIPELINE``, and a case in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from analysis.enrich.correct.turns import Turns
from analysis.enrich.correct.venues import Venues
from analysis.enrich.data_files import load
from analysis.enrich.find.clauses import sentences, shares, split_clauses
from analysis.enrich.find.cues import Cues, find_all
from analysis.enrich.find.masking import NAME, masked
from analysis.enrich.find.valence import Lexicon, answered
from analysis.enrich.judges.intents import IntentCues
from analysis.enrich.judges.moves import move_patterns
from analysis.enrich.judges.severity import severity_patterns
from analysis.enrich.judges.switching import switching_patterns
from analysis.enrich.reading import (
    READ_BY_RULES,
    Bounds,
    Chance,
    Clause,
    Insight,
    KeyPhrases,
    Polarity,
    Ruling,
    TextReading,
    TopicHit,
    Window,
    attach,
    reading_of,
)
from analysis.enrich.slots import Judges
from analysis.model import Severity

_IN_ENGLISH = frozenset({"candor_cues", "candor_valence", "candor_phrases"})
_UNFELT = Polarity(0.02, 0.96, 0.02)
LEAST = 0.5  # a ruling that is less probable than this says nothing

# name, and why it stands where it stands
PIPELINE: tuple[tuple[str, str], ...] = (
    ("candor_brands", "first: everything after asks which brand a token names"),
    ("candor_clauses", "sentences and clauses, and which of them speak of which brand: needs the brands"),
    ("candor_cues", "the wordings of intents, severity, moves and switching, found in one pass: needs sentences"),
    ("candor_topics", "what each clause speaks of: needs the clauses"),
    ("candor_valence", "words that lean either way, per clause: needs the clauses"),
    ("candor_switching", "who leaves whom, and for which topic: needs topics and valence for the reason"),
    ("candor_severity", "the worst harm, whatever the mood: needs the cues only, and nothing holds it back"),
    (
        "candor_sentiment",
        "sentiment towards each brand from its clauses; who is left or harms is blamed, so after those",
    ),
    ("candor_intents", "complaint, wish, praise, question: lean on cues, harm and sentiment"),
    ("candor_turns", "set wordings that mean the opposite: they correct sentiment and intents"),
    ("candor_moves", "what a company did: needs cues and brands"),
    ("candor_phrases", "key phrases of complaints and wishes: they rest on all the judgements before"),
    ("candor_standing", "how much the text is about each brand: late, a text that claims something of it is about it"),
    ("candor_venues", "who is only where people talk: last, for it takes back what was judged of them"),
)


def build(judges: Judges) -> Language:
    """Return a pipeline over ``spacy.blank("en")`` with every component of ``PIPELINE``, each with its judge.

    Relevance is judged before a text comes here, and a comparison only where somebody asks for one.
    """
    nlp = spacy.blank("en")
    for name, _ in PIPELINE:
        nlp.add_pipe(name)
    for _, component in nlp.pipeline:
        if isinstance(component, JudgeComponent):
            component.judges = judges
    return nlp


def read(nlp: Language, window: Window, insight: Insight | None = None) -> Doc:
    """Return the window's text with its reading, after every component.

    The doc's text has the window's length, with a made-up word for each name: ``window.text`` is what was written.
    ``insight`` is what the network says of it, where it was asked before. Words that lean or tell of something are
    looked up in English alone: of a text in another language its topics and the judges that read it say something.
    """
    text, names = masked(window.text, window.places)
    reading = TextReading(window=window, names=names, insight=insight)
    doc = attach(nlp.make_doc(text), reading)
    for name, component in nlp.pipeline:
        if window.lang == READ_BY_RULES or name not in _IN_ENGLISH:
            doc = component(doc)
            if name == "candor_clauses":
                _begin(reading)
    return doc


def read_all(nlp: Language, judges: Judges, windows: Sequence[Window]) -> list[Doc]:
    """Return each window's text with its reading; the network, where one judges, reads them all in one go."""
    encoder = judges.encoder
    insights = encoder.read(windows) if encoder else [None] * len(windows)
    return [read(nlp, window, insight) for window, insight in zip(windows, insights, strict=True)]


def _begin(reading: TextReading) -> None:
    """Let nothing be found in any clause, until a component finds something."""
    reading.cues = [[] for _ in reading.clauses]
    reading.topics = [[] for _ in reading.clauses]
    reading.valences = [[] for _ in reading.clauses]
    reading.leaning = [0.0 for _ in reading.clauses]
    reading.phrases = {target: KeyPhrases() for target in reading.targets}


def title_topics(nlp: Language, judges: Judges, title: str, lang: str = READ_BY_RULES) -> tuple[str, ...]:
    """Return the topics of a title, which is judged as one clause of its own; each once, in order of place."""
    doc = nlp.make_doc(title)
    whole = TextReading(
        window=Window(text=title, title_end=len(title), lang=lang),
        lowers=[token.lower_ for token in doc],
        clauses=[Clause(0, len(doc), 0)],
    )
    return tuple(dict.fromkeys(hit.topic for hit in judges.topics.judge(attach(doc, whole)) if hit.p >= LEAST))


@Language.component("candor_brands")
def mark_brands(doc: Doc) -> Doc:
    """Fill ``lowers``, ``targets`` and ``context``; brand spans become entities, for which token patterns can ask."""
    reading = reading_of(doc)
    reading.lowers = [_plain(token.lower_) for token in doc]
    for first, last in _tokens(doc, reading.names):
        reading.lowers[first:last] = [NAME] * (last - first)
    marked: list[Span] = []
    for place in reading.window.places:
        span = doc.char_span(place.start, place.end, alignment_mode="expand")
        if span is None:
            continue
        spans = reading.targets.setdefault(place.brand, [])
        if (span.start, span.end) not in spans:
            spans.append((span.start, span.end))
        if len(span) <= 12 and len(span) < len(doc):  # a text judged as a whole names nobody
            marked.append(Span(doc, span.start, span.end, label="BRAND"))
    reading.context = _tokens(doc, reading.window.context)
    doc.spans["brands"] = marked
    doc.set_ents(filter_spans(marked))
    return doc


def _plain(word: str) -> str:
    """Return a token with one sort of apostrophe, and with a sign that is repeated ("👍👍") once."""
    word = word.replace("’", "'")
    return word[0] if len(word) > 1 and not word.isascii() and word == word[0] * len(word) else word


def _tokens(doc: Doc, bounds: Sequence[Bounds]) -> list[Bounds]:
    spans = (doc.char_span(first, last, alignment_mode="expand") for first, last in bounds)
    return [(span.start, span.end) for span in spans if span is not None]


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
    others = {number for number, clause in enumerate(reading.clauses) if reading.is_context(clause.start, clause.end)}
    reading.shares = shares(reading.clauses, named, reading.lowers, reach=reading.window.reach, context=others)
    return doc


class CueComponent:
    """Fills ``cues`` per clause: all token patterns, filed under the clause where they start."""

    def __init__(self, nlp: Language) -> None:
        patterns: dict[str, Sequence[str]] = {}
        for labelled in (
            severity_patterns(load("severity")),
            move_patterns(load("moves")),
            switching_patterns(load("switching")),
        ):
            patterns.update(labelled)
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
        if reading.context:
            reading.cues = [[cue for cue in cues if not reading.is_context(*cue[1:])] for cues in reading.cues]
        return doc


class ValenceComponent:
    """Fills ``valences`` and ``leaning`` per clause."""

    def __init__(self) -> None:
        self._lexicon = Lexicon(load("sentiment"))

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        reading.valences = [
            self._lexicon.valences(reading.lowers, clause.start, clause.end) for clause in reading.clauses
        ]
        if reading.context:
            reading.valences = [
                [valence for valence in valences if not reading.is_context(valence.start, valence.end)]
                for valences in reading.valences
            ]
        for number, valence in answered(reading.clauses, reading.lowers, reading.valences).items():
            reading.valences[number] = [valence]
        reading.leaning = [sum(valence.value for valence in valences) for valences in reading.valences]
        return doc


class TurnComponent:
    """Corrects ``polarity`` and ``intents`` where a set wording means the opposite of its words."""

    def __init__(self) -> None:
        self._turns = Turns(load("turns"))

    def __call__(self, doc: Doc) -> Doc:
        self._turns.correct(reading_of(doc))
        return doc


class VenueComponent:
    """Takes back all that was judged of targets that are only where people talk; they are named in passing."""

    def __init__(self) -> None:
        self._venues = Venues(load("standing")["venues"])

    def __call__(self, doc: Doc) -> Doc:
        reading = reading_of(doc)
        for target in self._venues.named(reading):
            reading.shares[target] = []
            reading.intents[target] = {intent: Chance(0.0) for intent in reading.intents[target]}
            reading.polarity[target] = _UNFELT
            reading.phrases[target], reading.moves[target] = KeyPhrases(), ()
            reading.severity.pop(target, None)
            reading.switching.pop(target, None)
            reading.standing[target] = Ruling("passing", reason="only where people talk")
        return doc


class JudgeComponent:
    """A component that asks a judge; ``build`` sets ``judges``."""

    judges: Judges

    def __init__(self, ask: Callable[[Judges, Doc, TextReading], None]) -> None:
        self._ask = ask

    def __call__(self, doc: Doc) -> Doc:
        self._ask(self.judges, doc, reading_of(doc))
        return doc


def _topics(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``topics`` per clause: each under the clause where it starts."""
    reading.topics = [[] for _ in reading.clauses]
    number = 0
    for hit in judges.topics.judge(doc):
        if hit.p >= LEAST:
            number = _clause_at(reading.clauses, hit, number)
            reading.topics[number].append(hit)


def _clause_at(clauses: Sequence[Clause], hit: TopicHit, number: int) -> int:
    while hit.start >= clauses[number].end:
        number += 1
    return number


def _switching(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``switching`` for each target that takes part in a switch."""
    rulings = zip(reading.targets, judges.switching.judge(doc, list(reading.targets)), strict=True)
    reading.switching = {target: ruling for target, ruling in rulings if ruling and ruling.p >= LEAST}


def _sentiment(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``polarity`` per target."""
    targets = list(reading.targets)
    reading.polarity = dict(zip(targets, judges.sentiment.judge(doc, targets), strict=True))


def _intents(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``intents`` per target."""
    targets = list(reading.targets)
    reading.intents = dict(zip(targets, judges.intents.judge(doc, targets), strict=True))


def _severity(weights: dict[str, float]) -> Callable[[Judges, Doc, TextReading], None]:
    def ask(judges: Judges, doc: Doc, reading: TextReading) -> None:
        """Fill ``severity`` of each target that is told to harm, with the weight of ``data/severity.yaml``."""
        for target, ruling in zip(reading.targets, judges.severity.judge(doc, list(reading.targets)), strict=True):
            if ruling and ruling.p >= LEAST:
                harm = Severity(level=ruling.value, weight=weights.get(ruling.value, 0.0))
                reading.severity[target] = Ruling(harm, ruling.p, ruling.span)

    return ask


def _moves(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``moves`` per target."""
    for target, rulings in zip(reading.targets, judges.moves.judge(doc, list(reading.targets)), strict=True):
        reading.moves[target] = tuple(ruling for ruling in rulings if ruling.p >= LEAST)


def _phrases(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``phrases`` per target."""
    targets = list(reading.targets)
    reading.phrases = dict(zip(targets, judges.phrases.judge(doc, targets), strict=True))


def _standing(judges: Judges, doc: Doc, reading: TextReading) -> None:
    """Fill ``standing`` per target."""
    targets = list(reading.targets)
    reading.standing = dict(zip(targets, judges.standing.judge(doc, targets), strict=True))


def _factory(name: str, make: Callable[[Language], Callable[[Doc], Doc]]) -> None:
    def factory(nlp: Language, name: str) -> Callable[[Doc], Doc]:  # noqa: ARG001 - spaCy hands both over
        return make(nlp)

    Language.factory(name, func=factory)


_factory("candor_cues", CueComponent)
_factory("candor_topics", lambda _: JudgeComponent(_topics))
_factory("candor_valence", lambda _: ValenceComponent())
_factory("candor_switching", lambda _: JudgeComponent(_switching))
_factory("candor_sentiment", lambda _: JudgeComponent(_sentiment))
_factory("candor_intents", lambda _: JudgeComponent(_intents))
_factory(
    "candor_severity",
    lambda _: JudgeComponent(_severity({level: float(part["weight"]) for level, part in load("severity").items()})),
)
_factory("candor_moves", lambda _: JudgeComponent(_moves))
_factory("candor_phrases", lambda _: JudgeComponent(_phrases))
_factory("candor_standing", lambda _: JudgeComponent(_standing))
_factory("candor_turns", lambda _: TurnComponent())
_factory("candor_venues", lambda _: VenueComponent())
