"""From a sentence to its direction: its pieces' embeddings, the rarer the heavier, without what all sentences share.

Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings": weights a/(a+p), the common components
removed. The embeddings are those that the encoder reads, which no training changes; what the layers make of them has
no say, so that a direction stays the same whatever the encoder learns, and costs next to nothing. ``training.meaning``
made ``axes.npz``: the mean, the axes that are kept, and the maker's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.find.brands import BrandMatcher, find_brands
from analysis.enrich.find.masking import without
from analysis.enrich.models.encoder.encoder import FOREIGN
from analysis.enrich.models.encoder.network import unpacked
from analysis.enrich.models.encoder.pieces import UNKNOWN, Pieces
from analysis.model import Meaning, Mention, claims_of
from analysis.model.text import token_words, whole_words
from analysis.store.directions import Direction, packed, rounded

ENCODER = Path(__file__).parent.parent / "encoder"
AXES = Path(__file__).parent / "axes.npz"
RARE = 1e-5  # the share of a text at which a piece weighs half
MOST = 4  # directions of a mention
LONGEST = 300  # characters of a text without claims that are read
_PIECES = 128
_FIRST = ("complaint", "wish", "praise", "severity", "switching", "question", "move")
Hide = Callable[[str], str]
"""Takes the names of brands out of a text."""


class Directions:
    """Makes directions. Files are opened when the first text comes, and shared by all processes that read them."""

    def __init__(self, axes: Path = AXES, encoder: Path = ENCODER) -> None:
        self._path, self._encoder = axes, encoder

    @cached_property
    def maker(self) -> str:
        """Name of what makes them: directions of two makers cannot be compared."""
        return str(self._axes["maker"])

    def of(self, text: str) -> Direction | None:
        """Return the direction of ``text``; None where it has no words, or is in a script that is not known."""
        ids = self._pieces.cut(text).ids[:_PIECES]
        if not ids or ids.count(UNKNOWN) > FOREIGN * len(ids):
            return None
        return rounded((self.mean(ids) - self._axes["mean"]) @ self._axes["axes"])

    def mean(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the weighted mean of the embeddings of pieces, of which there is one at least."""
        weights = np.array([self._weight(number) for number in ids], np.float32)
        rows = unpacked(self._embeddings[np.asarray(ids)])
        return np.asarray(weights @ rows / weights.sum())

    def meaning(self, mention: Mention, hide: Hide) -> Meaning:
        """Return what a mention's claims mean, each in one direction; ``hide`` takes the names of brands out."""
        found = [self.of(hide(text)) for text in said(mention)]
        return Meaning(
            maker=self.maker, vectors=tuple(dict.fromkeys(packed(each) for each in found if each is not None))
        )

    @cached_property
    def _axes(self) -> dict[str, NDArray[np.float32]]:
        with np.load(self._path) as held:
            return {name: held[name] if name == "maker" else held[name].astype(np.float32) for name in held.files}

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._encoder / "pieces.model")

    @cached_property
    def _embeddings(self) -> NDArray[np.void]:
        return np.asarray(np.load(self._encoder / "embeddings.npy", mmap_mode="r"))

    @cached_property
    def _weight(self) -> Callable[[int], float]:
        return lru_cache(maxsize=30_000)(lambda number: RARE / (RARE + self._pieces.share(number)))


def hiding(matchers: Sequence[BrandMatcher]) -> Hide:
    """Return what takes the names of these brands out of a text: they say nothing of what is meant."""

    def hide(text: str) -> str:
        words = token_words(text)
        return without(words.text, sorted((place.start, place.end) for place in find_brands(matchers, words)))

    return hide


@lru_cache(maxsize=1)
def shipped() -> Directions:
    """Return the maker that ships, one for all of a process."""
    return Directions()


def said(mention: Mention) -> list[str]:
    """Return what a mention is found by: the sentences of its claims, what is felt first, the surest of each kind.

    One without claims is found by its quote, or by how its text or title begins.
    """
    claims = [claim.sentence for kind in _FIRST for claim in claims_of(mention, kind)]
    claims = claims or [claim.sentence for claim in claims_of(mention, "topic")]
    if found := list(dict.fromkeys(filter(None, claims)))[:MOST]:
        return found
    text = (mention.quote or mention.text or mention.title).strip()
    if len(text) > LONGEST:
        text = whole_words(text[:LONGEST], least=LONGEST // 2)
    return [text] if text else []
