"""One call of the network for many windows, and what it says of each of their targets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.enrich.models.encoder.heads import TASKS, ChunkSignals, Heads
from analysis.enrich.models.encoder.inputs import Chunk, asked_of, chunks_of
from analysis.enrich.models.encoder.network import Floats, Network
from analysis.enrich.models.encoder.vocabulary.pieces import Pieces, Vocabulary
from analysis.enrich.models.encoder.vocabulary.wordpieces import WordPieces
from analysis.enrich.reading import Bounds, Insight, Signal, Window

FOLDER = Path(__file__).parent
ENGLISH = FOLDER / "english"
KEPT = 2000  # chunks whose answer is remembered: a quarter of all sentences of a crawl repeat
FOREIGN = 0.25  # share of unknown pieces from which a text is in a script that the network does not read


class Encoder:
    """The network in ``folder`` with its vocabulary and heads; files are opened when the first text comes."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        self.folder = folder
        self.network = Network(folder, threads=threads)
        self._kept: OrderedDict[object, ChunkSignals] = OrderedDict()

    @cached_property
    def pieces(self) -> Vocabulary:
        """The vocabulary."""
        return vocabulary_of(self.folder)

    @cached_property
    def heads(self) -> Heads:
        """The heads."""
        return Heads(self.folder / "heads.npz")

    def read(self, windows: Sequence[Window]) -> list[Insight]:
        """Return what the network says of each window, all read in one go."""
        cut = [self._chunks(window) for window in windows]
        signals = iter(self._signals([chunk for chunks in cut for chunk in chunks]))
        return [_joined([(chunk, next(signals)) for chunk in chunks], self.heads) for chunks in cut]

    def compare(self, insight: Insight, first: str, second: str) -> Floats | None:
        """Return the logarithms of the chances of better, worse and none; None where no chunk names both."""
        for features in insight.pairs:
            if first in features and second in features:
                names = list(features)
                turned = names.index(first) > names.index(second)
                pair = (second, first) if turned else (first, second)
                chances = log_softmax(self.heads.compare(features[pair[0]], features[pair[1]]))
                return chances[[1, 0, 2]] if turned else chances
        return None

    def _chunks(self, window: Window) -> list[Chunk]:
        chunks = chunks_of(window, self.pieces)
        ids = [piece for chunk in chunks for piece in chunk.ids]
        if ids.count(self.pieces.unknown) > FOREIGN * len(ids):
            return []
        return (
            [asked for chunk in chunks for asked in asked_of(chunk, self.pieces.unknown)] if self.heads.asks else chunks
        )

    def _signals(self, chunks: Sequence[Chunk]) -> list[ChunkSignals]:
        fresh = {chunk.key: chunk for chunk in chunks if chunk.key not in self._kept}
        states = self.network.states([chunk.ids for chunk in fresh.values()])
        found = {key: self.heads.signals(chunk, rows) for (key, chunk), rows in zip(fresh.items(), states, strict=True)}
        answers = [found.get(chunk.key) or self._kept[chunk.key] for chunk in chunks]
        for chunk, answer in zip(chunks, answers, strict=True):
            self._kept[chunk.key] = answer
            self._kept.move_to_end(chunk.key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return answers


def vocabulary_of(folder: Path) -> Vocabulary:
    """Return the vocabulary of the network in ``folder``."""
    words = folder / "pieces.txt"
    return WordPieces(words) if words.is_file() else Pieces(folder / "pieces.model")


def log_softmax(scores: NDArray[np.floating[Any]]) -> Floats:
    """Return the logarithms of the chances that ``scores`` give, along the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def _joined(read: Sequence[tuple[Chunk, ChunkSignals]], heads: Heads) -> Insight:
    targets = dict.fromkeys(target for chunk, _ in read for target in chunk.positions)
    signals = {
        target: _signal([(chunk, said) for chunk, said in read if target in chunk.positions], target, heads)
        for target in targets
    }
    return Insight(signals, list(_pairs(read)))


def _pairs(read: Sequence[tuple[Chunk, ChunkSignals]]) -> Iterator[dict[str, Floats]]:
    """Yield the features of the targets that one chunk names, in the order in which it does."""
    for _, alike in groupby(read, key=lambda one: one[0].number):
        found = [(places[0], target, said) for chunk, said in alike for target, places in chunk.positions.items()]
        yield {target: said.features[target] for _, target, said in sorted(found, key=lambda one: one[0])}


def _signal(read: Sequence[tuple[Chunk, ChunkSignals]], target: str, heads: Heads) -> Signal:
    """Join what is said of ``target`` in several chunks: moods by their mean, events by the chunk that is surest."""
    weights = np.array([chunk.weight for chunk, _ in read], np.float32)
    rows = {task: np.stack([said.scores[target][task] for _, said in read]) for task in TASKS}
    rows = {task: row if task == "intents" else log_softmax(row) for task, row in rows.items()}
    scores = {task: _joined_scores(task, row, weights) for task, row in rows.items()}
    surest = rows["intents"] + np.log(weights)[:, None]
    tags = {tag: int(surest[:, at].argmax()) for at, tag in enumerate(heads.labels["intents"])}
    tags["severity"] = int(rows["severity"][:, 0].argmin())
    spans = {tag: found for tag, at in tags.items() if (found := _characters(*read[at], tag))}
    features = np.stack([said.features[target] for _, said in read])
    return Signal(scores, spans, (features * weights[:, None]).sum(axis=0) / weights.sum())


def _joined_scores(task: str, rows: Floats, weights: Floats) -> Floats:
    if len(rows) == 1:
        return np.asarray(rows[0])
    if task == "intents":
        return np.asarray((rows + np.log(weights)[:, None]).max(axis=0))
    if task in ("sentiment", "relevance"):
        share = (weights / weights.sum())[:, None]
        return np.asarray(np.log((np.exp(rows) * share).sum(axis=0)))
    return np.asarray(rows[rows[:, 0].argmin()])  # the first figure is that of nothing being told


def _characters(chunk: Chunk, said: ChunkSignals, tag: str) -> Bounds | None:
    if tag not in said.spans:
        return None
    first, last = said.spans[tag]
    return chunk.spans[first][0], chunk.spans[last - 1][1]
