"""Topics that are told by examples: complaints and wishes that say the like, in whatever words, are of the topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.meaning.maker import Directions, Hide
from analysis.enrich.taxonomy import Taxonomy
from analysis.model import Claim, Mention
from analysis.store.directions import Direction

TOLD = (
    "complaint",
    "wish",
)  # what is said with the words of a topic and praises or asks is not told from it by meaning
Figures = NDArray[np.int8]


def nearness_to(examples: Figures, sentence: Direction) -> float:
    """Return how near a sentence is to a topic: the cosine to the middle of its examples, each of the same weight."""
    rows = examples.astype(np.float32)
    middle = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).mean(axis=0)
    aim = sentence.astype(np.float32)
    return float(middle @ aim / max(1e-9, float(np.linalg.norm(middle) * np.linalg.norm(aim))))


class ByExample:
    """Finds the topics of ``taxonomy`` that have examples; without such a topic it reads nothing."""

    def __init__(self, taxonomy: Taxonomy, directions: Directions, hide: Hide) -> None:
        self._examples = {topic.id: topic.examples for topic in taxonomy.topics.values() if topic.examples}
        self._directions, self._hide = directions, hide

    def claims(self, mentions: Sequence[Mention]) -> list[tuple[Claim, ...]]:
        """Return the claims of each mention with the topics that the sentences of its complaints and wishes are like.

        A claim without a topic gets it; one that has a topic by its words stands beside a second one of the new topic.
        """
        if not self._known:
            return [mention.claims for mention in mentions]
        texts = [_sentences(mention) for mention in mentions]
        flat = [self._hide(text) for some in texts for text in some]
        made = iter(self._directions.of_all(flat))
        found = [{text: self._topics(next(made)) for text in some} for some in texts]
        return [tuple(_with(mention.claims, of)) for mention, of in zip(mentions, found, strict=True)]

    @cached_property
    def _known(self) -> dict[str, Figures]:
        found = {}
        for topic, examples in self._examples.items():
            made = [each for each in self._directions.of_all(list(map(self._hide, examples))) if each is not None]
            if made:
                found[topic] = np.stack(made)
        return found

    def _topics(self, sentence: Direction | None) -> list[str]:
        if sentence is None:
            return []
        near = {topic: nearness_to(examples, sentence) for topic, examples in self._known.items()}
        return [topic for topic, each in near.items() if each >= self._directions.least]


def _sentences(mention: Mention) -> list[str]:
    return list(dict.fromkeys(claim.sentence for claim in mention.claims if claim.kind in TOLD and claim.sentence))


def _with(claims: Sequence[Claim], found: dict[str, list[str]]) -> Iterator[Claim]:
    """Yield the claims, those of a sentence in ``found`` with its topics, of which each has one claim of a kind."""
    had = {(claim.kind, claim.topic) for claim in claims}
    for claim in claims:
        topics = found.get(claim.sentence, []) if claim.kind in TOLD else []
        new = [topic for topic in topics if (claim.kind, topic) not in had]
        had |= {(claim.kind, topic) for topic in new}
        if claim.topic or not new:
            yield claim
        for topic in new:
            yield replace(claim, topic=topic, value="" if claim.topic else claim.value)
