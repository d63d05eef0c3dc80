"""The axes along which tellings of one problem lie near: linear discriminants with a shrunken scatter within problems.

Fisher 1936, "The use of multiple measurements in taxonomic problems"; the shrinkage was chosen by leaving products out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from analysis.store.directions import rounded
from analysis.track.together import groups
from training.likeness.told import Part, Telling, ToldTopic

PARTS: tuple[Part, ...] = ("learn", "apart")
SHRINKAGE = 0.5  # of the scatter within problems towards the same in all directions
LENGTHENED = 0.25  # power of the scatter by which axes are longer
GRID = np.arange(0.2, 0.96, 0.01)
Floats = NDArray[np.float64]
Near = Callable[[Sequence[str], str], float]


def discriminants(rows: Floats, problems: NDArray[np.int64], others: Floats, count: int) -> Floats:
    """Return ``count`` axes, a column each, of tellings (a row each) of ``problems`` and of other sentences.

    The scatter within problems is 1 along each axis; one along which all sentences scatter widely is a little longer.
    """
    _, numbers = np.unique(problems, return_inverse=True)
    means = np.stack([rows[numbers == number].mean(axis=0) for number in range(numbers.max() + 1)])
    within = _scatter(rows - means[numbers])
    size = np.trace(within) / len(within)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * size * np.eye(len(within))
    figures, turned = np.linalg.eigh(within)
    whitened = turned / np.sqrt(figures)
    every = np.vstack([rows, others])
    scatter, found = np.linalg.eigh(_scatter((every - every.mean(axis=0)) @ whitened))
    return np.asarray(whitened @ found[:, ::-1][:, :count] * scatter[::-1][:count] ** LENGTHENED)


def _scatter(rows: Floats) -> Floats:
    return np.asarray(rows.T @ rows / len(rows))


@dataclass(frozen=True, slots=True)
class Pairs:
    """How near tellings are: of two of one problem, and of two of different problems."""

    same: Floats
    other: Floats

    def at(self, least: float) -> tuple[float, float]:
        """Return precision and recall of pairs that are at least so near."""
        right, wrong = (self.same >= least).sum(), (self.other >= least).sum()
        return float(right / max(1, right + wrong)), float(right / len(self.same))

    def least(self, precision: float) -> float:
        """Return the lowest nearness from which pairs are right so often; past 1 where there is none."""
        for each in np.unique(self.same):
            if self.at(float(each))[0] >= precision:
                return float(each)
        return 1.01


def pairs(rows: Floats, told: Sequence[Telling], *, one_product: bool) -> Pairs:
    """Return the pairs of all tellings, or of those of one product: what a brand's own customers say."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    near, above = rows @ rows.T, np.triu(np.ones((len(told), len(told)), bool), 1)
    problem, product = (np.array([getattr(each, name) for each in told]) for name in ("problem", "product"))
    if one_product:
        above &= product[:, None] == product
    same = problem[:, None] == problem
    return Pairs(near[above & same], near[above & ~same])


def nearest(rows: Floats, told: Sequence[Telling]) -> tuple[float, float]:
    """Return how often the nearest other telling is of the same problem: of all, and of those of its product."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    near = rows @ rows.T
    np.fill_diagonal(near, -2)
    problem, product = (np.array([getattr(each, name) for each in told]) for name in ("problem", "product"))
    within = np.where(product[:, None] == product, near, -2)
    first, second = (float((problem[each.argmax(axis=1)] == problem).mean()) for each in (near, within))
    return first, second


@dataclass(frozen=True, slots=True)
class Grouped:
    """Pairs that stand in one group: those of one problem, all of them; and the pairs of one problem that there are."""

    right: int
    told: int
    same: int


def grouped(rows: Floats, problems: NDArray[np.int64], least: float) -> Grouped:
    """Return how good the groups of ``rows`` are that ``least`` makes."""
    made = [Counter(problems[group].tolist()) for group in groups(small(rows), least)]
    right = sum(comb(count, 2) for group in made for count in group.values())
    told = sum(comb(group.total(), 2) for group in made)
    return Grouped(right, told, sum(comb(count, 2) for count in Counter(problems.tolist()).values()))


def summed(every: Sequence[Grouped]) -> Grouped:
    """Return what several blocks reach together."""
    return Grouped(*(sum(getattr(each, name) for each in every) for name in ("right", "told", "same")))


def together(folds: Sequence[tuple[Floats, NDArray[np.int64]]], precision: float) -> float:
    """Return how near sentences must be so that pairs in one group are right so often; past 1 where none do.

    From there on upwards it is held at every nearness; ``folds`` are rows and problems.
    """
    kept = 1.01
    for least in GRID[::-1]:
        every = summed([grouped(rows, problems, float(least)) for rows, problems in folds])
        if every.right < precision * every.told:
            return kept
        kept = float(least)
    return kept


def small(rows: Floats) -> NDArray[np.int8]:
    """Return rows as directions are kept."""
    return np.stack([made for row in rows if (made := rounded(row)) is not None])


@dataclass(frozen=True, slots=True)
class NearTopics:
    """How near sentences are to a topic: those of it, those that are close by and not of it, those of other topics."""

    of_it: Floats
    near_by: Floats
    others: Floats

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many of each there are."""
        return len(self.of_it), len(self.near_by), len(self.others)

    def at(self, least: float) -> tuple[int, int, int]:
        """Return how many of each are at least so near."""
        a, b, c = ((each >= least).sum() for each in (self.of_it, self.near_by, self.others))
        return int(a), int(b), int(c)


def found(examples: Sequence[ToldTopic], near: Near) -> NearTopics:
    """Return how near sentences are to the topics that ``examples`` tell."""
    of_it: list[float] = []
    near_by: list[float] = []
    others: list[float] = []
    for example in examples:
        of_it += [near(example.given, text) for text in example.others]
        near_by += [near(example.given, text) for text in example.near]
        others += [near(example.given, text) for other in examples if other is not example for text in other.others]
    return NearTopics(np.array(of_it), np.array(near_by), np.array(others))
