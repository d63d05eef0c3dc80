"""The nouns of the room: the window of a text that is judged, and what finders and judges learn of it.

A ``TextReading`` travels in ``doc.user_data`` while the text passes through the components; each fills the fields that
its docstring names. Nothing here imports spaCy, so that whoever only looks for names need not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

from analysis.model import Severity, Switching

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.tokens import Doc

    Floats = NDArray[np.float32]

_KEY = "candor"
READ_BY_RULES = "en"  # the language whose words the rules know
REACH_ARTICLE, REACH_PERSONAL = 2, 8  # sentences without any name that still speak of the one named last

Bounds = tuple[int, int]
"""First and past last: tokens in all that is found in a window, characters in the window itself."""
Genre = Literal["owner", "news", "patch_notes"]
"""Who speaks: somebody for themselves, a news report, a maker's notes on a release."""
Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, slots=True)
class BrandPlace:
    """A place where a text names a brand: the brand's id and the characters (first, past last)."""

    brand: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is judged of a text: its words in two zones (title, body), where they name the targets, and its facts.

    A text up to some length is its own window; of a longer one it holds the sentences around each name. ``reach`` is
    how many sentences without any name still speak of the one named last. The title of a thread and what is
    ``quoted`` are context: they say what the author speaks about, never what the author feels, asks or wants.
    """

    text: str
    places: Sequence[BrandPlace] = ()
    title_end: int = 0  # characters that belong to the title; the body follows
    own_title: bool = False  # whether the author of the body wrote the title too: an article's headline, a question's
    quoted: tuple[Bounds, ...] = ()  # characters of the body that are somebody else's words
    genre: Genre = "owner"
    rating: float | None = None  # stars, 0 to 5
    rated: str = ""  # the target that the stars are for; every target where empty
    reach: int = REACH_ARTICLE
    subject: tuple[str, ...] = ()  # the topics of the title: what a text that names none speaks of
    lang: str = "en"
    aspects: bool = False  # whether targets may be parts and qualities, named by common words ("the battery")

    @property
    def title(self) -> Bounds:
        """The characters of the title; none where the window has no word of it."""
        return 0, self.title_end

    @property
    def body(self) -> Bounds:
        """The characters of the body."""
        return self.title_end, len(self.text)

    @property
    def context(self) -> tuple[Bounds, ...]:
        """The characters that somebody else wrote: the title, where it is not the author's own, and quotations."""
        return self.quoted if self.own_title or not self.title_end else (self.title, *self.quoted)


@dataclass(frozen=True, slots=True)
class Clause:
    """Tokens (first, past last) that are judged as one, and the number of their sentence."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True, slots=True)
class ClauseShare:
    """How much a clause says of a target: 1 where it names it, less where it only follows."""

    clause: int
    weight: float
    named: bool


class Cue(NamedTuple):
    """One pattern found: what it stands for and the tokens (first, past last) that it covers."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Valence:
    """A word or phrase with a leaning: tokens (first, past last) and valence after negation and degree."""

    start: int
    end: int
    value: float


@dataclass(frozen=True, slots=True)
class TopicHit:
    """A topic named: its id, the tokens (first, past last), and the probability that the text speaks of it."""

    topic: str
    start: int
    end: int
    p: float = 0.6


@dataclass(frozen=True, slots=True)
class Polarity:
    """Probabilities of the sentiment towards a target; they sum to 1. ``mixed`` is both sides at once.

    A judge chooses ``least``, the probability from which it gives a label.
    """

    negative: float
    neutral: float
    positive: float
    mixed: float = 0.0
    least: float = 0.45


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the first of two things stands against the second, and the probability of that."""

    label: Literal["BETTER", "WORSE", "NONE"]
    p: float


@dataclass(frozen=True, slots=True)
class Ruling(Generic[Value_co]):
    """One answer of a judge, its probability, and the tokens (first, past last) that it rests on.

    Rules give a probability of 1; the tokens are (0, 0) where they cannot be told. ``reason`` is for people.
    """

    value: Value_co
    p: float = 1.0
    span: Bounds = (0, 0)
    reason: str = ""


class Trigger(NamedTuple):
    """Tokens (first, past last) that something rests on, and how probable it is by the words around them alone."""

    start: int
    end: int
    p: float = 1.0


class Chance(NamedTuple):
    """How probable something is of the text as a whole, and every place that it rests on, the surest first."""

    p: float
    triggers: tuple[Trigger, ...] = ()


class KeyPhrase(NamedTuple):
    """What is complained about or wished for: the topic's id, the words, and the tokens that it was made of."""

    topic: str
    words: str
    span: Bounds = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPhrases:
    """The key phrases that a text has for one target, in order, none twice."""

    complaints: tuple[KeyPhrase, ...] = ()
    wishes: tuple[KeyPhrase, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """What the network says of one target.

    ``scores`` are rows of logarithms of chances, of intents log odds. ``spans`` are the characters of the window that a
    tag rests on. ``features`` of all its chunks are what the heads were given.
    """

    scores: Mapping[str, Floats]
    spans: Mapping[str, Bounds]
    features: Floats


@dataclass(frozen=True, slots=True)
class Insight:
    """What the network says of a window. A window that it could not read has no signals."""

    signals: Mapping[str, Signal] = field(default_factory=dict)
    pairs: Sequence[Mapping[str, Floats]] = ()  # the features of the targets of each chunk, in order of place


@dataclass(slots=True, kw_only=True)
class TextReading:
    """A window on its way through the components, and what they have learnt of it so far.

    ``names`` are the characters of the window that name a target: no word of theirs is seen by anyone. ``context`` are
    the tokens that the author did not write (``Window.context``): no target has a share of a clause there, and no cue
    or leaning word of it counts.
    """

    window: Window
    lowers: list[str] = field(default_factory=list)
    targets: dict[str, list[Bounds]] = field(default_factory=dict)
    sentences: list[Bounds] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    context: list[Bounds] = field(default_factory=list)
    names: list[Bounds] = field(default_factory=list)
    shares: dict[str, list[ClauseShare]] = field(default_factory=dict)
    valences: list[list[Valence]] = field(default_factory=list)
    cues: list[list[Cue]] = field(default_factory=list)
    topics: list[list[TopicHit]] = field(default_factory=list)
    leaning: list[float] = field(default_factory=list)
    polarity: dict[str, Polarity] = field(default_factory=dict)
    intents: dict[str, Mapping[str, Chance]] = field(default_factory=dict)
    phrases: dict[str, KeyPhrases] = field(default_factory=dict)
    severity: dict[str, Ruling[Severity]] = field(default_factory=dict)
    switching: dict[str, Ruling[Switching]] = field(default_factory=dict)
    moves: dict[str, tuple[Ruling[str], ...]] = field(default_factory=dict)
    standing: dict[str, Ruling[str]] = field(default_factory=dict)
    insight: Insight | None = None  # what the network says of the window, where it was asked
    # What the shipped judges said per target and task, where people's answers have taught otherwise.
    shipped: dict[str, dict[str, str]] = field(default_factory=dict)

    def written(self, doc: Doc, first: int, last: int) -> str:
        """Return the tokens from ``first`` to ``last`` as they were written."""
        return self.window.text[doc[first].idx : doc[last - 1].idx + len(doc[last - 1])]

    def is_context(self, start: int, end: int) -> bool:
        """Whether the tokens from ``start`` to ``end`` are somebody else's words: all but a few stand in them."""
        inside = sum(max(0, min(end, last) - max(start, first)) for first, last in self.context)
        return inside > 0.7 * (end - start)


def attach(doc: Doc, reading: TextReading) -> Doc:
    """Give ``doc`` its reading, before the components run."""
    doc.user_data[_KEY] = reading
    return doc


def reading_of(doc: Doc) -> TextReading:
    """Return the reading of ``doc``."""
    reading = doc.user_data[_KEY]
    assert isinstance(reading, TextReading)
    return reading
