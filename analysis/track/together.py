"""Sentences that are told together because they mean the same: groups, and the words that are typical of each. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SHORTEST = 4  # letters of a word that may name a group
WORDS = 3  # that name it


def groups(rows: NDArray[np.int8], least: float) -> list[list[int]]:
    """Return the numbers of rows that belong together, largest group first; those that stand alone too.

    Two groups become one as long as the mean cosine between their rows is at least ``least`` (average linkage: Sokal
    and Michener 1958). Takes the memory of all pairs: 4 bytes each.
    """
    # SciPy's clustering takes longer to import than most commands run.
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(rows) < 2:
        return [[number] for number in range(len(rows))]
    figures = rows.astype(np.float32)
    figures /= np.linalg.norm(figures, axis=1, keepdims=True)
    apart = 1 - (figures @ figures.T)[np.triu_indices(len(rows), 1)]
    of = fcluster(linkage(np.maximum(apart, 0), method="average"), t=1 - least, criterion="distance")
    found: dict[int, list[int]] = {}
    for number, group in enumerate(of):
        found.setdefault(int(group), []).append(number)
    return sorted(found.values(), key=lambda group: (-len(group), group[0]))


def typical(group: Sequence[Sequence[str]], every: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the words that many sentences of a group have and few of all do, at most ``WORDS``, most typical first.

    Each sentence is its words, and ``every`` are all sentences, the group's too.
    """
    here, anywhere = (Counter(word for words in some for word in set(words)) for some in (group, every))
    scored = {
        word: count * math.log((1 + len(every)) / (1 + anywhere[word]))
        for word, count in here.items()
        if len(word) >= SHORTEST and word.isalpha()
    }
    return tuple(sorted(scored, key=lambda word: (-scored[word], word))[:WORDS])
