"""Topics that mentions complain of, praise or wish for: the question for them, their names and phrases. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from analysis.track import questions
from analysis.track.parts import Share, shares

Topic = Literal["complaint_topics", "praise_topics", "wish_topics"]
Buckets = Mapping[tuple[str, str], questions.Document]
"""(brand, topic) -> its part of an answer."""


def question(field: Topic, *, phrases: str = "") -> questions.Document:
    """Return what is asked about one sort of topic of every brand over one period; authors where phrases are wanted."""
    inside: questions.Document = {}
    if phrases:
        inside = {"authors": questions.distinct("author"), "phrases": questions.top(phrases, 40)}
    body: questions.Document = questions.count_by("brand.id", field, inside=inside)
    return body


def table(answer: questions.Document, field: Topic) -> dict[tuple[str, str], questions.Document]:
    """Return (brand, topic) -> its part of the answer, most mentions first."""
    buckets = dict(questions.cells(answer, "brand.id", field))
    keys = sorted(buckets, key=lambda key: (-int(buckets[key[0], key[1]]["doc_count"]), key))
    return {(key[0], key[1]): buckets[key] for key in keys}


def count(buckets: Buckets, brand: str, topic: str) -> int:
    """Return how many mentions of a brand have a topic."""
    return int(buckets.get((brand, topic), {}).get("doc_count", 0))


def readable(topic: str, names: Mapping[str, str]) -> str:
    """Return a topic's name for people: the one given, else its id in words."""
    return names.get(topic) or topic.replace("_", " ").replace("-", " ").strip().capitalize() or "(unnamed)"


def phrases(counts: Mapping[str, int], topic: str, of: int, *, field: str, most_of: int = 6) -> tuple[Share, ...]:
    """Return the key phrases that stand behind this topic (``topic/phrase``) in ``field``, most first."""
    own = {name.split("/", 1)[1]: count for name, count in counts.items() if name.startswith(f"{topic}/")}
    often = {name: count for name, count in own.items() if count > 1 or len(own) <= 3}
    return shares(often, of, field, before=f"{topic}/")[:most_of]
