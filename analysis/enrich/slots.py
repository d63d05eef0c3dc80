"""The judge slots: one for each judged task, each with the protocol that a judge of it keeps.

Rules and trained models are exchangeable behind these protocols. A judge reads ``reading_of(doc)``: its window (what
was written, the targets' characters, title and body as two zones, quotations, stars) and whatever earlier components
have found (``pipeline.PIPELINE`` is their order). In ``doc`` names are made-up words of the same length;
``doc.char_span`` turns the window's characters into tokens. Which judges there are says ``roster``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

from analysis.enrich.reading import Chance, Comparison, Insight, KeyPhrases, Polarity, Ruling, TopicHit, Window
from analysis.enrich.taxonomy import Taxonomy
from analysis.model import Brand, Switching
from analysis.model.text import Token

if TYPE_CHECKING:
    from spacy.tokens import Doc

Answer_co = TypeVar("Answer_co", covariant=True)


class TargetJudge(Protocol[Answer_co]):
    """Judges a task for each target of a text, for example the sentiment towards it."""

    version: str

    def judge(self, doc: Doc, targets: Sequence[str]) -> Sequence[Answer_co]:
        """Return one answer per target, in order."""
        ...


class TopicJudge(Protocol):
    """Judges what a text speaks of."""

    version: str

    def judge(self, doc: Doc) -> Sequence[TopicHit]:
        """Return the topics that the text names, each with its tokens and probability, in order of place."""
        ...


class PairJudge(Protocol):
    """Judges how one target stands against another."""

    version: str

    def judge(self, doc: Doc, first: str, second: str) -> Comparison:
        """Return how ``first`` stands against ``second``; both are named in the text."""
        ...


class RelevanceJudge(Protocol):
    """Judges whether a name means the brand: "Framework" the laptop, not any framework. Asked before all others."""

    version: str

    def judge(self, window: Window, tokens: Sequence[Token]) -> Sequence[float]:
        """Return for each of the window's places the probability that it means its brand; ``tokens`` are the text's."""
        ...


class WindowReader(Protocol):
    """Reads windows before they are judged one by one; what it says of each is handed to the judges."""

    def read(self, windows: Sequence[Window]) -> Sequence[Insight]:
        """Return what is said of each window, in order."""
        ...


SwitchingJudge: TypeAlias = TargetJudge[Ruling[Switching] | None]
SentimentJudge: TypeAlias = TargetJudge[Polarity]
IntentJudge: TypeAlias = TargetJudge[Mapping[str, Chance]]
SeverityJudge: TypeAlias = TargetJudge[Ruling[str] | None]
MoveJudge: TypeAlias = TargetJudge[Sequence[Ruling[str]]]
PhraseJudge: TypeAlias = TargetJudge[KeyPhrases]
StandingJudge: TypeAlias = TargetJudge[Ruling[str]]
"""Says how much a text is about a target: one of ``RELEVANCES``. Asked last, when all else is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """One judge for each judged task. Another one takes a slot by ``dataclasses.replace``, or by name (``roster``)."""

    relevance: RelevanceJudge
    topics: TopicJudge
    switching: SwitchingJudge
    severity: SeverityJudge
    sentiment: SentimentJudge
    intents: IntentJudge
    moves: MoveJudge
    phrases: PhraseJudge
    standing: StandingJudge
    comparison: PairJudge

    @property
    def encoder(self) -> WindowReader | None:
        """The network of the first judge that has one: it reads many windows in one go."""
        held = (getattr(getattr(self, item.name), "encoder", None) for item in fields(self))
        return next((encoder for encoder in held if encoder), None)


TASKS: tuple[str, ...] = tuple(item.name for item in fields(Judges))
"""The judged tasks, each the name of its slot, in the order in which they are asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a judge may be made from, beside its own data: the taxonomy, the tracked brands, the network's threads."""

    taxonomy: Taxonomy
    brands: tuple[Brand, ...] = ()
    threads: int = 1
