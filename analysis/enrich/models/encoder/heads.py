"""The heads: from the states of a chunk to figures for every task, by plain matrices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.enrich.models.encoder.inputs import NOWHERE, Chunk
from analysis.enrich.models.encoder.network import Floats
from analysis.enrich.reading import Bounds

TASKS = ("sentiment", "intents", "severity", "moves", "relevance", "switching")
_TAGGED = 0.35  # probability from which a piece belongs to a span


@dataclass(frozen=True, slots=True)
class ChunkSignals:
    """What the heads say of one chunk: per target its features and scores a task, and the pieces of each tag."""

    features: Mapping[str, Floats]
    scores: Mapping[str, Mapping[str, Floats]]
    spans: Mapping[str, Bounds]


class Heads:
    """The heads in ``heads.npz``; ``labels`` names the figures of each.

    ``asks`` says whether they were trained on texts that are read once for each target (``inputs.asked_of``).
    """

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self._weights = {name: stored[name].astype(np.float32) for name in stored.files if name != "about"}
            about = json.loads(bytes(stored["about"]).decode())
        self.labels: Mapping[str, tuple[str, ...]] = {name: tuple(names) for name, names in about["labels"].items()}
        self.version = str(about["version"])
        self.asks = bool(about.get("asks"))

    def signals(self, chunk: Chunk, states: Floats) -> ChunkSignals:
        """Return what is said of ``chunk``; the scores are not yet probabilities."""
        mean = states.mean(axis=0)
        features = {
            target: np.stack([self._mixed(states[place], mean) for place in places[:MOST_PLACES]]).mean(axis=0)
            for target, places in chunk.positions.items()
        }
        scores = {target: {task: self.apply(task, feature) for task in TASKS} for target, feature in features.items()}
        return ChunkSignals(features, scores, self._spans(chunk, states))

    def _mixed(self, state: Floats, mean: Floats) -> Floats:
        return np.tanh(self.apply("mix", np.concatenate([state, mean])))

    def apply(self, head: str, features: Floats) -> Floats:
        """Return the scores of ``head``."""
        return np.asarray(features @ self._weights[f"{head}.weight"] + self._weights[f"{head}.bias"])

    def compare(self, first: Floats, second: Floats) -> Floats:
        """Return the scores of better, worse and none for the target named first against the other."""
        return self.apply("comparison", np.concatenate([first, second, first - second]))

    def _spans(self, chunk: Chunk, states: Floats) -> dict[str, Bounds]:
        chances = 1 / (1 + np.exp(-self.apply("spans", states)))
        found = {}
        for number, tag in enumerate(self.labels["spans"]):
            bounds = _longest(chunk.spans, chances[:, number].tolist())
            if bounds is not None:
                found[tag] = bounds
        return found


MOST_PLACES = 3  # places of a name in a chunk that are read


def _longest(spans: Sequence[Bounds], chances: Sequence[float]) -> Bounds | None:
    """Return the run of pieces that weighs most; a gap of one piece is bridged."""
    best, weight = None, 0.0
    start = -1
    for at in range(len(spans) + 1):
        inside = at < len(spans) and spans[at] != NOWHERE and chances[at] >= _TAGGED
        if inside and start < 0:
            start = at
        elif not inside and start >= 0:
            if at + 1 < len(spans) and NOWHERE not in spans[at : at + 2] and chances[at + 1] >= _TAGGED:
                continue
            if sum(chances[start:at]) > weight:
                best, weight = (start, at), sum(chances[start:at])
            start = -1
    return best
