"""From sentences to their directions.

With the network it is the mean of the states of all twelve layers of multilingual-e5-small (Wang et al. 2024,
"Multilingual E5 Text Embeddings"), along the axes on which tellings of one problem lie near and those of different
problems far (linear discriminants). Without it, it is the mean of the embeddings of a sentence's pieces, the rarer the
heavier (a/(a+p)), without the components that all sentences share (Arora et al. 2017, "A Simple but Tough-to-Beat
Baseline for Sentence Embeddings"). Both together found less than the first alone (``python -m training.meaning``).

``training.meaning`` makes ``axes.npz``: means, axes, how near is near enough, and the maker's name, which follows from
all files that have a say. The judges' own layers have none: training them anew leaves what is stored comparable.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.find.brands import BrandMatcher, find_brands
from analysis.enrich.find.masking import without
from analysis.enrich.models.encoder.encoder import FOREIGN
from analysis.enrich.models.encoder.network import LONGEST, Floats, Network, unpacked
from analysis.enrich.models.encoder.vocabulary.pieces import END, START, UNKNOWN, Pieces
from analysis.model import Meaning, Mention, claims_of
from analysis.model.text import token_words, whole_words
from analysis.store.directions import WIDTH, Direction, packed, rounded

ENCODER = Path(__file__).parent.parent / "encoder"
AXES, LAYERS = Path(__file__).parent / "axes.npz", Path(__file__).parent / "layers.onnx"
ASKING = "query:"  # what the network was trained to see before a text that is compared with its like
RARE = 1e-5  # the share of a text at which a piece weighs half
MOST = 2  # directions of a mention
BEGINNING = 160  # characters of a text without claims that are read
KEPT = 2_000  # texts whose direction is remembered: copies repeat
_FIRST = ("complaint", "wish", "praise", "severity", "switching", "question", "move")
Hide = Callable[[str], str]
"""Takes the names of brands out of a text."""


class Directions:
    """Makes directions, with a ``network`` or without. Files are opened when the first text comes, after a fork."""

    def __init__(self, network: Network | None, *, axes: Path = AXES) -> None:
        self._network, self._path = network, axes
        self._kept: OrderedDict[str, Direction | None] = OrderedDict()

    @cached_property
    def least(self) -> float:
        """How near a sentence must be to the examples of a topic to be of it (``nearness_to``)."""
        return float(self._axes[self._of("least")])

    @cached_property
    def together(self) -> float:
        """How near sentences must be on average to be told together."""
        return float(self._axes[self._of("together")])

    @cached_property
    def maker(self) -> str:
        """Name of what makes them: directions of two makers cannot be compared."""
        return str(self._axes[self._of("maker")])

    def of(self, text: str) -> Direction | None:
        """Return the direction of ``text``; None where it has no words, or is in a script that is not known."""
        return self.of_all([text])[0]

    def of_all(self, texts: Sequence[str]) -> list[Direction | None]:
        """Return the directions of texts, all read in one go; what was read lately is remembered."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        self._kept |= zip(fresh, self._made([self.pieces(text) for text in fresh]), strict=True)
        found = [self._kept[text] for text in texts]
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    def meanings(self, mentions: Sequence[Mention], hide: Hide) -> list[Meaning]:
        """Return what each mention's claims mean, a direction each; ``hide`` takes the names of brands out."""
        texts = [[hide(text) for text in said(mention)] for mention in mentions]
        found = iter(self.of_all([text for some in texts for text in some]))
        made = [[each for each in islice(found, len(some)) if each is not None] for some in texts]
        return [Meaning(maker=self.maker, vectors=tuple(dict.fromkeys(map(packed, some)))) for some in made]

    def pieces(self, text: str) -> list[int]:
        """Return the pieces of a text that are read; none where too few are known."""
        ids = self._pieces.cut(text).ids[: LONGEST - 2 - len(self._asking)]
        return [] if ids.count(UNKNOWN) > FOREIGN * len(ids) else ids

    def means(self, cut: Sequence[Sequence[int]]) -> Floats:
        """Return the means of texts of one piece at least, a row each: of states, without a network of embeddings."""
        if self._network is None:
            return np.stack([self._mean(ids) for ids in cut])
        return np.stack([rows.mean(axis=0) for rows in self._network.states(self.read(cut))])

    def read(self, cut: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return the pieces of texts as the network reads them."""
        return [[START, *self._asking, *ids, END] for ids in cut]

    def _made(self, cut: Sequence[list[int]]) -> list[Direction | None]:
        readable = [ids for ids in cut if ids]
        if not readable:
            return [None] * len(cut)
        rows = (self.means(readable) - self._axes[self._of("mean")]) @ self._axes[self._of("axes")]
        made = iter(np.pad(rows, ((0, 0), (0, WIDTH - rows.shape[1]))))
        return [rounded(next(made)) if ids else None for ids in cut]

    def _of(self, name: str) -> str:
        return name if self._network else f"{name}_alone"

    def _mean(self, ids: Sequence[int]) -> Floats:
        weights = np.array([self._weight(number) for number in ids], np.float32)
        return np.asarray(weights @ unpacked(self._embeddings[np.asarray(ids)]) / weights.sum())

    @cached_property
    def _axes(self) -> dict[str, Any]:
        with np.load(self._path) as held:
            return {name: held[name].astype(np.float32) if held[name].ndim else held[name] for name in held.files}

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(ENCODER / "pieces.model")

    @cached_property
    def _asking(self) -> list[int]:
        return self._pieces.cut(ASKING).ids

    @cached_property
    def _embeddings(self) -> NDArray[np.void]:
        return np.asarray(np.load(ENCODER / "embeddings.npy", mmap_mode="r"))

    @cached_property
    def _weight(self) -> Callable[[int], float]:
        return lru_cache(maxsize=30_000)(lambda number: RARE / (RARE + self._pieces.share(number)))


def hiding(matchers: Sequence[BrandMatcher]) -> Hide:
    """Return what takes the names of these brands out of a text: they say nothing of what is meant."""

    def hide(text: str) -> str:
        words = token_words(text)
        return without(words.text, sorted((place.start, place.end) for place in find_brands(matchers, words)))

    return hide


@lru_cache(maxsize=2)
def shipped(model: str = "encoder", threads: int = 1) -> Directions:
    """Return the maker that goes with a model of the configuration, one for all of a process."""
    return Directions(Network(ENCODER, layers=LAYERS, threads=threads) if model == "encoder" else None)


def said(mention: Mention) -> list[str]:
    """Return what a mention is found by: the sentences of its claims, what is felt first, the surest of each kind.

    One without claims is found by its quote, or by how its text or title begins.
    """
    claims = [claim.sentence for kind in _FIRST for claim in claims_of(mention, kind)]
    claims = claims or [claim.sentence for claim in claims_of(mention, "topic")]
    if found := list(dict.fromkeys(filter(None, claims)))[:MOST]:
        return found
    text = (mention.quote or mention.text or mention.title).strip()
    if len(text) > BEGINNING:
        text = whole_words(text[:BEGINNING], least=BEGINNING // 2)
    return [text] if text else []
