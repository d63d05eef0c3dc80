"""Sentences of two brands put together, so that the network learns whose words are whose: made anew in each round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.enrich.models.encoder.vocabulary.pieces import Vocabulary
from training.batches import NO_PAIR, Row

LONGEST_PART, LONGEST_PAIR = 48, 96
_GLUE = (".", ",", ";", "-", "!", "|", "/", "...", "", "", "", ", but", ", while", "and", ", whereas", "while", "but")


def joinable(every: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the short written rows that name a brand, by language."""
    found: dict[str, list[Row]] = {}
    for row in every:
        if row.lang and len(row.ids) <= LONGEST_PART and max(row.moods) >= 0:
            found.setdefault(row.lang, []).append(row)
    return found


def pairs(by_lang: dict[str, list[Row]], count: int, rng: np.random.Generator, pieces: Vocabulary) -> list[Row]:
    """Return ``count`` rows, each of two of one language; small languages come up more often than their share."""
    langs = sorted(by_lang)
    shares = np.array([len(by_lang[lang]) ** 0.7 for lang in langs])
    glue = [pieces.cut(words).ids for words in _GLUE]
    found: list[Row] = []
    while len(found) < count:
        like = by_lang[langs[int(rng.choice(len(langs), p=shares / shares.sum()))]]
        first, second = (like[int(rng.integers(len(like)))] for _ in range(2))
        between = [] if first.closes else glue[int(rng.integers(len(glue)))]
        joined = _joined(first, second, between)
        if len(joined.ids) <= LONGEST_PAIR:
            found.append(joined)
    return found


def _joined(first: Row, second: Row, between: Sequence[int]) -> Row:
    shift = len(first.ids) - 2 + len(between)
    kept = [[at for at, mood in enumerate(row.moods) if mood >= 0] for row in (first, second)]
    return Row(
        ids=[*first.ids[:-1], *between, *second.ids[1:]],
        places=[
            *(first.places[at] for at in kept[0]),
            *([place + shift for place in second.places[at]] for at in kept[1]),
        ],
        moods=[*(first.moods[at] for at in kept[0]), *(second.moods[at] for at in kept[1])],
        told=[*(first.told[at] for at in kept[0]), *(second.told[at] for at in kept[1])],
        tags=[*first.tags, *((at + shift, tag) for at, tag in second.tags)],
        is_tagged=first.is_tagged and second.is_tagged,
        comparison=NO_PAIR,
    )
