"""Stored mentions judged again by today's models and taxonomy: what is judged anew, what stays, and what changes.

What was read (words, dates, source, story, author's pseudonym) is never touched, and corrections stand beside it as
before: they are records of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from analysis.model import Mention, Post
from analysis.model.post import POST_KINDS

JUDGED = (
    "lang",
    "tokens",
    "brand",
    "sentiment",
    "intents",
    "topics",
    "complaint_topics",
    "praise_topics",
    "wish_topics",
    "complaint_phrases",
    "wish_phrases",
    "dimensions",
    "journey",
    "severity",
    "switching",
    "moves",
    "quote",
    "genre",
    "relevance",
    "claims",
    "adjusted",
    "meaning",
    "model",
)
"""The fields of a mention that come from judging its words."""
_ONE: dict[str, Callable[[Mention], str]] = {
    "sentiment": lambda mention: mention.sentiment.label,
    "severity": lambda mention: mention.severity.level,
    "relevance": lambda mention: mention.relevance.level,
    "switching": lambda mention: mention.switching.status,
    "genre": lambda mention: mention.genre,
    "lang": lambda mention: mention.lang,
}
_SEVERAL = ("intents", "complaint_topics", "praise_topics", "wish_topics", "moves")
EXAMPLES = 3


class LabelChange(NamedTuple):
    """One label that another judgement changes for a brand; ``before`` or ``after`` is empty where one has none."""

    name: str
    brand: str
    before: str
    after: str


class ChangedMention(NamedTuple):
    """A mention that changed: its address, and the words that the new judgement rests on, or else the former did."""

    url: str
    quote: str


@dataclass(slots=True)
class Rejudged:
    """How much another judgement changes, with the first examples of each change."""

    judged: int = 0
    changed: int = 0
    unnamed: int = 0
    models: Counter[str] = field(default_factory=Counter)
    model: str = ""
    changes: Counter[LabelChange] = field(default_factory=Counter)
    examples: dict[LabelChange, list[ChangedMention]] = field(default_factory=dict)

    def add(self, stored: Mention, anew: Mention) -> None:
        """Count a mention as it is stored and as it would be."""
        self.judged += 1
        self.models[stored.model] += 1
        self.model = anew.model
        found = list(changes(stored, anew))
        self.changed += bool(found)
        for change in found:
            self.changes[change] += 1
            seen = self.examples.setdefault(change, [])
            if len(seen) < EXAMPLES and not stored.private:
                seen.append(ChangedMention(stored.url, anew.quote or stored.quote))


def post_of(mention: Mention) -> Post:
    """Return the post that a mention was made of, as far as it is stored: its author is a pseudonym already."""
    return Post(
        url=mention.url,
        text=mention.text,
        title=mention.title,
        fetched_at=mention.last_seen_at,
        published_at=mention.published_at,
        published_at_source=mention.published_at_source,
        source=mention.source.id,
        source_kind=mention.source.kind,
        kind=next((kind for kind in POST_KINDS if kind == mention.kind), "post"),
        lang=mention.lang,
        rating=mention.rating,
        engagement=mention.engagement,
        thread=mention.thread,
        product_version=mention.product_version,
        tags=mention.tags,
        private=mention.private,
    )


def judged_as(stored: Mention, judged: Mention) -> Mention:
    """Return ``stored`` with the judgement of ``judged``."""
    return replace(stored, **{name: getattr(judged, name) for name in JUDGED})


def changes(stored: Mention, anew: Mention) -> Iterator[LabelChange]:
    """Yield the labels in which two judgements of a mention differ."""
    for name, value in _ONE.items():
        before, after = value(stored), value(anew)
        if before != after:
            yield LabelChange(name, stored.brand.id, before, after)
    for name in _SEVERAL:
        had, has = set(getattr(stored, name)), set(getattr(anew, name))
        yield from (LabelChange(name, stored.brand.id, value, "") for value in sorted(had - has))
        yield from (LabelChange(name, stored.brand.id, "", value) for value in sorted(has - had))
