"""Topics that are told by examples: what a sentence says like them, in whatever words and language, is of the topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.meaning.maker import Directions, Hide, said
from analysis.enrich.taxonomy import Taxonomy
from analysis.model import Claim, Mention
from analysis.store.directions import Direction, nearness

NEAREST = 2  # examples that have a say: a topic is several things, and one example alone may be an odd one
_FELT = ("complaint", "praise", "wish")
Figures = NDArray[np.int8]


def nearness_to(examples: Figures, sentence: Direction) -> float:
    """Return how near a sentence is to a topic: the mean of the cosines to the ``NEAREST`` examples."""
    near = np.sort(nearness(examples, [sentence]))
    return float(near[-NEAREST:].mean())


class ByExample:
    """Finds the topics of ``taxonomy`` that have examples; without such a topic it reads nothing."""

    def __init__(self, taxonomy: Taxonomy, directions: Directions, hide: Hide) -> None:
        self._examples = {topic.id: topic.examples for topic in taxonomy.topics.values() if topic.examples}
        self._directions, self._hide = directions, hide

    def claims(self, mentions: Sequence[Mention]) -> list[tuple[Claim, ...]]:
        """Return the claims of each mention with the topics that its sentences are like.

        A complaint, praise or wish without a topic gets it; one that has a topic by its words stands beside a second
        one of the new topic. A sentence that feels nothing only speaks of it.
        """
        if not self._known:
            return [mention.claims for mention in mentions]
        texts = [_sentences(mention) for mention in mentions]
        flat = [self._hide(text) for some in texts for text in some]
        made = iter(self._directions.of_all(flat))
        found = [{text: self._topics(next(made)) for text in some} for some in texts]
        return [_joined(mention.claims, of) for mention, of in zip(mentions, found, strict=True)]

    @cached_property
    def _known(self) -> dict[str, Figures]:
        found = {}
        for topic, examples in self._examples.items():
            made = [each for each in self._directions.of_all(list(map(self._hide, examples))) if each is not None]
            if made:
                found[topic] = np.stack(made)
        return found

    def _topics(self, sentence: Direction | None) -> dict[str, float]:
        if sentence is None:
            return {}
        near = {topic: nearness_to(examples, sentence) for topic, examples in self._known.items()}
        return {topic: each for topic, each in near.items() if each >= self._directions.least}


def _sentences(mention: Mention) -> list[str]:
    claimed = dict.fromkeys(claim.sentence for claim in mention.claims if claim.sentence)
    return list(claimed) or said(mention)


def _joined(claims: Sequence[Claim], found: dict[str, dict[str, float]]) -> tuple[Claim, ...]:
    made = list(claims)
    for sentence, topics in found.items():
        for topic, near in topics.items():
            made = list(_with(made, sentence, topic, near))
    return tuple(made)


def _with(claims: Sequence[Claim], sentence: str, topic: str, near: float) -> Iterable[Claim]:
    """Yield the claims, of ``sentence`` one of each kind with the topic, unless another sentence has one already."""
    missing = dict.fromkeys(_FELT)
    for kind in _FELT:
        if any(claim.kind == kind and claim.topic == topic for claim in claims):
            del missing[kind]
    placed = any(claim.topic == topic for claim in claims)
    for claim in claims:
        if claim.sentence == sentence and claim.kind in missing:
            del missing[claim.kind]
            placed = True
            if claim.topic:
                yield claim
                yield replace(claim, topic=topic, value="")
            else:
                yield replace(claim, topic=topic)
        else:
            yield claim
    if not placed:
        yield Claim(kind="topic", sentence=sentence, start=0, end=len(sentence), score=round(near, 3), topic=topic)
