"""A learnt layer: for each task how much the shipped judgement counts, and what the network's reading adds to it.

An adjusted answer is a logistic regression with an offset: the log chances that the shipped judges give, times a scale,
plus a bias for each answer, plus the network's features of the window times a small matrix. With a scale of 1 and
nothing else it says what the shipped judges say, and the fit is held near that (``fitting``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.model.errors import LayerError
from analysis.model.records.audit import CorrectedField

Floats = NDArray[np.float32]
NO = "none"
"""The answer of a task of which nothing is told: no harm, no move."""
LEARNT: tuple[CorrectedField, ...] = (
    "sentiment",
    "complaint",
    "praise",
    "wish",
    "question",
    "severity",
    "move",
    "relevance",
)
"""The tasks that can be learnt, each by the name of the field that people correct."""
FOLDER = Path(__file__).parent.parent / "models" / "encoder"
_NAMED = 12  # hex digits of a hash that stand for the whole


@dataclass(frozen=True, slots=True)
class LearntTask:
    """The layer of one task; ``matrix`` has a row for each feature and a column for each of ``labels``."""

    labels: tuple[str, ...]
    scale: float
    bias: Floats
    matrix: Floats

    def chances(self, shipped: Mapping[str, float], features: Floats) -> dict[str, float]:
        """Return the chance of each label from those that the shipped judges give it."""
        offset = log_chances([shipped.get(label, 0.0) for label in self.labels])
        scores = self.scale * offset + self.bias + features @ self.matrix
        weights = np.exp(scores - scores.max())
        return dict(zip(self.labels, (weights / weights.sum()).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Layer:
    """What was learnt of every task, and the hash of the weights that it was learnt on."""

    made_for: str
    tasks: Mapping[str, LearntTask] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """What names the layer in a mention's ``model``."""
        return hashlib.sha256(self.written()).hexdigest()[:_NAMED]

    def written(self) -> bytes:
        """Return the layer as bytes, the same for the same layer: JSON, the figures as half floats in base64."""
        tasks = {name: _task_to_body(task) for name, task in sorted(self.tasks.items())}
        return json.dumps({"made_for": self.made_for, "tasks": tasks}, sort_keys=True, separators=(",", ":")).encode()


def layer_from(written: bytes) -> Layer:
    """Return the layer that ``Layer.written`` gave. Raises ``LayerError`` where the bytes are no layer."""
    try:
        body = json.loads(written)
        tasks = {name: _task_from_body(task) for name, task in body["tasks"].items()}
        return Layer(str(body["made_for"]), tasks)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LayerError("the learnt layer of the store is damaged", cure="learn") from None


def fitting_layer(written: bytes) -> Layer:
    """Return the layer where it was learnt on today's weights. Raises ``LayerError`` where it was not."""
    layer, today = layer_from(written), weights_hash()
    if layer.made_for != today:
        raise LayerError(
            f"the learnt layer {layer.hash} was made for the weights {layer.made_for}, and this Candor has {today}",
            cure="learn",
        )
    return layer


@lru_cache(maxsize=1)
def weights_hash(folder: Path = FOLDER) -> str:
    """Return a hash of the shipped weights: of each network the heads, which name the layers that they were trained
    with, and the fusion with the rules.
    """
    content = hashlib.sha256()
    for path in (folder, folder / "english"):
        for name in ("heads.npz", "fusion.json"):
            content.update((path / name).read_bytes())
    return content.hexdigest()[:_NAMED]


LEAST = 0.01
"""No shipped judgement is held to be surer than this from being wrong, so that answers can outweigh it."""


def log_chances(chances: Sequence[float] | Floats) -> Floats:
    """Return the logarithms of chances, none below that of ``LEAST``."""
    return np.log(np.maximum(np.asarray(chances, np.float32), LEAST))


def _task_to_body(task: LearntTask) -> dict[str, Any]:
    return {
        "labels": list(task.labels),
        "scale": round(task.scale, 6),
        "bias": _to_text(task.bias),
        "matrix": _to_text(task.matrix),
    }


def _task_from_body(body: Mapping[str, Any]) -> LearntTask:
    labels = tuple(map(str, body["labels"]))
    matrix = _from_text(body["matrix"]).reshape(-1, len(labels))
    bias = _from_text(body["bias"])
    if len(bias) != len(labels):
        raise ValueError("a bias for each label is needed")
    return LearntTask(labels, float(body["scale"]), bias, matrix)


def _to_text(figures: Floats) -> str:
    return base64.b64encode(np.ascontiguousarray(figures, "<f2").tobytes()).decode()


def _from_text(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text, validate=True), "<f2").astype(np.float32)
