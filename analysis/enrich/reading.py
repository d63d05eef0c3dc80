"""What the components learn of one text, typed: kept in ``doc.user_data`` while the text passes through them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from spacy.tokens import Doc

from analysis.enrich.find.brands import Found
from analysis.enrich.find.clauses import Clause, Share
from analysis.enrich.find.cues import Cue
from analysis.enrich.judges.sentiment import Hit, Polarity
from analysis.model import Severity, Switching

_KEY = "candor"


@dataclass(frozen=True, slots=True)
class TopicHit:
    """A topic named: its id and the tokens (first, past last)."""

    topic: str
    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class Reading:
    """One text on its way through the components; each fills the fields that its docstring names."""

    found: Sequence[Found]
    rating: float | None = None
    rated: str = ""  # the target that the stars are for; every target where empty
    reach: int = 2
    subject: tuple[str, ...] = ()  # the topics of the title: what a text that names none speaks of
    lowers: list[str] = field(default_factory=list)
    targets: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    sentences: list[tuple[int, int]] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    shares: dict[str, list[Share]] = field(default_factory=dict)
    hits: list[list[Hit]] = field(default_factory=list)
    cues: list[list[Cue]] = field(default_factory=list)
    topics: list[list[TopicHit]] = field(default_factory=list)
    leaning: list[float] = field(default_factory=list)
    polarity: dict[str, Polarity] = field(default_factory=dict)
    intents: dict[str, dict[str, float]] = field(default_factory=dict)
    complaints: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    wishes: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    severity: dict[str, Severity] = field(default_factory=dict)
    switching: dict[str, Switching] = field(default_factory=dict)
    moves: dict[str, tuple[str, ...]] = field(default_factory=dict)


def attach(doc: Doc, reading: Reading) -> Doc:
    """Give ``doc`` its reading, before the components run."""
    doc.user_data[_KEY] = reading
    return doc


def reading_of(doc: Doc) -> Reading:
    """Return the reading of ``doc``."""
    reading = doc.user_data[_KEY]
    assert isinstance(reading, Reading)
    return reading
