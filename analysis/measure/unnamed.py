"""Complaints and wishes that no topic names, told together where they surely mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.meaning.maker import Directions, Hide
from analysis.model import Mention
from analysis.model.text import token_words
from analysis.store.base import Filter, Order, Store
from analysis.store.directions import Direction
from analysis.track.together import groups, typical

KINDS = ("complaint", "wish")
FEWEST = 3  # stories that make a group: copies of one text are one
MOST = 3_000  # sentences that are compared, the newest: 36 MB
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A sentence that claims something of a brand and has no topic."""

    kind: str
    sentence: str
    mention: Mention


@dataclass(frozen=True, slots=True)
class ToldAlike:
    """Sentences of one brand and kind that mean the same, the most typical first, and the words that name them."""

    brand: str
    kind: str
    words: tuple[str, ...]
    told: tuple[Unnamed, ...]

    @property
    def stories(self) -> int:
        """How many different texts tell it."""
        return len(set(map(_story, self.told)))

    @property
    def first(self) -> datetime:
        """When it was first told."""
        return min(each.mention.published_at for each in self.told)


@dataclass(frozen=True, slots=True)
class Gathered:
    """The groups, most told first, of so many sentences ``read``; ``left`` were not compared (too many, unreadable)."""

    groups: tuple[ToldAlike, ...]
    read: int
    left: int


def told_alike(store: Store, where: Filter, *, directions: Directions, hide: Hide) -> Gathered:
    """Return what the mentions chosen tell alike and no topic names. ``hide`` takes the names of brands out."""
    every = list(_unnamed(store, where))
    made = directions.of_all([hide(each.sentence) for each in every[:MOST]])
    read = [(each, direction) for each, direction in zip(every, made, strict=False) if direction is not None]
    found: list[ToldAlike] = []
    for brand, kind in dict.fromkeys((each.mention.brand.id, each.kind) for each, _ in read):
        some = [(each, row) for each, row in read if (each.mention.brand.id, each.kind) == (brand, kind)]
        found += _groups(brand, kind, some, directions.together, hide)
    found.sort(key=lambda group: (-group.stories, group.brand, group.words))
    return Gathered(tuple(found), read=len(every), left=len(every) - len(read))


def _unnamed(store: Store, where: Filter) -> Iterator[Unnamed]:
    for mention in _newest_first(store, where):
        named = {claim.sentence for claim in mention.claims if claim.topic}
        for claim in mention.claims:
            if claim.kind in KINDS and claim.sentence and claim.sentence not in named:
                yield Unnamed(claim.kind, claim.sentence, mention)


def _newest_first(store: Store, where: Filter) -> Iterator[Mention]:
    after = None
    while True:
        page = store.page(where, order=[Order(path="published_at")], limit=_PAGE, after=after)
        yield from page.mentions
        after = page.after
        if after is None:
            return


def _groups(
    brand: str, kind: str, some: list[tuple[Unnamed, Direction]], least: float, hide: Hide
) -> Iterable[ToldAlike]:
    rows = np.stack([row for _, row in some])
    words = [[token.casefold() for token in token_words(hide(each.sentence))] for each, _ in some]
    for group in groups(rows, least):
        told = [some[number][0] for number in _middle_first(rows, group)]
        if len(set(map(_story, told))) >= FEWEST:
            yield ToldAlike(brand, kind, typical([words[number] for number in group], words), tuple(told))


def _middle_first(rows: NDArray[np.int8], group: list[int]) -> list[int]:
    figures = rows[group].astype(np.float32)
    figures /= np.linalg.norm(figures, axis=1, keepdims=True)
    return [group[at] for at in np.argsort(-(figures @ figures.sum(axis=0)), kind="stable")]


def _story(each: Unnamed) -> str:
    return each.mention.story or each.mention.post_id
